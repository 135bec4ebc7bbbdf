//! Purchase figures: the number and the amount of a member's orders, in all and lately.
//!
//! Each sum changes together with its order, so the sums stay exact, and a repeated order counts once. The
//! sums are kept by day, so a new window needs no recount.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::amount;
use super::order::StoredOrder;
use super::time::{DAY, Millis};

/// The days with a sum of their own: the longest window, 12 months, in a leap year.
const DAYS: i64 = 366;

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

    /// Replaces the earlier amount of an order by the present amount. `None` is an order that came or went.
    pub fn change(&mut self, before: Option<&StoredOrder>, after: Option<&StoredOrder>, now: Millis) {
        let oldest = now.div_euclid(DAY) - DAYS;
        // Take the earlier version out of the sums, and add the present version.
        for (order, is_new) in
            before.into_iter().map(|order| (order, false)).chain(after.map(|order| (order, true)))
        {
            let Some(amount) = order.counts() else { continue };
            let day = order.at.div_euclid(DAY);
            let sums = self.0.entry(order.currency.clone()).or_default();
            let change = |sum: &mut Sum| {
                if is_new { sum.add(Sum(1, amount)) } else { sum.take(Sum(1, amount)) }
            };
            change(&mut sums.all);
            // A day older than a year is outside every window, now and later.
            if day >= oldest {
                change(sums.days.entry(day).or_default());
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
            cancelled_since: None,
            owned_since: Some(at),
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
            purchases.change(None, Some(&order(&at.to_string(), days, "0.10", "USD")), NOW);
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
        purchases.change(None, Some(&first), NOW);
        let part = StoredOrder { refunds: BTreeMap::from([("r".into(), Decimal::TEN)]), ..first.clone() };
        purchases.change(Some(&first), Some(&part), NOW);
        assert_eq!(shown(&purchases, 3)["totalPurchaseAmount"], 20);
        assert_eq!(shown(&purchases, 3)["totalPurchaseCount"], 1);
        let whole =
            StoredOrder { refunds: BTreeMap::from([("r".into(), Decimal::from(30))]), ..first.clone() };
        purchases.change(Some(&part), Some(&whole), NOW);
        assert!(purchases.is_empty());
        purchases.change(Some(&whole), Some(&first), NOW);
        purchases.change(Some(&first), Some(&StoredOrder { cancelled: true, ..first.clone() }), NOW);
        assert!(purchases.is_empty());
    }

    #[test]
    fn amounts_of_two_currencies_are_not_added() {
        let mut purchases = Purchases::default();
        for (id, currency) in [("1", "USD"), ("2", "KRW"), ("3", "KRW")] {
            purchases.change(None, Some(&order(id, 1, "5", currency)), NOW);
        }
        assert_eq!(shown(&purchases, 3)["purchaseCurrency"], "KRW");
        assert_eq!(shown(&purchases, 3)["totalPurchaseAmount"], 10);
    }
}
