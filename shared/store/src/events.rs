//! Writes events (R9).
//!
//! The key consists of the caller's own time and the hash of the sender and the caller's id. So a repeated
//! event overwrites itself, and never the event of another sender.

use std::collections::HashSet;

use okyaku_domain::builder::Builder;
use okyaku_domain::builder_update::VersionedEvent;
use okyaku_domain::channel::Channel;
use okyaku_domain::error::Error;
use okyaku_domain::event::{Event, EventKey};
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::sender::Sender;

use crate::access::{ApplyBuilderUpdates, Erase, WriteEvents};
use crate::invocation::Invocation;
use crate::items::attributes::{REQUEST, number, text};
use crate::items::event::{self, BUILDER_VERSION};
use crate::key::{Key, PK};
use crate::store::Store;
use crate::table::write::Write;

impl<A> Store<A> {
    /// Returns the key of a sender's event in the partition of `owner`.
    #[must_use]
    pub fn event_key(
        &self,
        channel: &ChannelId,
        owner: &CustomerId,
        sender: Sender,
        event: &Event,
    ) -> EventKey {
        let hash = self.keys().event(channel, sender, event.id.as_deref().unwrap_or_default());
        EventKey { owner: owner.clone(), created_at: event.created_at, hash }
    }
}

impl<A: WriteEvents> Store<A> {
    /// Stores an event unless the event is there. Returns whether the event is new. Costs 1 W per KB in both
    /// cases.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn put_event(
        &self,
        channel: &Channel,
        key: &EventKey,
        event: &Event,
        invocation: &Invocation,
    ) -> Result<bool, Error> {
        let mut item = event::item(channel, key, event);
        item.insert(REQUEST.into(), text(&invocation.id));
        // Our own write, repeated after a lost reply, recognises itself by the request's id.
        let write = Write::put(item).when(|terms| {
            let (pk, request, own) = (terms.name(PK), terms.name(REQUEST), terms.value(text(&invocation.id)));
            format!("attribute_not_exists({pk}) OR {request} = {own}")
        });
        self.send(write).await
    }

    /// Stores events with different keys, 25 per call and the calls in parallel.
    ///
    /// Items that DynamoDB leaves over are sent again. A stored event is overwritten by the same event. Costs
    /// 1 W per KB of each event.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`]. Some events may be stored then, so the caller repeats all
    /// events.
    pub async fn put_events(&self, channel: &Channel, events: &[(EventKey, &Event)]) -> Result<(), Error> {
        self.put_all(events.iter().map(|(key, event)| event::item(channel, key, event)).collect()).await
    }

    /// Returns the keys that hold an event. Costs 1 R per 4 KB of each event.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn stored_events(
        &self,
        channel: &ChannelId,
        wanted: &[&EventKey],
    ) -> Result<HashSet<String>, Error> {
        let pairs: Vec<(Key, String)> =
            wanted.iter().map(|key| (event::key(channel, key), key.to_string())).collect();
        // DynamoDB refuses a batch with a repeated key.
        let all: HashSet<Key> = pairs.iter().map(|(key, _)| key.clone()).collect();
        let all: Vec<Key> = all.into_iter().collect();
        let found = self.batch_get(&all, Some("pk, sk")).await?;
        Ok(pairs.into_iter().filter(|(key, _)| found.contains_key(key)).map(|(_, id)| id).collect())
    }
}

impl<A: ApplyBuilderUpdates> Store<A> {
    /// Stores a builder's version of an event, unless a later version is stored. Returns whether the version is
    /// stored. Costs 1 W per KB in both cases.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn put_versioned_event(
        &self,
        channel: &Channel,
        owner: &CustomerId,
        builder: Builder,
        given: &VersionedEvent,
    ) -> Result<bool, Error> {
        let key = self.event_key(&channel.id, owner, Sender::Builder(builder), &given.event);
        let mut item = event::item(channel, &key, &given.event);
        item.insert(BUILDER_VERSION.into(), number(given.version));
        // A late delivery of an old version changes nothing. Every item at the key is a version of the same
        // builder, because the builder is a part of the hash.
        let write = Write::put(item).when(|terms| {
            let (pk, stored) = (terms.name(PK), terms.name(BUILDER_VERSION));
            format!("attribute_not_exists({pk}) OR {stored} <= {}", terms.value(number(given.version)))
        });
        self.send(write).await
    }
}

impl<A: Erase> Store<A> {
    /// Deletes an event and returns whether the event existed. Costs 1 R and 1 W.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn delete_event(&self, channel: &ChannelId, key: &EventKey) -> Result<bool, Error> {
        // Look first. The SDK repeats a deletion whose reply was lost, and the repeated deletion finds an
        // empty place.
        let key = event::key(channel, key);
        if self.get(key.clone()).await?.is_none() {
            return Ok(false);
        }
        self.send_plain(Write::delete(key)).await?;
        Ok(true)
    }
}
