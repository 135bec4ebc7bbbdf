//! Erasure: whole and final, and how a life begins after it (R12).

use super::writes::{Write, Writes, stored};
use super::{Channel, DAY, Expected, Found, Model, Named, RecordKind};

/// Whether a visitor who comes back after 90 days takes and shows nothing from long before: not there yet.
pub const RETURNING: bool = false;

/// What an erasure deleted, as its receipt must say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Receipt {
    pub customers: usize,
    pub events: usize,
    pub links: usize,
    pub contacts: usize,
    pub markers: usize,
}

/// What an erasure names.
#[derive(Debug, Clone)]
pub enum PersonRef {
    Named(Named),
    Veil(String),
    Address(Address, String),
}

/// What an erasure by any identifier must answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// 202, and this is what went by it.
    Now(Receipt),
    /// 202: it was erased before.
    Before,
    /// 409.
    Ambiguous(usize),
}

/// What kind of address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Address {
    Email,
    Mobile,
}

impl Model {
    /// `DELETE` of a customer.
    pub fn delete(&mut self, channel: usize, target: &Named) -> Expected {
        match self.find(channel, target) {
            Found::Live(record) => {
                let now = self.now;
                self.channels[channel].erase(record, now);
                Expected::status(204)
            }
            _ => Expected::status(404),
        }
    }

    /// `POST` of an erasure.
    pub fn erasure(&mut self, channel: usize, by: &PersonRef, all: bool) -> Answered {
        let now = self.now;
        let until = self.channels[channel].remembered(now);
        match by {
            PersonRef::Address(kind, address) => {
                let registrants = self.registrants(channel, kind.key(), address);
                let verified = registrants.iter().filter(|(_, verified)| *verified).count();
                // Only verified customers are meant, unless everybody is. Claims stay.
                let claims = registrants.len() - verified;
                let known = self.channels[channel].addresses.get(&(*kind, address.clone())).copied();
                if !all && verified == 0 && claims > 0 {
                    return match known.is_some_and(|before| now < before) {
                        true => Answered::Before,
                        false => Answered::Ambiguous(claims),
                    };
                }
                if !all && verified > 1 {
                    return Answered::Ambiguous(verified);
                }
                let meant = registrants.into_iter().filter(|(_, verified)| all || *verified);
                let registrants: Vec<(usize, bool)> = meant.collect();
                let channel = &mut self.channels[channel];
                let known = channel.addresses.insert((*kind, address.clone()), until);
                if let (true, Some(before)) = (registrants.is_empty(), known.filter(|before| now < *before)) {
                    channel.addresses.insert((*kind, address.clone()), before);
                    return Answered::Before;
                }
                let mut whole = Receipt::default();
                for (record, _) in registrants {
                    whole.add(channel.erase(record, now));
                }
                Answered::Now(whole)
            }
            PersonRef::Veil(veil) => {
                if let Some(record) = self.channels[channel].visitors.get(veil).copied() {
                    return self.erasure(channel, &PersonRef::Named(Named::Record(record)), all);
                }
                let channel = &mut self.channels[channel];
                let record = channel.add(RecordKind::Visitor(Some(veil.clone())));
                channel.visitors.insert(veil.clone(), record);
                Answered::Now(channel.erase(record, now))
            }
            PersonRef::Named(target) => match self.find(channel, target) {
                Found::Live(record) => Answered::Now(self.channels[channel].erase(record, now)),
                Found::Erased => Answered::Before,
                Found::Unknown => Answered::Now(self.erase_unknown(channel, target)),
            },
        }
    }

    /// A tombstone for who is not there.
    fn erase_unknown(&mut self, channel: usize, target: &Named) -> Receipt {
        let now = self.now;
        let record = match target {
            Named::Record(record) => {
                // A visitor who expired is no longer there to be counted.
                self.channels[channel].records[*record].customer = None;
                *record
            }
            Named::Member(name) => {
                let record = self.begin_member(channel, name, false);
                self.channels[channel].actives.retain(|(_, active), _| *active != record);
                self.channels[channel].records[record].customer = None;
                record
            }
            Named::Nobody | Named::Stranger => {
                self.channels[channel].nobody = self.channels[channel].remembered(now);
                return Receipt::default();
            }
        };
        self.channels[channel].erase(record, now)
    }

    /// Whether a new member would have an address that was erased as an address.
    pub(crate) fn address_was_erased(&self, channel: usize, writes: &Writes) -> bool {
        // A reset sends no fields.
        if writes.reset {
            return false;
        }
        let erased = |kind, key, write| match write {
            Write::One(n) => {
                let until = self.channels[channel].addresses.get(&(kind, stored(key, n)));
                until.is_some_and(|until| self.now < *until)
            }
            _ => false,
        };
        erased(Address::Email, "email", writes.email)
            || erased(Address::Mobile, "mobileNumber", writes.mobile)
    }
}

impl Channel {
    /// How long an erasure is remembered.
    pub(crate) fn remembered(&self, now: i64) -> i64 {
        now + self.event_days.max(90) * DAY
    }

    /// Erases a customer with its linked lives.
    pub(crate) fn erase(&mut self, record: usize, now: i64) -> Receipt {
        let until = self.remembered(now);
        let mut receipt = Receipt::default();
        for record in self.whole(record) {
            let gone = &mut self.records[record];
            let customer = gone.customer.take();
            receipt.customers += usize::from(customer.is_some());
            receipt.events += gone.events.len();
            // Markers end after 400 days, and an earlier erasure took the name off those before it.
            let before = gone.erased.map(|(at, _)| at);
            let kept = |since: i64| now < since + 400 * DAY && before.is_none_or(|at| since > at);
            let markers =
                self.actives.iter().filter(|((_, active), since)| *active == record && kept(**since));
            receipt.markers += markers.count();
            if let Some(customer) = customer {
                receipt.links += customer.links.len();
                let held = ["email", "mobileNumber"]
                    .into_iter()
                    .filter(|kind| customer.contact_point(kind).is_some());
                receipt.contacts += held.count();
            }
            gone.events.clear();
            gone.erased = Some((now, until));
        }
        // The first tombstone of the member names the generation, so it lasts as long.
        if let RecordKind::Member(name) = &self.records[record].who
            && let Some(first) = self.members.get(name).and_then(|records| records.first()).copied()
            && let Some((_, first_until)) = &mut self.records[first].erased
        {
            *first_until = until;
        }
        receipt
    }
}

impl Address {
    pub fn key(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Mobile => "mobileNumber",
        }
    }
}

impl Receipt {
    fn add(&mut self, other: Self) {
        self.customers += other.customers;
        self.events += other.events;
        self.links += other.links;
        self.contacts += other.contacts;
        self.markers += other.markers;
    }
}
