//! Channels and their public keys, cached for a minute.

use okyaku_domain::id::ChannelId;
use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use okyaku_domain::builder::Builder;
use okyaku_domain::channel::{Channel, Connection};
use okyaku_domain::error::Error;
use okyaku_domain::time::{self, Millis};
use serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value;

use crate::access::{Administer, Read};
use crate::channel_cache::Known;
use crate::item::Item;
use crate::items::attributes::{expired, number, string, text};
use crate::items::channel::{self, CHANNELS};
use crate::items::credential::{self, CHANNEL, Credential, CredentialKind};
use crate::key::{PK, SK, TTL};
use crate::store::Store;
use crate::table::write::Write;

/// The attribute of a channel with the connections to builders.
const BUILDERS: &str = "builders";

impl<A: Read> Store<A> {
    /// Returns the channel of a public key. Costs 0 R if the key is cached, and 2 R otherwise.
    ///
    /// A channel's id as the key costs 1 R. An ended channel counts as unknown. A development channel is
    /// returned only if the settings allow development channels.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn channel_of(&self, kind: CredentialKind, key: &str) -> Result<Option<Known>, Error> {
        if key.is_empty() || key.len() > 200 {
            return Ok(None);
        }
        // Look into the cache first. The cache also keeps unknown keys.
        let entry = (kind, key.to_owned());
        if let Some(known) = self.backend().channels.get(&entry, self.now()) {
            return Ok(known);
        }
        let known = self.load_channel_of(kind, key).await?;
        let known = known
            .filter(|(channel, _)| !channel.development || self.backend().allow_development)
            .filter(|(channel, _)| channel.erased_at.is_none());
        self.backend().channels.put(entry, known.clone(), self.now());
        Ok(known)
    }

    async fn load_channel_of(&self, kind: CredentialKind, key: &str) -> Result<Option<Known>, Error> {
        // A session token names the channel's id, so no credential is stored.
        if kind == CredentialKind::Id {
            let Some(id) = ChannelId::parse(key) else { return Ok(None) };
            let credential = Credential { channel: id.clone(), secret_hash: None, scopes: Vec::new() };
            return Ok(self.channel(&id).await?.map(|channel| (Arc::new(channel), credential)));
        }
        let Some(item) = self.get(credential::key(kind, key)).await? else { return Ok(None) };
        if expired(&item, self.now()) {
            return Ok(None);
        }
        let credential = credential::read(item)?;
        Ok(self.channel(&credential.channel).await?.map(|channel| (Arc::new(channel), credential)))
    }

    /// Returns a channel by its id, without the cache. Costs 1 R.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn channel(&self, id: &ChannelId) -> Result<Option<Channel>, Error> {
        let item = self.get(channel::key(id)).await?;
        item.map(channel::read).transpose()
    }
}

impl<A: Administer> Store<A> {
    /// Stores a new channel with its credentials in one transaction. Returns `false` if a key is taken.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn create_channel(
        &self,
        channel: &Channel,
        credentials: &[(CredentialKind, String, Credential)],
    ) -> Result<bool, Error> {
        let mut writes = vec![new(channel::item(channel)?)];
        for (kind, key, credential) in credentials {
            writes.push(new(credential::item(credential::key(*kind, key), credential)?));
        }
        self.transact_all(writes).await?.ok_or(Error::Busy)
    }

    /// Replaces the origins of a channel.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the channel is unknown. [`Error::Busy`] or [`Error::Internal`].
    pub async fn set_origins(&self, channel: &ChannelId, origins: &[String]) -> Result<(), Error> {
        let origins = origins.iter().cloned().map(AttributeValue::S).collect();
        self.set(channel, [("origins", AttributeValue::L(origins))]).await
    }

    /// Replaces the sealed member-hash secret of a channel, and whether pages need a memberHash.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the channel is unknown. [`Error::Busy`] or [`Error::Internal`].
    pub async fn set_member_hash(
        &self,
        channel: &ChannelId,
        sealed: &str,
        enabled: bool,
    ) -> Result<(), Error> {
        let secret = AttributeValue::S(sealed.to_owned());
        let fields = [("memberHashSecret", secret), ("memberHashEnabled", AttributeValue::Bool(enabled))];
        self.set(channel, fields).await
    }

    /// Replaces the builders of a channel, unless another command changed the builders after `channel` was
    /// read.
    ///
    /// # Errors
    /// [`Error::Busy`] if the builders changed or the channel is unknown. [`Error::Internal`].
    pub async fn set_builders(
        &self,
        channel: &Channel,
        builders: &BTreeMap<Builder, Connection>,
    ) -> Result<(), Error> {
        // The condition compares the whole map, because two commands may change different builders.
        let read: AttributeValue = to_attribute_value(&channel.builders).map_err(Error::internal)?;
        let new: AttributeValue = to_attribute_value(builders).map_err(Error::internal)?;
        let write = Write::update(channel::key(&channel.id), |terms| {
            format!("SET {} = {}", terms.name(BUILDERS), terms.value(new))
        });
        let write = write.when(|terms| {
            let (pk, builders, read) = (terms.name(PK), terms.name(BUILDERS), terms.value(read));
            format!("attribute_exists({pk}) AND (attribute_not_exists({builders}) OR {builders} = {read})")
        });
        if self.send(write).await? { Ok(()) } else { Err(Error::Busy) }
    }

    /// Sets how many months back a purchase counts as recent. Costs 1 W in all.
    ///
    /// The stored figures of customers stay as they are.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the channel is unknown. [`Error::Busy`] or [`Error::Internal`].
    pub async fn set_purchase_months(&self, channel: &ChannelId, months: u32) -> Result<(), Error> {
        self.set(channel, [("purchaseMonths", number(months))]).await
    }

    /// Sets some attributes of a channel. The remaining attributes stay, so that two concurrent commands both
    /// succeed.
    async fn set<const N: usize>(
        &self,
        id: &ChannelId,
        fields: [(&str, AttributeValue); N],
    ) -> Result<(), Error> {
        let write = Write::update(channel::key(id), |terms| {
            let pairs = fields.map(|(name, value)| format!("{} = {}", terms.name(name), terms.value(value)));
            format!("SET {}", pairs.join(", "))
        });
        let write = write.when(|terms| format!("attribute_exists({})", terms.name(PK)));
        if self.send(write).await? { Ok(()) } else { Err(Error::NotFound("the channel")) }
    }

    /// Stores a credential.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn save_credential(
        &self,
        kind: CredentialKind,
        key: &str,
        credential: &Credential,
    ) -> Result<(), Error> {
        self.send_plain(Write::put(credential::item(credential::key(kind, key), credential)?)).await
    }

    /// Lets a credential end at `until`, epoch ms.
    ///
    /// Returns `false` if the credential ends sooner or belongs to another channel.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn end_credential(
        &self,
        channel: &ChannelId,
        kind: CredentialKind,
        key: &str,
        until: Millis,
    ) -> Result<bool, Error> {
        let write = Write::update(credential::key(kind, key), |terms| {
            format!("SET {} = {}", terms.name(TTL), terms.value(number(time::ttl(until))))
        });
        // The condition keeps an earlier end.
        let write = write.when(|terms| {
            let (whose, expires) = (terms.name(CHANNEL), terms.name(TTL));
            let (channel, until) =
                (terms.value(text(channel.as_str())), terms.value(number(time::ttl(until))));
            format!("{whose} = {channel} AND (attribute_not_exists({expires}) OR {expires} > {until})")
        });
        self.send(write).await
    }

    /// Returns whether a credential belongs to the channel. An ended credential belongs to the channel too.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn owns(&self, channel: &ChannelId, kind: CredentialKind, key: &str) -> Result<bool, Error> {
        let item = self.get(credential::key(kind, key)).await?;
        Ok(item.is_some_and(|item| string(&item, CHANNEL) == Some(channel.as_str())))
    }

    /// Returns every channel.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn channels(&self) -> Result<Vec<Channel>, Error> {
        self.partition(CHANNELS.to_owned()).await?.into_iter().map(channel::read).collect()
    }
}

/// Returns a put of an item that must be new.
fn new(item: Item) -> Write {
    Write::put(item).when(|terms| format!("attribute_not_exists({})", terms.name(SK)))
}
