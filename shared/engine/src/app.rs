//! What a function is started with: the store with its permissions, and a few settings.

use okyaku_store::clock::Clock;
use okyaku_store::keyring::Keys;
use okyaku_store::{Backend, Store, Table};

use crate::metrics::Metrics;

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
    /// The table, the keys, the clock and what an instance remembers.
    pub backend: Backend,
    /// Settings.
    pub settings: Settings,
}

impl Base {
    /// A base that has seen no channel and counted no drop.
    #[must_use]
    pub fn new(table: Table, keys: Keys, clock: Clock, settings: Settings) -> Self {
        Self { backend: Backend::new(table, keys, clock, settings.allow_development), settings }
    }

    /// The application of one function. `A` names its permissions, see [`okyaku_store::access`].
    #[must_use]
    pub fn app<A>(&self) -> App<A> {
        App { store: Store::new(self.backend.clone()), settings: self.settings.clone() }
    }
}

/// A function's application: a [`Store`] that offers only what `A` permits.
#[derive(Debug)]
pub struct App<A> {
    /// The store.
    pub store: Store<A>,
    settings: Settings,
}

impl<A> Clone for App<A> {
    fn clone(&self) -> Self {
        Self { store: self.store.clone(), settings: self.settings.clone() }
    }
}

impl<A> App<A> {
    /// Now, in epoch milliseconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.store.now()
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        self.store.keys()
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}
