//! What an order or a refund does to the order that is stored and to its customer's sums (R13).

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::builder_update::{Order, Refund};
use crate::customer::Customer;
use crate::limit::REFUNDS;
use crate::purchase::StoredOrder;
use crate::rejection::Rejection;
use crate::rejection_reason::RejectionReason;
use crate::time::Millis;

/// Refunds by the builder's id of each.
pub type Refunds = BTreeMap<String, Decimal>;

/// What is known of an order.
#[derive(Clone, Copy, Debug)]
pub enum Known<'a> {
    /// Nothing.
    Nothing,
    /// Refunds that came first.
    Refunds(&'a Refunds),
    /// The order, in this customer's record.
    Own(&'a StoredOrder),
    /// It is another customer's.
    Foreign,
}

/// Decides an order of `customer` and moves the customer's sums. Returns the order as it will be, or `None` if nothing
/// changes.
///
/// # Errors
/// The rejection of an order that is another customer's, or that belongs to a record which was erased.
pub fn decide(
    customer: &mut Customer,
    given: &Order,
    known: Known<'_>,
    now: Millis,
) -> Result<Option<StoredOrder>, Rejection> {
    if matches!(known, Known::Foreign) {
        return Err(Rejection::new("order", RejectionReason::Foreign));
    }
    if customer.precedes_record(given.at) {
        return Err(Rejection::erased());
    }
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

/// Decides a refund of an order that is stored. Returns the order as it will be, or `None` if nothing changes.
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

/// Adds a refund to those that wait for their order. Returns them if they changed. Of one with two amounts the larger
/// counts; beyond the limit further ones are not kept.
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
