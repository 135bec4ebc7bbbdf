//! A public key of a channel: what leads to the channel.

use okyaku_domain::channel::Scope;
use okyaku_domain::error::Error;
use okyaku_domain::id::ChannelId;
use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

use super::attributes::{FORMAT, number, string};
use crate::item::Item;
use crate::key::{self, Key};

/// Attribute of a credential: whose it is.
pub(crate) const CHANNEL: &str = "channel";

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
    pub channel: ChannelId,
    /// SHA-256 of an access secret, in hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_hash: Option<String>,
    /// What an access key may do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<Scope>,
}

/// From a public key of a channel to the channel.
#[must_use]
pub fn key(kind: CredentialKind, key: &str) -> Key {
    Key::new(format!("K#{}#{key}", kind.name()), "K")
}

/// Whether an item is a public key of a channel.
pub(crate) fn is_of(pk: &str, item: &Item, channel: &ChannelId) -> bool {
    key::kind(pk) == "K" && string(item, CHANNEL) == Some(channel.as_str())
}

/// A credential as an item.
pub(crate) fn item(at: Key, credential: &Credential) -> Result<Item, Error> {
    let mut item: Item = to_item(credential).map_err(Error::internal)?;
    item.extend(at.attributes());
    item.insert(FORMAT.into(), number(1));
    Ok(item)
}

/// The credential of an item.
pub(crate) fn read(item: Item) -> Result<Credential, Error> {
    from_item(item).map_err(|_| Error::internal("a credential cannot be read"))
}
