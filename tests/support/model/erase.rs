//! Erasure: whole and final, and how a life begins after it (R12).

use super::words::{Said, Words, stored};
use super::{Channel, DAY, Expected, Found, Model, Whom};

/// Whether erasure by every identifier, receipts, tombstones that end and what a returned visitor shows are there.
pub const SPEC: bool = false;

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
        if SPEC { now + self.event_days.max(90) * DAY } else { i64::MAX }
    }

    /// Erases a customer with its linked lives.
    pub(crate) fn erase(&mut self, life: usize, now: i64) {
        let until = self.remembered(now);
        for life in self.whole(life) {
            let gone = &mut self.lives[life];
            gone.customer = None;
            gone.events.clear();
            gone.erased = Some((now, until));
        }
        // The first tombstone of the member names the generation, so it lasts as long.
        if let super::Who::Member(name) = &self.lives[life].who
            && let Some(first) = self.members.get(name).and_then(|lives| lives.first()).copied()
            && let Some((_, first_until)) = &mut self.lives[first].erased
        {
            *first_until = until;
        }
    }
}
