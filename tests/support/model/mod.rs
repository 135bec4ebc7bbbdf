//! A second opinion on the rules: customers, links, events, contacts, month actives and erasures in plain memory,
//! written from `docs/reference/RULES.md` and sharing no code with what it is compared with.
//!
//! It predicts what an answer must be. What only the other side can know (a minted veilId, a random id) is told to it
//! afterwards, by `bind`.

pub mod boot;
mod customer;
mod erase;
mod events;
mod leads;
mod open;
mod orders;
mod writes;

use std::collections::{BTreeMap, BTreeSet};

pub use customer::Customer;
pub use erase::{Address, Answered, PersonRef, Receipt};
pub use events::{Event, EventSender, Sent};
pub use writes::{Write, Writes, sent, stored};

pub const SECOND: i64 = 1000;
pub const MINUTE: i64 = 60 * SECOND;
pub const DAY: i64 = 24 * 60 * MINUTE;

/// What an answer must be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    pub status: u16,
    /// Whose customer it shows.
    pub record: Option<usize>,
    /// Boot: the veilId must be one that nobody has seen.
    pub fresh_veil: bool,
    /// Events: a verdict each.
    pub verdicts: Vec<&'static str>,
    /// A lead's 409: the customers that it may name.
    pub registrants: BTreeSet<usize>,
    /// A lead's 409: only pages claim the contact points.
    pub claimed: bool,
}

impl Expected {
    pub(crate) fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub(crate) fn shows(record: usize) -> Self {
        Self { status: 200, record: Some(record), ..Self::default() }
    }
}

/// What a life is the life of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordKind {
    /// `None` until the minted veilId is told.
    Visitor(Option<String>),
    Member(String),
    Lead,
}

/// One customer's life: what an id means.
#[derive(Debug, Clone)]
pub struct Record {
    pub id: Option<String>,
    pub who: RecordKind,
    pub customer: Option<Customer>,
    /// When it was erased, and until when that is remembered.
    pub erased: Option<(i64, i64)>,
    /// By time, sender and the caller's id.
    pub events: BTreeMap<(i64, EventSender, String), Event>,
    /// A revived life takes nothing dated up to the erasure before it.
    pub not_before: Option<i64>,
}

/// What a name leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Live(usize),
    Erased,
    Unknown,
}

/// How a caller names a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    Member(String),
    Record(usize),
    /// A well-formed id of nobody.
    Nobody,
    /// An id of another channel.
    Stranger,
}

/// One channel.
#[derive(Debug, Clone)]
pub struct Channel {
    pub event_days: i64,
    /// How often the plugin key was rotated.
    pub rotations: usize,
    pub records: Vec<Record>,
    /// The generations of each member.
    pub members: BTreeMap<String, Vec<usize>>,
    pub visitors: BTreeMap<String, usize>,
    /// Month and life, and since when: the set is the count.
    pub actives: BTreeMap<(String, usize), i64>,
    pub(crate) addresses: BTreeMap<(Address, String), i64>,
    pub(crate) unnamed: u64,
    pub(crate) orders: BTreeMap<u8, orders::Place>,
    /// Until when the id of nobody is remembered as erased.
    pub(crate) nobody: i64,
}

/// Every channel at one time.
#[derive(Debug, Clone)]
pub struct Model {
    pub now: i64,
    pub channels: Vec<Channel>,
}

impl Model {
    /// Channels that keep events this many days.
    pub fn new(now: i64, event_days: &[i64]) -> Self {
        let channel = |days: &i64| Channel {
            event_days: *days,
            rotations: 0,
            records: Vec::new(),
            members: BTreeMap::new(),
            visitors: BTreeMap::new(),
            actives: BTreeMap::new(),
            addresses: BTreeMap::new(),
            unnamed: 0,
            orders: BTreeMap::new(),
            nobody: 0,
        };
        Self { now, channels: event_days.iter().map(channel).collect() }
    }

    /// What was answered of a life: its id, and its veilId if it is a visitor's. Says what cannot be.
    pub fn bind(
        &mut self,
        channel: usize,
        record: usize,
        id: &str,
        veil: Option<&str>,
    ) -> Result<(), String> {
        let records = &mut self.channels[channel].records;
        if let Some(known) = &records[record].id {
            return if known == id { Ok(()) } else { Err(format!("life {record} was {known} and is {id}")) };
        }
        if records.iter().any(|other| other.id.as_deref() == Some(id)) {
            return Err(format!("the new life {record} has the id of another, {id}"));
        }
        records[record].id = Some(id.to_owned());
        if let (RecordKind::Visitor(own @ None), Some(veil)) = (&mut records[record].who, veil) {
            *own = Some(veil.to_owned());
            self.channels[channel].visitors.insert(veil.to_owned(), record);
        }
        Ok(())
    }

    /// Whom a name means, a link followed.
    pub fn find(&self, channel: usize, target: &Named) -> Found {
        match self.named(channel, target) {
            Found::Live(record) => {
                let customer = self.channels[channel].records[record].customer.as_ref();
                Found::Live(customer.and_then(|customer| customer.linked_to).unwrap_or(record))
            }
            other => other,
        }
    }

    /// Whom a name means itself: events stay with it.
    pub fn named(&self, channel: usize, target: &Named) -> Found {
        let channel = &self.channels[channel];
        let record = match target {
            Named::Nobody if self.now < channel.nobody => return Found::Erased,
            Named::Nobody | Named::Stranger => return Found::Unknown,
            Named::Record(record) => *record,
            Named::Member(name) => match channel.members.get(name).and_then(|records| records.last()) {
                Some(record) => *record,
                None => return Found::Unknown,
            },
        };
        channel.state(record, self.now)
    }

    /// The life of a visitor, live or erased.
    pub(crate) fn visitor(&self, channel: usize, veil: &str) -> Option<(usize, Found)> {
        let channel = &self.channels[channel];
        channel.visitors.get(veil).map(|record| (*record, channel.state(*record, self.now)))
    }

    /// The number of customers who were active, by month.
    pub fn actives(&self, channel: usize) -> BTreeMap<String, usize> {
        let mut months = BTreeMap::new();
        for (month, _) in self.channels[channel].actives.keys() {
            *months.entry(month.clone()).or_default() += 1;
        }
        months
    }
}

impl Channel {
    pub(crate) fn add(&mut self, who: RecordKind) -> usize {
        self.records.push(Record {
            id: None,
            who,
            customer: None,
            erased: None,
            events: BTreeMap::new(),
            not_before: None,
        });
        self.records.len() - 1
    }

    pub(crate) fn state(&self, record: usize, now: i64) -> Found {
        let seen = &self.records[record];
        match (&seen.customer, seen.erased) {
            (Some(customer), _) if customer.expired(seen, now) => Found::Unknown,
            (Some(_), _) => Found::Live(record),
            (None, Some((_, until))) if now < until => Found::Erased,
            (None, _) => Found::Unknown,
        }
    }

    /// The lives that one timeline shows.
    pub fn whole(&self, record: usize) -> Vec<usize> {
        let mut whole = vec![record];
        if let Some(customer) = &self.records[record].customer {
            whole.extend(&customer.links);
        }
        whole
    }

    /// A customer was written: `updatedAt` moves, and the month has it.
    pub(crate) fn written(&mut self, record: usize, now: i64) {
        if let Some(customer) = &mut self.records[record].customer {
            customer.updated_at = now;
            self.actives.entry((month(now), record)).or_insert(now);
        }
    }
}

/// `YYYYMM` of a time, by UTC.
pub fn month(ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(ms).unwrap().format("%Y%m").to_string()
}
