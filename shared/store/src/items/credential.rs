//! The item of a channel's public key. A public key leads to the channel.

use okyaku_domain::channel::Scope;
use okyaku_domain::error::Error;
use okyaku_domain::id::ChannelId;
use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

use super::attributes::{FORMAT, number, string};
use crate::item::Item;
use crate::key::{self, Key};

/// The attribute of a credential with the channel's id.
pub(crate) const CHANNEL: &str = "channel";

/// The kinds of public keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    /// A page's plugin key.
    Plugin,
    /// A server's access key.
    Access,
    /// The token in a webhook's path.
    Webhook,
    /// A builder and the shop's name at the builder, such as `shopify:shop.myshopify.com`.
    Shop,
    /// The channel's own id, as in a session token. The table keeps only the other kinds.
    Id,
}

impl CredentialKind {
    /// Returns the name, such as `plugin`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plugin => "plugin",
            Self::Access => "access",
            Self::Webhook => "webhook",
            Self::Shop => "shop",
            Self::Id => "id",
        }
    }
}

/// The data of a public key in the table.
///
/// An access key also has the hash of its secret, and scopes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credential {
    /// The channel's id.
    pub channel: ChannelId,
    /// The SHA-256 of an access secret, in hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_hash: Option<String>,
    /// The scopes of an access key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<Scope>,
}

/// Returns the key of a credential.
#[must_use]
pub fn key(kind: CredentialKind, key: &str) -> Key {
    Key::new(format!("K#{}#{key}", kind.name()), "K")
}

/// Returns whether an item is a public key of the channel.
pub(crate) fn is_of(pk: &str, item: &Item, channel: &ChannelId) -> bool {
    key::kind(pk) == "K" && string(item, CHANNEL) == Some(channel.as_str())
}

/// Returns a credential as an item.
pub(crate) fn item(at: Key, credential: &Credential) -> Result<Item, Error> {
    let mut item: Item = to_item(credential).map_err(Error::internal)?;
    item.extend(at.attributes());
    item.insert(FORMAT.into(), number(1));
    Ok(item)
}

/// Returns the credential of an item.
pub(crate) fn read(item: Item) -> Result<Credential, Error> {
    from_item(item).map_err(|_| Error::internal("a credential cannot be read"))
}
