//! Whom an erasure means.

use std::collections::BTreeMap;

use okyaku_domain::contact_point::ContactPointKind;
use okyaku_domain::erasure;
use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId, NaturalKey};
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::record::Tombstone;

use crate::access::List;
use crate::items::attributes::string;
use crate::items::contact_point::{self, CONTACT_POINT};
use crate::key::SK;
use crate::loaded::{Found, Loaded};
use crate::store::Store;
use crate::table::failure::Failure;

/// Registered customers that are looked at in one go: as many as one `BatchGetItem` takes.
const REGISTRANTS_AT_ONCE: usize = 100;

/// What a person's id, memberId or veilId leads to.
#[derive(Debug)]
pub enum Named {
    /// A customer.
    Person(Loaded),
    /// Somebody who was erased.
    Erased(Tombstone),
    /// Nobody, at this id.
    Nobody(CustomerId),
}

/// A person who is registered for an address, by an own record or by a linked one.
#[derive(Debug)]
pub struct RegisteredPerson {
    /// The person.
    pub loaded: Loaded,
    /// Whether somebody vouched for it.
    pub verified: bool,
}

/// Who is registered for an address.
#[derive(Debug, Default)]
pub struct Address {
    /// The persons.
    pub registrants: Vec<RegisteredPerson>,
    /// Records that are registered and no longer there: visitors who expired.
    pub absent: Vec<CustomerId>,
    /// The ids that its own list has.
    pub listed: Vec<CustomerId>,
    /// The erasure that the address was last named for.
    pub erasure: Option<String>,
    /// Whether there are more than are looked at in one go.
    pub more: bool,
}

impl Address {
    /// Whether it picks by itself whom to erase.
    #[must_use]
    pub fn picks(&self) -> bool {
        let verified: Vec<bool> = self.registrants.iter().map(|registrant| registrant.verified).collect();
        !self.more && erasure::picks(&verified)
    }
}

impl<A: List> Store<A> {
    /// Whom a person's id, memberId or veilId means; for an address see [`address`](Self::address). A linked visitor is its
    /// member. 1 R, and one more for who came back after an erasure or is linked.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn named(&self, channel: &ChannelId, person: &PersonRef) -> Result<Named, Error> {
        let (id, found) = match person {
            PersonRef::Member(member) => self.current(channel, NaturalKey::Member(member)).await?,
            PersonRef::Visitor(veil) => {
                let id = self.keys().customer_id(channel, NaturalKey::Visitor(veil), 0);
                let found = self.record(channel, &id).await?;
                (id, found)
            }
            PersonRef::Id(id) => (id.clone(), self.record(channel, id).await?),
            PersonRef::ContactPoint(_) => return Err(Error::internal("an address names no single record")),
        };
        let loaded = match found {
            Some(Found::Live(loaded)) => loaded,
            Some(Found::Erased(tombstone)) => return Ok(Named::Erased(tombstone)),
            None => return Ok(Named::Nobody(id)),
        };
        let Some(member) = loaded.customer.linked_to.clone() else { return Ok(Named::Person(loaded)) };
        match self.record(channel, &member).await? {
            Some(Found::Live(member)) => Ok(Named::Person(member)),
            Some(Found::Erased(tombstone)) => Ok(Named::Erased(tombstone)),
            // A link without its member is no link.
            None => Ok(Named::Person(loaded)),
        }
    }

    /// Who is registered for an address. 1 R for the address, 1 for each customer, and one more for each that is linked.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn address(
        &self,
        channel: &ChannelId,
        kind: ContactPointKind,
        hash: &str,
    ) -> Result<Address, Error> {
        let Registered { ids: registered, listed, erasure, more } =
            self.registered(channel, kind, hash).await?;
        let ids: Vec<&CustomerId> = registered.keys().collect();
        let found = self.records(channel, &ids).await?;
        let (mut persons, mut linked, mut absent) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for ((id, verified), record) in registered.iter().zip(found) {
            match record {
                Some(Found::Live(loaded)) => match &loaded.customer.linked_to {
                    Some(member) => *linked.entry(member.clone()).or_insert(false) |= *verified,
                    None => {
                        persons.insert(id.clone(), RegisteredPerson { loaded, verified: *verified });
                    }
                },
                Some(Found::Erased(_)) | None => absent.push(id.clone()),
            }
        }
        let unread: Vec<&CustomerId> = linked.keys().filter(|id| !persons.contains_key(id)).collect();
        for record in self.records(channel, &unread).await?.into_iter().flatten() {
            if let Found::Live(loaded) = record {
                let id = loaded.customer.id.clone();
                persons.insert(id, RegisteredPerson { loaded, verified: false });
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
        channel: &ChannelId,
        kind: ContactPointKind,
        hash: &str,
    ) -> Result<Registered, Error> {
        let key = contact_point::key(channel, kind, hash);
        let (mut found, mut start) = (Registered::default(), None);
        loop {
            let query = self.query(key.pk.clone()).set_exclusive_start_key(start);
            let reply = query.send().await.map_err(Failure::of)?;
            for item in reply.items.unwrap_or_default() {
                match string(&item, SK) {
                    Some(CONTACT_POINT) => {
                        let erasure = contact_point::remembered_erasure(&item, self.now());
                        found.erasure = erasure.map(str::to_owned).or(found.erasure);
                        for (id, verified) in contact_point::registered_and_verified(&item) {
                            found.listed.push(id.clone());
                            found.ids.insert(id, verified);
                        }
                    }
                    Some(_) => {
                        if found.ids.len() >= REGISTRANTS_AT_ONCE {
                            return Ok(Registered { more: true, ..found });
                        }
                        found.ids.extend(contact_point::read_overflow(&item));
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
    /// Who is registered, and whether verified.
    ids: BTreeMap<CustomerId, bool>,
    /// Those whom its own list has.
    listed: Vec<CustomerId>,
    /// The erasure that it remembers.
    erasure: Option<String>,
    /// Whether there are more.
    more: bool,
}
