//! Finds the person of an erasure.

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

/// The most registered customers that an erasure reads: the limit of a `BatchGetItem`.
const REGISTRANTS_AT_ONCE: usize = 100;

/// The result of looking up an id, a memberId or a veilId.
#[derive(Debug)]
pub enum Named {
    /// A live customer.
    Person(Loaded),
    /// An erased customer.
    Erased(Tombstone),
    /// An id without a record.
    Nobody(CustomerId),
}

/// A person who is registered for an address by an own record or by a linked record.
#[derive(Debug)]
pub struct RegisteredPerson {
    /// The person.
    pub loaded: Loaded,
    /// Whether the registration is verified.
    pub verified: bool,
}

/// The registrations of an address.
#[derive(Debug, Default)]
pub struct Address {
    /// The registered persons.
    pub registrants: Vec<RegisteredPerson>,
    /// Registered ids without a live record. Example: a visitor who expired.
    pub absent: Vec<CustomerId>,
    /// The ids in the address's own list.
    pub listed: Vec<CustomerId>,
    /// The last erasure that was requested by this address.
    pub erasure: Option<String>,
    /// Whether more customers are registered than an erasure reads at once.
    pub more: bool,
}

impl Address {
    /// Returns whether the address alone decides which person an erasure takes.
    ///
    /// The address decides if the address is free, or has exactly 1 registered customer and the registration
    /// is verified. For example, an address with two customers is ambiguous.
    #[must_use]
    pub fn picks(&self) -> bool {
        let verified: Vec<bool> = self.registrants.iter().map(|registrant| registrant.verified).collect();
        !self.more && erasure::picks(&verified)
    }
}

impl<A: List> Store<A> {
    /// Returns the record of an id, a memberId or a veilId. Costs 1 R.
    ///
    /// A linked visitor resolves to the member. A link, or a record after an erasure, costs 1 R more. For a
    /// contact point, use [`address`](Self::address).
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
        // A tombstone or an empty place ends the look-up.
        let loaded = match found {
            Some(Found::Live(loaded)) => loaded,
            Some(Found::Erased(tombstone)) => return Ok(Named::Erased(tombstone)),
            None => return Ok(Named::Nobody(id)),
        };
        // Follow the link of a visitor.
        let Some(member) = loaded.customer.linked_to.clone() else { return Ok(Named::Person(loaded)) };
        match self.record(channel, &member).await? {
            Some(Found::Live(member)) => Ok(Named::Person(member)),
            Some(Found::Erased(tombstone)) => Ok(Named::Erased(tombstone)),
            // The member's record is absent, so the visitor counts as unlinked.
            None => Ok(Named::Person(loaded)),
        }
    }

    /// Returns the registrations of an address.
    ///
    /// Costs 1 R for the address, 1 R per customer, and 1 R more per linked customer.
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
        // Sort the records into persons, members of linked visitors, and absent ids.
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
        // Read the members that are registered only by linked records.
        let unread: Vec<&CustomerId> = linked.keys().filter(|id| !persons.contains_key(id)).collect();
        for record in self.records(channel, &unread).await?.into_iter().flatten() {
            if let Found::Live(loaded) = record {
                let id = loaded.customer.id.clone();
                persons.insert(id, RegisteredPerson { loaded, verified: false });
            }
        }
        // A verified linked record makes the member's registration verified.
        for (id, verified) in linked {
            if let Some(registrant) = persons.get_mut(&id) {
                registrant.verified |= verified;
            }
        }
        Ok(Address { registrants: persons.into_values().collect(), absent, listed, erasure, more })
    }

    /// Reads the items of an address, page by page.
    async fn registered(
        &self,
        channel: &ChannelId,
        kind: ContactPointKind,
        hash: &str,
    ) -> Result<Registered, Error> {
        let key = contact_point::key(channel, kind, hash);
        // The query may need several pages: overflow registrations have an item each.
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
                        // The overflow items come after the address's own item. Stop when one batch is full.
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

/// The registrations in the items of an address.
#[derive(Default)]
struct Registered {
    /// The registered ids, and whether each is verified.
    ids: BTreeMap<CustomerId, bool>,
    /// The ids in the address's own list.
    listed: Vec<CustomerId>,
    /// The erasure that the address remembers.
    erasure: Option<String>,
    /// Whether more customers are registered.
    more: bool,
}
