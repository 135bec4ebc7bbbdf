//! Customers and tombstones as items.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

use super::Item;
use super::keys::{self, Key, TTL};
use okyaku_domain::customer::{Customer, Record, Tombstone};
use okyaku_domain::erasure::Erasure;
use okyaku_domain::error::Error;
use okyaku_domain::id::CustomerId;
use okyaku_domain::limit::ANONYMOUS_MS;
use okyaku_domain::time::{self, Millis};

/// Version of a customer's item: it counts its writes.
pub(super) const VERSION: &str = "v";
/// Request id of the write.
pub(super) const REQUEST: &str = "rid";
/// Format of the item, for whoever reads it after a change of it.
pub(super) const FORMAT: &str = "f";
/// Present on a tombstone only.
pub(super) const ERASED_AT: &str = "erasedAt";
/// On the tombstone of generation 0: the current generation.
pub(super) const CURRENT: &str = "cur";
const GENERATION: &str = "gen";
/// On a contact that an erasure named: until when an upsert is refused, epoch seconds.
pub(super) const UNTIL: &str = "until";
/// On a tombstone: the erasure's id.
pub(super) const ERASURE: &str = "erasure";

/// A number attribute.
pub(super) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A text attribute.
pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// An integer attribute, if it is there and one.
pub(super) fn integer(item: &Item, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// A text attribute, if it is there and one.
pub(super) fn string<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// Whether an item is past its time to live: the engine may take days to remove it, but it reads as absent.
pub(super) fn expired(item: &Item, now: Millis) -> bool {
    integer(item, TTL).is_some_and(|ttl| ttl * 1000 <= now)
}

/// A customer as an item.
pub(super) fn of_customer(
    channel: &str,
    customer: &Customer,
    version: u64,
    request: &str,
) -> Result<Item, Error> {
    let mut item: Item = to_item(customer).map_err(Error::internal)?;
    item.extend(keys::customer(channel, &customer.id).attributes());
    // Only listed customers carry the index's keys, and always the same ones.
    if customer.listed {
        item.extend(keys::listing(channel, &customer.id, customer.created_at));
    } else if customer.linked_to.is_none() {
        let seen = customer.updated_at.max(customer.last_seen_at.unwrap_or(0));
        item.insert(TTL.into(), number(time::ttl(seen + ANONYMOUS_MS)));
    }
    item.insert(VERSION.into(), number(version));
    item.insert(REQUEST.into(), text(request));
    item.insert(FORMAT.into(), number(1));
    Ok(item)
}

/// Whether a contact is that of an erasure which is still remembered, and was not before `since`.
pub(super) fn is_marked(contact_point: &Item, now: Millis, since: Millis) -> bool {
    integer(contact_point, UNTIL).is_some_and(|until| until * 1000 > now)
        && integer(contact_point, ERASED_AT).is_none_or(|erased_at| erased_at >= since)
}

/// A tombstone as an item. It keeps nothing of the person: its key is a keyed hash.
pub(super) fn of_tombstone(channel: &str, id: &CustomerId, generation: u32, erasure: &Erasure) -> Item {
    let mut item = keys::customer(channel, id).attributes();
    item.insert(ERASED_AT.into(), number(erasure.dated()));
    item.insert(ERASURE.into(), text(&erasure.id));
    item.insert(TTL.into(), number(time::ttl(erasure.until)));
    item.insert(FORMAT.into(), number(1));
    item.insert(GENERATION.into(), number(generation));
    item.insert(CURRENT.into(), number(generation));
    // Lower than any version that was read, so that a write which read the customer before cannot land.
    item.insert(VERSION.into(), number(0));
    item
}

/// An erasure as an item: at its job's key, or at its receipt's.
pub(super) fn of_erasure(erasure: &Erasure, key: Key) -> Result<Item, Error> {
    let mut item: Item = to_item(erasure).map_err(Error::internal)?;
    item.extend(key.attributes());
    item.insert(FORMAT.into(), number(1));
    Ok(item)
}

/// What an item at a customer's key is. What is past its time to live is nothing.
pub(super) fn record(item: Item, now: Millis) -> Result<Option<Record>, Error> {
    if expired(&item, now) {
        return Ok(None);
    }
    if let Some(erased_at) = integer(&item, ERASED_AT) {
        let count = |name| integer(&item, name).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
        return Ok(Some(Record::Erased(Tombstone {
            generation: count(GENERATION),
            current: count(CURRENT),
            erased_at,
            erasure: string(&item, ERASURE).map(str::to_owned),
        })));
    }
    let version = integer(&item, VERSION).and_then(|v| u64::try_from(v).ok()).unwrap_or(0);
    let customer = from_item(item).map_err(|_| Error::internal("a customer's item cannot be read"))?;
    Ok(Some(Record::Alive(Box::new(customer), version)))
}
