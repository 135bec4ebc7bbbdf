//! Erasure (R12): the persons, the deleted items and the progress. An erasure names records only by keyed
//! hashes.

use serde::{Deserialize, Serialize};

use super::channel::Channel;
use super::contact_point::ContactPointKind;
use super::id::{ChannelId, CustomerId};
use super::limit::ANONYMOUS_MS;
use super::time::{DAY, MINUTE, Millis};

/// The longest timeout of a function that writes after it read a guard, in ms. The template keeps within this
/// timeout.
pub const LONGEST_TIMEOUT: Millis = 10_000;
/// The time from the tombstones to the last sweep, in ms.
///
/// By then, a write that read its guard before the tombstones has either landed or been stopped.
pub const LAST_SWEEP_AFTER: Millis = LONGEST_TIMEOUT + MINUTE;
/// How long the end of a channel can be taken back, in ms. Until then the data stays, and nobody reads the data.
pub const REOPENABLE: Millis = DAY;
/// The reach of the table's backups, in ms. Point-in-time recovery keeps 35 days.
const BACKUPS: Millis = 35 * DAY;

/// Returns the time at which a channel's tombstones and receipts may go, epoch ms.
///
/// At this time, all data of the channel and all backups are younger than the erasure. For example, a channel
/// with 365 days of events keeps its tombstones for 365 days.
#[must_use]
pub fn remembered_until(channel: &Channel, erased_at: Millis) -> Millis {
    erased_at + channel.event_retention().max(BACKUPS).max(ANONYMOUS_MS)
}

/// Returns whether an address picks the customer to erase.
///
/// `verified` says of each registration whether it is verified. An address picks its single verified customer,
/// however many claims there are. A free address picks nobody, which is clear too. For example, an address shared by the
/// verified `ann` and `ben` picks neither, and an address with claims alone picks none of them.
#[must_use]
pub fn picks(verified: &[bool]) -> bool {
    verified.is_empty() || verified.iter().filter(|verified| **verified).count() == 1
}

/// The number of erased items of each kind. Every item is counted before its deletion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Customers: the person's own record and the linked records.
    #[serde(default)]
    pub customers: u64,
    /// Events.
    #[serde(default)]
    pub events: u64,
    /// Journal entries of links.
    #[serde(default)]
    pub links: u64,
    /// Orders.
    #[serde(default, skip_serializing_if = "is_none")]
    pub orders: u64,
    /// Contact points that the records were registered for.
    #[serde(default, rename = "contacts")]
    pub contact_points: u64,
    /// Month markers that lost their name. The month's count stays (R7).
    #[serde(default)]
    pub markers: u64,
}

fn is_none(count: &u64) -> bool {
    *count == 0
}

/// The progress of an erasure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Items are being deleted.
    Erasing,
    /// All items were deleted, and the last sweep waits for its time.
    Sweeping,
    /// The last sweep has ended.
    Done,
}

impl Status {
    /// Returns the status's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Erasing => "erasing",
            Self::Sweeping => "sweeping",
            Self::Done => "done",
        }
    }
}

/// An erasure: first the open job, then the receipt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Erasure {
    /// The id: 32 lower-hex characters. The first 11 characters are the time.
    pub id: String,
    /// The channel.
    pub channel: ChannelId,
    /// The time of the tombstones, epoch ms.
    pub erased_at: Millis,
    /// The date of the erasure at the builder, epoch ms, if a builder asked for the erasure.
    ///
    /// Data that the builder dates later belongs to later records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Millis>,
    /// The time at which the tombstones and the receipt may go, epoch ms.
    pub until: Millis,
    /// Each person's own record, followed by the person's linked records.
    pub records: Vec<CustomerId>,
    /// The earliest time at which the records may have month markers, epoch ms.
    #[serde(default)]
    pub since: Millis,
    /// The contact points of the records, by kind and keyed hash.
    #[serde(default)]
    pub contact_points: Vec<(ContactPointKind, String)>,
    /// The contact point that named the person, by kind and keyed hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<(ContactPointKind, String)>,
    /// The erased items.
    #[serde(default)]
    pub counts: Counts,
    /// The number of records that this pass has emptied.
    #[serde(default)]
    pub emptied: u32,
    /// The last sort key up to which the items of the current record are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upto: Option<String>,
    /// The end of the first pass, epoch ms. The second pass is the last sweep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emptied_at: Option<Millis>,
    /// The end of the last sweep, epoch ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swept_at: Option<Millis>,
    /// Whether the erasure is about a whole channel. Then all data goes, and `records` is empty.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole: bool,
    /// The number of writes of the item, and the condition of every write. Of two workers, only the first
    /// goes on.
    #[serde(rename = "v", default)]
    pub version: u64,
}

impl Erasure {
    /// Begins an erasure now, with an empty list of records. `random` makes the id unique.
    #[must_use]
    pub fn begin(channel: &Channel, random: [u8; 11], now: Millis) -> Self {
        let random = hex::encode(random);
        let id = format!("{now:011x}{}", random.get(..21).unwrap_or_default());
        Self::again(channel, id, now)
    }

    /// Creates an erasure with a given id and a given time.
    #[must_use]
    pub fn again(channel: &Channel, id: String, erased_at: Millis) -> Self {
        Self {
            id,
            channel: channel.id.clone(),
            erased_at,
            as_of: None,
            until: remembered_until(channel, erased_at),
            records: Vec::new(),
            since: erased_at,
            contact_points: Vec::new(),
            address: None,
            counts: Counts::default(),
            emptied: 0,
            upto: None,
            emptied_at: None,
            swept_at: None,
            whole: false,
            version: 0,
        }
    }

    /// Returns the date of the tombstones, epoch ms.
    ///
    /// A later creation starts a new record. Earlier data belongs to the erased record.
    #[must_use]
    pub fn dated(&self) -> Millis {
        self.as_of.unwrap_or(self.erased_at)
    }

    /// Returns whether `id` is the id of an erasure.
    #[must_use]
    pub fn is_id(id: &str) -> bool {
        id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    }

    /// Returns the time in an erasure's id, epoch ms.
    #[must_use]
    pub fn time_of(id: &str) -> Option<Millis> {
        Millis::from_str_radix(id.get(..11)?, 16).ok()
    }

    /// Returns the progress.
    #[must_use]
    pub fn status(&self) -> Status {
        match (self.emptied_at, self.swept_at) {
            (_, Some(_)) => Status::Done,
            (Some(_), None) => Status::Sweeping,
            (None, None) => Status::Erasing,
        }
    }

    /// Returns the record to empty now, if a record is left in this pass.
    #[must_use]
    pub fn current_record(&self) -> Option<&CustomerId> {
        self.records.get(self.emptied as usize)
    }

    /// Returns whether the last sweep is due.
    ///
    /// The last sweep is due 70 seconds after the tombstones. For a whole channel it is due 130 seconds after the data may
    /// go.
    #[must_use]
    pub fn is_due(&self, now: Millis) -> bool {
        // A function instance may still use an ended channel, for as long as the instance remembers the
        // channel.
        let known_for = if self.whole { MINUTE } else { 0 };
        now >= self.erased_at + self.waits_for() + LAST_SWEEP_AFTER + known_for
    }

    /// Returns whether items may be deleted now. The data of an ended channel waits for a day.
    #[must_use]
    pub fn may_empty(&self, now: Millis) -> bool {
        now >= self.erased_at + self.waits_for()
    }

    fn waits_for(&self) -> Millis {
        if self.whole { REOPENABLE } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_selects_only_a_sole_verified_registration() {
        assert!(picks(&[]) && picks(&[true]) && picks(&[false, true, false]));
        assert!(!picks(&[false]) && !picks(&[true, false, true]) && !picks(&[true, true]));
    }

    #[test]
    fn erasure_id_contains_its_time() {
        assert_eq!(Erasure::time_of("01a02b03c04ffffffffffffffffffff"), Some(0x001a_02b0_3c04));
        assert!(Erasure::is_id("01a02b03c040123456789abcdef01234"));
        assert!(!Erasure::is_id("01A02b03c040123456789abcdef01234") && !Erasure::is_id("01"));
    }
}
