//! The public keys of channels: stored, ended and listed.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use okyaku_domain::error::Error;
use okyaku_domain::id::ChannelId;
use okyaku_domain::time::{self, Millis};

use crate::access::Administer;
use crate::items::attributes::{expired, integer, number, string, text};
use crate::items::channel;
use crate::items::credential::{self, CHANNEL, Credential, CredentialKind};
use crate::key::{PK, TTL};
use crate::store::Store;
use crate::table::write::Write;

/// A public key that works, with its data.
#[derive(Clone, Debug)]
pub struct KnownCredential {
    /// The kind of the key.
    pub kind: CredentialKind,
    /// The key itself.
    pub key: String,
    /// The data of the key.
    pub credential: Credential,
    /// The end of a rotated key, epoch ms.
    pub until: Option<Millis>,
}

impl<A: Administer> Store<A> {
    /// Stores a credential, and its name in the channel. Costs 4 W, and 1 W for a shop.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the channel is unknown. [`Error::Busy`] or [`Error::Internal`].
    pub async fn save_credential(
        &self,
        kind: CredentialKind,
        key: &str,
        credential: &Credential,
    ) -> Result<(), Error> {
        let put = Write::put(credential::item(credential::key(kind, key), credential)?);
        // The channel lists its shops under its builders.
        if kind == CredentialKind::Shop {
            return self.send_plain(put).await;
        }
        let name = AttributeValue::Ss(vec![channel::key_name(kind, key)]);
        let list = Write::update(channel::key(&credential.channel), |terms| {
            format!("ADD {} {}", terms.name(channel::KEYS), terms.value(name))
        });
        let list = list.when(|terms| format!("attribute_exists({})", terms.name(PK)));
        match self.transact_all(vec![put, list]).await? {
            Some(true) => Ok(()),
            Some(false) => Err(Error::NotFound("the channel")),
            None => Err(Error::Busy),
        }
    }

    /// Returns the keys of a channel that work now, by kind. Costs 1 R for the channel, and 1 R for each key.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn credentials(&self, channel: &ChannelId) -> Result<Vec<KnownCredential>, Error> {
        let item = self.get(channel::key(channel)).await?;
        let names = item.as_ref().map(channel::key_names).unwrap_or_default();
        let mut known = Vec::new();
        for name in names {
            let Some((kind, key)) = channel::of_key_name(name) else { continue };
            let Some(item) = self.get(credential::key(kind, key)).await? else { continue };
            if !expired(&item, self.now()) {
                let until = integer(&item, TTL).map(|seconds| seconds * 1000);
                let credential = credential::read(item)?;
                known.push(KnownCredential { kind, key: key.to_owned(), credential, until });
            }
        }
        Ok(known)
    }

    /// Lets a credential end at `until`, epoch ms. The sessions of a plugin key end with the key. Costs 5 W.
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
        // The channel names the end too, so that a session is checked without a read of its key.
        let empty = Write::update(channel::key(channel), |terms| {
            let ends = terms.name(channel::KEY_ENDS);
            format!("SET {ends} = if_not_exists({ends}, {})", terms.value(AttributeValue::M(HashMap::new())))
        });
        self.send(empty.when(|terms| format!("attribute_exists({})", terms.name(PK)))).await?;
        let name = channel::key_name(kind, key);
        let end = Write::update(channel::key(channel), |terms| {
            let (ends, name) = (terms.name(channel::KEY_ENDS), terms.name(&name));
            format!("SET {ends}.{name} = {}", terms.value(number(until)))
        });
        Ok(self.transact_all(vec![write, end]).await?.unwrap_or(false))
    }

    /// Returns whether a credential belongs to the channel. An ended credential belongs to the channel too.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn owns(&self, channel: &ChannelId, kind: CredentialKind, key: &str) -> Result<bool, Error> {
        let item = self.get(credential::key(kind, key)).await?;
        Ok(item.is_some_and(|item| string(&item, CHANNEL) == Some(channel.as_str())))
    }
}
