//! Channels and the public keys that lead to them, cached for a minute.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnConsumedCapacity, TransactWriteItem};
use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_attribute_value, to_item};

use super::access::{Administer, Read};
use super::calls::Sent;
use super::failure::held;
use super::item::{FORMAT, expired, number};
use super::keys::{self, CHANNELS, PK, SK, TTL};
use super::{Item, Store};
use okyaku_domain::builder::Builder;
use okyaku_domain::channel::{Channel, Connection, Scope};
use okyaku_domain::error::Error;
use okyaku_domain::time::{self, MINUTE, Millis};

/// Which public key of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    /// A page's plugin key.
    Plugin,
    /// A server's access key.
    Access,
    /// The token in a webhook's path.
    Webhook,
    /// A builder and the shop's name there, such as `shopify:shop.myshopify.com`.
    Shop,
    /// The channel's own id, as a session token carries it. Never stored.
    Id,
}

impl CredentialKind {
    fn name(self) -> &'static str {
        match self {
            Self::Plugin => "plugin",
            Self::Access => "access",
            Self::Webhook => "webhook",
            Self::Shop => "shop",
            Self::Id => "id",
        }
    }
}

/// What the table keeps of a public key: whose it is, and for an access key its secret's hash and its scopes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credential {
    /// The channel's id.
    pub channel: String,
    /// SHA-256 of an access secret, in hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_hash: Option<String>,
    /// What an access key may do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<Scope>,
}

/// A channel and the credential that led to it.
pub type Known = (Arc<Channel>, Credential);

/// How long a channel is believed, in ms.
const KNOWN_FOR: Millis = MINUTE;
/// How long an unknown key is, in ms.
const UNKNOWN_FOR: Millis = MINUTE / 2;
/// Entries at most, so that a flood of unknown keys does not fill the memory.
const ENTRIES: usize = 1000;

type Entries = HashMap<(CredentialKind, String), (Millis, Option<Known>)>;

/// Keys seen lately and where they lead.
#[derive(Debug, Default)]
pub struct ChannelCache(Mutex<Entries>);

impl ChannelCache {
    fn get(&self, key: &(CredentialKind, String), now: Millis) -> Option<Option<Known>> {
        let entries = self.0.lock().ok()?;
        entries.get(key).filter(|(until, _)| *until > now).map(|(_, known)| known.clone())
    }

    fn put(&self, key: (CredentialKind, String), known: Option<Known>, now: Millis) {
        let until = now + if known.is_some() { KNOWN_FOR } else { UNKNOWN_FOR };
        if let Ok(mut entries) = self.0.lock() {
            if entries.len() >= ENTRIES {
                entries.clear();
            }
            entries.insert(key, (until, known));
        }
    }

    /// Forgets everything, as another instance that never saw it.
    pub fn clear(&self) {
        if let Ok(mut entries) = self.0.lock() {
            entries.clear();
        }
    }
}

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
        if let Some(known) = self.base.channels.get(&entry, self.now()) {
            return Ok(known);
        }
        let known = self.load_channel_of(kind, key).await?;
        let known = known
            .filter(|(channel, _)| !channel.development || self.base.allow_development)
            .filter(|(channel, _)| channel.erased_at.is_none());
        self.base.channels.put(entry, known.clone(), self.now());
        Ok(known)
    }

    async fn load_channel_of(&self, kind: CredentialKind, key: &str) -> Result<Option<Known>, Error> {
        let unreadable = |_| Error::internal("a channel's item cannot be read");
        if kind == CredentialKind::Id {
            let credential = Credential { channel: key.to_owned(), secret_hash: None, scopes: Vec::new() };
            return Ok(self.channel(key).await?.map(|channel| (Arc::new(channel), credential)));
        }
        let Some(item) = self.get(keys::credential(kind.name(), key)).await? else { return Ok(None) };
        if expired(&item, self.now()) {
            return Ok(None);
        }
        let credential: Credential = from_item(item).map_err(unreadable)?;
        Ok(self.channel(&credential.channel).await?.map(|channel| (Arc::new(channel), credential)))
    }

    /// A channel by its id, not cached. 1 R.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn channel(&self, id: &str) -> Result<Option<Channel>, Error> {
        let item = self.get(keys::channel(id)).await?;
        item.map(from_item).transpose().map_err(|_| Error::internal("a channel's item cannot be read"))
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
        let mut items = vec![self.new_item(channel_item(channel)?)?];
        for (kind, key, credential) in credentials {
            items.push(self.new_item(credential_item(*kind, key, credential)?)?);
        }
        match self.transact(items).await? {
            Sent::Done => Ok(true),
            Sent::Refused(_) => Ok(false),
            Sent::Conflict => Err(Error::Busy),
        }
    }

    /// Replaces the origins of a channel that exists.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it does not; [`Error::Busy`] or [`Error::Internal`].
    pub async fn set_origins(&self, channel: &str, origins: &[String]) -> Result<(), Error> {
        let origins = origins.iter().cloned().map(AttributeValue::S).collect();
        self.set(channel, [("origins", AttributeValue::L(origins))]).await
    }

    /// Replaces the sealed member-hash secret of a channel that exists, and whether pages need it.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it does not; [`Error::Busy`] or [`Error::Internal`].
    pub async fn set_member_hash(&self, channel: &str, sealed: &str, enabled: bool) -> Result<(), Error> {
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
        let sent = self
            .client()
            .update_item()
            .table_name(self.table())
            .set_key(Some(keys::channel(&channel.id).attributes()))
            .update_expression("SET #builders = :new")
            .condition_expression(
                "attribute_exists(#pk) AND (attribute_not_exists(#builders) OR #builders = :read)",
            )
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#builders", "builders")
            .expression_attribute_values(":new", new)
            .expression_attribute_values(":read", read)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        if held(sent)? { Ok(()) } else { Err(Error::Busy) }
    }

    /// Sets how many months back a purchase is a recent one. No figure has to be counted anew: 1 W in all.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the channel does not exist; [`Error::Busy`] or [`Error::Internal`].
    pub async fn set_purchase_months(&self, channel: &str, months: u32) -> Result<(), Error> {
        self.set(channel, [("purchaseMonths", number(months))]).await
    }

    /// Sets some attributes of a channel and leaves the others, so that two commands at once do not undo each other.
    async fn set<const N: usize>(&self, id: &str, fields: [(&str, AttributeValue); N]) -> Result<(), Error> {
        let mut update = self
            .client()
            .update_item()
            .table_name(self.table())
            .set_key(Some(keys::channel(id).attributes()))
            .condition_expression("attribute_exists(#pk)")
            .expression_attribute_names("#pk", PK)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let mut parts = Vec::new();
        for (name, value) in fields {
            parts.push(format!("#{name} = :{name}"));
            update = update
                .expression_attribute_names(format!("#{name}"), name)
                .expression_attribute_values(format!(":{name}"), value);
        }
        let sent = update.update_expression(format!("SET {}", parts.join(", "))).send().await;
        if held(sent)? { Ok(()) } else { Err(Error::NotFound("the channel")) }
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
        self.put_plain(credential_item(kind, key, credential)?).await
    }

    /// Lets a credential end at `until`, epoch ms, unless it ends sooner. `false` if it does, or is not the channel's.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn end_credential(
        &self,
        channel: &str,
        kind: CredentialKind,
        key: &str,
        until: Millis,
    ) -> Result<bool, Error> {
        let sent = self
            .client()
            .update_item()
            .table_name(self.table())
            .set_key(Some(keys::credential(kind.name(), key).attributes()))
            .update_expression("SET #ttl = :until")
            // A key that ends sooner is not given more time.
            .condition_expression("#channel = :channel AND (attribute_not_exists(#ttl) OR #ttl > :until)")
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_names("#channel", "channel")
            .expression_attribute_values(":until", number(time::ttl(until)))
            .expression_attribute_values(":channel", AttributeValue::S(channel.to_owned()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        held(sent)
    }

    /// Whether a credential is the channel's, also if it has ended.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn owns(&self, channel: &str, kind: CredentialKind, key: &str) -> Result<bool, Error> {
        let item = self.get(keys::credential(kind.name(), key)).await?;
        Ok(item.is_some_and(|item| super::item::string(&item, "channel") == Some(channel)))
    }

    /// Every channel.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn channels(&self) -> Result<Vec<Channel>, Error> {
        let items = self.partition(CHANNELS.to_owned()).await?.into_iter();
        items
            .map(|item| from_item(item).map_err(|_| Error::internal("a channel's item cannot be read")))
            .collect()
    }

    fn new_item(&self, item: Item) -> Result<TransactWriteItem, Error> {
        let put = Put::builder()
            .table_name(self.table())
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(#sk)")
            .expression_attribute_names("#sk", SK);
        Ok(TransactWriteItem::builder().put(put.build().map_err(Error::internal)?).build())
    }
}

fn channel_item(channel: &Channel) -> Result<Item, Error> {
    let mut item: Item = to_item(channel).map_err(Error::internal)?;
    item.extend(keys::channel(&channel.id).attributes());
    item.insert(FORMAT.into(), number(1));
    Ok(item)
}

fn credential_item(kind: CredentialKind, key: &str, credential: &Credential) -> Result<Item, Error> {
    let mut item: Item = to_item(credential).map_err(Error::internal)?;
    item.extend(keys::credential(kind.name(), key).attributes());
    item.insert(FORMAT.into(), number(1));
    Ok(item)
}
