//! Keys of the table: what is parsed is what was spelled, and two things never share a key.
#![no_main]

use libfuzzer_sys::arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use okyaku_domain::contact_point::ContactPointKind;
use okyaku_domain::event::EventKey;
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::month::Month;
use okyaku_store::items::contact_point::Registration;
use okyaku_store::items::credential::CredentialKind;
use okyaku_store::items::event::{EVENTS, EVENTS_END};
use okyaku_store::items::journal::{JOURNAL, JOURNAL_END};
use okyaku_store::items::{channel, contact_point, credential, customer, erasure, event, journal, marker};
use okyaku_store::key::Key;

/// The latest time of 13 digits, in the year 2286: no event is dated later than ten minutes from now.
const LATEST: i64 = 9_999_999_999_999;

/// Something that has a key.
#[derive(Clone, Debug, PartialEq)]
enum Thing {
    Customer(ChannelId, CustomerId),
    Event(ChannelId, EventKey),
    Journal(ChannelId, CustomerId, i64, CustomerId),
    ContactPoint(ChannelId, ContactPointKind, String),
    Overflow(ChannelId, ContactPointKind, Registration, CustomerId),
    Marker(ChannelId, String, String),
    Total(ChannelId, String),
    Closed,
    Receipt(ChannelId, String, String),
    Channel(ChannelId),
    Credential(CredentialKind, String),
}

/// Ten of a few bytes, so that equal ones and ones that begin alike are common.
fn hex<const N: usize>(bytes: &mut Unstructured<'_>) -> Result<[u8; N]> {
    let (byte, last) = (*bytes.choose(&[0, 0x11, 0xfe])?, u8::arbitrary(bytes)?);
    let mut all = [byte; N];
    if let Some(end) = all.last_mut() {
        *end = last;
    }
    Ok(all)
}

fn text<const N: usize>(bytes: &mut Unstructured<'_>) -> Result<String> {
    Ok(hex::<N>(bytes)?.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn id(bytes: &mut Unstructured<'_>) -> Result<CustomerId> {
    Ok(CustomerId::from_bytes(hex(bytes)?))
}

impl<'a> Arbitrary<'a> for Thing {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        let channel = ChannelId::from_bytes(hex(bytes)?);
        let at = bytes.int_in_range(0..=LATEST)?;
        let month = Month::of(bytes.int_in_range(946_684_800_000..=32_503_680_000_000 - 1)?).key();
        let kind = *bytes.choose(&ContactPointKind::ALL)?;
        Ok(match bytes.int_in_range(0..=10)? {
            0 => Self::Customer(channel, id(bytes)?),
            1 => {
                Self::Event(channel, EventKey { owner: id(bytes)?, created_at: at, hash: text::<10>(bytes)? })
            }
            2 => Self::Journal(channel, id(bytes)?, at, id(bytes)?),
            3 => Self::ContactPoint(channel, kind, text::<16>(bytes)?),
            4 => {
                let (hash, verified) = (text::<16>(bytes)?, bool::arbitrary(bytes)?);
                Self::Overflow(channel, kind, Registration { hash, verified, overflow: true }, id(bytes)?)
            }
            5 => Self::Marker(channel, month, text::<10>(bytes)?),
            6 => Self::Total(channel, month),
            7 => Self::Closed,
            8 => Self::Receipt(channel, text::<16>(bytes)?, month),
            9 => Self::Channel(channel),
            _ => Self::Credential(
                *bytes.choose(&[CredentialKind::Plugin, CredentialKind::Access, CredentialKind::Webhook])?,
                String::arbitrary(bytes)?,
            ),
        })
    }
}

impl Thing {
    fn key(&self) -> Key {
        match self {
            Self::Customer(channel, id) => customer::key(channel, id),
            Self::Event(channel, key) => event::key(channel, key),
            Self::Journal(channel, member, at, visitor) => journal::key(channel, member, *at, visitor),
            Self::ContactPoint(channel, kind, hash) => contact_point::key(channel, *kind, hash),
            Self::Overflow(channel, kind, registration, id) => {
                contact_point::overflow_key(channel, *kind, registration, id)
            }
            Self::Marker(channel, month, name) => marker::key(channel, month, name),
            Self::Total(channel, month) => marker::total(channel, month),
            Self::Closed => marker::closed(),
            Self::Receipt(channel, erasure, month) => {
                let at = Month::of_key(month).map_or(0, Month::start);
                erasure::receipt(channel, erasure, at)
            }
            Self::Channel(channel) => channel::key(channel),
            Self::Credential(kind, key) => credential::key(*kind, key),
        }
    }

    /// What a query for a list of something else must not meet.
    fn check(&self) {
        let Key { pk, sk } = self.key();
        assert!(!pk.is_empty() && !sk.is_empty());
        let record = pk.starts_with("C#");
        assert_eq!(record, matches!(self, Self::Customer(..) | Self::Event(..) | Self::Journal(..)));
        let within = |from: &str, to: &str| record && sk.as_str() >= from && sk.as_str() <= to;
        assert_eq!(within(EVENTS, EVENTS_END), matches!(self, Self::Event(..)), "{sk}");
        assert_eq!(within(JOURNAL, JOURNAL_END), matches!(self, Self::Journal(..)), "{sk}");
        assert_eq!(pk == channel::CHANNELS, matches!(self, Self::Channel(_)));
        match self {
            Self::Event(_, key) => {
                assert_eq!(event::parse_sort(&sk), Some((key.created_at, key.hash.clone())));
                assert_eq!(EventKey::parse(&key.to_string()).as_ref(), Some(key));
            }
            Self::Journal(_, _, at, visitor) => {
                assert_eq!(journal::parse(&sk), Some((*at, visitor.clone())));
            }
            Self::Marker(channel, month, _) => {
                let all = (0..marker::SHARDS).map(|shard| marker::partition(channel, month, shard));
                assert_eq!(all.filter(|partition| *partition == pk).count(), 1);
                assert_eq!(Month::of_key(month).map(Month::key).as_ref(), Some(month));
            }
            _ => {}
        }
    }
}

fuzz_target!(|things: (Thing, Thing)| {
    let (one, other) = things;
    one.check();
    other.check();
    assert_eq!(one == other, one.key() == other.key(), "{one:?} {other:?}");
    if let (Thing::Event(a, one), Thing::Event(b, other)) = (&one, &other)
        && (a, &one.owner) == (b, &other.owner)
    {
        let sorted = |key: &EventKey| event::sort(key.created_at, &key.hash);
        assert_eq!(one.order().cmp(&other.order()), sorted(one).cmp(&sorted(other)));
    }
});
