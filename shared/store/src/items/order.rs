//! The items of an order: the order and its owner (R13).
//!
//! The order lies in its customer's partition, so that an erasure finds the order. The owner has a separate
//! item, because a refund names only the order.

use okyaku_domain::command::order::Refunds;
use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::purchase::StoredOrder;
use okyaku_domain::time::{self, Millis};

use super::attributes::{FORMAT, REQUEST, VERSION, expired, number, string, text, version};
use super::customer;
use crate::item::Item;
use crate::key::{Key, TTL};

/// The start of every order's sort key, in the customer's partition.
pub const ORDERS: &str = "O#";
/// A bound after every order's sort key.
pub const ORDERS_END: &str = "O$";
/// The order, as compact JSON text. An amount may have more digits than a number of DynamoDB.
const ORDER: &str = "order";
pub(crate) const OWNER: &str = "owner";
const REFUNDS: &str = "refunds";

/// The known owner of an order.
#[derive(Debug, PartialEq)]
pub enum OrderOwner {
    /// The table has neither an owner nor refunds.
    Unknown,
    /// Only refunds came so far. With the version of the item.
    Waiting(Refunds, u64),
    /// The customer who owns the order.
    Known(CustomerId),
}

/// Returns the key of a customer's order. `hash` is [`crate::keyring::Keys::order`].
#[must_use]
pub fn key(channel: &ChannelId, owner: &CustomerId, hash: &str) -> Key {
    Key::new(customer::partition(channel, owner), format!("{ORDERS}{hash}"))
}

/// Returns the key of an order's owner item.
#[must_use]
pub fn owner_key(channel: &ChannelId, hash: &str) -> Key {
    Key::new(format!("O#{channel}#{hash}"), "O")
}

/// Returns the key of the owner item of the order at `sk`. `None` if `sk` is the sort key of something else.
#[must_use]
pub fn owner_of(channel: &ChannelId, sk: &str) -> Option<Key> {
    sk.strip_prefix(ORDERS).map(|hash| owner_key(channel, hash))
}

/// Returns an order as an item.
pub(crate) fn item(at: Key, order: &StoredOrder, version: u64, request: &str) -> Result<Item, Error> {
    let mut item = at.attributes();
    item.insert(ORDER.into(), text(serde_json::to_string(order).map_err(Error::internal)?));
    item.insert(VERSION.into(), number(version));
    item.insert(REQUEST.into(), text(request));
    item.insert(FORMAT.into(), number(1));
    Ok(item)
}

/// Returns the order of an item, and the item's version.
pub(crate) fn read(item: &Item) -> Result<(StoredOrder, u64), Error> {
    let order = string(item, ORDER).and_then(|order| serde_json::from_str(order).ok());
    order.zip(version(item)).ok_or_else(|| Error::internal("an order's item cannot be read"))
}

/// Returns the owner item of an order.
pub(crate) fn owner_item(channel: &ChannelId, hash: &str, owner: &CustomerId) -> Item {
    let mut item = owner_key(channel, hash).attributes();
    item.insert(OWNER.into(), text(owner.as_str()));
    item.insert(FORMAT.into(), number(1));
    item
}

/// Returns the item of refunds that wait for their order until `until`, epoch ms.
pub(crate) fn waiting_item(
    channel: &ChannelId,
    hash: &str,
    refunds: &Refunds,
    version: u64,
    until: Millis,
) -> Result<Item, Error> {
    let mut item = owner_key(channel, hash).attributes();
    item.insert(REFUNDS.into(), text(serde_json::to_string(refunds).map_err(Error::internal)?));
    item.insert(VERSION.into(), number(version));
    item.insert(TTL.into(), number(time::ttl(until)));
    item.insert(FORMAT.into(), number(1));
    Ok(item)
}

/// Returns the owner of an order. Refunds that waited too long read as empty.
pub(crate) fn read_owner(item: Option<&Item>, now: Millis) -> Result<OrderOwner, Error> {
    let Some(item) = item else { return Ok(OrderOwner::Unknown) };
    let unreadable = || Error::internal("an order's owner cannot be read");
    if let Some(id) = string(item, OWNER) {
        return CustomerId::parse(id).map(OrderOwner::Known).ok_or_else(unreadable);
    }
    let refunds = string(item, REFUNDS).and_then(|refunds| serde_json::from_str(refunds).ok());
    let (refunds, version): (Refunds, _) = refunds.zip(version(item)).ok_or_else(unreadable)?;
    Ok(OrderOwner::Waiting(if expired(item, now) { Refunds::new() } else { refunds }, version))
}
