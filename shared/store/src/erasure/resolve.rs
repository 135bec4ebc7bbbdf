//! Whom an erasure means.

use std::collections::BTreeMap;

use crate::access::List;
use crate::contact_points::{FREED, VERIFIED, registrants};
use crate::failure::Failure;
use crate::item::{ERASURE, is_marked, string};
use crate::keys::{self, CONTACT_POINT, OVERFLOW, SK};
use crate::{Item, Store};
use okyaku_domain::contact_point::ContactPointKind;
use okyaku_domain::customer::{Customer, Record, Tombstone};
use okyaku_domain::error::Error;
use okyaku_domain::id::CustomerId;
use okyaku_domain::id::NaturalKey;
use okyaku_domain::person_ref::PersonRef;

/// Holders of an address that are looked at in one go: as many as one `BatchGetItem` takes.
const REGISTRANTS_AT_ONCE: usize = 100;

/// What a name that is no address leads to.
#[derive(Debug)]
pub enum Found {
    /// Somebody who lives, and the version that was read.
    Person(Box<Customer>, u64),
    /// Somebody who was erased.
    Erased(Tombstone),
    /// Nobody, at this id.
    Nobody(CustomerId),
}

/// A person who holds an address, by a life of its own or by a linked one.
#[derive(Debug)]
pub struct Registrant {
    /// The person.
    pub person: Box<Customer>,
    /// The version that was read.
    pub version: u64,
    /// Whether somebody vouched for it.
    pub verified: bool,
}

/// Who holds an address.
#[derive(Debug, Default)]
pub struct Address {
    /// The persons.
    pub registrants: Vec<Registrant>,
    /// Lives that are registered for it and are no more: visitors who expired.
    pub absent: Vec<CustomerId>,
    /// The ids that its own list has.
    pub listed: Vec<CustomerId>,
    /// The erasure that the address was last named for.
    pub erasure: Option<String>,
    /// Whether there are more holders than are looked at in one go.
    pub more: bool,
}

impl<A: List> Store<A> {
    /// Whom a name means; for an address see [`address`](Self::address). A linked visitor is its member. 1 R, and one
    /// more for who came back after an erasure or is linked.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn named(&self, channel: &str, by: &PersonRef) -> Result<Found, Error> {
        let (id, record) = match by {
            PersonRef::Member(member) => self.current(channel, NaturalKey::Member(member.as_str())).await?,
            PersonRef::Veil(veil) => {
                let id = self.base.keys.customer_id(channel, NaturalKey::Veil(veil.as_str()), 0);
                let record = self.record(channel, &id).await?;
                (id, record)
            }
            PersonRef::Id(id) => (id.clone(), self.record(channel, id).await?),
            PersonRef::ContactPoint(_) => return Err(Error::internal("an address names no single life")),
        };
        let (customer, version) = match record {
            Some(Record::Alive(customer, version)) => (customer, version),
            Some(Record::Erased(tombstone)) => return Ok(Found::Erased(tombstone)),
            None => return Ok(Found::Nobody(id)),
        };
        let Some(member) = customer.linked_to.clone() else { return Ok(Found::Person(customer, version)) };
        match self.record(channel, &member).await? {
            Some(Record::Alive(member, version)) => Ok(Found::Person(member, version)),
            Some(Record::Erased(tombstone)) => Ok(Found::Erased(tombstone)),
            // A link without its member is no link.
            None => Ok(Found::Person(customer, version)),
        }
    }

    /// Who holds an address. 1 R for the address, 1 for each holder, and one more for each that is linked.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn address(&self, channel: &str, kind: ContactPointKind, hash: &str) -> Result<Address, Error> {
        let Registered { ids: registered, listed, erasure, more } =
            self.registered(channel, kind, hash).await?;
        let ids: Vec<&CustomerId> = registered.keys().collect();
        let records = if ids.is_empty() { Vec::new() } else { self.records(channel, &ids).await? };
        let (mut persons, mut linked, mut absent) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for ((id, verified), record) in registered.iter().zip(records) {
            match record {
                Some(Record::Alive(customer, version)) => match &customer.linked_to {
                    Some(member) => *linked.entry(member.clone()).or_insert(false) |= *verified,
                    None => {
                        let registrant = Registrant { person: customer, version, verified: *verified };
                        persons.insert(id.clone(), registrant);
                    }
                },
                Some(Record::Erased(_)) | None => absent.push(id.clone()),
            }
        }
        let unread: Vec<&CustomerId> = linked.keys().filter(|id| !persons.contains_key(id)).collect();
        let records = if unread.is_empty() { Vec::new() } else { self.records(channel, &unread).await? };
        for record in records.into_iter().flatten() {
            if let Record::Alive(person, version) = record {
                persons.insert(person.id.clone(), Registrant { person, version, verified: false });
            }
        }
        for (id, verified) in linked {
            if let Some(registrant) = persons.get_mut(&id) {
                registrant.verified |= verified;
            }
        }
        Ok(Address { registrants: persons.into_values().collect(), absent, listed, erasure, more })
    }

    /// What the items of an address say.
    async fn registered(
        &self,
        channel: &str,
        kind: ContactPointKind,
        hash: &str,
    ) -> Result<Registered, Error> {
        let key = keys::contact_point(channel, kind, hash);
        let (mut found, mut start) = (Registered::default(), None);
        loop {
            let reply = self
                .query(key.pk.clone())
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(Failure::of)?;
            for item in reply.items.unwrap_or_default() {
                match string(&item, SK) {
                    Some(CONTACT_POINT) => {
                        if is_marked(&item, self.now(), 0) {
                            found.erasure = string(&item, ERASURE).map(str::to_owned);
                        }
                        let verified: Vec<&String> = item
                            .get(VERIFIED)
                            .and_then(|set| set.as_ss().ok())
                            .into_iter()
                            .flatten()
                            .collect();
                        for id in registrants(&item) {
                            let vouched = verified.iter().any(|other| *other == id.as_str());
                            found.listed.push(id.clone());
                            found.ids.insert(id, vouched);
                        }
                    }
                    Some(_) => {
                        if found.ids.len() >= REGISTRANTS_AT_ONCE {
                            return Ok(Registered { more: true, ..found });
                        }
                        found.ids.extend(overflow(&item));
                    }
                    None => {}
                }
            }
            start = reply.last_evaluated_key;
            if start.is_none() {
                return Ok(found);
            }
        }
    }
}

/// What the items of an address say.
#[derive(Default)]
struct Registered {
    /// Who holds it, and whether verified.
    ids: BTreeMap<CustomerId, bool>,
    /// Those whom its own list has.
    listed: Vec<CustomerId>,
    /// The erasure that it remembers.
    erasure: Option<String>,
    /// Whether there are more.
    more: bool,
}

/// A holder with an item of its own, and whether it is verified.
fn overflow(item: &Item) -> Option<(CustomerId, bool)> {
    if item.contains_key(FREED) {
        return None;
    }
    let id = CustomerId::parse(string(item, SK)?.strip_prefix(OVERFLOW)?)?;
    let verified = item.get(VERIFIED).and_then(|flag| flag.as_bool().ok()).copied();
    Some((id, verified.unwrap_or(false)))
}
