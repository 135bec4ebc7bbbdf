//! Attributes that several items have, and how a value becomes one.

use aws_sdk_dynamodb::types::AttributeValue;
use okyaku_domain::time::Millis;

use crate::item::Item;
use crate::key::TTL;

/// Version of an item: it counts the item's writes.
pub(crate) const VERSION: &str = "v";
/// Request id of the write.
pub(crate) const REQUEST: &str = "rid";
/// Format of the item, for whoever reads it after a change of it.
pub(crate) const FORMAT: &str = "f";
/// When something was erased, epoch ms: on a tombstone, on a contact point that an erasure named, on an ended channel.
pub(crate) const ERASED_AT: &str = "erasedAt";
/// The erasure's id.
pub(crate) const ERASURE: &str = "erasure";

/// A number attribute.
pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A text attribute.
pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// An integer attribute, if it is there and one.
pub(crate) fn integer(item: &Item, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// A text attribute, if it is there and one.
pub(crate) fn string<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// A version, if it is there and one.
pub(crate) fn version(item: &Item) -> Option<u64> {
    integer(item, VERSION).and_then(|version| u64::try_from(version).ok())
}

/// Whether an item is past its time to live: the engine may take days to remove it, but it reads as absent.
pub(crate) fn expired(item: &Item, now: Millis) -> bool {
    integer(item, TTL).is_some_and(|ttl| ttl * 1000 <= now)
}
