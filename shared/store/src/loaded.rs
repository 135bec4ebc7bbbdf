//! A customer as the store read the customer: the customer, and the table's own state.

use std::collections::BTreeMap;

use okyaku_domain::customer::Customer;
use okyaku_domain::id::CustomerId;
use okyaku_domain::record::{Record, Tombstone};

use crate::items::contact_point::Registrations;

/// The state that only the table knows of a customer.
///
/// The state has the version that was read, the registrations, the registrations of linked records, and the filter
/// document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    pub(crate) version: u64,
    pub(crate) registrations: Registrations,
    pub(crate) link_registrations: BTreeMap<CustomerId, Registrations>,
    pub(crate) filter_document: Option<Vec<u8>>,
}

/// A customer and its state.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The customer.
    pub customer: Box<Customer>,
    /// The state.
    pub state: State,
}

/// The record at a customer's id.
#[derive(Clone, Debug)]
pub enum Found {
    /// A customer.
    Live(Loaded),
    /// A tombstone.
    Erased(Tombstone),
}

impl Found {
    /// Returns the record, and the state of a live record.
    #[must_use]
    pub fn split(self) -> (Record, Option<State>) {
        match self {
            Self::Live(Loaded { customer, state }) => (Record::Live(customer), Some(state)),
            Self::Erased(tombstone) => (Record::Erased(tombstone), None),
        }
    }
}

/// Returns the record, and the state of a live record, if a record was found.
#[must_use]
pub fn split(found: Option<Found>) -> (Option<Record>, Option<State>) {
    match found.map(Found::split) {
        Some((record, state)) => (Some(record), state),
        None => (None, None),
    }
}
