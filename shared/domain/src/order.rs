//! Orders (R13): a stored order, and what is known of an order without a customer.
//!
//! Both take updates in any order of arrival, and repeatedly.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::builder_update::{Order, OrderNews};
use super::limit::REFUNDS;
use super::time::Millis;

/// Refunded amounts, by the builder's id of each refund.
pub type Refunds = BTreeMap<String, Decimal>;

/// A stored order, merged from all updates of the order.
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
    /// Whether this version was cancelled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancelled: bool,
    /// The time of a cancellation or a deletion that named only the order, epoch ms. A later version counts again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_since: Option<Millis>,
    /// The time of the latest update that named the customer, epoch ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owned_since: Option<Millis>,
    /// The refunded amounts, by the refund's id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub refunds: Refunds,
}

impl StoredOrder {
    /// Creates a stored order from a builder's update that names the customer.
    #[must_use]
    pub fn of(order: &Order) -> Self {
        Self {
            id: order.id.clone(),
            at: order.at,
            version: order.version,
            currency: order.currency.clone(),
            total: order.total,
            cancelled: order.cancelled,
            cancelled_since: None,
            owned_since: Some(order.version),
            refunds: order.refunds.clone().into_iter().take(REFUNDS).collect(),
        }
    }

    /// Returns the time of the latest update that named the customer, epoch ms.
    #[must_use]
    pub fn owned_since(&self) -> Millis {
        // Orders of the first version have no such time. Each of their versions named the customer.
        self.owned_since.unwrap_or(self.version)
    }

    /// Merges a later or an earlier version of the order. The latest version wins, and every known refund and
    /// cancellation counts.
    pub fn merge(&mut self, given: &Self) {
        let weight =
            |order: &Self| (order.version, order.cancelled, order.total, order.currency.clone(), order.at);
        let owned_since = Some(self.owned_since()).max(given.owned_since);
        let cancelled_since = self.cancelled_since.max(given.cancelled_since);
        if weight(given) > weight(self) {
            let refunds = std::mem::take(&mut self.refunds);
            *self = given.clone();
            give_back(&mut self.refunds, &refunds);
        } else {
            give_back(&mut self.refunds, &given.refunds);
        }
        (self.owned_since, self.cancelled_since) = (owned_since, cancelled_since);
    }

    /// Merges news that name only the order.
    pub fn apply(&mut self, news: &OrderNews) {
        match news {
            OrderNews::Refund { refund, amount, .. } => give_back(&mut self.refunds, &one(refund, *amount)),
            OrderNews::Cancelled { at } => self.cancelled_since = self.cancelled_since.max(Some(*at)),
            OrderNews::Version { order, .. } => {
                self.merge(&Self { owned_since: None, ..Self::of(order) });
            }
        }
    }

    /// Merges what came before the order.
    pub fn take(&mut self, waiting: &OrderWithoutCustomer) {
        give_back(&mut self.refunds, &waiting.refunds);
        self.cancelled_since = self.cancelled_since.max(waiting.cancelled_since);
    }

    /// Returns the amount that the order counts for. `None` if the order was cancelled or wholly refunded.
    ///
    /// For example, an order of 59.90 with a refund of 9.90 counts for 50.
    #[must_use]
    pub fn counts(&self) -> Option<Decimal> {
        let refunded: Decimal = self.refunds.values().sum();
        let left = (self.total - refunded).max(Decimal::ZERO);
        let cancelled = self.cancelled || self.cancelled_since.is_some_and(|since| since >= self.version);
        let gone = cancelled || (left.is_zero() && !refunded.is_zero());
        (!gone).then_some(left)
    }
}

/// What is known of an order that has no customer: its customer was not named yet, or was taken away.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OrderWithoutCustomer {
    /// The refunded amounts.
    pub refunds: Refunds,
    /// The time of a cancellation or a deletion, epoch ms.
    pub cancelled_since: Option<Millis>,
    /// The time of a refund of an unknown amount, epoch ms.
    pub stale_since: Option<Millis>,
    /// The time of the latest version that says that the order is nobody's, epoch ms.
    pub unowned_since: Option<Millis>,
}

impl OrderWithoutCustomer {
    /// Returns what stays of an order whose customer was taken away at `since`.
    #[must_use]
    pub fn of(order: &StoredOrder, since: Millis) -> Self {
        Self {
            refunds: order.refunds.clone(),
            cancelled_since: order.cancelled_since,
            stale_since: None,
            unowned_since: Some(since),
        }
    }

    /// Merges news that name only the order.
    pub fn apply(&mut self, news: &OrderNews) {
        match news {
            OrderNews::Refund { refund, amount, at } => {
                give_back(&mut self.refunds, &one(refund, *amount));
                if amount.is_none() {
                    self.stale_since = self.stale_since.max(Some(*at));
                }
            }
            OrderNews::Cancelled { at } => self.cancelled_since = self.cancelled_since.max(Some(*at)),
            OrderNews::Version { order, unowned } => {
                give_back(&mut self.refunds, &order.refunds);
                if *unowned {
                    self.unowned_since = self.unowned_since.max(Some(order.version));
                }
            }
        }
    }
}

/// Adds refunds. For two amounts of a refund, the larger wins, so the order of arrival makes no difference. Refunds over
/// the limit are left out.
fn give_back(refunds: &mut Refunds, given: &Refunds) {
    for (id, amount) in given {
        if refunds.contains_key(id) || refunds.len() < REFUNDS {
            let known = refunds.entry(id.clone()).or_insert(*amount);
            *known = (*known).max(*amount);
        }
    }
}

/// Returns a refund as a map. A refund of an unknown amount gives nothing back.
fn one(refund: &str, amount: Option<Decimal>) -> Refunds {
    amount.map(|amount| (refund.to_owned(), amount)).into_iter().collect()
}
