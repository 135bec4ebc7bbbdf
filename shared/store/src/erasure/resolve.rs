//! Finds the person of an erasure.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::Select;
use okyaku_domain::contact_point::ContactPointKind;
use okyaku_domain::erasure;
use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId, NaturalKey};
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::record::Tombstone;

use crate::access::List;
use crate::items::attributes::string;
use crate::items::contact_point::{self, CLAIM, CONTACT_POINT, Listed, RELEASED};
use crate::key::SK;
use crate::loaded::{Found, Loaded};
use crate::store::Store;
use crate::table::failure::Failure;

/// The most registered customers that an erasure reads: the limit of a `BatchGetItem`.
const REGISTRANTS_AT_ONCE: usize = 100;
/// The items of an address in one page of a query.
const ITEMS_AT_ONCE: i32 = 200;

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
    /// The registered persons that were asked for.
    pub registrants: Vec<RegisteredPerson>,
    /// Registered ids without a live record. Example: a visitor who expired.
    pub absent: Vec<CustomerId>,
    /// The ids in the address's own list.
    pub listed: Listed,
    /// The last erasure that was requested by this address.
    pub erasure: Option<String>,
    /// Whether more customers are registered than an erasure reads at once.
    pub more: bool,
    /// The claims of other persons than the verified ones. 0 if everybody was asked for.
    pub claims: u64,
}

impl Address {
    /// Returns whether the address alone decides which person an erasure takes.
    ///
    /// The address decides if the address is free, or has exactly 1 verified customer. For example, an address with two
    /// verified customers is ambiguous.
    #[must_use]
    pub fn picks(&self) -> bool {
        let verified: Vec<bool> = self.registrants.iter().map(|registrant| registrant.verified).collect();
        erasure::picks(&verified)
    }

    /// Returns whether somebody is registered as verified.
    #[must_use]
    pub fn has_holder(&self) -> bool {
        self.registrants.iter().any(|registrant| registrant.verified)
    }
}

/// Which registrations of an address to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registrants {
    /// The verified ones, and the claims only if nobody is verified.
    VerifiedFirst,
    /// Everybody.
    Everyone,
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
    /// Costs 1 R per 4 KB of the address, 1 R per customer, and 1 R more per linked customer. Beside a verified customer,
    /// claims are counted, for 1 R per 4 KB.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn address(
        &self,
        channel: &ChannelId,
        kind: ContactPointKind,
        hash: &str,
        which: Registrants,
    ) -> Result<Address, Error> {
        let registered = self.registered(channel, kind, hash).await?;
        let everyone = which == Registrants::Everyone || registered.verified.is_empty();
        let listed = Listed {
            ids: if everyone { registered.listed.clone() } else { registered.listed_verified.clone() },
            everyone,
        };
        let mut wanted: BTreeMap<CustomerId, bool> =
            registered.verified.iter().map(|id| (id.clone(), true)).collect();
        if everyone {
            wanted.extend(registered.claims.iter().map(|id| (id.clone(), false)));
        }
        let (registrants, absent) = self.persons(channel, wanted).await?;
        let more = registered.more_verified || (everyone && registered.more_claims);
        let mut address =
            Address { registrants, absent, listed, erasure: registered.erasure.clone(), more, claims: 0 };
        if which == Registrants::VerifiedFirst {
            address.claims = self.foreign_claims(channel, kind, hash, &registered, &address).await?;
        }
        Ok(address)
    }

    /// Returns the persons of registered ids, each with whether the registration is verified, and the ids without a live
    /// record.
    async fn persons(
        &self,
        channel: &ChannelId,
        registered: BTreeMap<CustomerId, bool>,
    ) -> Result<(Vec<RegisteredPerson>, Vec<CustomerId>), Error> {
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
        // One call reads several records, and not all at the same moment. A record that a member links already is the
        // member's, also if the record was read a moment before the link.
        let links: Vec<CustomerId> = persons
            .values()
            .flat_map(|person| person.loaded.customer.links.iter().map(|link| link.id.clone()))
            .collect();
        for id in &links {
            let Some(visitor) = persons.remove(id) else { continue };
            for member in persons.values_mut() {
                let links = &member.loaded.customer.links;
                member.verified |= visitor.verified && links.iter().any(|link| link.id == *id);
            }
        }
        absent.retain(|id| !links.contains(id));
        // A verified linked record makes the member's registration verified.
        for (id, verified) in linked {
            if let Some(registrant) = persons.get_mut(&id) {
                registrant.verified |= verified;
            }
        }
        Ok((persons.into_values().collect(), absent))
    }

    /// Counts the claims of other persons than the verified ones. A linked visitor's claim is the person's own.
    async fn foreign_claims(
        &self,
        channel: &ChannelId,
        kind: ContactPointKind,
        hash: &str,
        registered: &Registered,
        address: &Address,
    ) -> Result<u64, Error> {
        let own: Vec<(&CustomerId, bool)> = address
            .registrants
            .iter()
            .filter(|person| person.verified)
            .flat_map(|person| &person.loaded.state.link_registrations)
            .filter_map(|(id, registrations)| Some((id, registrations.get(&kind)?)))
            .filter(|(_, registration)| registration.hash == hash && !registration.verified)
            .map(|(id, registration)| (id, registration.overflow))
            .collect();
        if !registered.more_claims {
            let foreign = registered.claims.iter().filter(|claim| own.iter().all(|(id, _)| id != claim));
            return Ok(foreign.count() as u64);
        }
        let key = contact_point::key(channel, kind, hash);
        let listed = registered.listed.len() - registered.listed_verified.len();
        let all = listed as u64 + self.count_claims(key.pk).await?;
        Ok(all.saturating_sub(own.len() as u64))
    }

    /// Counts the claims that have an item of their own.
    async fn count_claims(&self, pk: String) -> Result<u64, Error> {
        let (mut count, mut start) = (0, None);
        loop {
            let query = self
                .query_part(&pk, CLAIM)
                .select(Select::Count)
                .filter_expression("attribute_not_exists(#released)")
                .expression_attribute_names("#released", RELEASED)
                .set_exclusive_start_key(start);
            let reply = query.send().await.map_err(Failure::of)?;
            count += u64::try_from(reply.count).unwrap_or(0);
            start = reply.last_evaluated_key;
            if start.is_none() {
                return Ok(count);
            }
        }
    }

    /// Reads the items of an address, page by page: its own item, the verified customers, then the claims.
    async fn registered(
        &self,
        channel: &ChannelId,
        kind: ContactPointKind,
        hash: &str,
    ) -> Result<Registered, Error> {
        let key = contact_point::key(channel, kind, hash);
        let (mut found, mut start) = (Registered::default(), None);
        loop {
            let query = self.query(key.pk.clone()).limit(ITEMS_AT_ONCE).set_exclusive_start_key(start);
            let reply = query.send().await.map_err(Failure::of)?;
            for item in reply.items.unwrap_or_default() {
                if string(&item, SK) == Some(CONTACT_POINT) {
                    found.erasure = contact_point::remembered_erasure(&item, self.now()).map(str::to_owned);
                    for (id, verified) in contact_point::registered_and_verified(&item) {
                        found.listed.push(id.clone());
                        match verified {
                            true => {
                                found.listed_verified.push(id.clone());
                                found.verified.push(id);
                            }
                            false => found.claims.push(id),
                        }
                    }
                    continue;
                }
                let Some((id, verified)) = contact_point::read_overflow(&item) else { continue };
                // Stop when one batch is full.
                if found.verified.len() + found.claims.len() >= REGISTRANTS_AT_ONCE {
                    let more = if verified { &mut found.more_verified } else { &mut found.more_claims };
                    *more = true;
                    return Ok(found);
                }
                if verified { found.verified.push(id) } else { found.claims.push(id) }
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
    verified: Vec<CustomerId>,
    claims: Vec<CustomerId>,
    /// The ids in the address's own list.
    listed: Vec<CustomerId>,
    /// The verified ones of the list.
    listed_verified: Vec<CustomerId>,
    /// The erasure that the address remembers.
    erasure: Option<String>,
    /// Whether there are more verified registrations than one erasure reads. Claims were not looked at then.
    more_verified: bool,
    /// Whether there are more claims.
    more_claims: bool,
}
