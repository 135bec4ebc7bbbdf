//! An order in its customer's partition, so that an erasure finds it; and whose an order is, in an item of its own,
//! because a refund names its order alone (R13).

use okyaku_domain::command::order::Refunds;
use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::purchase::StoredOrder;
use okyaku_domain::time::{self, Millis};

use super::attributes::{FORMAT, REQUEST, VERSION, expired, number, string, text, version};
use super::customer;
use crate::item::Item;
use crate::key::{Key, TTL};

/// What the sort key of every order begins with, in its customer's partition.
pub const ORDERS: &str = "O#";
/// What follows every order's sort key.
pub const ORDERS_END: &str = "O$";
/// An order, as compact JSON text: it may hold amounts that a table's number cannot.
const ORDER: &str = "order";
pub(crate) const OWNER: &str = "owner";
const REFUNDS: &str = "refunds";

/// What is known of whose an order is.
#[derive(Debug, PartialEq)]
pub enum OrderOwner {
    /// Nothing.
    Unknown,
    /// Only refunds came so far; and the version of the item.
    Waiting(Refunds, u64),
    /// This customer's.
    Known(CustomerId),
}

/// An order of a customer. `hash` is [`crate::keyring::Keys::order`].
#[must_use]
pub fn key(channel: &ChannelId, owner: &CustomerId, hash: &str) -> Key {
    Key::new(customer::partition(channel, owner), format!("{ORDERS}{hash}"))
}

/// Whose an order is.
#[must_use]
pub fn owner_key(channel: &ChannelId, hash: &str) -> Key {
    Key::new(format!("O#{channel}#{hash}"), "O")
}

/// The owner's item that belongs to the order at `sk` of a customer's partition, if that is one.
#[must_use]
pub fn owner_of(channel: &ChannelId, sk: &str) -> Option<Key> {
    sk.strip_prefix(ORDERS).map(|hash| owner_key(channel, hash))
}

/// An order as an item.
pub(crate) fn item(at: Key, order: &StoredOrder, version: u64, request: &str) -> Result<Item, Error> {
    let mut item = at.attributes();
    item.insert(ORDER.into(), text(serde_json::to_string(order).map_err(Error::internal)?));
    item.insert(VERSION.into(), number(version));
    item.insert(REQUEST.into(), text(request));
    item.insert(FORMAT.into(), number(1));
    Ok(item)
}

/// The order of an item, and its version.
pub(crate) fn read(item: &Item) -> Result<(StoredOrder, u64), Error> {
    let order = string(item, ORDER).and_then(|order| serde_json::from_str(order).ok());
    order.zip(version(item)).ok_or_else(|| Error::internal("an order's item cannot be read"))
}

/// That an order is this customer's.
pub(crate) fn owner_item(channel: &ChannelId, hash: &str, owner: &CustomerId) -> Item {
    let mut item = owner_key(channel, hash).attributes();
    item.insert(OWNER.into(), text(owner.as_str()));
    item.insert(FORMAT.into(), number(1));
    item
}

/// Refunds that wait for their order until `until`, epoch ms.
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

/// Whose an order is. Refunds that waited too long are none.
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
