//! Reading customers. Every read is consistent: it guards what is written after it.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{KeysAndAttributes, ReturnConsumedCapacity};

use super::access::{List, Read};
use super::failure::Failure;
use super::keys::{self, Key, PK, SK};
use super::{Item, Store, item};
use okyaku_domain::customer::{Customer, Record};
use okyaku_domain::error::Error;
use okyaku_domain::id::NaturalKey;
use okyaku_domain::id::{CustomerId, MemberId};

/// Whom a request means.
#[derive(Clone, Copy, Debug)]
pub enum Whom<'a> {
    /// Exactly the life at this id, linked or not.
    Identity(&'a CustomerId),
    /// The holder of a session token.
    Session(&'a CustomerId),
    /// The Open API's `{userId}`: an id, whose link is followed, or `@` and a memberId.
    User(&'a str),
}

impl<A: Read> Store<A> {
    /// What lies at a customer's id. 1 R per 4 KB.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn record(&self, channel: &str, id: &CustomerId) -> Result<Option<Record>, Error> {
        let item = self.get(keys::customer(channel, id)).await?;
        item.map_or(Ok(None), |item| item::record(item, self.now()))
    }

    /// What lies at several ids, in their order; one call for all. 1 R each per 4 KB.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn records(&self, channel: &str, ids: &[&CustomerId]) -> Result<Vec<Option<Record>>, Error> {
        if let [id] = ids {
            return Ok(vec![self.record(channel, id).await?]);
        }
        let wanted: Vec<Key> = ids.iter().map(|id| keys::customer(channel, id)).collect();
        let mut found = self.batch_get(&wanted, None).await?;
        let read = |key: &Key| found.remove(key).map_or(Ok(None), |item| item::record(item, self.now()));
        wanted.iter().map(read).collect()
    }

    /// The current life of an identifier: its first, or the one that the tombstone of the first names (one more
    /// read, R12). Also returns the current life's id.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn current(
        &self,
        channel: &str,
        natural_key: NaturalKey<'_>,
    ) -> Result<(CustomerId, Option<Record>), Error> {
        let id = self.base.keys.customer_id(channel, natural_key, 0);
        let record = self.record(channel, &id).await?;
        self.follow_generation(channel, natural_key, id, record).await
    }

    /// From what lies at generation 0 to the current generation.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn follow_generation(
        &self,
        channel: &str,
        natural_key: NaturalKey<'_>,
        id: CustomerId,
        record: Option<Record>,
    ) -> Result<(CustomerId, Option<Record>), Error> {
        match record {
            Some(Record::Erased(first)) if first.current > 0 => {
                let id = self.base.keys.customer_id(channel, natural_key, first.current);
                let record = self.record(channel, &id).await?;
                Ok((id, record))
            }
            record => Ok((id, record)),
        }
    }

    /// Finds who is meant. 1 R, and one more for who came back after an erasure or is linked.
    ///
    /// # Errors
    /// [`Error::NotFound`] for nobody, [`Error::Erased`] for the erased, [`Error::Unauthorized`] for a session whose
    /// visitor expired or became a member; [`Error::Busy`] or [`Error::Internal`].
    pub async fn find(&self, channel: &str, whom: Whom<'_>) -> Result<(Box<Customer>, u64), Error> {
        let nobody = Error::NotFound("the customer");
        let record = match whom {
            Whom::Identity(id) | Whom::Session(id) => self.record(channel, id).await?,
            Whom::User(text) => match text.strip_prefix('@') {
                Some(member) => {
                    let Ok(member) = MemberId::parse(member) else { return Err(nobody) };
                    self.current(channel, NaturalKey::Member(member.as_str())).await?.1
                }
                None => {
                    let Some(id) = CustomerId::parse(text) else { return Err(nobody) };
                    self.record(channel, &id).await?
                }
            },
        };
        let (customer, version) = match (record, whom) {
            (Some(Record::Alive(customer, version)), _) => (customer, version),
            (Some(Record::Erased(_)), _) => return Err(Error::Erased),
            (None, Whom::Session(_)) => {
                return Err(Error::Unauthorized("the session's visitor expired; boot again"));
            }
            (None, _) => return Err(nobody),
        };
        match (&customer.linked_to, whom) {
            (None, _) | (_, Whom::Identity(_)) => Ok((customer, version)),
            // A page that did not prove the member must not write or read through the link.
            (Some(_), Whom::Session(_)) => {
                Err(Error::Unauthorized("the visitor is a member now; boot again"))
            }
            (Some(member), Whom::User(_)) => match self.record(channel, &member.clone()).await? {
                Some(Record::Alive(member, version)) => Ok((member, version)),
                Some(Record::Erased(_)) => Err(Error::Erased),
                None => Err(nobody),
            },
        }
    }

    /// Opens the connection to the table, by a read of nothing. Half an R.
    pub async fn warm_up(&self) {
        let key = keys::nothing().attributes();
        self.client().get_item().table_name(self.table()).set_key(Some(key)).send().await.ok();
    }

    /// One item, read consistently.
    pub(super) async fn get(&self, key: Key) -> Result<Option<Item>, Error> {
        let reply = self
            .client()
            .get_item()
            .table_name(self.table())
            .set_key(Some(key.attributes()))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(Failure::of)?;
        Ok(reply.item)
    }

    /// Up to 100 items, read consistently in one call; what the engine leaves over is asked for again.
    pub(super) async fn batch_get(
        &self,
        wanted: &[Key],
        only: Option<&str>,
    ) -> Result<HashMap<Key, Item>, Error> {
        let keys: Vec<Item> = wanted.iter().cloned().map(Key::attributes).collect();
        let ask = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .consistent_read(true)
            .set_projection_expression(only.map(str::to_owned));
        let mut request =
            Some(HashMap::from([(self.table().to_owned(), ask.build().map_err(Error::internal)?)]));
        let mut found = HashMap::new();
        let mut pause = std::time::Duration::from_millis(20);
        while let Some(items) = request.take().filter(|items| !items.is_empty()) {
            let reply = self
                .client()
                .batch_get_item()
                .set_request_items(Some(items))
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(Failure::of)?;
            for item in reply.responses.unwrap_or_default().into_values().flatten() {
                if let (Some(pk), Some(sk)) = (item::string(&item, PK), item::string(&item, SK)) {
                    found.insert(Key { pk: pk.to_owned(), sk: sk.to_owned() }, item);
                }
            }
            request = reply.unprocessed_keys.filter(|left| !left.is_empty());
            if request.is_some() {
                if pause > std::time::Duration::from_secs(1) {
                    return Err(Error::Busy);
                }
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
        }
        Ok(found)
    }
}

impl<A: List> Store<A> {
    /// Every item of a small partition, read consistently. 1 R per 4 KB.
    pub(super) async fn partition(&self, pk: String) -> Result<Vec<Item>, Error> {
        let pages = self.query(pk).into_paginator().items().send();
        Ok(pages.try_collect().await.map_err(Failure::of)?)
    }
}
