//! What a function is started with: the table, the keys, the clock and a few settings.

use std::marker::PhantomData;
use std::sync::Arc;

use crate::clock::Clock;
use crate::keys::Keys;
use crate::metrics::Metrics;
use crate::store::channels::ChannelCache;
use crate::store::drops::DropCounts;
use crate::store::{Store, Table};

/// Settings that are neither secret keys nor data.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Whether the development channel, whose secrets are public, is answered. Only ever true against an
    /// embedded engine or one on the loopback interface.
    pub allow_development: bool,
    /// What a trusted proxy puts into `x-okyaku-origin` to vouch for its viewer headers; `None`: nobody is trusted.
    pub origin_secret: Option<String>,
    /// Where metrics go.
    pub metrics: Metrics,
}

/// Everything the functions share. Each function takes its own [`App`] from it.
#[derive(Clone, Debug)]
pub struct Base {
    /// The table.
    pub table: Table,
    /// Hash, token and sealing keys.
    pub keys: Keys,
    /// The clock.
    pub clock: Clock,
    /// Settings.
    pub settings: Settings,
    /// Channels seen in the last minute.
    pub channels: Arc<ChannelCache>,
    /// Drops that are counted, but not written yet.
    pub drops: Arc<DropCounts>,
}

impl Base {
    /// A base that has seen no channel and counted no drop.
    #[must_use]
    pub fn new(table: Table, keys: Keys, clock: Clock, settings: Settings) -> Self {
        Self { table, keys, clock, settings, channels: Arc::default(), drops: Arc::default() }
    }

    /// The application of one function. `A` names its permissions, see [`crate::store::access`].
    #[must_use]
    pub fn app<A>(&self) -> App<A> {
        App { store: Store { base: self.clone(), access: PhantomData } }
    }
}

/// A function's application: a [`Store`] that offers only what `A` permits.
#[derive(Debug)]
pub struct App<A> {
    /// The store.
    pub store: Store<A>,
}

impl<A> Clone for App<A> {
    fn clone(&self) -> Self {
        Self { store: self.store.clone() }
    }
}

impl<A> App<A> {
    /// Now, in epoch milliseconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.store.base.clock.now_ms()
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.store.base.keys
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.store.base.settings
    }
}
