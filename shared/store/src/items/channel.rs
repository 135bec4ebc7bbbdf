//! A channel.

use okyaku_domain::channel::Channel;
use okyaku_domain::error::Error;
use okyaku_domain::id::ChannelId;
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

use super::attributes::{FORMAT, integer, number};
use super::credential::CredentialKind;
use crate::item::Item;
use crate::key::Key;

/// The attribute of a channel with the connections to builders.
pub(crate) const BUILDERS: &str = "builders";
/// The attribute of a channel with the sealed member-hash secret.
pub(crate) const MEMBER_HASH_SECRET: &str = "memberHashSecret";
/// The attribute of a channel with the names of its public keys: a set of texts such as `plugin:KEY`.
pub(crate) const KEYS: &str = "keys";
/// The attribute of a channel with the ends of rotated keys: a map from the name to epoch ms.
pub(crate) const KEY_ENDS: &str = "keyEnds";

/// The partition of all channels.
pub const CHANNELS: &str = "CH";

/// Returns the key of a channel.
#[must_use]
pub fn key(id: &ChannelId) -> Key {
    Key::new(CHANNELS.to_owned(), id.as_str())
}

/// Returns the name of a public key in the channel, such as `plugin:KEY`.
pub(crate) fn key_name(kind: CredentialKind, key: &str) -> String {
    format!("{}:{key}", kind.name())
}

/// Returns the kind and the key of a name.
pub(crate) fn of_key_name(name: &str) -> Option<(CredentialKind, &str)> {
    let (kind, key) = name.split_once(':')?;
    let kinds = [CredentialKind::Plugin, CredentialKind::Access, CredentialKind::Webhook];
    Some((kinds.into_iter().find(|known| known.name() == kind)?, key))
}

/// Returns the names of the public keys of a channel, sorted.
pub(crate) fn key_names(item: &Item) -> Vec<&str> {
    let set = item.get(KEYS).and_then(|value| value.as_ss().ok());
    let mut names: Vec<&str> = set.into_iter().flatten().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// Returns a channel as an item.
pub(crate) fn item(channel: &Channel) -> Result<Item, Error> {
    let mut item: Item = to_item(channel).map_err(Error::internal)?;
    item.extend(key(&channel.id).attributes());
    item.insert(FORMAT.into(), number(1));
    Ok(item)
}

/// Returns the channel of an item.
pub(crate) fn read(item: Item) -> Result<Channel, Error> {
    let ends = item.get(KEY_ENDS).and_then(|ends| ends.as_m().ok());
    let end = |name: &str| ends.and_then(|ends| integer(ends, name));
    let names = key_names(&item).into_iter().filter_map(|name| Some((name, of_key_name(name)?)));
    let plugin_keys = names
        .filter(|(_, (kind, _))| *kind == CredentialKind::Plugin)
        .map(|(name, (_, key))| (key.to_owned(), end(name)))
        .collect();
    let channel: Channel = from_item(item).map_err(|_| Error::internal("a channel's item cannot be read"))?;
    Ok(Channel { plugin_keys, ..channel })
}
