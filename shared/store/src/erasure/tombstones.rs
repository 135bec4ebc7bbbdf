//! Places tombstones, releases contact points and creates the job of an erasure, in one transaction.

use std::collections::BTreeMap;

use okyaku_domain::contact_point::ContactPointKind;
use okyaku_domain::erasure::Erasure;
use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId, NaturalKey};
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::time::Millis;

use crate::access::PlaceTombstones;
use crate::items::attributes::number;
use crate::items::contact_point::{self, Listed, Registrations};
use crate::items::{customer, erasure as erasure_item};
use crate::key::{PK, TTL};
use crate::loaded::{Loaded, State};
use crate::store::Store;
use crate::table::transaction::MOST_WRITES;
use crate::table::write::Write;

/// A target of an erasure: the place of a tombstone.
#[derive(Clone, Copy, Debug)]
pub enum ErasureTarget<'a> {
    /// A customer, as the store read the record.
    Person(&'a Loaded),
    /// An id without a record. A tombstone there refuses later data too.
    Nobody(&'a CustomerId),
}

/// Writes of an erasure beside its targets: the job and the address of the request.
const WRITES_OF_ITS_OWN: usize = 2;
/// The most writes of a person: the record, the contact points, and the tombstone of generation 0. The linked
/// records need the remaining writes of the transaction.
const WRITES_OF_A_PERSON: usize = 1 + ContactPointKind::ALL.len() + 1;

/// Returns the writes of a linked record: its tombstone and its contact points.
fn writes_of_link(registrations: Option<&Registrations>) -> usize {
    1 + registrations.map_or(0, Registrations::len)
}

fn writes_of_links(state: &State) -> usize {
    state.link_registrations.values().map(|registrations| writes_of_link(Some(registrations))).sum()
}

/// Returns whether one transaction could still erase the member together with the visitor.
///
/// A boot asks before it links the visitor.
#[must_use]
pub fn has_room_for_link(member: Option<&State>, visitor: &State) -> bool {
    let links = member.map_or(0, writes_of_links) + writes_of_link(Some(&visitor.registrations));
    WRITES_OF_ITS_OWN + WRITES_OF_A_PERSON + links <= MOST_WRITES
}

impl ErasureTarget<'_> {
    /// Returns the most writes that the target needs.
    fn writes(&self) -> usize {
        match self {
            Self::Person(Loaded { customer, state }) => {
                let first_generation = usize::from(customer.generation > 0);
                1 + state.registrations.len() + first_generation + writes_of_links(state)
            }
            Self::Nobody(_) => 1,
        }
    }

    /// Returns how many leading targets fit into one transaction beside the job. The first target always
    /// fits.
    #[must_use]
    pub fn fit(targets: &[Self]) -> usize {
        let mut writes = WRITES_OF_ITS_OWN;
        let fits = |target: &&Self| {
            writes += target.writes();
            writes <= MOST_WRITES
        };
        targets.iter().take_while(fits).count().max(1).min(targets.len())
    }
}

/// Contact points to release, each with the ids of its records.
type Released = BTreeMap<(ContactPointKind, String), Vec<String>>;

impl<A: PlaceTombstones> Store<A> {
    /// Places the tombstones of persons and their linked records, and creates the job.
    ///
    /// The same transaction releases the contact points. After the transaction, reads treat the records as
    /// erased. `listed` are the customers that the named address listed. The transaction fails if that list
    /// has changed.
    ///
    /// Returns the erasure with its records and contact points. Returns `None` after a lost race, or if an
    /// earlier try of the same erasure was stored. The caller then reads again.
    ///
    /// Costs 2 W per KB of each customer and 1 W for the customer's index entry. Each linked record, each
    /// contact point and the job cost 2 W.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn place_tombstones(
        &self,
        erasure: &Erasure,
        targets: &[ErasureTarget<'_>],
        listed: Option<&Listed>,
    ) -> Result<Option<Erasure>, Error> {
        // Collect the writes of each target.
        let mut next = Erasure { version: 1, ..erasure.clone() };
        let mut writes = Vec::new();
        let mut released = Released::new();
        for target in targets {
            match target {
                ErasureTarget::Person(person) => {
                    writes.extend(self.tombstones_of(&mut next, person, &mut released));
                }
                ErasureTarget::Nobody(id) => {
                    next.records.push((*id).clone());
                    // Markers and registrations of an absent record may be as old as the table remembers.
                    next.since = 0;
                    if let Some(address) = &next.address {
                        released.entry(address.clone()).or_default().push(id.to_string());
                    }
                    writes.push(self.tombstone_of_nobody(&next, id));
                }
            }
        }
        // The address of the request remembers the erasure, with or without registrations.
        if let Some(address) = &next.address {
            released.entry(address.clone()).or_default();
        }
        // One write per contact point. DynamoDB refuses two writes of one item in a transaction.
        for (point, ids) in released {
            writes.push(contact_point::erase(&next, &point, ids, listed));
            next.contact_points.push(point);
        }
        // An erasure without records has nothing to empty.
        if next.records.is_empty() {
            next.emptied_at = Some(next.erased_at);
        }
        // Create the job only once. A repeated try of the same erasure fails on this condition.
        let job = Write::put(erasure_item::job_item(&next)?);
        writes.push(job.when(|terms| format!("attribute_not_exists({})", terms.name(PK))));
        Ok((self.transact_all(writes).await? == Some(true)).then_some(next))
    }

    /// Moves a member's tombstone to a later date. Costs 1 W.
    ///
    /// A builder may repeat an erasure with a later date. The tombstone then refuses data from between the
    /// two dates. For example, an erasure dated 1 March, repeated with 5 March, refuses an order dated 3
    /// March.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn redate(
        &self,
        channel: &ChannelId,
        person: &PersonRef,
        generation: u32,
        as_of: Millis,
    ) -> Result<(), Error> {
        let PersonRef::Member(member) = person else { return Ok(()) };
        let id = self.keys().customer_id(channel, NaturalKey::Member(member), generation);
        self.send(customer::redate(customer::key(channel, &id), as_of)).await.map(|_| ())
    }

    /// Returns the writes for a person's own record and linked records.
    fn tombstones_of(&self, erasure: &mut Erasure, person: &Loaded, released: &mut Released) -> Vec<Write> {
        let Loaded { customer: person, state } = person;
        let channel = &erasure.channel.clone();
        // The version guards against a write between the read of the person and this transaction.
        let own = Write::put(customer::tombstone(channel, &person.id, person.generation, erasure));
        let mut writes = vec![own.at_version(state.version)];
        // A linked record is a visitor, so its generation is 0.
        for link in &person.links {
            writes.push(Write::put(customer::tombstone(channel, &link.id, 0, erasure)));
        }
        // The tombstone of generation 0 led to this record. The tombstone of generation 0 may expire now.
        if let (generation @ 1.., Some(member)) = (person.generation, &person.member_id) {
            let first = self.keys().customer_id(channel, NaturalKey::Member(member), 0);
            let first = customer::key(channel, &first);
            writes.push(customer::release_generation(first, generation, erasure.until));
        }
        let none = Registrations::new();
        let linked = person
            .links
            .iter()
            .map(|link| (&link.id, state.link_registrations.get(&link.id).unwrap_or(&none), link.since));
        // Count each record and release its contact points.
        for (id, registrations, since) in
            std::iter::once((&person.id, &state.registrations, person.created_at)).chain(linked)
        {
            erasure.records.push(id.clone());
            erasure.since = erasure.since.min(since);
            erasure.counts.customers += 1;
            erasure.counts.contact_points += registrations.len() as u64;
            for (kind, registration) in registrations {
                let point = (*kind, registration.hash.clone());
                if registration.overflow {
                    writes.push(contact_point::release_overflow(channel, id, *kind, registration));
                    erasure.contact_points.push(point);
                } else {
                    released.entry(point).or_default().push(id.to_string());
                }
            }
        }
        writes
    }

    /// Returns the write of a tombstone at an id without a live record. An expired visitor's item may still
    /// be there.
    fn tombstone_of_nobody(&self, erasure: &Erasure, id: &CustomerId) -> Write {
        let put = Write::put(customer::tombstone(&erasure.channel, id, 0, erasure));
        put.when(|terms| {
            let (pk, expires) = (terms.name(PK), terms.name(TTL));
            let now = terms.value(number(self.now().div_euclid(1000)));
            format!("attribute_not_exists({pk}) OR {expires} <= {now}")
        })
    }
}
