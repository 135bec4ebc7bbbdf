//! A customer as it was read: itself, and what only the table knows of it.

use std::collections::BTreeMap;

use okyaku_domain::customer::Customer;
use okyaku_domain::id::CustomerId;
use okyaku_domain::record::{Record, Tombstone};

use crate::items::contact_point::Registrations;

/// What only the table knows of a customer: the version that was read, and where its contact points are registered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    pub(crate) version: u64,
    pub(crate) registrations: Registrations,
    pub(crate) link_registrations: BTreeMap<CustomerId, Registrations>,
}

/// A customer and its state.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The customer.
    pub customer: Box<Customer>,
    /// What only the table knows of it.
    pub state: State,
}

/// What was found at a customer's id.
#[derive(Clone, Debug)]
pub enum Found {
    /// A customer.
    Live(Loaded),
    /// A tombstone.
    Erased(Tombstone),
}

impl Found {
    /// The record, and the state of a live one.
    #[must_use]
    pub fn split(self) -> (Record, Option<State>) {
        match self {
            Self::Live(Loaded { customer, state }) => (Record::Live(customer), Some(state)),
            Self::Erased(tombstone) => (Record::Erased(tombstone), None),
        }
    }
}

/// The record of what was found, and the state of a live one.
#[must_use]
pub fn split(found: Option<Found>) -> (Option<Record>, Option<State>) {
    match found.map(Found::split) {
        Some((record, state)) => (Some(record), state),
        None => (None, None),
    }
}
