//! The table as a function sees the table.

use std::marker::PhantomData;

use aws_sdk_dynamodb::Client;

use crate::backend::Backend;
use crate::keyring::Keys;

/// The table with the operations that a function's access `A` allows. See [`crate::access`].
#[derive(Debug)]
pub struct Store<A> {
    backend: Backend,
    access: PhantomData<fn() -> A>,
}

impl<A> Clone for Store<A> {
    fn clone(&self) -> Self {
        Self::new(self.backend.clone())
    }
}

impl<A> Store<A> {
    /// Returns the store of a function with the access `A`.
    #[must_use]
    pub fn new(backend: Backend) -> Self {
        Self { backend, access: PhantomData }
    }

    /// Returns the current time in epoch milliseconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.backend.clock.now_ms()
    }

    /// Returns the keys.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.backend.keys
    }

    pub(crate) fn backend(&self) -> &Backend {
        &self.backend
    }

    pub(crate) fn client(&self) -> &Client {
        &self.backend.table.client
    }

    pub(crate) fn table(&self) -> &str {
        &self.backend.table.name
    }
}
