//! Attributes of several items, and their values.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use okyaku_domain::time::Millis;

use crate::item::Item;
use crate::key::TTL;

/// The version of an item. Each write of the item adds 1.
pub(crate) const VERSION: &str = "v";
/// The request id of the write.
pub(crate) const REQUEST: &str = "rid";
/// The format of the item. A later version of the code can tell the formats apart.
pub(crate) const FORMAT: &str = "f";
/// The time of an erasure, epoch ms.
///
/// A tombstone, the contact point of a requested erasure and an ended channel have this attribute.
pub(crate) const ERASED_AT: &str = "erasedAt";
/// The id of the erasure.
pub(crate) const ERASURE: &str = "erasure";

/// Returns a number attribute.
pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// Returns a text attribute.
pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// Returns a binary attribute.
pub(crate) fn bytes(value: Vec<u8>) -> AttributeValue {
    AttributeValue::B(Blob::new(value))
}

/// Returns the bytes of a binary attribute.
pub(crate) fn into_bytes(value: AttributeValue) -> Option<Vec<u8>> {
    match value {
        AttributeValue::B(blob) => Some(blob.into_inner()),
        _ => None,
    }
}

/// Returns an integer attribute, if present and an integer.
pub(crate) fn integer(item: &Item, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// Returns a text attribute, if present and a text.
pub(crate) fn string<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// Returns the version, if present and a number.
pub(crate) fn version(item: &Item) -> Option<u64> {
    integer(item, VERSION).and_then(|version| u64::try_from(version).ok())
}

/// Returns whether an item is past its time to live.
///
/// DynamoDB may take days to delete an expired item. Until then the item reads as absent.
pub(crate) fn expired(item: &Item, now: Millis) -> bool {
    integer(item, TTL).is_some_and(|ttl| ttl * 1000 <= now)
}
