//! Erasure: whole and final, and how a life begins after it (R12).

use super::words::{Said, Words, stored};
use super::{Channel, DAY, Expected, Found, Model, Who, Whom};

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
pub enum By {
    Whom(Whom),
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
    pub fn delete(&mut self, channel: usize, whom: &Whom) -> Expected {
        match self.find(channel, whom) {
            Found::Live(life) => {
                let now = self.now;
                self.channels[channel].erase(life, now);
                Expected::status(204)
            }
            _ => Expected::status(404),
        }
    }

    /// `POST` of an erasure.
    pub fn erasure(&mut self, channel: usize, by: &By, all: bool) -> Answered {
        let now = self.now;
        let until = self.channels[channel].remembered(now);
        match by {
            By::Address(kind, address) => {
                let holders = self.holders(channel, kind.key(), address);
                let verified = holders.iter().filter(|(_, verified)| *verified).count();
                let clear = holders.is_empty() || (holders.len() == 1 && verified == 1);
                if !clear && !all {
                    return Answered::Ambiguous(holders.len());
                }
                let channel = &mut self.channels[channel];
                let known = channel.addresses.insert((*kind, address.clone()), until);
                if let (true, Some(before)) = (holders.is_empty(), known.filter(|before| now < *before)) {
                    channel.addresses.insert((*kind, address.clone()), before);
                    return Answered::Before;
                }
                let mut whole = Receipt::default();
                for (life, _) in holders {
                    whole.add(channel.erase(life, now));
                }
                Answered::Now(whole)
            }
            By::Veil(veil) => {
                if let Some(life) = self.channels[channel].visitors.get(veil).copied() {
                    return self.erasure(channel, &By::Whom(Whom::Life(life)), all);
                }
                let channel = &mut self.channels[channel];
                let life = channel.add(Who::Visitor(Some(veil.clone())));
                channel.visitors.insert(veil.clone(), life);
                Answered::Now(channel.erase(life, now))
            }
            By::Whom(whom) => match self.find(channel, whom) {
                Found::Live(life) => Answered::Now(self.channels[channel].erase(life, now)),
                Found::Erased => Answered::Before,
                Found::Unknown => Answered::Now(self.erase_unknown(channel, whom)),
            },
        }
    }

    /// A tombstone for who is not there.
    fn erase_unknown(&mut self, channel: usize, whom: &Whom) -> Receipt {
        let now = self.now;
        let life = match whom {
            Whom::Life(life) => *life,
            Whom::Member(name) => {
                let life = self.begin_member(channel, name, false);
                self.channels[channel].actives.retain(|(_, active), _| *active != life);
                self.channels[channel].lives[life].customer = None;
                life
            }
            Whom::Nobody | Whom::Stranger => {
                self.channels[channel].nobody = self.channels[channel].remembered(now);
                return Receipt::default();
            }
        };
        self.channels[channel].erase(life, now)
    }

    /// Whether a new member would have an address that was erased as an address.
    pub(crate) fn address_was_erased(&self, channel: usize, words: &Words) -> bool {
        let erased = |kind, key, said| match said {
            Said::One(n) => {
                let until = self.channels[channel].addresses.get(&(kind, stored(key, n)));
                until.is_some_and(|until| self.now < *until)
            }
            _ => false,
        };
        erased(Address::Email, "email", words.email) || erased(Address::Mobile, "mobileNumber", words.mobile)
    }
}

impl Channel {
    /// How long an erasure is remembered.
    pub(crate) fn remembered(&self, now: i64) -> i64 {
        now + self.event_days.max(90) * DAY
    }

    /// Erases a customer with its linked lives.
    pub(crate) fn erase(&mut self, life: usize, now: i64) -> Receipt {
        let until = self.remembered(now);
        let mut receipt = Receipt::default();
        for life in self.whole(life) {
            let gone = &mut self.lives[life];
            let customer = gone.customer.take();
            receipt.customers += usize::from(customer.is_some());
            receipt.events += gone.events.len();
            // Markers end after 400 days.
            let kept = |since: i64| now < since + 400 * DAY;
            let markers = self.actives.iter().filter(|((_, active), since)| *active == life && kept(**since));
            receipt.markers += markers.count();
            if let Some(customer) = customer {
                receipt.links += customer.links.len();
                let held =
                    ["email", "mobileNumber"].into_iter().filter(|kind| customer.contact(kind).is_some());
                receipt.contacts += held.count();
            }
            gone.events.clear();
            gone.erased = Some((now, until));
        }
        // The first tombstone of the member names the generation, so it lasts as long.
        if let Who::Member(name) = &self.lives[life].who
            && let Some(first) = self.members.get(name).and_then(|lives| lives.first()).copied()
            && let Some((_, first_until)) = &mut self.lives[first].erased
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
