//! Who holds an address, and leads (R10).

use std::collections::BTreeSet;

use super::customer::{Customer, Sender};
use super::writes::{Write, Writes};
use super::{Expected, Found, Model, RecordKind};

impl Model {
    /// Creates a lead; `qualified` are the addresses that the manager vouches for. With `force` the claims of pages do not
    /// block it.
    pub fn lead(&mut self, channel: usize, writes: &Writes, qualified: &[&str], force: bool) -> Expected {
        if !matches!(writes.email, Write::One(_)) && !matches!(writes.mobile, Write::One(_)) {
            return Expected::status(422);
        }
        let mut customer = Customer::new(self.now);
        customer.apply(writes, Sender::Server);
        let (mut registrants, mut known) = (BTreeSet::new(), BTreeSet::new());
        for kind in ["email", "mobileNumber"] {
            if let Some(address) = customer.contact_point(kind) {
                for (record, verified) in self.registrants(channel, kind, address) {
                    registrants.insert(record);
                    if verified || !self.only_claims(channel, record, kind, address) {
                        known.insert(record);
                    }
                }
            }
            if let Some(field) = customer.profile.get_mut(kind) {
                field.verified = qualified.contains(&kind);
            }
        }
        let claimed = known.is_empty();
        let gives_way = registrants.is_empty() || (force && claimed);
        if !gives_way {
            // A customer that the shop knows is named before the claims.
            let registrants = if claimed { registrants } else { known };
            return Expected { registrants, claimed, ..Expected::status(409) };
        }
        let now = self.now;
        let channel = &mut self.channels[channel];
        let record = channel.add(RecordKind::Lead);
        channel.records[record].customer = Some(customer);
        channel.actives.insert((super::month(now), record), now);
        Expected::shows(record)
    }

    /// Whether a customer's registration is only what a page said. A member without the address has it by a visitor.
    fn only_claims(&self, channel: usize, record: usize, kind: &str, address: &str) -> bool {
        let customer = self.channels[channel].records[record].customer.as_ref();
        let own = customer.filter(|customer| customer.contact_point(kind) == Some(address));
        let field = own.and_then(|customer| customer.profile.get(kind));
        field.is_none_or(|field| field.pages && !field.verified)
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
