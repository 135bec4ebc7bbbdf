//! Channels and their public keys, cached for a minute.

use okyaku_domain::id::ChannelId;
use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use okyaku_domain::builder::Builder;
use okyaku_domain::channel::{Channel, Connection};
use okyaku_domain::error::Error;
use okyaku_domain::time::Millis;
use serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value;

use crate::access::{Administer, Read};
use crate::channel_cache::Known;
use crate::item::Item;
use crate::items::attributes::{ERASED_AT, expired, number, text};
use crate::items::channel::{self, CHANNELS};
use crate::items::credential::{self, Credential, CredentialKind};
use crate::items::key_check;
use crate::key::{PK, SK};
use crate::store::Store;
use crate::table::write::Write;

/// A setting of a channel that can change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// The shop's name for the channel.
    Name(String),
    /// The region, ISO 3166-1 alpha-2.
    Region(String),
    /// The retention of new events, in days.
    EventDays(u32),
    /// The origins of the pages.
    Origins(Vec<String>),
    /// The window of recent purchases, in months.
    PurchaseMonths(u32),
}

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

    /// Returns whether [`Store::channel_of`] would answer without a call, for a known or an unknown key.
    #[must_use]
    pub fn remembers(&self, kind: CredentialKind, key: &str) -> bool {
        self.backend().channels.get(&(kind, key.to_owned()), self.now()).is_some()
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
        // The first channel ties the table to the hash key. A later channel finds the item.
        let check = Write::put(key_check::item(self.keys()));
        self.send(check.when(|terms| format!("attribute_not_exists({})", terms.name(PK)))).await?;
        // The channel keeps the names of its keys, so that a list of the keys needs no scan.
        let names = credentials.iter().map(|(kind, key, _)| channel::key_name(*kind, key));
        let mut item = channel::item(channel)?;
        item.insert(channel::KEYS.to_owned(), AttributeValue::Ss(names.collect()));
        let mut writes = vec![new(item)];
        for (kind, key, credential) in credentials {
            writes.push(new(credential::item(credential::key(*kind, key), credential)?));
        }
        self.transact_all(writes).await?.ok_or(Error::Busy)
    }

    /// Changes one setting of a channel. Costs 1 W. Stored customers and events stay as they are.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the channel is unknown. [`Error::Busy`] or [`Error::Internal`].
    pub async fn change_channel(&self, id: &ChannelId, change: Setting) -> Result<(), Error> {
        let field = match change {
            Setting::Name(name) => ("name", text(&name)),
            Setting::Region(region) => ("region", text(&region)),
            Setting::EventDays(days) => ("eventDays", number(days)),
            Setting::Origins(origins) => {
                ("origins", AttributeValue::L(origins.into_iter().map(AttributeValue::S).collect()))
            }
            Setting::PurchaseMonths(months) => ("purchaseMonths", number(months)),
        };
        self.set(id, [field]).await
    }

    /// Takes back the end of a channel that ended after `since`, epoch ms. Costs 1 W.
    ///
    /// Returns `false` if the channel did not end, ended earlier, or is being emptied.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn reopen_channel(&self, channel: &ChannelId, since: Millis) -> Result<bool, Error> {
        let reopen =
            Write::update(channel::key(channel), |terms| format!("REMOVE {}", terms.name(ERASED_AT)));
        // An emptied channel has no secret any more.
        let reopen = reopen.when(|terms| {
            let (erased_at, secret) = (terms.name(ERASED_AT), terms.name(channel::MEMBER_HASH_SECRET));
            let (since, none) = (terms.value(number(since)), terms.value(text("")));
            format!("{erased_at} > {since} AND {secret} <> {none}")
        });
        self.send(reopen).await
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
        let fields =
            [(channel::MEMBER_HASH_SECRET, secret), ("memberHashEnabled", AttributeValue::Bool(enabled))];
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
            format!("SET {} = {}", terms.name(channel::BUILDERS), terms.value(new))
        });
        let write = write.when(|terms| {
            let (pk, builders, read) = (terms.name(PK), terms.name(channel::BUILDERS), terms.value(read));
            format!("attribute_exists({pk}) AND (attribute_not_exists({builders}) OR {builders} = {read})")
        });
        if self.send(write).await? { Ok(()) } else { Err(Error::Busy) }
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
