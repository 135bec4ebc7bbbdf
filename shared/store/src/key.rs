//! Primary keys, and the attributes of every item.
//!
//! Each file of [`crate::items`] alone spells the keys of its item. `docs/reference/TABLE.md` lists every item and
//! access pattern.

use aws_sdk_dynamodb::types::AttributeValue;
use okyaku_domain::id::ChannelId;

use crate::item::Item;

/// The partition key attribute.
pub const PK: &str = "pk";
/// The sort key attribute.
pub const SK: &str = "sk";
/// The time to live, in epoch seconds.
pub const TTL: &str = "ttl";

/// A primary key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The partition key.
    pub pk: String,
    /// The sort key.
    pub sk: String,
}

impl Key {
    pub(crate) fn new(pk: String, sk: impl Into<String>) -> Self {
        Self { pk, sk: sk.into() }
    }

    /// Returns the key as attributes.
    #[must_use]
    pub fn attributes(self) -> Item {
        Item::from([(PK.to_owned(), AttributeValue::S(self.pk)), (SK.to_owned(), AttributeValue::S(self.sk))])
    }
}

/// Returns the kind of item in a partition: the letter before the first `#`.
///
/// For example, the partition `C#channel#customer` has the kind `C`.
#[must_use]
pub fn kind(pk: &str) -> &str {
    pk.split('#').next().unwrap_or_default()
}

/// Returns whether a partition holds data about the people of a channel.
///
/// These partitions hold customers, contact points, markers, orders, data requests and rejections. Receipts
/// and jobs name nobody, so their partitions are left out.
#[must_use]
pub fn is_of_channel(pk: &str, channel: &ChannelId) -> bool {
    let mut parts = pk.split('#');
    matches!(parts.next(), Some("C" | "A" | "M" | "O" | "Q" | "D")) && parts.next() == Some(channel.as_str())
}
