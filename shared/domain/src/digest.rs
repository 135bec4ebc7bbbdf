//! The filter document of a contact: the values that filters may ask for, as small as possible.
//!
//! The index of contacts has the document beside each entry, so that a filter reads some 300 bytes a contact and not the
//! customer. What the document leaves out, a filter answers with maybe, and then the customer is read.
//!
//! - A key is a number: its place in `KEYS`.
//! - A time is the difference to the document's stamp.
//! - A long value is left out, and the document says so.
//! - A document stays as it is while only times of the last use move, for at most a day. So a touch leaves the index
//!   alone, and such a time is known to a day.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::customer::{Customer, Kind};
use crate::filter::key::{BASIC, FIGURES, Kind as KeyKind};
use crate::filter::{Key, KeyValue, Known, Person};
use crate::id::CustomerId;
use crate::time::{DAY, Millis};

/// The most bytes of a document.
pub const BYTES: usize = 600;
/// The format that this code writes.
const FORMAT: u8 = 1;
/// The longest text in a document, in bytes.
const TEXT_BYTES: usize = 64;
/// The longest list in a document, in bytes.
const LIST_BYTES: usize = 200;

/// The keys of a document. A stored document has a key's place in this list, so a new key goes to the end.
///
/// The keys at the end are the first to be left out of a document that would be too long. The versions of browsers and
/// systems have no place here, because they change often. A filter that names one reads the customers.
const KEYS: [&str; 44] = [
    "memberId",
    "tags",
    "unsubscribeEmail",
    "unsubscribeTexting",
    "blocked",
    "lastSeenAt",
    "updatedAt",
    "sessionsCount",
    "name",
    "profile.name",
    "profile.email",
    "profile.mobileNumber",
    "profile.lastCheckoutCompletedAt",
    "profile.totalPurchaseCount",
    "profile.totalPurchaseAmount",
    "profile.recentPurchaseCount",
    "profile.recentPurchaseAmount",
    "profile.purchaseCurrency",
    "language",
    "country",
    "city",
    "hasPushToken",
    "profile.utmSource",
    "profile.utmMedium",
    "profile.utmCampaign",
    "profile.utmContent",
    "profile.utmTerm",
    "profile.referrer",
    "web.browserName",
    "web.osName",
    "web.device",
    "web.lastSeenAt",
    "web.sessionsCount",
    "mobile.appName",
    "mobile.appVersion",
    "mobile.osName",
    "mobile.device",
    "mobile.lastSeenAt",
    "mobile.sessionsCount",
    "profile.firstName",
    "profile.lastName",
    "profile.landlineNumber",
    "profile.avatarUrl",
    "profile.description",
];

/// Times that move with every use.
const MOVING: [&str; 4] = ["updatedAt", "lastSeenAt", "web.lastSeenAt", "mobile.lastSeenAt"];

/// A value in a document. A key without a value has no value at the customer either.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Stored {
    /// The customer has a value, and must be asked for it.
    Ask(()),
    Flag(bool),
    /// A whole number. A time is the stamp less the time.
    Whole(i64),
    Number(f64),
    Text(String),
    List(Vec<String>),
}

impl Stored {
    /// Returns the value if the document has room for it.
    fn or_ask(self) -> Self {
        let is_long = match &self {
            Self::Text(text) => text.len() > TEXT_BYTES,
            Self::List(list) => list.iter().map(|text| text.len() + 2).sum::<usize>() > LIST_BYTES,
            _ => false,
        };
        if is_long { Self::Ask(()) } else { self }
    }
}

/// The filter document of a contact.
#[derive(Clone, Debug, PartialEq)]
pub struct Digest {
    /// The time at which the document was made, epoch ms.
    stamp: Millis,
    /// Whether the customer is a member. Every other contact is a lead.
    member: bool,
    values: BTreeMap<u8, Stored>,
}

/// Format, stamp, and keys with values.
type Document = (u8, Millis, bool, BTreeMap<u8, Stored>);

impl Digest {
    /// Returns the document of a customer.
    #[must_use]
    pub fn of(customer: &Customer, now: Millis) -> Self {
        let person = Person { customer, figures: Vec::new() };
        let figures = customer.purchases.fields(1, now);
        let mut values = BTreeMap::new();
        for (number, key) in (0..).zip(KEYS) {
            let figure =
                key.strip_prefix("profile.").and_then(|key| figures.iter().find(|(name, _)| *name == key));
            let value = match figure {
                // The window of recent purchases moves by itself.
                Some((name, _)) if name.starts_with("recent") => Stored::Ask(()),
                Some((_, value)) => of_json(value),
                None => match stored(&of_name(key), person.value(&of_name(key)), now) {
                    Some(stored) => stored,
                    None => continue,
                },
            };
            values.insert(number, value.or_ask());
        }
        Self { stamp: now, member: customer.kind() == Kind::Member, values }
    }

    /// Returns the document of a customer as bytes. A document that still says enough stays as it is.
    ///
    /// It stays if nothing differs but times that move with every use, and if these moved by less than a day.
    #[must_use]
    pub fn bytes(customer: &Customer, before: Option<&[u8]>, now: Millis) -> Vec<u8> {
        let new = Self::of(customer, now).fitted();
        match before.and_then(|bytes| Some((bytes, Self::read(bytes)?))) {
            Some((bytes, old)) if old.still_says(&new) => bytes.to_vec(),
            _ => new.encode(),
        }
    }

    /// Reads a document. `None` for a format of a later version: then the customer is asked.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        // The format goes first, so that a later one may have another shape.
        let (format, stamp, member, values): Document = rmp_serde::from_slice(bytes).ok()?;
        (format == FORMAT).then_some(Self { stamp, member, values })
    }

    fn encode(&self) -> Vec<u8> {
        let document: Document = (FORMAT, self.stamp, self.member, self.values.clone());
        // Writing to memory cannot fail. A document without bytes is read as one that says nothing.
        rmp_serde::to_vec(&document).unwrap_or_default()
    }

    /// Returns the document with no more than [`BYTES`] bytes.
    fn fitted(mut self) -> Self {
        let mut last = KEYS.len();
        while last > 0 && self.encode().len() > BYTES {
            last -= 1;
            let place = u8::try_from(last).unwrap_or(u8::MAX);
            if let Some(value) = self.values.get_mut(&place) {
                *value = Stored::Ask(());
            }
        }
        self
    }

    /// Returns whether this document, which is older, answers as `new` would, apart from times that it knows to a day.
    fn still_says(&self, new: &Self) -> bool {
        self.member == new.member
            && self.values.len() == new.values.len()
            && self.values.iter().zip(&new.values).all(|((key, old), (same, value))| {
                let times = || self.time(old).zip(new.time(value));
                key == same
                    && match kind(*key) {
                        Some(KeyKind::Time) if is_moving(*key) => times()
                            .is_some_and(|(old, new)| old <= new && new < self.stamp.saturating_add(DAY)),
                        Some(KeyKind::Time) => times().is_some_and(|(old, new)| old == new),
                        _ => old == value,
                    }
            })
    }

    fn time(&self, stored: &Stored) -> Option<Millis> {
        match stored {
            Stored::Whole(before) => Some(self.stamp.saturating_sub(*before)),
            _ => None,
        }
    }
}

/// An entry of the list: what the index knows of a contact.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// The customer's id.
    pub id: &'a CustomerId,
    /// The time of the creation, epoch ms.
    pub created_at: Millis,
    /// The document, if the entry has one.
    pub digest: Option<&'a Digest>,
}

impl Known for Entry<'_> {
    fn value(&self, key: &Key) -> KeyValue {
        match key {
            Key::Basic("id") => return KeyValue::Text(self.id.to_string()),
            Key::Basic("createdAt") => return KeyValue::Time(self.created_at, self.created_at),
            _ => {}
        }
        let Some(digest) = self.digest else { return KeyValue::Unknown };
        match key {
            Key::Basic("member") => return KeyValue::Flag(digest.member),
            Key::Basic("type") => {
                let kind = if digest.member { Kind::Member } else { Kind::Lead };
                return KeyValue::Text(kind.name().to_owned());
            }
            _ => {}
        }
        let Some((number, kind)) = number(key) else { return KeyValue::Unknown };
        match digest.values.get(&number) {
            None if kind == KeyKind::Flag && matches!(key, Key::Basic(_)) => KeyValue::Flag(false),
            None if kind == KeyKind::Number && matches!(key, Key::Basic(_)) => KeyValue::Number(0.0),
            None if *key == Key::Tags => KeyValue::List(Vec::new()),
            None => KeyValue::Nothing,
            Some(Stored::Ask(())) => KeyValue::Something,
            Some(value @ Stored::Whole(_)) if kind == KeyKind::Time => match digest.time(value) {
                Some(at) if is_moving(number) => KeyValue::Time(at, digest.stamp.saturating_add(DAY).max(at)),
                Some(at) => KeyValue::Time(at, at),
                None => KeyValue::Something,
            },
            Some(Stored::Flag(flag)) => KeyValue::Flag(*flag),
            Some(Stored::Whole(number)) => KeyValue::Number(*number as f64),
            Some(Stored::Number(number)) => KeyValue::Number(*number),
            Some(Stored::Text(text)) => KeyValue::Text(text.clone()),
            Some(Stored::List(list)) => KeyValue::List(list.clone()),
        }
    }
}

/// Returns what a document stores of a value. Basic values that nearly everyone has are left out: false, 0 and no tags.
fn stored(key: &Key, value: KeyValue, stamp: Millis) -> Option<Stored> {
    let is_basic = !matches!(key, Key::Profile(_));
    match value {
        KeyValue::Nothing | KeyValue::Unknown => None,
        KeyValue::Flag(false) if is_basic => None,
        KeyValue::Number(0.0) if is_basic => None,
        KeyValue::List(list) if is_basic && list.is_empty() => None,
        KeyValue::Something => Some(Stored::Ask(())),
        KeyValue::Text(text) => Some(Stored::Text(text)),
        KeyValue::Number(number) => Some(of_number(number)),
        KeyValue::Flag(flag) => Some(Stored::Flag(flag)),
        KeyValue::Time(at, _) => Some(Stored::Whole(stamp.saturating_sub(at))),
        KeyValue::List(list) => Some(Stored::List(list)),
    }
}

fn of_number(number: f64) -> Stored {
    let whole = number as i64;
    if (-9_007_199_254_740_992..=9_007_199_254_740_992).contains(&whole) && whole as f64 == number {
        Stored::Whole(whole)
    } else {
        Stored::Number(number)
    }
}

fn of_json(value: &serde_json::Value) -> Stored {
    match (value.as_f64(), value.as_str()) {
        (Some(number), _) => of_number(number),
        (None, Some(text)) => Stored::Text(text.to_owned()),
        (None, None) => Stored::Ask(()),
    }
}

/// Returns the key of a name in [`KEYS`].
fn of_name(name: &'static str) -> Key {
    match name.strip_prefix("profile.") {
        Some(field) => Key::Profile(field.to_owned()),
        None if name == "tags" => Key::Tags,
        None => Key::Basic(name),
    }
}

/// Returns the place of a key in [`KEYS`], and the type of its values.
fn number(key: &Key) -> Option<(u8, KeyKind)> {
    let place = KEYS.iter().position(|name| match key {
        Key::Basic(basic) => name == basic,
        Key::Tags => *name == "tags",
        Key::Profile(field) => name.strip_prefix("profile.") == Some(field),
        Key::Property(_) => false,
    })?;
    let place = u8::try_from(place).ok()?;
    Some((place, kind(place)?))
}

fn kind(place: u8) -> Option<KeyKind> {
    let name = KEYS.get(usize::from(place))?;
    if *name == "tags" {
        return Some(KeyKind::List);
    }
    match name.strip_prefix("profile.") {
        None => BASIC.iter().find(|(basic, _)| basic == name).map(|(_, kind)| *kind),
        Some(field) => match FIGURES.iter().find(|(figure, _)| *figure == field) {
            Some((_, kind)) => Some(*kind),
            None => crate::field::declared(field).map(KeyKind::of_field),
        },
    }
}

fn is_moving(place: u8) -> bool {
    KEYS.get(usize::from(place)).is_some_and(|name| MOVING.contains(name))
}

#[cfg(test)]
mod tests;
