//! Looks up people by terms: an address, a memberId or an id.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{try_join, try_join_all};
use okyaku_domain::contact_point::ContactPoint;
use okyaku_domain::customer::Customer;
use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::person_ref::PersonRef;
use okyaku_store::Store;
use okyaku_store::access::Read;
use okyaku_store::loaded::Found;

/// Terms that are read at once.
const AT_ONCE: usize = 50;

/// The people of a term.
#[derive(Debug, Default)]
pub struct Known {
    /// The people, by id. A linked record stands for its member.
    pub customers: Vec<Customer>,
    /// Whether more hold the address than its list has room for.
    pub more: bool,
}

/// Returns the people of each term, in the same order.
///
/// A term costs 1 R, and an address 1 R more for each person that it leads to. A link costs 1 R more.
///
/// # Errors
/// [`Error::Busy`] or [`Error::Internal`].
pub async fn lookup<A: Read>(
    store: &Store<A>,
    channel: &ChannelId,
    terms: &[PersonRef],
) -> Result<Vec<Known>, Error> {
    let mut known = Vec::new();
    for terms in terms.chunks(AT_ONCE) {
        let points: Vec<&ContactPoint> = terms.iter().filter_map(contact_point).collect();
        // Every address with its customers, and every other term with its own.
        let (registered, others) = try_join(
            by_address(store, channel, &points),
            try_join_all(terms.iter().map(|term| other(store, channel, term))),
        )
        .await?;
        for (term, other) in terms.iter().zip(others) {
            known.push(match contact_point(term) {
                Some(point) => registered.of(point),
                None => Known { customers: other.into_iter().collect(), more: false },
            });
        }
    }
    Ok(known)
}

fn contact_point(term: &PersonRef) -> Option<&ContactPoint> {
    match term {
        PersonRef::ContactPoint(point) => Some(point),
        _ => None,
    }
}

/// Returns the customer of a term that is no address.
async fn other<A: Read>(
    store: &Store<A>,
    channel: &ChannelId,
    term: &PersonRef,
) -> Result<Option<Customer>, Error> {
    if contact_point(term).is_some() {
        return Ok(None);
    }
    match store.find(channel, term).await {
        Ok(loaded) => Ok(Some(*loaded.customer)),
        Err(Error::NotFound(_) | Error::Erased) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Addresses with the ids that they list, and the customers behind these ids.
struct Registered {
    lists: BTreeMap<ContactPoint, (Vec<CustomerId>, bool)>,
    customers: BTreeMap<CustomerId, Customer>,
}

impl Registered {
    fn of(&self, point: &ContactPoint) -> Known {
        let Some((ids, more)) = self.lists.get(point) else { return Known::default() };
        let person = |id: &CustomerId| {
            let customer = self.customers.get(id)?;
            match &customer.linked_to {
                Some(member) => self.customers.get(member),
                None => Some(customer),
            }
        };
        // Two records of one person are one.
        let people: BTreeMap<&CustomerId, &Customer> =
            ids.iter().filter_map(person).map(|customer| (&customer.id, customer)).collect();
        Known { customers: people.into_values().cloned().collect(), more: *more }
    }
}

async fn by_address<A: Read>(
    store: &Store<A>,
    channel: &ChannelId,
    points: &[&ContactPoint],
) -> Result<Registered, Error> {
    let lists = store.registrants_of(channel, points).await?;
    let ids: BTreeSet<&CustomerId> = lists.values().flat_map(|(ids, _)| ids).collect();
    let mut customers = BTreeMap::new();
    read(store, channel, ids, &mut customers).await?;
    // The members of linked records.
    let linked: BTreeSet<CustomerId> =
        customers.values().filter_map(|customer: &Customer| customer.linked_to.clone()).collect();
    let missing = linked.iter().filter(|id| !customers.contains_key(id)).cloned().collect::<Vec<_>>();
    read(store, channel, missing.iter().collect(), &mut customers).await?;
    Ok(Registered { lists, customers })
}

async fn read<A: Read>(
    store: &Store<A>,
    channel: &ChannelId,
    ids: BTreeSet<&CustomerId>,
    customers: &mut BTreeMap<CustomerId, Customer>,
) -> Result<(), Error> {
    let ids: Vec<&CustomerId> = ids.into_iter().collect();
    let reads = ids.chunks(100).map(|some| store.records(channel, some));
    for found in try_join_all(reads).await?.into_iter().flatten().flatten() {
        if let Found::Live(loaded) = found {
            customers.insert(loaded.customer.id.clone(), *loaded.customer);
        }
    }
    Ok(())
}
