//! Channels and the public keys that lead to them, cached for a minute.

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

/// Attribute of a channel: its connections to builders.
const BUILDERS: &str = "builders";

impl<A: Read> Store<A> {
    /// The channel that a public key leads to; cached. 2 R where it is not. A development channel is nobody's unless
    /// the settings allow it.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn channel_of(&self, kind: CredentialKind, key: &str) -> Result<Option<Known>, Error> {
        if key.is_empty() || key.len() > 200 {
            return Ok(None);
        }
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

    /// A channel by its id, not cached. 1 R.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn channel(&self, id: &ChannelId) -> Result<Option<Channel>, Error> {
        let item = self.get(channel::key(id)).await?;
        item.map(channel::read).transpose()
    }
}

impl<A: Administer> Store<A> {
    /// Stores a new channel with its credentials, all or nothing; `false` if one of them is taken.
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

    /// Replaces the origins of a channel that exists.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it does not; [`Error::Busy`] or [`Error::Internal`].
    pub async fn set_origins(&self, channel: &ChannelId, origins: &[String]) -> Result<(), Error> {
        let origins = origins.iter().cloned().map(AttributeValue::S).collect();
        self.set(channel, [("origins", AttributeValue::L(origins))]).await
    }

    /// Replaces the sealed member-hash secret of a channel that exists, and whether pages need it.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it does not; [`Error::Busy`] or [`Error::Internal`].
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

    /// Replaces the builders of a channel, unless somebody else has since it was read.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it does not exist; [`Error::Busy`] if they changed; [`Error::Internal`].
    pub async fn set_builders(
        &self,
        channel: &Channel,
        builders: &BTreeMap<Builder, Connection>,
    ) -> Result<(), Error> {
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

    /// Sets how many months back a purchase is a recent one. No figure has to be counted anew: 1 W in all.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the channel does not exist; [`Error::Busy`] or [`Error::Internal`].
    pub async fn set_purchase_months(&self, channel: &ChannelId, months: u32) -> Result<(), Error> {
        self.set(channel, [("purchaseMonths", number(months))]).await
    }

    /// Sets some attributes of a channel and leaves the others, so that two commands at once do not undo each other.
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

    /// Lets a credential end at `until`, epoch ms, unless it ends sooner. `false` if it does, or is not the channel's.
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
        // A key that ends sooner is not given more time.
        let write = write.when(|terms| {
            let (whose, expires) = (terms.name(CHANNEL), terms.name(TTL));
            let (channel, until) =
                (terms.value(text(channel.as_str())), terms.value(number(time::ttl(until))));
            format!("{whose} = {channel} AND (attribute_not_exists({expires}) OR {expires} > {until})")
        });
        self.send(write).await
    }

    /// Whether a credential is the channel's, also if it has ended.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn owns(&self, channel: &ChannelId, kind: CredentialKind, key: &str) -> Result<bool, Error> {
        let item = self.get(credential::key(kind, key)).await?;
        Ok(item.is_some_and(|item| string(&item, CHANNEL) == Some(channel.as_str())))
    }

    /// Every channel.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn channels(&self) -> Result<Vec<Channel>, Error> {
        self.partition(CHANNELS.to_owned()).await?.into_iter().map(channel::read).collect()
    }
}

/// A put of an item that must be new.
fn new(item: Item) -> Write {
    Write::put(item).when(|terms| format!("attribute_not_exists({})", terms.name(SK)))
}
