//! Who holds an address, and leads (R10).

use std::collections::BTreeSet;

use super::customer::{By, Customer};
use super::words::{Said, Words};
use super::{Expected, Found, Model, Who};

impl Model {
    /// Creates a lead; `qualified` are the addresses that the manager vouches for.
    pub fn lead(&mut self, channel: usize, words: &Words, qualified: &[&str]) -> Expected {
        if !matches!(words.email, Said::One(_)) && !matches!(words.mobile, Said::One(_)) {
            return Expected::status(422);
        }
        let mut customer = Customer::new(self.now);
        customer.hear(words, By::Server);
        let mut holders = BTreeSet::new();
        for kind in ["email", "mobileNumber"] {
            if let Some(address) = customer.contact(kind) {
                holders.extend(self.holders(channel, kind, address).into_iter().map(|(life, _)| life));
            }
            if let Some(field) = customer.profile.get_mut(kind) {
                field.verified = qualified.contains(&kind);
            }
        }
        if !holders.is_empty() {
            return Expected { holders, ..Expected::status(409) };
        }
        let now = self.now;
        let channel = &mut self.channels[channel];
        let life = channel.add(Who::Lead);
        channel.lives[life].customer = Some(customer);
        channel.actives.insert((super::month(now), life), now);
        Expected::shows(life)
    }

    /// The customers who hold an address, the member for a linked visitor; and whether any of theirs is verified.
    pub fn holders(&self, channel: usize, kind: &str, address: &str) -> BTreeSet<(usize, bool)> {
        let of = &self.channels[channel];
        let mut holders: std::collections::BTreeMap<usize, bool> = std::collections::BTreeMap::new();
        for (life, seen) in of.lives.iter().enumerate() {
            let Some(customer) = &seen.customer else { continue };
            let live = of.state(life, self.now) == Found::Live(life);
            if live && customer.contact(kind) == Some(address) {
                let verified = customer.profile.get(kind).is_some_and(|field| field.verified);
                *holders.entry(customer.linked_to.unwrap_or(life)).or_default() |= verified;
            }
        }
        holders.into_iter().collect()
    }
}
