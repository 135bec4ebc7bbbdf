//! Orders (R13): each lies in its customer's partition, so that an erasure finds it, and an item of its own tells whose
//! it is, because a refund names its order alone.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnConsumedCapacity, TransactWriteItem};
use rust_decimal::Decimal;

use super::access::ApplyBuilderUpdates;
use super::commit::Guard;
use super::failure::held;
use super::item::{FORMAT, REQUEST, VERSION, expired, integer, number, string, text};
use super::keys::{self, PK, TTL};
use super::retry::Invocation;
use super::{Item, Store};
use okyaku_domain::error::Error;
use okyaku_domain::id::CustomerId;
use okyaku_domain::limit::WAITING_MS;
use okyaku_domain::purchase::StoredOrder;
use okyaku_domain::time::{self, Millis};

/// An order, as compact JSON text: it may hold amounts that a table's number cannot.
pub(super) const ORDER: &str = "order";
const OWNER: &str = "owner";
const REFUNDS: &str = "refunds";

/// A decided change of an order, to be stored with its customer.
#[derive(Debug)]
pub struct OrderChange {
    /// The keyed hash of its id.
    pub hash: String,
    /// The version that was read; `None` for a new one.
    pub before: Option<u64>,
    /// What is to be stored.
    pub after: StoredOrder,
    /// For a new one whose refunds came first: the version of what waits for it.
    pub waited: Option<u64>,
}

/// What is known of whose an order is.
#[derive(Debug, PartialEq)]
pub(super) enum Owner {
    /// Nothing.
    Unknown,
    /// Only refunds came so far; and the version of the item.
    Waiting(BTreeMap<String, Decimal>, u64),
    /// This customer's.
    Known(CustomerId),
}

/// An order's item.
pub(super) fn stored(item: Item) -> Result<(StoredOrder, u64), Error> {
    let order = string(&item, ORDER).and_then(|order| serde_json::from_str(order).ok());
    let version = integer(&item, VERSION).and_then(|version| u64::try_from(version).ok());
    order.zip(version).ok_or_else(|| Error::internal("an order's item cannot be read"))
}

/// An owner's item. Refunds that waited too long are none.
pub(super) fn owner(item: Option<&Item>, now: Millis) -> Result<Owner, Error> {
    let Some(item) = item else { return Ok(Owner::Unknown) };
    let unreadable = || Error::internal("an order's owner cannot be read");
    if let Some(id) = string(item, OWNER) {
        return CustomerId::parse(id).map(Owner::Known).ok_or_else(unreadable);
    }
    let refunds = string(item, REFUNDS).and_then(|refunds| serde_json::from_str(refunds).ok());
    let version = integer(item, VERSION).and_then(|version| u64::try_from(version).ok());
    let (refunds, version): (BTreeMap<_, _>, _) = refunds.zip(version).ok_or_else(unreadable)?;
    Ok(Owner::Waiting(if expired(item, now) { BTreeMap::new() } else { refunds }, version))
}

impl<A> Store<A> {
    /// The items of an order's change. 2 W, and 2 more for a new one.
    pub(super) fn order_items(
        &self,
        channel: &str,
        owner: &CustomerId,
        change: &OrderChange,
        invocation: &Invocation,
    ) -> Result<Vec<TransactWriteItem>, Error> {
        let guard = Guard::of(change.before, &invocation.id, self.now());
        let mut item = keys::order(channel, owner, &change.hash).attributes();
        item.insert(ORDER.into(), text(serde_json::to_string(&change.after).map_err(Error::internal)?));
        item.insert(VERSION.into(), number(guard.version()));
        item.insert(REQUEST.into(), text(&invocation.id));
        item.insert(FORMAT.into(), number(1));
        let put = Put::builder()
            .table_name(self.table())
            .set_item(Some(item))
            .condition_expression(guard.condition)
            .set_expression_attribute_names(Some(guard.names()))
            .set_expression_attribute_values(Some(guard.values));
        let mut items = vec![TransactWriteItem::builder().put(put.build().map_err(Error::internal)?).build()];
        if change.before.is_none() {
            let mut item = keys::order_owner(channel, &change.hash).attributes();
            item.insert(OWNER.into(), text(owner.as_str()));
            item.insert(FORMAT.into(), number(1));
            let mut put = Put::builder()
                .table_name(self.table())
                .set_item(Some(item))
                .expression_attribute_names("#owner", OWNER)
                .expression_attribute_values(":owner", text(owner.as_str()));
            put = match change.waited {
                Some(version) => put
                    .condition_expression("#v = :v OR #owner = :owner")
                    .expression_attribute_names("#v", VERSION)
                    .expression_attribute_values(":v", number(version)),
                None => put
                    .condition_expression("attribute_not_exists(#pk) OR #owner = :owner")
                    .expression_attribute_names("#pk", PK),
            };
            items.push(TransactWriteItem::builder().put(put.build().map_err(Error::internal)?).build());
        }
        Ok(items)
    }
}

impl<A: ApplyBuilderUpdates> Store<A> {
    /// Keeps refunds for an order that has not come yet; `false` if somebody else wrote first. 1 W.
    pub(super) async fn keep_waiting_refunds(
        &self,
        channel: &str,
        hash: &str,
        refunds: &BTreeMap<String, Decimal>,
        before: Option<u64>,
    ) -> Result<bool, Error> {
        let mut item = keys::order_owner(channel, hash).attributes();
        item.insert(REFUNDS.into(), text(serde_json::to_string(refunds).map_err(Error::internal)?));
        item.insert(VERSION.into(), number(before.unwrap_or(0) + 1));
        item.insert(TTL.into(), number(time::ttl(self.now() + WAITING_MS)));
        item.insert(FORMAT.into(), number(1));
        let put = self.client().put_item().table_name(self.table()).set_item(Some(item));
        let put = match before {
            Some(version) => put
                .condition_expression("#v = :v")
                .expression_attribute_names("#v", VERSION)
                .expression_attribute_values(":v", AttributeValue::N(version.to_string())),
            None => {
                put.condition_expression("attribute_not_exists(#pk)").expression_attribute_names("#pk", PK)
            }
        };
        held(put.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await)
    }
}
