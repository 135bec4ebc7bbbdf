//! The item of an event, in the partition of the record that the caller named (R8, R9).
//!
//! The key consists of the caller's own time and the hash of the sender and the caller's id. So a repeated
//! event overwrites itself, and never the event of another sender.

use okyaku_domain::channel::Channel;
use okyaku_domain::event::{Event, EventKey, StoredEvent};
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::time::{self, Millis};

use super::attributes::{FORMAT, integer, number, string, text};
use super::customer;
use crate::item::Item;
use crate::key::{Key, SK, TTL};

/// The start of every event's sort key.
pub const EVENTS: &str = "E#";
/// A bound after every event's sort key.
pub const EVENTS_END: &str = "E$";
/// The name of an event.
pub(crate) const NAME: &str = "n";
/// The property of an event, as compact JSON text.
pub(crate) const PROPERTY: &str = "p";
/// The time of a builder's version of an event, epoch ms.
pub(crate) const BUILDER_VERSION: &str = "sv";

/// Returns the key of an event.
#[must_use]
pub fn key(channel: &ChannelId, event: &EventKey) -> Key {
    Key::new(customer::partition(channel, &event.owner), sort(event.created_at, &event.hash))
}

/// Returns the sort key of an event.
#[must_use]
pub fn sort(created_at: Millis, hash: &str) -> String {
    format!("{EVENTS}{created_at:013}#{hash}")
}

/// Returns the time and the hash in an event's sort key.
#[must_use]
pub fn parse_sort(sk: &str) -> Option<(Millis, String)> {
    let (at, hash) = sk.strip_prefix(EVENTS)?.split_once('#')?;
    Some((at.parse().ok()?, hash.to_owned()))
}

/// Returns an event as an item.
pub(crate) fn item(channel: &Channel, at: &EventKey, event: &Event) -> Item {
    let mut item = key(&channel.id, at).attributes();
    item.insert(FORMAT.into(), number(1));
    item.insert(NAME.into(), text(&event.name));
    if let Some(property) = &event.property {
        item.insert(PROPERTY.into(), text(property));
    }
    item.insert(TTL.into(), number(time::ttl(event.created_at + channel.event_retention())));
    item
}

/// Returns the event of an item. `None` if the item is something else.
pub(crate) fn read(owner: &CustomerId, item: &Item) -> Option<StoredEvent> {
    let (created_at, hash) = parse_sort(string(item, SK)?)?;
    Some(StoredEvent {
        key: EventKey { owner: owner.clone(), created_at, hash },
        name: string(item, NAME)?.to_owned(),
        property: string(item, PROPERTY).map(str::to_owned),
        expire_at: integer(item, TTL)? * 1000,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sort_key_survives_the_round_trip(at in 0_i64..9_999_999_999_999, hash in "[0-9a-f]{20}") {
            prop_assert_eq!(parse_sort(&sort(at, &hash)), Some((at, hash)));
        }

        #[test]
        fn sort_keys_sort_by_time(a in 0_i64..9_999_999_999_999, b in 0_i64..9_999_999_999_999) {
            prop_assert_eq!(sort(a, "0").cmp(&sort(b, "0")), a.cmp(&b));
        }
    }

    #[test]
    fn events_alone_lie_between_the_bounds() {
        let event = sort(1_795_000_000_000, "00");
        assert!(event.as_str() > EVENTS && event.as_str() < EVENTS_END);
        assert!(customer::CUSTOMER > EVENTS_END);
    }
}
