//! Erasure (R12): whom it means, what it is about, and how far it has come. Names lives by keyed hashes, and nobody.

use serde::{Deserialize, Serialize};

use super::channel::Channel;
use super::contact_point::ContactPointKind;
use super::id::{ChannelId, CustomerId};
use super::limit::ANONYMOUS_MS;
use super::time::{DAY, MINUTE, Millis};

/// Longest timeout of a function that writes after it read a guard, in ms; the template sets no longer one.
pub const LONGEST_TIMEOUT: Millis = 10_000;
/// When the last sweep is due after the tombstones, in ms: a write that read its guard before them has landed or been
/// stopped by then.
pub const LAST_SWEEP_AFTER: Millis = LONGEST_TIMEOUT + MINUTE;
/// How far back a backup of the table reaches, in ms: point-in-time recovery keeps 35 days.
const BACKUPS: Millis = 35 * DAY;

/// When a channel's tombstones and receipts may go: nothing that it keeps, nor a backup of it, can then be older than
/// the erasure.
#[must_use]
pub fn remembered_until(channel: &Channel, erased_at: Millis) -> Millis {
    erased_at + channel.event_retention().max(BACKUPS).max(ANONYMOUS_MS)
}

/// Whether an address picks by itself whom to erase: nobody holds it, or one alone, and verified.
#[must_use]
pub fn picks(verified: &[bool]) -> bool {
    matches!(verified, [] | [true])
}

/// How many items of each kind went. Each is counted before it is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Customers: the person's own life and the linked ones.
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
    /// Addresses that a life held.
    #[serde(default, rename = "contacts")]
    pub contact_points: u64,
    /// Month markers whose name went; the month's count stays (R7).
    #[serde(default)]
    pub markers: u64,
}

fn is_none(count: &u64) -> bool {
    *count == 0
}

/// How far an erasure has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Items are being deleted.
    Erasing,
    /// All were deleted; the last sweep waits for its time.
    Sweeping,
    /// The last sweep has ended.
    Done,
}

impl Status {
    /// Its name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Erasing => "erasing",
            Self::Sweeping => "sweeping",
            Self::Done => "done",
        }
    }
}

/// An erasure: the job while it is open, the receipt from then on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Erasure {
    /// Its id: 32 lower-hex characters, the first 11 of them its time.
    pub id: String,
    /// The channel.
    pub channel: ChannelId,
    /// When the tombstones were put, epoch ms.
    pub erased_at: Millis,
    /// When it was true at a builder, if one asked for it, epoch ms: what the builder dates later is not of these lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Millis>,
    /// When tombstones and receipt may go, epoch ms.
    pub until: Millis,
    /// Each person's own life, followed by its linked ones.
    pub records: Vec<CustomerId>,
    /// From when on these lives may have month markers, epoch ms.
    #[serde(default)]
    pub since: Millis,
    /// The addresses that they held, by kind and keyed hash.
    #[serde(default)]
    pub contact_points: Vec<(ContactPointKind, String)>,
    /// The address that it was asked for by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<(ContactPointKind, String)>,
    /// What went.
    #[serde(default)]
    pub counts: Counts,
    /// How many lives this pass has emptied.
    #[serde(default)]
    pub emptied: u32,
    /// Up to which sort key the items of the life that is being emptied are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upto: Option<String>,
    /// When the first pass ended, epoch ms; the second one is the last sweep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emptied_at: Option<Millis>,
    /// When the last sweep ended, epoch ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swept_at: Option<Millis>,
    /// Whether it is about a whole channel: no lives, but everything.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole: bool,
    /// Counts the writes of the item, and is every write's condition: of two workers one goes on.
    #[serde(rename = "v", default)]
    pub version: u64,
}

impl Erasure {
    /// An erasure that begins now, of nobody yet. `random` makes its id one of its own.
    #[must_use]
    pub fn begin(channel: &Channel, random: [u8; 11], now: Millis) -> Self {
        let random = hex::encode(random);
        let id = format!("{now:011x}{}", random.get(..21).unwrap_or_default());
        Self::again(channel, id, now)
    }

    /// An erasure under a given id, as of then.
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

    /// What tombstones are dated: a later creation starts a new life, and what is earlier is of the erased one.
    #[must_use]
    pub fn dated(&self) -> Millis {
        self.as_of.unwrap_or(self.erased_at)
    }

    /// Whether `id` is the id of an erasure.
    #[must_use]
    pub fn is_id(id: &str) -> bool {
        id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    }

    /// The time in an erasure's id, epoch ms.
    #[must_use]
    pub fn time_of(id: &str) -> Option<Millis> {
        Millis::from_str_radix(id.get(..11)?, 16).ok()
    }

    /// How far it has come.
    #[must_use]
    pub fn status(&self) -> Status {
        match (self.emptied_at, self.swept_at) {
            (_, Some(_)) => Status::Done,
            (Some(_), None) => Status::Sweeping,
            (None, None) => Status::Erasing,
        }
    }

    /// The life that is being emptied, if one is left in this pass.
    #[must_use]
    pub fn current_record(&self) -> Option<&CustomerId> {
        self.records.get(self.emptied as usize)
    }

    /// Whether the last sweep is due.
    #[must_use]
    pub fn is_due(&self, now: Millis) -> bool {
        // Another instance may believe in an ended channel for as long as it remembers one.
        let known_for = if self.whole { MINUTE } else { 0 };
        now >= self.erased_at + LAST_SWEEP_AFTER + known_for
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_selects_only_a_sole_verified_registration() {
        assert!(picks(&[]) && picks(&[true]));
        assert!(!picks(&[false]) && !picks(&[true, false]) && !picks(&[true, true]));
    }

    #[test]
    fn erasure_id_contains_its_time() {
        assert_eq!(Erasure::time_of("01a02b03c04ffffffffffffffffffff"), Some(0x001a_02b0_3c04));
        assert!(Erasure::is_id("01a02b03c040123456789abcdef01234"));
        assert!(!Erasure::is_id("01A02b03c040123456789abcdef01234") && !Erasure::is_id("01"));
    }
}
