//! The items of an order: the order and its owner (R13).
//!
//! The order lies in its customer's partition, so that an erasure finds the order. The owner has a separate
//! item, because a refund names only the order.

use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::order::{OrderWithoutCustomer, StoredOrder};
use okyaku_domain::time::{self, Millis};

use super::attributes::{FORMAT, REQUEST, VERSION, expired, integer, number, string, text, version};
use super::customer;
use crate::item::Item;
use crate::key::{Key, TTL};
use crate::table::write::Write;

/// The start of every order's sort key, in the customer's partition.
pub const ORDERS: &str = "O#";
/// A bound after every order's sort key.
pub const ORDERS_END: &str = "O$";
/// The order, as compact JSON text. An amount may have more digits than a number of DynamoDB.
const ORDER: &str = "order";
pub(crate) const OWNER: &str = "owner";
const REFUNDS: &str = "refunds";
const CANCELLED_SINCE: &str = "cancelledSince";
const STALE_SINCE: &str = "staleSince";
const UNOWNED_SINCE: &str = "unownedSince";

/// The known owner of an order.
#[derive(Debug, PartialEq)]
pub enum OrderOwner {
    /// The table knows nothing of the order.
    Unknown,
    /// The order has no customer. With the version of the item.
    Nobody(OrderWithoutCustomer, u64),
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

/// Returns the item that takes the place of an order that left its customer. DynamoDB deletes the item soon.
pub(crate) fn left(at: Key, version: u64, request: &str, now: Millis) -> Item {
    let mut item = at.attributes();
    item.insert(VERSION.into(), number(version));
    item.insert(REQUEST.into(), text(request));
    // The item is expired at once, for a writer with a slower clock too, so that an order that comes back may take its place.
    item.insert(TTL.into(), number(now.div_euclid(1000) - 60));
    item.insert(FORMAT.into(), number(1));
    item
}

/// Returns the order of an item, and the item's version. `None` if the order left.
pub(crate) fn read(item: &Item, now: Millis) -> Result<Option<(StoredOrder, u64)>, Error> {
    let Some(order) = string(item, ORDER).filter(|_| !expired(item, now)) else { return Ok(None) };
    let found = serde_json::from_str(order).ok().zip(version(item));
    found.map(Some).ok_or_else(|| Error::internal("an order's item cannot be read"))
}

/// Returns the owner item of an order.
pub(crate) fn owner_item(channel: &ChannelId, hash: &str, owner: &CustomerId) -> Item {
    let mut item = owner_key(channel, hash).attributes();
    item.insert(OWNER.into(), text(owner.as_str()));
    item.insert(FORMAT.into(), number(1));
    item
}

/// Returns the delete of an owner item, unless the order has another owner by now.
pub(crate) fn disown(owner_key: Key, owner: &CustomerId) -> Write {
    Write::delete(owner_key)
        .when(|terms| format!("{} = {}", terms.name(OWNER), terms.value(text(owner.as_str()))))
}

/// Returns the owner item of an order without a customer. The item is kept until `until`, epoch ms.
pub(crate) fn nobody_item(
    channel: &ChannelId,
    hash: &str,
    known: &OrderWithoutCustomer,
    (version, request): (u64, &str),
    until: Millis,
) -> Result<Item, Error> {
    let mut item = owner_key(channel, hash).attributes();
    item.insert(REFUNDS.into(), text(serde_json::to_string(&known.refunds).map_err(Error::internal)?));
    for (name, since) in [
        (CANCELLED_SINCE, known.cancelled_since),
        (STALE_SINCE, known.stale_since),
        (UNOWNED_SINCE, known.unowned_since),
    ] {
        item.extend(since.map(|since| (name.to_owned(), number(since))));
    }
    item.insert(VERSION.into(), number(version));
    item.insert(REQUEST.into(), text(request));
    item.insert(TTL.into(), number(time::ttl(until)));
    item.insert(FORMAT.into(), number(1));
    Ok(item)
}

/// Returns the owner of an order. News that waited too long read as empty.
pub(crate) fn read_owner(item: Option<&Item>, now: Millis) -> Result<OrderOwner, Error> {
    let Some(item) = item else { return Ok(OrderOwner::Unknown) };
    let unreadable = || Error::internal("an order's owner cannot be read");
    if let Some(id) = string(item, OWNER) {
        return CustomerId::parse(id).map(OrderOwner::Known).ok_or_else(unreadable);
    }
    let refunds = string(item, REFUNDS).and_then(|refunds| serde_json::from_str(refunds).ok());
    let (refunds, version) = refunds.zip(version(item)).ok_or_else(unreadable)?;
    if expired(item, now) {
        return Ok(OrderOwner::Nobody(OrderWithoutCustomer::default(), version));
    }
    let known = OrderWithoutCustomer {
        refunds,
        cancelled_since: integer(item, CANCELLED_SINCE),
        stale_since: integer(item, STALE_SINCE),
        unowned_since: integer(item, UNOWNED_SINCE),
    };
    Ok(OrderOwner::Nobody(known, version))
}
