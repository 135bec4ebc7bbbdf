//! Markers of monthly actives (R7): one tiny item per customer and UTC month.
//!
//! The number of a month's markers is the month's count. The month total outlives the markers.

use okyaku_domain::id::ChannelId;
use okyaku_domain::limit::MARKERS_MS;
use okyaku_domain::month::Month;
use okyaku_domain::time::{self, Millis};

use super::attributes::{FORMAT, integer, number, string, text};
use crate::item::Item;
use crate::key::{Key, TTL};

/// The number of partitions of a month's markers.
pub const SHARDS: u8 = 16;
/// The total of a closed month.
const ACTIVES: &str = "actives";
/// The last closed month.
pub(crate) const MONTH: &str = "month";

/// Returns the key of a customer's marker in a UTC month. `name` is [`crate::keyring::Keys::active`].
#[must_use]
pub fn key(channel: &ChannelId, month: &str, name: &str) -> Key {
    let shard = name.get(..1).unwrap_or("0");
    Key::new(format!("M#{channel}#{month}#{shard}"), name)
}

/// Returns one of the [`SHARDS`] partitions of a month's markers.
#[must_use]
pub fn partition(channel: &ChannelId, month: &str, shard: u8) -> String {
    format!("M#{channel}#{month}#{shard:x}")
}

/// Returns the key of a marker in the month of `old`, under another name.
#[must_use]
pub fn renamed(old: &Key, channel: &ChannelId, name: &str) -> Key {
    let month = old.pk.rsplit('#').nth(1).unwrap_or_default();
    key(channel, month, name)
}

/// Returns the key of a month total.
#[must_use]
pub fn total(channel: &ChannelId, month: &str) -> Key {
    Key::new(format!("M#{channel}"), month)
}

/// Returns the key of the note with the last closed month. All channels share the note.
#[must_use]
pub fn closed() -> Key {
    Key::new("M#".to_owned(), "closed")
}

/// Returns the marker of a customer that was active at `at`.
pub(crate) fn item(key: Key, at: Millis) -> Item {
    let mut item = key.attributes();
    item.insert(FORMAT.into(), number(1));
    item.insert(TTL.into(), number(time::ttl(at + MARKERS_MS)));
    item
}

/// Returns a month total as an item.
pub(crate) fn total_item(channel: &ChannelId, month: Month, count: u64) -> Item {
    let mut item = total(channel, &month.key()).attributes();
    item.insert(FORMAT.into(), number(1));
    item.insert(ACTIVES.into(), number(count));
    item
}

/// Returns the count of a month total.
pub(crate) fn read_total(item: &Item) -> Option<u64> {
    integer(item, ACTIVES).and_then(|count| u64::try_from(count).ok())
}

/// Returns the note that a month is closed.
pub(crate) fn closed_item(month: Month) -> Item {
    let mut item = closed().attributes();
    item.insert(FORMAT.into(), number(1));
    item.insert(MONTH.into(), text(month.key()));
    item
}

/// Returns the month of the note.
pub(crate) fn read_closed(item: &Item) -> Option<Month> {
    Month::of_key(string(item, MONTH)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_lie_in_their_months_partitions() {
        let c = &ChannelId::from_bytes([0; 10]);
        let all: Vec<String> = (0..SHARDS).map(|shard| partition(c, "202611", shard)).collect();
        for first in "0123456789abcdef".chars() {
            assert!(all.contains(&key(c, "202611", &format!("{first}0")).pk), "{first}");
        }
    }
}
