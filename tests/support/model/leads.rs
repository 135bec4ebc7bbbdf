//! Who holds an address, and leads (R10).

use std::collections::BTreeSet;

use super::customer::{Customer, Sender};
use super::writes::{Write, Writes};
use super::{Expected, Found, Model, RecordKind};

impl Model {
    /// Creates a lead; `qualified` are the addresses that the manager vouches for.
    pub fn lead(&mut self, channel: usize, writes: &Writes, qualified: &[&str]) -> Expected {
        if !matches!(writes.email, Write::One(_)) && !matches!(writes.mobile, Write::One(_)) {
            return Expected::status(422);
        }
        let mut customer = Customer::new(self.now);
        customer.apply(writes, Sender::Server);
        let mut registrants = BTreeSet::new();
        for kind in ["email", "mobileNumber"] {
            if let Some(address) = customer.contact_point(kind) {
                registrants
                    .extend(self.registrants(channel, kind, address).into_iter().map(|(record, _)| record));
            }
            if let Some(field) = customer.profile.get_mut(kind) {
                field.verified = qualified.contains(&kind);
            }
        }
        if !registrants.is_empty() {
            return Expected { registrants, ..Expected::status(409) };
        }
        let now = self.now;
        let channel = &mut self.channels[channel];
        let record = channel.add(RecordKind::Lead);
        channel.records[record].customer = Some(customer);
        channel.actives.insert((super::month(now), record), now);
        Expected::shows(record)
    }

    /// The customers who hold an address, the member for a linked visitor; and whether any of theirs is verified.
    pub fn registrants(&self, channel: usize, kind: &str, address: &str) -> BTreeSet<(usize, bool)> {
        let of = &self.channels[channel];
        let mut registrants: std::collections::BTreeMap<usize, bool> = std::collections::BTreeMap::new();
        for (record, seen) in of.records.iter().enumerate() {
            let Some(customer) = &seen.customer else { continue };
            let live = of.state(record, self.now) == Found::Live(record);
            if live && customer.contact_point(kind) == Some(address) {
                let verified = customer.profile.get(kind).is_some_and(|field| field.verified);
                *registrants.entry(customer.linked_to.unwrap_or(record)).or_default() |= verified;
            }
        }
        registrants.into_iter().collect()
    }
}
