//! The table: the only user of DynamoDB. [`keys`] has its whole layout; every other file is one access pattern.

pub mod access;
pub mod actives;
mod calls;
pub mod channels;
pub mod client;
pub mod commit;
mod contacts;
pub mod customers;
pub mod data_requests;
pub mod drops;
pub mod erasure;
pub mod events;
pub mod export;
mod failure;
pub mod hear;
mod item;
pub mod keys;
mod markers;
pub mod meter;
pub mod orders;
pub mod retry;
pub mod schema;
pub mod timeline;
pub mod update;

use std::collections::HashMap;
use std::marker::PhantomData;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::app::Base;

/// The attributes of an item.
pub type Item = HashMap<String, AttributeValue>;

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

/// The table as one function sees it: `A` decides which operations it offers, see [`access`].
#[derive(Debug)]
pub struct Store<A> {
    pub(crate) base: Base,
    pub(crate) access: PhantomData<fn() -> A>,
}

impl<A> Clone for Store<A> {
    fn clone(&self) -> Self {
        Self { base: self.base.clone(), access: PhantomData }
    }
}

impl<A> Store<A> {
    pub(crate) fn client(&self) -> &Client {
        &self.base.table.client
    }

    pub(crate) fn table(&self) -> &str {
        &self.base.table.name
    }

    pub(crate) fn now(&self) -> i64 {
        self.base.clock.now_ms()
    }
}
