//! Purchase figures: the number and the amount of a member's orders, in all and lately.
//!
//! Each sum changes together with its order, so the sums stay exact, and a repeated order counts once. The
//! sums are kept by day, so a new window needs no recount.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::amount;
use super::builder_update::Order;
use super::limit::REFUNDS;
use super::time::{DAY, Millis};

/// The days with a sum of their own: the longest window, 12 months, in a leap year.
const DAYS: i64 = 366;

/// A stored order, merged from all updates of the order (R13).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredOrder {
    /// The builder's id of the order.
    pub id: String,
    /// The time at which the order was placed, epoch ms.
    pub at: Millis,
    /// The time of the version with this total, epoch ms.
    pub version: Millis,
    /// The ISO 4217 code.
    pub currency: String,
    /// The total price. Refunds are still included.
    pub total: Decimal,
    /// Whether it was cancelled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancelled: bool,
    /// The refunded amounts, by the refund's id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refunds: BTreeMap<String, Decimal>,
}

impl StoredOrder {
    /// Creates a stored order from a builder's update.
    #[must_use]
    pub fn of(order: &Order) -> Self {
        Self {
            id: order.id.clone(),
            at: order.at,
            version: order.version,
            currency: order.currency.clone(),
            total: order.total,
            cancelled: order.cancelled,
            refunds: order.refunds.clone().into_iter().take(REFUNDS).collect(),
        }
    }

    /// Merges a later or an earlier version of the order. The latest version wins, and every known refund
    /// counts.
    pub fn merge(&mut self, given: &Self) {
        let weight =
            |order: &Self| (order.version, order.cancelled, order.total, order.currency.clone(), order.at);
        if weight(given) > weight(self) {
            let refunds = std::mem::take(&mut self.refunds);
            *self = given.clone();
            self.give_back(&refunds);
        } else {
            self.give_back(&given.refunds);
        }
    }

    /// Adds refunds. For two amounts of a refund, the larger wins, so the order of arrival makes no
    /// difference.
    pub fn give_back(&mut self, refunds: &BTreeMap<String, Decimal>) {
        for (id, amount) in refunds {
            if self.refunds.contains_key(id) || self.refunds.len() < REFUNDS {
                let known = self.refunds.entry(id.clone()).or_insert(*amount);
                *known = (*known).max(*amount);
            }
        }
    }

    /// Returns the amount that the order counts for. `None` if the order was cancelled or wholly refunded.
    ///
    /// For example, an order of 59.90 with a refund of 9.90 counts for 50.
    fn counts(&self) -> Option<Decimal> {
        let refunded: Decimal = self.refunds.values().sum();
        let left = (self.total - refunded).max(Decimal::ZERO);
        let gone = self.cancelled || (left.is_zero() && !refunded.is_zero());
        (!gone).then_some(left)
    }

    fn day(&self) -> i64 {
        self.at.div_euclid(DAY)
    }
}

/// A number of orders and their total amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum(pub u64, pub Decimal);

impl Sum {
    fn add(&mut self, other: Self) {
        self.0 += other.0;
        // Equal amounts must have one form, so that equal sums are equal.
        self.1 = (self.1 + other.1).normalize();
    }

    fn take(&mut self, other: Self) {
        self.0 = self.0.saturating_sub(other.0);
        self.1 = (self.1 - other.1).normalize();
    }
}

/// The sums of one currency.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    /// The sum of every order.
    all: Sum,
    /// The sums of the last year's days with orders, by days since 1970.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    days: BTreeMap<i64, Sum>,
}

/// A member's sums by currency.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Purchases(BTreeMap<String, Sums>);

impl Purchases {
    /// Returns whether the sums are empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Replaces the earlier amount of an order by the present amount.
    pub fn change(&mut self, before: Option<&StoredOrder>, after: &StoredOrder, now: Millis) {
        let oldest = now.div_euclid(DAY) - DAYS;
        // Take the earlier version out of the sums, and add the present version.
        for (order, is_new) in before.into_iter().map(|order| (order, false)).chain([(after, true)]) {
            let Some(amount) = order.counts() else { continue };
            let sums = self.0.entry(order.currency.clone()).or_default();
            let change = |sum: &mut Sum| {
                if is_new { sum.add(Sum(1, amount)) } else { sum.take(Sum(1, amount)) }
            };
            change(&mut sums.all);
            // A day older than a year is outside every window, now and later.
            if order.day() >= oldest {
                change(sums.days.entry(order.day()).or_default());
            }
        }
        // Forget the days outside the year, and the currencies without orders.
        for sums in self.0.values_mut() {
            sums.days.retain(|day, sum| *day >= oldest && *sum != Sum::default());
        }
        self.0.retain(|_, sums| sums.all != Sum::default());
    }

    /// Returns the profile fields of the sums, under the names of Channel Talk.
    ///
    /// The figures are in the currency with the most orders, because amounts of two currencies cannot be
    /// added. For example, after one order in USD and two orders in KRW, the figures are in KRW. `months` is
    /// the length of the window for recent purchases.
    #[must_use]
    pub fn fields(&self, months: u32, now: Millis) -> Vec<(&'static str, Value)> {
        // Of two currencies with equally many orders, the first by name wins.
        let most = self.0.iter().max_by(|(a, x), (b, y)| (x.all.0, b).cmp(&(y.all.0, a)));
        let Some((currency, sums)) = most else { return Vec::new() };
        let mut recent = Sum::default();
        for (_, sum) in sums.days.range(since(months, now)..) {
            recent.add(*sum);
        }
        vec![
            ("purchaseCurrency", currency.clone().into()),
            ("recentPurchaseAmount", number(recent.1)),
            ("recentPurchaseCount", recent.0.into()),
            ("totalPurchaseAmount", number(sums.all.1)),
            ("totalPurchaseCount", sums.all.0.into()),
        ]
    }
}

/// Returns the first day of a window of `months` months, in days since 1970. The window ends today, in UTC.
fn since(months: u32, now: Millis) -> i64 {
    let today = chrono::DateTime::from_timestamp_millis(now).unwrap_or_default().date_naive();
    let first = today.checked_sub_months(chrono::Months::new(months)).unwrap_or(today);
    first.signed_duration_since(chrono::NaiveDate::default()).num_days()
}

/// Returns a sum as a JSON number with the same digits, or as text if a double cannot hold the sum.
fn number(sum: Decimal) -> Value {
    amount::json(sum).map_or_else(|| Value::String(sum.to_string()), Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const NOW: Millis = 1_795_348_800_000;

    fn order(id: &str, days_ago: i64, total: &str, currency: &str) -> StoredOrder {
        let at = NOW - days_ago * DAY;
        StoredOrder {
            id: id.into(),
            at,
            version: at,
            currency: currency.into(),
            total: total.parse().unwrap(),
            cancelled: false,
            refunds: BTreeMap::new(),
        }
    }

    fn shown(purchases: &Purchases, months: u32) -> Value {
        purchases
            .fields(months, NOW)
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }

    #[test]
    fn amounts_add_as_decimals_and_a_new_window_needs_no_recount() {
        let mut purchases = Purchases::default();
        for (at, days) in [1, 80, 100, 400].into_iter().enumerate() {
            purchases.change(None, &order(&at.to_string(), days, "0.10", "USD"), NOW);
        }
        let three = json!({"purchaseCurrency": "USD", "recentPurchaseAmount": 0.2, "recentPurchaseCount": 2,
            "totalPurchaseAmount": 0.4, "totalPurchaseCount": 4});
        assert_eq!(shown(&purchases, 3), three);
        assert_eq!(shown(&purchases, 1)["recentPurchaseCount"], 1);
        assert_eq!(shown(&purchases, 12)["recentPurchaseCount"], 3);
    }

    #[test]
    fn refund_lowers_the_amount_and_cancelled_orders_do_not_count() {
        let (mut purchases, first) = (Purchases::default(), order("1", 1, "30.00", "KRW"));
        purchases.change(None, &first, NOW);
        let part = StoredOrder { refunds: BTreeMap::from([("r".into(), Decimal::TEN)]), ..first.clone() };
        purchases.change(Some(&first), &part, NOW);
        assert_eq!(shown(&purchases, 3)["totalPurchaseAmount"], 20);
        assert_eq!(shown(&purchases, 3)["totalPurchaseCount"], 1);
        let whole =
            StoredOrder { refunds: BTreeMap::from([("r".into(), Decimal::from(30))]), ..first.clone() };
        purchases.change(Some(&part), &whole, NOW);
        assert!(purchases.is_empty());
        purchases.change(Some(&whole), &first, NOW);
        purchases.change(Some(&first), &StoredOrder { cancelled: true, ..first.clone() }, NOW);
        assert!(purchases.is_empty());
    }

    #[test]
    fn order_keeps_at_most_200_refunds() {
        for (told, kept) in [(200, 200), (201, 200)] {
            let refunds: BTreeMap<_, _> = (0..told).map(|n| (format!("r{n:03}"), Decimal::ONE)).collect();
            let mut all = order("1", 1, "500", "KRW");
            all.give_back(&refunds);
            assert_eq!(all.refunds.len(), kept);
        }
    }

    #[test]
    fn amounts_of_two_currencies_are_not_added() {
        let mut purchases = Purchases::default();
        for (id, currency) in [("1", "USD"), ("2", "KRW"), ("3", "KRW")] {
            purchases.change(None, &order(id, 1, "5", currency), NOW);
        }
        assert_eq!(shown(&purchases, 3)["purchaseCurrency"], "KRW");
        assert_eq!(shown(&purchases, 3)["totalPurchaseAmount"], 10);
    }

    proptest! {
        #[test]
        fn order_updates_are_commutative_and_idempotent(
            given in prop::collection::vec((0..4_i64, 0..3_u32, any::<bool>(), prop::collection::btree_map("[ab]", 0..3_u32, 0..2)), 1..5),
            seed in any::<u64>(),
        ) {
            let given: Vec<StoredOrder> = given.into_iter().map(|(version, total, cancelled, refunds)| StoredOrder {
                version, total: total.into(), cancelled,
                refunds: refunds.into_iter().map(|(id, amount)| (id, amount.into())).collect(),
                ..order("1", 1, "0", "KRW")
            }).collect();
            let merged = |order: &[usize]| {
                let mut all = order.iter().map(|at| given[*at].clone());
                let mut first = all.next().unwrap();
                for next in all { first.merge(&next); }
                first
            };
            let straight: Vec<usize> = (0..given.len()).collect();
            let mut other = straight.clone();
            other.reverse();
            other.rotate_left(seed as usize % given.len());
            // Apply the orders in the straight order first, so that the second order has the last update.
            let other = [straight.clone(), other].concat();
            prop_assert_eq!(merged(&straight), merged(&other));
        }
    }
}
