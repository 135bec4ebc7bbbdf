//! The parts that the stores of all functions share.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;

use crate::channel_cache::ChannelCache;
use crate::clock::Clock;
use crate::keyring::Keys;
use crate::rejection_counts::RejectionCounts;

/// The table, with the client.
#[derive(Clone, Debug)]
pub struct Table {
    /// The client.
    pub client: Client,
    /// The table's name.
    pub name: String,
}

impl Table {
    /// Returns the table with this name.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }
}

/// The table, the keys, the clock and the memory of an instance.
#[derive(Clone, Debug)]
pub struct Backend {
    /// The table.
    pub table: Table,
    /// The hash, token and sealing keys.
    pub keys: Keys,
    /// The clock.
    pub clock: Clock,
    /// Whether the store returns the development channel. The development channel's secrets are public.
    ///
    /// Only a table in an embedded engine, or in an engine on the loopback interface, may have `true`.
    pub allow_development: bool,
    /// The channels of the last minute.
    pub channels: Arc<ChannelCache>,
    /// Rejections that are counted and still unwritten.
    pub rejections: Arc<RejectionCounts>,
}

impl Backend {
    /// Returns a backend with empty memory.
    #[must_use]
    pub fn new(table: Table, keys: Keys, clock: Clock, allow_development: bool) -> Self {
        Self { table, keys, clock, allow_development, channels: Arc::default(), rejections: Arc::default() }
    }
}
