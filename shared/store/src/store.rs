//! The table as one function sees it.

use std::collections::HashMap;
use std::marker::PhantomData;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::backend::Backend;
use crate::keyring::Keys;

/// The attributes of an item.
pub type Item = HashMap<String, AttributeValue>;

/// The table as one function sees it: `A` decides which operations it offers, see [`crate::access`].
#[derive(Debug)]
pub struct Store<A> {
    pub(crate) base: Backend,
    access: PhantomData<fn() -> A>,
}

impl<A> Clone for Store<A> {
    fn clone(&self) -> Self {
        Self::new(self.base.clone())
    }
}

impl<A> Store<A> {
    /// The store of a function with the access `A`.
    #[must_use]
    pub fn new(base: Backend) -> Self {
        Self { base, access: PhantomData }
    }

    /// Now, in epoch milliseconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.base.clock.now_ms()
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.base.keys
    }

    pub(crate) fn client(&self) -> &Client {
        &self.base.table.client
    }

    pub(crate) fn table(&self) -> &str {
        &self.base.table.name
    }
}
