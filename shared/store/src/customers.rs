//! Reads customers.

use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId, NaturalKey, RecordIds};
use okyaku_domain::person_ref::PersonRef;

use crate::access::Read;
use crate::items::customer;
use crate::key::Key;
use crate::keyring::Keys;
use crate::loaded::{Found, Loaded};
use crate::store::Store;

/// Makes the ids of a channel's records.
#[derive(Clone, Copy, Debug)]
pub struct ChannelIds<'a> {
    keys: &'a Keys,
    channel: &'a ChannelId,
}

impl RecordIds for ChannelIds<'_> {
    fn record_id(&self, key: NaturalKey<'_>, generation: u32) -> CustomerId {
        self.keys.customer_id(self.channel, key, generation)
    }
}

impl<A> Store<A> {
    /// Returns the maker of the ids of a channel's records.
    #[must_use]
    pub fn ids<'a>(&'a self, channel: &'a ChannelId) -> ChannelIds<'a> {
        ChannelIds { keys: self.keys(), channel }
    }
}

impl<A: Read> Store<A> {
    /// Returns the customer or tombstone at a customer's id. Costs 1 R per 4 KB.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn record(&self, channel: &ChannelId, id: &CustomerId) -> Result<Option<Found>, Error> {
        let item = self.get(customer::key(channel, id)).await?;
        item.map_or(Ok(None), |item| customer::read(item, self.now()))
    }

    /// Returns the customers or tombstones at several ids, in the same order, in one call. Costs 1 R per 4 KB
    /// of each record.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn records(
        &self,
        channel: &ChannelId,
        ids: &[&CustomerId],
    ) -> Result<Vec<Option<Found>>, Error> {
        // DynamoDB refuses an empty batch. A single id needs no batch.
        match ids {
            [] => return Ok(Vec::new()),
            [id] => return Ok(vec![self.record(channel, id).await?]),
            _ => {}
        }
        let wanted: Vec<Key> = ids.iter().map(|id| customer::key(channel, id)).collect();
        let mut found = self.batch_get(&wanted, None).await?;
        let read = |key: &Key| found.remove(key).map_or(Ok(None), |item| customer::read(item, self.now()));
        wanted.iter().map(read).collect()
    }

    /// Returns the current record of a natural key, and the current record's id.
    ///
    /// The current record is the first record, or the record that the first record's tombstone names. The
    /// second case costs one more read (R12).
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn current(
        &self,
        channel: &ChannelId,
        key: NaturalKey<'_>,
    ) -> Result<(CustomerId, Option<Found>), Error> {
        let id = self.keys().customer_id(channel, key, 0);
        let first = self.record(channel, &id).await?;
        self.follow_generation(channel, key, id, first).await
    }

    /// Returns the record of the current generation, given the record at generation 0.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn follow_generation(
        &self,
        channel: &ChannelId,
        key: NaturalKey<'_>,
        id: CustomerId,
        first: Option<Found>,
    ) -> Result<(CustomerId, Option<Found>), Error> {
        match first {
            Some(Found::Erased(tombstone)) if tombstone.current > 0 => {
                let id = self.keys().customer_id(channel, key, tombstone.current);
                let record = self.record(channel, &id).await?;
                Ok((id, record))
            }
            first => Ok((id, first)),
        }
    }

    /// Returns the customer that a server means, following links. Costs 1 R.
    ///
    /// A linked visitor resolves to the member. A link, or a record after an erasure, costs 1 R more.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the customer is unknown. [`Error::Erased`] if the customer was erased.
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn find(&self, channel: &ChannelId, person: &PersonRef) -> Result<Loaded, Error> {
        let found = match person {
            PersonRef::Id(id) => self.record(channel, id).await?,
            PersonRef::Member(member) => self.current(channel, NaturalKey::Member(member)).await?.1,
            PersonRef::Visitor(veil) => self.current(channel, NaturalKey::Visitor(veil)).await?.1,
            PersonRef::ContactPoint(_) => return Err(Error::internal("an address names no single record")),
        };
        let loaded = live(found)?;
        // Follow the link of a visitor.
        match loaded.customer.linked_to.clone() {
            None => Ok(loaded),
            Some(member) => live(self.record(channel, &member).await?),
        }
    }

    /// Returns the customer of exactly this record, linked or unlinked. Costs 1 R.
    ///
    /// # Errors
    /// As [`Store::find`].
    pub async fn find_record(&self, channel: &ChannelId, id: &CustomerId) -> Result<Loaded, Error> {
        live(self.record(channel, id).await?)
    }

    /// Returns the customer of a page's session. Costs 1 R.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] if the visitor expired or became a member. A page that gave no proof of the
    /// member must not read or write through the link. [`Error::Erased`], [`Error::Blocked`], [`Error::Busy`] or
    /// [`Error::Internal`].
    pub async fn find_session(&self, channel: &ChannelId, id: &CustomerId) -> Result<Loaded, Error> {
        match self.record(channel, id).await? {
            None => Err(Error::Unauthorized("the session's visitor expired; boot again")),
            Some(Found::Erased(_)) => Err(Error::Erased),
            Some(Found::Live(loaded)) if loaded.customer.linked_to.is_some() => {
                Err(Error::Unauthorized("the visitor is a member now; boot again"))
            }
            Some(Found::Live(loaded)) => loaded.customer.check_page().map(|()| loaded),
        }
    }
}

fn live(found: Option<Found>) -> Result<Loaded, Error> {
    match found {
        Some(Found::Live(loaded)) => Ok(loaded),
        Some(Found::Erased(_)) => Err(Error::Erased),
        None => Err(Error::NotFound("the customer")),
    }
}
