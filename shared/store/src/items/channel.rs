//! A channel.

use okyaku_domain::channel::Channel;
use okyaku_domain::error::Error;
use okyaku_domain::id::ChannelId;
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

use super::attributes::{FORMAT, number};
use crate::item::Item;
use crate::key::Key;

/// The partition of all channels.
pub const CHANNELS: &str = "CH";

/// Returns the key of a channel.
#[must_use]
pub fn key(id: &ChannelId) -> Key {
    Key::new(CHANNELS.to_owned(), id.as_str())
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
    from_item(item).map_err(|_| Error::internal("a channel's item cannot be read"))
}
