//! What every function's store shares.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;

use crate::channel_cache::ChannelCache;
use crate::clock::Clock;
use crate::keyring::Keys;
use crate::rejection_counts::RejectionCounts;

/// The table and the client that reaches it.
#[derive(Clone, Debug)]
pub struct Table {
    /// The client.
    pub client: Client,
    /// The table's name.
    pub name: String,
}

impl Table {
    /// A table of this name.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }
}

/// The table, the keys, the clock and what an instance remembers.
#[derive(Clone, Debug)]
pub struct Backend {
    /// The table.
    pub table: Table,
    /// Hash, token and sealing keys.
    pub keys: Keys,
    /// The clock.
    pub clock: Clock,
    /// Whether the development channel, whose secrets are public, is answered. Only ever true against an
    /// embedded engine or one on the loopback interface.
    pub allow_development: bool,
    /// Channels seen in the last minute.
    pub channels: Arc<ChannelCache>,
    /// Drops that are counted, but not written yet.
    pub rejections: Arc<RejectionCounts>,
}

impl Backend {
    /// A backend that has seen no channel and counted no drop.
    #[must_use]
    pub fn new(table: Table, keys: Keys, clock: Clock, allow_development: bool) -> Self {
        Self { table, keys, clock, allow_development, channels: Arc::default(), rejections: Arc::default() }
    }
}
