//! A primary key, and the attributes that every item may have. Each file of [`crate::items`] spells the keys of its item,
//! and no other file does. `docs/TABLE.md` lists every item and access pattern.

use aws_sdk_dynamodb::types::AttributeValue;
use okyaku_domain::id::ChannelId;

use crate::item::Item;

/// Partition key attribute.
pub const PK: &str = "pk";
/// Sort key attribute.
pub const SK: &str = "sk";
/// Time to live, epoch seconds.
pub const TTL: &str = "ttl";

/// A primary key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

impl Key {
    pub(crate) fn new(pk: String, sk: impl Into<String>) -> Self {
        Self { pk, sk: sk.into() }
    }

    /// A key where nothing lies.
    #[must_use]
    pub fn nothing() -> Self {
        Self::new("-".to_owned(), "-")
    }

    /// The key as attributes.
    #[must_use]
    pub fn attributes(self) -> Item {
        Item::from([(PK.to_owned(), AttributeValue::S(self.pk)), (SK.to_owned(), AttributeValue::S(self.sk))])
    }
}

/// What kind of item a partition has: the letter before the first `#`.
#[must_use]
pub fn kind(pk: &str) -> &str {
    pk.split('#').next().unwrap_or_default()
}

/// Whether a partition is one of a channel's people: customers, contact points, markers, orders, requests for data and
/// rejections. Receipts and jobs, which name nobody, are not.
#[must_use]
pub fn is_of_channel(pk: &str, channel: &ChannelId) -> bool {
    let mut parts = pk.split('#');
    matches!(parts.next(), Some("C" | "A" | "M" | "O" | "Q" | "D")) && parts.next() == Some(channel.as_str())
}
