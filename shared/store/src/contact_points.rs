//! The contact points of a customer (R10).
//!
//! A change of the profile changes the registrations. One transaction stores both.

use std::collections::{BTreeMap, HashMap};

use okyaku_domain::contact_point::{ContactPoint, ContactPointKind};
use okyaku_domain::customer::Customer;
use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId};

use crate::access::{List, Read, WriteCustomers};
use crate::items::contact_point::{self, Change, Registration, Registrations};
use crate::key::Key;
use crate::keyring::Keys;
use crate::store::Store;
use crate::table::failure::Failure;

/// Returns the registrations that the profile needs, and the changes from the old registrations.
pub(crate) fn changes(
    keys: &Keys,
    channel: &ChannelId,
    customer: &Customer,
    old: &Registrations,
) -> (Registrations, Vec<Change>) {
    let mut new = Registrations::new();
    for (point, verified) in customer.contact_points() {
        let hash = keys.contact_point(channel, &point);
        // A known registration keeps its form, in the list or as an overflow. The store tries the other form next.
        let is_same = |known: &Registration| known.hash == hash && known.verified == verified;
        let overflow = old.get(&point.kind).is_some_and(|known| is_same(known) && known.overflow);
        new.insert(point.kind, Registration { hash, verified, overflow });
    }
    let mut changes = Vec::new();
    for kind in ContactPointKind::ALL {
        match (old.get(&kind), new.get(&kind)) {
            (Some(was), Some(is)) if was == is => {}
            // The address is the same, so only the verification changed.
            (Some(was), Some(is)) if was.hash == is.hash => {
                changes.push(Change::Verify(kind, was.clone(), is.clone()));
            }
            // The address changed, appeared or disappeared.
            (was, is) => {
                changes.extend(was.map(|was| Change::Release(kind, was.clone())));
                changes.extend(is.map(|is| Change::Register(kind, is.clone())));
            }
        }
    }
    (new, changes)
}

/// The customers in a contact point's own list, and whether more are registered than the list has room for.
pub(crate) type Registrants = (Vec<CustomerId>, bool);

impl<A: Read> Store<A> {
    /// Returns the customers that are registered for up to 100 contact points. Costs 1 R for each contact point.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn registrants_of(
        &self,
        channel: &ChannelId,
        points: &[&ContactPoint],
    ) -> Result<BTreeMap<ContactPoint, Registrants>, Error> {
        let key = |point: &ContactPoint| {
            contact_point::key(channel, point.kind, &self.keys().contact_point(channel, point))
        };
        let wanted: BTreeMap<&ContactPoint, Key> = points.iter().map(|point| (*point, key(point))).collect();
        let keys: Vec<Key> = wanted.values().cloned().collect();
        let found = if keys.is_empty() { HashMap::new() } else { self.batch_get(&keys, None).await? };
        let known = |(point, key): (&ContactPoint, &Key)| {
            let item = found.get(key)?;
            Some((point.clone(), (contact_point::registered(item), contact_point::overflows(item))))
        };
        Ok(wanted.iter().filter_map(|(point, key)| known((point, key))).collect())
    }
}

impl<A: List + WriteCustomers> Store<A> {
    /// Returns a customer with an overflow registration. Costs 1 R per 4 KB.
    ///
    /// If every overflow registration is gone, the contact point forgets the overflow, for 1 W more. The
    /// contact point can then be registered as unique again.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn overflow_registrant(
        &self,
        channel: &ChannelId,
        kind: ContactPointKind,
        hash: &str,
    ) -> Result<Option<CustomerId>, Error> {
        let key = contact_point::key(channel, kind, hash);
        let items = self.partition(key.pk.clone()).await?;
        if let Some((id, _)) = items.iter().find_map(contact_point::read_overflow) {
            return Ok(Some(id));
        }
        match self.try_send(contact_point::forget_overflow(key)).await {
            Ok(()) | Err(Failure::Condition | Failure::Conflict) => Ok(None),
            Err(failure) => Err(failure.into()),
        }
    }
}
