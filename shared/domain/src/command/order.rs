//! The change of a stored order and of its customer's sums by an order or a refund (R13).

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::builder_update::{Order, Refund};
use crate::customer::Customer;
use crate::limit::REFUNDS;
use crate::purchase::StoredOrder;
use crate::rejection::Rejection;
use crate::rejection_reason::RejectionReason;
use crate::time::Millis;

/// Refunds, by the builder's id of each refund.
pub type Refunds = BTreeMap<String, Decimal>;

/// The stored data about an order.
#[derive(Clone, Copy, Debug)]
pub enum Known<'a> {
    /// Neither the order nor a refund.
    Nothing,
    /// Refunds that arrived before the order.
    Refunds(&'a Refunds),
    /// The order, in this customer's record.
    Own(&'a StoredOrder),
    /// The order, in the record of a different customer.
    Foreign,
}

/// Decides an order of `customer` and updates the customer's sums.
///
/// Returns the order to store, or `None` if the stored order stays unchanged.
///
/// # Errors
/// A rejection if the order belongs to a different customer, or to an erased record.
pub fn decide(
    customer: &mut Customer,
    given: &Order,
    known: Known<'_>,
    now: Millis,
) -> Result<Option<StoredOrder>, Rejection> {
    // An order stays with its first customer.
    if matches!(known, Known::Foreign) {
        return Err(Rejection::new("order", RejectionReason::Foreign));
    }
    // An order from before the revival belongs to the erased record.
    if customer.precedes_record(given.at) {
        return Err(Rejection::erased());
    }
    // Merge the order with the stored order, or with the refunds that arrived first.
    let mut order = StoredOrder::of(given);
    let before = match known {
        Known::Own(stored) => {
            let mut merged = stored.clone();
            merged.merge(&order);
            order = merged;
            Some(stored)
        }
        Known::Refunds(refunds) => {
            order.give_back(refunds);
            None
        }
        Known::Nothing | Known::Foreign => None,
    };
    Ok(replace(customer, before, order, now))
}

/// Decides a refund of a stored order. Returns the order to store, or `None` if the order stays unchanged.
pub fn refund(
    customer: &mut Customer,
    stored: &StoredOrder,
    refund: &Refund,
    now: Millis,
) -> Option<StoredOrder> {
    let mut order = stored.clone();
    order.give_back(&[(refund.id.clone(), refund.amount)].into());
    replace(customer, Some(stored), order, now)
}

/// Adds a refund to the refunds that wait for their order. Returns the refunds if they changed.
///
/// For two amounts of a refund, the larger wins. For example, 5 and 8 for the refund `r1` become 8. Refunds
/// over the limit are left out.
#[must_use]
pub fn keep_waiting(waiting: &Refunds, refund: &Refund) -> Option<Refunds> {
    if !waiting.contains_key(&refund.id) && waiting.len() >= REFUNDS {
        return None;
    }
    let mut refunds = waiting.clone();
    let amount = refunds.entry(refund.id.clone()).or_insert(refund.amount);
    *amount = (*amount).max(refund.amount);
    (refunds != *waiting).then_some(refunds)
}

fn replace(
    customer: &mut Customer,
    before: Option<&StoredOrder>,
    after: StoredOrder,
    now: Millis,
) -> Option<StoredOrder> {
    if before == Some(&after) {
        return None;
    }
    customer.purchases.change(before, &after, now);
    Some(after)
}
