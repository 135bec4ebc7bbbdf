//! Writing events (R9): the key is the caller's own time and the hash of its id, so a replay lands on itself.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, ReturnConsumedCapacity, WriteRequest};
use futures_util::future::try_join_all;

use super::access::{Access, Erase, WriteEvents};
use super::failure::{Failure, held};
use super::item::{FORMAT, REQUEST, number, text};
use super::keys::{self, Key, PK, TTL};
use super::retry::Invocation;
use super::{Item, Store};
use okyaku_domain::channel::Channel;
use okyaku_domain::error::Error;
use okyaku_domain::event::{Event, EventKey};
use okyaku_domain::id::CustomerId;
use okyaku_domain::time;

/// Name of an event.
pub(super) const NAME: &str = "n";
/// Its property, as compact JSON text.
pub(super) const PROPERTY: &str = "p";
/// Puts in one `BatchWriteItem`.
const BATCH: usize = 25;

impl<A> Store<A> {
    /// Where an event of `owner` lies.
    #[must_use]
    pub fn event_key(&self, channel: &str, owner: &CustomerId, event: &Event) -> EventKey {
        let hash = self.base.keys.event(channel, event.id.as_deref().unwrap_or_default());
        EventKey { owner: owner.clone(), created_at: event.created_at, hash }
    }
}

pub(super) fn event_item(channel: &Channel, key: &EventKey, event: &Event) -> Item {
    let mut item = keys::event(&channel.id, key).attributes();
    item.insert(FORMAT.into(), number(1));
    item.insert(NAME.into(), text(&event.name));
    if let Some(property) = &event.property {
        item.insert(PROPERTY.into(), text(property));
    }
    item.insert(TTL.into(), number(time::ttl(event.created_at + channel.event_retention())));
    item
}

impl<A: WriteEvents> Store<A> {
    /// Stores one event unless it is there already; returns whether it is new. 1 W per KB either way.
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
        let mut item = event_item(channel, key, event);
        item.insert(REQUEST.into(), text(&invocation.id));
        let sent = self
            .client()
            .put_item()
            .table_name(self.table())
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(#pk) OR #rid = :rid")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#rid", REQUEST)
            .expression_attribute_values(":rid", AttributeValue::S(invocation.id.clone()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        held(sent)
    }

    /// Stores events with different keys, 25 a call and the calls in parallel; what the engine leaves over is sent
    /// again. Those that are there already are overwritten by themselves. 1 W per KB each.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`]; then some may be stored, and the caller repeats them all.
    pub async fn put_events(&self, channel: &Channel, events: &[(EventKey, &Event)]) -> Result<(), Error> {
        let put = |(key, event): &(EventKey, &Event)| {
            let put = PutRequest::builder().set_item(Some(event_item(channel, key, event))).build();
            Ok(WriteRequest::builder().put_request(put.map_err(Error::internal)?).build())
        };
        let requests = events.iter().map(put).collect::<Result<Vec<_>, Error>>()?;
        try_join_all(requests.chunks(BATCH).map(|batch| self.write_batch(batch.to_vec()))).await?;
        Ok(())
    }

    /// Which of these keys hold an event. 1 R per 4 KB each.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn stored_events(&self, channel: &str, wanted: &[&EventKey]) -> Result<HashSet<String>, Error> {
        let pairs: Vec<(Key, String)> =
            wanted.iter().map(|key| (keys::event(channel, key), key.to_string())).collect();
        // The engine refuses to be asked for one key twice.
        let all: HashSet<Key> = pairs.iter().map(|(key, _)| key.clone()).collect();
        let all: Vec<Key> = all.into_iter().collect();
        let found = self.batch_get(&all, Some("pk, sk")).await?;
        Ok(pairs.into_iter().filter(|(key, _)| found.contains_key(key)).map(|(_, id)| id).collect())
    }
}

impl<A: Access> Store<A> {
    /// Sends one `BatchWriteItem` until nothing is left over.
    pub(super) async fn write_batch(&self, batch: Vec<WriteRequest>) -> Result<(), Error> {
        let mut request = Some(HashMap::from([(self.table().to_owned(), batch)]));
        let mut pause = Duration::from_millis(20);
        while let Some(items) = request.take().filter(|items| !items.is_empty()) {
            let reply = self
                .client()
                .batch_write_item()
                .set_request_items(Some(items))
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(Failure::of)?;
            request = reply.unprocessed_items.filter(|left| !left.is_empty());
            if request.is_some() {
                if pause > Duration::from_secs(1) {
                    return Err(Error::Busy);
                }
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
        }
        Ok(())
    }
}

impl<A: Erase> Store<A> {
    /// Deletes one event; returns whether there was one. 1 R and 1 W.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn delete_event(&self, channel: &str, key: &EventKey) -> Result<bool, Error> {
        // Looked for first: a deletion whose reply is lost is repeated by the SDK, and would find nothing.
        let key = keys::event(channel, key);
        if self.get(key.clone()).await?.is_none() {
            return Ok(false);
        }
        self.client()
            .delete_item()
            .table_name(self.table())
            .set_key(Some(key.attributes()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(Failure::of)?;
        Ok(true)
    }
}
