//! The table's whole layout: the only file that spells a key. `docs/TABLE.md` lists every item and access pattern.

use aws_sdk_dynamodb::types::AttributeValue;

use super::Item;
use okyaku_domain::contact_point::ContactPointKind;
use okyaku_domain::event::EventKey;
use okyaku_domain::id::CustomerId;
use okyaku_domain::time::{Millis, month};

/// Partition key attribute.
pub const PK: &str = "pk";
/// Sort key attribute.
pub const SK: &str = "sk";
/// Time to live, epoch seconds.
pub const TTL: &str = "ttl";
/// Name of the sparse index of leads and members.
pub const CONTACTS_INDEX: &str = "contacts";
/// Its partition key attribute.
pub const LIST_PK: &str = "lpk";
/// Its sort key attribute.
pub const LIST_SK: &str = "lsk";
/// Number of partitions of a channel's list.
pub const LIST_SHARDS: u8 = 8;
/// Number of partitions of a month's markers.
pub const MARKER_SHARDS: u8 = 16;
/// Number of partitions of the erasure jobs.
pub const JOB_SHARDS: u8 = 4;
/// Partition that holds every channel.
pub const CHANNELS: &str = "CH";
/// Sort key of a customer, in its own partition; the only item an erasure leaves there.
pub const CUSTOMER: &str = "P";
/// What the sort key of every event begins with.
pub const EVENTS: &str = "E#";
/// What follows every event's sort key.
pub const EVENTS_END: &str = "E$";
/// What the sort key of every journal entry begins with.
pub const JOURNAL: &str = "J#";
/// What follows every journal entry's sort key.
pub const JOURNAL_END: &str = "J$";
/// What the sort key of every order begins with, in its customer's partition.
pub const ORDERS: &str = "O#";
/// What follows every order's sort key.
pub const ORDERS_END: &str = "O$";
/// Sort key of a contact, in its own partition.
pub const CONTACT_POINT: &str = "A";
/// What the sort key of a contact's holder begins with, where it has an item of its own.
pub const OVERFLOW: &str = "H#";

/// A key where nothing lies.
#[must_use]
pub fn nothing() -> Key {
    Key::new("-".to_owned(), "-")
}

/// A primary key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

impl Key {
    fn new(pk: String, sk: impl Into<String>) -> Self {
        Self { pk, sk: sk.into() }
    }

    /// The key as attributes.
    #[must_use]
    pub fn attributes(self) -> Item {
        Item::from([(PK.to_owned(), AttributeValue::S(self.pk)), (SK.to_owned(), AttributeValue::S(self.sk))])
    }
}

/// Partition of everything about one life of a customer.
#[must_use]
pub fn partition(channel: &str, id: &CustomerId) -> String {
    format!("C#{channel}#{id}")
}

/// A customer or its tombstone.
#[must_use]
pub fn customer(channel: &str, id: &CustomerId) -> Key {
    Key::new(partition(channel, id), CUSTOMER)
}

/// An event, in the partition of the identity its caller named.
#[must_use]
pub fn event(channel: &str, key: &EventKey) -> Key {
    Key::new(partition(channel, &key.owner), event_sort(key.created_at, &key.hash))
}

/// Sort key of an event.
#[must_use]
pub fn event_sort(created_at: Millis, hash: &str) -> String {
    format!("{EVENTS}{created_at:013}#{hash}")
}

/// Time and hash out of an event's sort key.
#[must_use]
pub fn parse_event_sort(sk: &str) -> Option<(Millis, String)> {
    let (at, hash) = sk.strip_prefix(EVENTS)?.split_once('#')?;
    Some((at.parse().ok()?, hash.to_owned()))
}

/// Journal entry of a link, in the member's partition.
#[must_use]
pub fn journal(channel: &str, member: &CustomerId, at: Millis, visitor: &CustomerId) -> Key {
    Key::new(partition(channel, member), format!("{JOURNAL}{at:013}#{visitor}"))
}

/// Time and visitor out of the sort key of a link's journal entry.
#[must_use]
pub fn parse_journal(sk: &str) -> Option<(Millis, CustomerId)> {
    let (at, visitor) = sk.strip_prefix(JOURNAL)?.split_once('#')?;
    Some((at.parse().ok()?, CustomerId::parse(visitor)?))
}

/// An order of a customer. `hash` is [`crate::keyring::Keys::order`].
#[must_use]
pub fn order(channel: &str, owner: &CustomerId, hash: &str) -> Key {
    Key::new(partition(channel, owner), format!("{ORDERS}{hash}"))
}

/// Whose an order is, for deliveries that name the order alone.
#[must_use]
pub fn order_owner(channel: &str, hash: &str) -> Key {
    Key::new(format!("O#{channel}#{hash}"), "O")
}

/// The owner's item that belongs to the order at `sk` of a customer's partition, if that is one.
#[must_use]
pub fn owner_of(channel: &str, sk: &str) -> Option<Key> {
    sk.strip_prefix(ORDERS).map(|hash| order_owner(channel, hash))
}

/// A request for somebody's data, in the partition of its channel.
#[must_use]
pub fn data_request(channel: &str, at: Millis, hash: &str) -> Key {
    Key::new(data_requests(channel), format!("{at:013}#{hash}"))
}

/// Partition of a channel's requests for data.
#[must_use]
pub fn data_requests(channel: &str) -> String {
    format!("Q#{channel}")
}

/// A contact and its holders, by the keyed hash of its address.
#[must_use]
pub fn contact_point(channel: &str, kind: ContactPointKind, hash: &str) -> Key {
    let letter = match kind {
        ContactPointKind::Email => 'e',
        ContactPointKind::MobileNumber => 'm',
    };
    Key::new(format!("A#{channel}#{letter}#{hash}"), CONTACT_POINT)
}

/// A holder of a contact whose own list is full.
#[must_use]
pub fn registrant(channel: &str, kind: ContactPointKind, hash: &str, id: &CustomerId) -> Key {
    Key::new(contact_point(channel, kind, hash).pk, format!("{OVERFLOW}{id}"))
}

/// Marker of one active customer in a UTC month, spread over 16 partitions. `name` is [`crate::keyring::Keys::active`].
#[must_use]
pub fn marker(channel: &str, month: &str, name: &str) -> Key {
    let shard = name.get(..1).unwrap_or("0");
    Key::new(format!("M#{channel}#{month}#{shard}"), name)
}

/// A marker of the same month as `old` under another name.
#[must_use]
pub fn renamed_marker(old: &Key, channel: &str, name: &str) -> Key {
    let month = old.pk.rsplit('#').nth(1).unwrap_or_default();
    marker(channel, month, name)
}

/// The receipt of an erasure that is done.
#[must_use]
pub fn receipt(channel: &str, erasure: &str, erased_at: Millis) -> Key {
    Key::new(receipts(channel, &month(erased_at)), erasure)
}

/// Partition of a channel's receipts of a UTC month.
#[must_use]
pub fn receipts(channel: &str, month: &str) -> String {
    format!("R#{channel}#{month}")
}

/// One of the [`MARKER_SHARDS`] partitions of a month's markers.
#[must_use]
pub fn marker_partition(channel: &str, month: &str, shard: u8) -> String {
    format!("M#{channel}#{month}#{shard:x}")
}

/// Total of a month that is closed.
#[must_use]
pub fn total(channel: &str, month: &str) -> Key {
    Key::new(format!("M#{channel}"), month)
}

/// The last month that was closed, for every channel.
#[must_use]
pub fn closed() -> Key {
    Key::new("M#".to_owned(), "closed")
}

/// An erasure job.
#[must_use]
pub fn job(erasure: &str) -> Key {
    let shard = erasure.bytes().last().unwrap_or(0) % JOB_SHARDS;
    Key::new(job_partition(shard), erasure)
}

/// Partition of a quarter of the erasure jobs.
#[must_use]
pub fn job_partition(shard: u8) -> String {
    format!("X#{shard}")
}

/// What kind of item a partition has: the letter before the first `#`.
#[must_use]
pub fn kind(pk: &str) -> &str {
    pk.split('#').next().unwrap_or_default()
}

/// Whether a partition is one of a channel's people: customers, contacts, markers, orders, requests and drops. Receipts
/// and jobs, which name nobody, are not.
#[must_use]
pub fn is_of_channel(pk: &str, channel: &str) -> bool {
    let mut parts = pk.split('#');
    matches!(parts.next(), Some("C" | "A" | "M" | "O" | "Q" | "D")) && parts.next() == Some(channel)
}

/// Whether a partition has a public key of a channel.
#[must_use]
pub fn is_credential(pk: &str) -> bool {
    kind(pk) == "K"
}

/// Partition of a channel's drops of a UTC day, `yyyymmdd`.
#[must_use]
pub fn rejection_partition(channel: &str, day: &str) -> String {
    format!("D#{channel}#{day}")
}

/// Sort key of the count of one kind of drop. None of the three has a `#`.
#[must_use]
pub fn rejection_sort(sender: &str, reason: &str, field: &str) -> String {
    format!("{sender}#{reason}#{field}")
}

/// Origin, reason and field out of the sort key of a count of drops.
#[must_use]
pub fn parse_rejection_sort(sk: &str) -> Option<(&str, &str, &str)> {
    let (sender, rest) = sk.split_once('#')?;
    let (reason, field) = rest.split_once('#')?;
    Some((sender, reason, field))
}

/// The count of one kind of drop, by its partition and its sort key.
#[must_use]
pub fn rejections(partition: &str, sort: &str) -> Key {
    Key::new(partition.to_owned(), sort)
}

/// A channel.
#[must_use]
pub fn channel(id: &str) -> Key {
    Key::new(CHANNELS.to_owned(), id)
}

/// From a public key of a channel to the channel. `kind` is `plugin`, `access` or `webhook`.
#[must_use]
pub fn credential(kind: &str, key: &str) -> Key {
    Key::new(format!("K#{kind}#{key}"), "K")
}

/// Index keys of a lead or member: set once, so that no ordinary write pays for the index.
#[must_use]
pub fn listing(channel: &str, id: &CustomerId, created_at: Millis) -> [(String, AttributeValue); 2] {
    let shard = id.as_str().bytes().last().unwrap_or(0) % LIST_SHARDS;
    [
        (LIST_PK.to_owned(), AttributeValue::S(format!("L#{channel}#{shard}"))),
        (LIST_SK.to_owned(), AttributeValue::S(format!("{created_at:013}"))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn event_sort_key_survives_the_round_trip(at in 0_i64..9_999_999_999_999, hash in "[0-9a-f]{20}") {
            prop_assert_eq!(parse_event_sort(&event_sort(at, &hash)), Some((at, hash)));
        }

        #[test]
        fn journal_sort_key_survives_the_round_trip(at in 0_i64..9_999_999_999_999, id in any::<[u8; 10]>()) {
            let (member, visitor) = (CustomerId::from_bytes([0; 10]), CustomerId::from_bytes(id));
            prop_assert_eq!(parse_journal(&journal("c", &member, at, &visitor).sk), Some((at, visitor)));
        }

        #[test]
        fn events_sort_by_time(a in 0_i64..9_999_999_999_999, b in 0_i64..9_999_999_999_999) {
            prop_assert_eq!(event_sort(a, "0").cmp(&event_sort(b, "0")), a.cmp(&b));
        }
    }

    #[test]
    fn marker_lies_in_one_of_the_partitions_of_its_month() {
        let all: Vec<String> =
            (0..MARKER_SHARDS).map(|shard| marker_partition("c", "202611", shard)).collect();
        for first in "0123456789abcdef".chars() {
            assert!(all.contains(&marker("c", "202611", &format!("{first}0")).pk), "{first}");
        }
    }

    #[test]
    fn event_keys_alone_lie_between_the_bounds() {
        let event = event_sort(1_795_000_000_000, "00");
        assert!(event.as_str() > EVENTS && event.as_str() < EVENTS_END);
        assert!(CUSTOMER > EVENTS_END);
    }
}
