//! The journal entry of a link, in the member's partition (R11).

use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::time::Millis;

use super::attributes::{FORMAT, number, text};
use super::customer;
use crate::item::Item;
use crate::key::Key;

/// The start of every journal entry's sort key.
pub const JOURNAL: &str = "J#";
/// A bound after every journal entry's sort key.
pub const JOURNAL_END: &str = "J$";

/// Returns the key of a link's journal entry.
#[must_use]
pub fn key(channel: &ChannelId, member: &CustomerId, at: Millis, visitor: &CustomerId) -> Key {
    Key::new(customer::partition(channel, member), format!("{JOURNAL}{at:013}#{visitor}"))
}

/// Returns the time and the visitor in the sort key of a journal entry.
#[must_use]
pub fn parse(sk: &str) -> Option<(Millis, CustomerId)> {
    let (at, visitor) = sk.strip_prefix(JOURNAL)?.split_once('#')?;
    Some((at.parse().ok()?, CustomerId::parse(visitor)?))
}

/// Returns the journal entry of a link.
pub(crate) fn item(channel: &ChannelId, member: &CustomerId, at: Millis, visitor: &CustomerId) -> Item {
    let mut item = key(channel, member, at, visitor).attributes();
    item.insert(FORMAT.into(), number(1));
    item.insert("kind".into(), text("link"));
    item.insert("visitor".into(), text(visitor.as_str()));
    item
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sort_key_survives_the_round_trip(at in 0_i64..9_999_999_999_999, id in any::<[u8; 10]>()) {
            let (member, visitor) = (CustomerId::from_bytes([0; 10]), CustomerId::from_bytes(id));
            prop_assert_eq!(parse(&key(&ChannelId::from_bytes([0; 10]), &member, at, &visitor).sk), Some((at, visitor)));
        }
    }
}
