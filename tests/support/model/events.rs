//! Events: once by sender, id and time, with the identity that their caller named (R8, R9).

use std::collections::{BTreeMap, BTreeSet};

use super::boot::Session;
use super::customer::Field;
use super::{DAY, Expected, Found, MINUTE, Model, Named, RecordKind};

/// What is stored of an event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    pub name: &'static str,
    /// The number in its property, different for each sending.
    pub n: u64,
}

/// Who sent an event. An event replaces or repeats only an event of the same sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventSender {
    Page,
    Server,
}

/// An event as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// `None`: the server left it out.
    pub id: Option<String>,
    pub at: i64,
    pub event: Event,
}

/// What a visitor's life may say of the time before it.
const BEFORE_CREATION: i64 = 30 * DAY;

impl Model {
    /// A page's batch; `retry` says that it is marked as one.
    pub fn track(&mut self, channel: usize, session: &Session, batch: &[Sent], retry: bool) -> Expected {
        if self.now - session.since > 31 * DAY || self.has_ended(channel, session) {
            return Expected::status(401);
        }
        let record = match self.channels[channel].state(session.record, self.now) {
            Found::Live(record) => record,
            Found::Erased => return Expected::status(409),
            Found::Unknown => return Expected::status(401),
        };
        if self.is_blocked(channel, record) {
            return Expected::status(403);
        }
        // Who is lone: the only one that is not rejected and not the second of two.
        let linked_at =
            self.channels[channel].records[record].customer.as_ref().and_then(|customer| customer.linked_at);
        let late = |sent: &Sent| linked_at.is_some_and(|at| sent.at >= at);
        let valid = batch.iter().filter(|sent| self.takes(channel, record, sent.at) && !late(sent));
        let lone = valid.map(|sent| (sent.at, &sent.id)).collect::<BTreeSet<_>>().len() == 1;
        let (mut verdicts, mut keys) = (Vec::new(), BTreeSet::new());
        for sent in batch {
            let key = (sent.at, EventSender::Page, sent.id.clone().unwrap_or_default());
            let events = &mut self.channels[channel].records[record].events;
            let there = events.contains_key(&key);
            let verdict = if !self.takes(channel, record, sent.at) || late(sent) {
                "rejected"
            } else if !keys.insert(key.clone()) || ((lone || retry) && there) {
                self.checkout(channel, record, sent);
                "duplicate"
            } else {
                self.channels[channel].records[record].events.insert(key, sent.event.clone());
                self.checkout(channel, record, sent);
                "accepted"
            };
            verdicts.push(verdict);
        }
        Expected { status: 200, verdicts, ..Expected::default() }
    }

    /// A server's event.
    pub fn post_event(&mut self, channel: usize, target: &Named, sent: &Sent) -> Expected {
        if !self.in_time(channel, sent.at) {
            return Expected::status(422);
        }
        let record = match self.named(channel, target) {
            Found::Live(record) => record,
            Found::Erased => return Expected::status(409),
            Found::Unknown => return Expected::status(404),
        };
        if !self.takes(channel, record, sent.at) {
            let revived = self.channels[channel].records[record].not_before.is_some_and(|at| sent.at < at);
            return Expected::status(if revived { 409 } else { 422 });
        }
        let id = sent.id.clone().unwrap_or_else(|| {
            self.channels[channel].unnamed += 1;
            format!("unnamed {}", self.channels[channel].unnamed)
        });
        let events = &mut self.channels[channel].records[record].events;
        events.entry((sent.at, EventSender::Server, id)).or_insert_with(|| sent.event.clone());
        self.checkout(channel, record, sent);
        Expected { status: 200, record: Some(record), ..Expected::default() }
    }

    fn in_time(&self, channel: usize, at: i64) -> bool {
        at <= self.now + 10 * MINUTE && at >= self.now - self.channels[channel].event_days * DAY
    }

    fn takes(&self, channel: usize, record: usize, at: i64) -> bool {
        let record = &self.channels[channel].records[record];
        self.in_time(channel, at) && record.shows(at) && record.not_before.is_none_or(|erased| at >= erased)
    }

    fn checkout(&mut self, channel: usize, record: usize, sent: &Sent) {
        if sent.event.name != "CheckoutComplete" {
            return;
        }
        let (at, key) = (sent.at, "lastCheckoutCompletedAt");
        // One that moves nothing forward is no write, not even the first of a month.
        let moves = |customer: &super::customer::Customer| {
            let last = customer.profile.get(key).and_then(|field| field.value.as_i64());
            last.is_none_or(|last| last < at)
        };
        if self.channels[channel].records[record].customer.as_ref().is_some_and(moves) {
            self.change(channel, record, |customer| {
                customer.profile.insert(key, Field { value: at.into(), verified: false, pages: false });
            });
        }
    }

    /// Everything that a customer's timeline shows: owner, time, name and number.
    pub fn timeline(&self, channel: usize, record: usize) -> BTreeSet<(i64, usize, &'static str, u64)> {
        let of = &self.channels[channel];
        let mut shown = BTreeSet::new();
        for owner in of.whole(record) {
            for ((at, ..), event) in &of.records[owner].events {
                if self.now < at + of.event_days * DAY && of.records[owner].shows(*at) {
                    shown.insert((*at, owner, event.name, event.n));
                }
            }
        }
        shown
    }

    /// The counts by name.
    pub fn counts(&self, channel: usize, record: usize) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for (_, _, name, _) in self.timeline(channel, record) {
            *counts.entry(name.to_owned()).or_default() += 1;
        }
        counts
    }

    /// Deletes the one event that was sent with this number.
    pub fn delete_event(&mut self, channel: usize, owner: usize, n: u64) {
        self.channels[channel].records[owner].events.retain(|_, event| event.n != n);
    }
}

impl super::Record {
    /// A visitor who came back after it had expired does not show what was before.
    fn shows(&self, at: i64) -> bool {
        match (&self.who, &self.customer) {
            (RecordKind::Visitor(_), Some(customer)) if super::erase::RETURNING => {
                at >= customer.created_at - BEFORE_CREATION
            }
            _ => true,
        }
    }
}
