//! The parts of a started function: the store with its permissions, and a few settings.

use okyaku_store::clock::Clock;
use okyaku_store::keyring::Keys;
use okyaku_store::{Backend, Store, Table};

use crate::budgets::Budgets;
use crate::metrics::Metrics;

/// Settings beside the secret keys and the data.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Whether the function answers the development channel. The development channel's secrets are public.
    ///
    /// Only an embedded engine, or an engine on the loopback interface, may have `true`.
    pub allow_development: bool,
    /// The value of `x-okyaku-origin` by which a trusted proxy vouches for its viewer headers.
    ///
    /// With `None` no proxy is trusted.
    pub origin_secret: Option<String>,
    /// Whether every request must carry the origin secret.
    pub require_origin: bool,
    /// The budgets of pages and of wrong credentials (R21).
    pub budgets: Budgets,
    /// The destination of the metrics.
    pub metrics: Metrics,
}

/// The parts that all functions share. Each function takes an [`App`] from the base.
#[derive(Clone, Debug)]
pub struct Base {
    /// The table, the keys, the clock and the memory of an instance.
    pub backend: Backend,
    /// The settings.
    pub settings: Settings,
}

impl Base {
    /// Returns a base with empty memory.
    #[must_use]
    pub fn new(table: Table, keys: Keys, clock: Clock, settings: Settings) -> Self {
        Self { backend: Backend::new(table, keys, clock, settings.allow_development), settings }
    }

    /// Returns the application of a function. `A` names the function's permissions. See
    /// [`okyaku_store::access`].
    #[must_use]
    pub fn app<A>(&self) -> App<A> {
        App { store: Store::new(self.backend.clone()), settings: self.settings.clone() }
    }
}

/// The application of a function: a [`Store`] with the operations that `A` permits.
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
    /// Returns the current time in epoch milliseconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.store.now()
    }

    /// Returns the keys.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        self.store.keys()
    }

    /// Returns the settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}
