//! The moment of an erasure: tombstones, released contact points and the job, all or nothing.

use std::collections::BTreeMap;

use okyaku_domain::contact_point::ContactPointKind;
use okyaku_domain::erasure::Erasure;
use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId, NaturalKey};
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::time::Millis;

use crate::access::PlaceTombstones;
use crate::items::attributes::{VERSION, number};
use crate::items::contact_point::{self, Registrations};
use crate::items::{customer, erasure as erasure_item};
use crate::key::{PK, TTL};
use crate::loaded::{Loaded, State};
use crate::store::Store;
use crate::table::transaction::MOST_WRITES;
use crate::table::write::Write;

/// Whose record gets a tombstone.
#[derive(Clone, Copy, Debug)]
pub enum ErasureTarget<'a> {
    /// A customer, as it was read.
    Person(&'a Loaded),
    /// Nobody, as far as the table knows: what may come there later is refused all the same.
    Nobody(&'a CustomerId),
}

/// Writes of an erasure's transaction beside its targets: the job, and the contact point that it was asked for by.
const WRITES_OF_ITS_OWN: usize = 2;
/// Writes of one person at most: its record, its contact points and the tombstone of generation 0, which may be there
/// later. Beside these its links must fit.
const WRITES_OF_A_PERSON: usize = 1 + ContactPointKind::ALL.len() + 1;

/// Writes that a linked record takes: its tombstone and its contact points.
fn writes_of_link(registrations: Option<&Registrations>) -> usize {
    1 + registrations.map_or(0, Registrations::len)
}

fn writes_of_links(state: &State) -> usize {
    state.link_registrations.values().map(|registrations| writes_of_link(Some(registrations))).sum()
}

/// Whether an erasure of the member could still take the visitor along in its one transaction.
#[must_use]
pub fn has_room_for_link(member: Option<&State>, visitor: &State) -> bool {
    let links = member.map_or(0, writes_of_links) + writes_of_link(Some(&visitor.registrations));
    WRITES_OF_ITS_OWN + WRITES_OF_A_PERSON + links <= MOST_WRITES
}

impl ErasureTarget<'_> {
    /// How many writes of the transaction it needs at most.
    fn writes(&self) -> usize {
        match self {
            Self::Person(Loaded { customer, state }) => {
                let first_generation = usize::from(customer.generation > 0);
                1 + state.registrations.len() + first_generation + writes_of_links(state)
            }
            Self::Nobody(_) => 1,
        }
    }

    /// How many of these, from the first on, one transaction takes beside its job; the first one always fits.
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

/// Contact points to be released: the records that each gives up.
type Released = BTreeMap<(ContactPointKind, String), Vec<String>>;

impl<A: PlaceTombstones> Store<A> {
    /// Places the tombstones of persons and of their linked records, releases their contact points and leaves a job, all or
    /// nothing. From here on no read returns them. `listed` are the customers that the named address was seen to list:
    /// whoever has joined or left since refuses. 2 W per KB of each customer and 1 for its index entry, 2 W per linked
    /// record and contact point, and for the job.
    ///
    /// Returns the erasure with what it is about. `None` if something was written meanwhile, or if an earlier try of this
    /// erasure has done it: look again.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn place_tombstones(
        &self,
        erasure: &Erasure,
        targets: &[ErasureTarget<'_>],
        listed: Option<&[CustomerId]>,
    ) -> Result<Option<Erasure>, Error> {
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
                    // It may have had markers and the address for as long as the table remembers.
                    next.since = 0;
                    if let Some(address) = &next.address {
                        released.entry(address.clone()).or_default().push(id.to_string());
                    }
                    writes.push(self.tombstone_of_nobody(&next, id));
                }
            }
        }
        if let Some(address) = &next.address {
            released.entry(address.clone()).or_default();
        }
        for (point, ids) in released {
            writes.push(contact_point::erase(&next, &point, ids, listed));
            next.contact_points.push(point);
        }
        if next.records.is_empty() {
            next.emptied_at = Some(next.erased_at);
        }
        let job = Write::put(erasure_item::job_item(&next)?);
        writes.push(job.when(|terms| format!("attribute_not_exists({})", terms.name(PK))));
        Ok((self.transact_all(writes).await? == Some(true)).then_some(next))
    }

    /// Dates a member's tombstone later: a builder erased it again, so what it created in between is not to come. 1 W.
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

    /// A person's own record and its linked ones.
    fn tombstones_of(&self, erasure: &mut Erasure, person: &Loaded, released: &mut Released) -> Vec<Write> {
        let Loaded { customer: person, state } = person;
        let channel = &erasure.channel.clone();
        let own = Write::put(customer::tombstone(channel, &person.id, person.generation, erasure));
        let mut writes = vec![
            own.when(|terms| format!("{} = {}", terms.name(VERSION), terms.value(number(state.version)))),
        ];
        for link in &person.links {
            writes.push(Write::put(customer::tombstone(channel, &link.id, 0, erasure)));
        }
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
                    writes.push(contact_point::release_overflow(channel, id, *kind, &registration.hash));
                    erasure.contact_points.push(point);
                } else {
                    released.entry(point).or_default().push(id.to_string());
                }
            }
        }
        writes
    }

    /// A tombstone where nobody is; an expired visitor's item may still lie there.
    fn tombstone_of_nobody(&self, erasure: &Erasure, id: &CustomerId) -> Write {
        let put = Write::put(customer::tombstone(&erasure.channel, id, 0, erasure));
        put.when(|terms| {
            let (pk, expires) = (terms.name(PK), terms.name(TTL));
            let now = terms.value(number(self.now().div_euclid(1000)));
            format!("attribute_not_exists({pk}) OR {expires} <= {now}")
        })
    }
}
