//! The record at a customer's id: a customer, or the customer's tombstone (R12).

use crate::customer::Customer;
use crate::time::Millis;

/// A tombstone: the note that a record was erased. The tombstone keeps nothing of the person (R12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// The generation of the erased record.
    pub generation: u32,
    /// The current generation. `current` equals `generation` until the member comes back.
    ///
    /// Only the tombstone of generation 0 keeps the number.
    pub current: u32,
    /// The time of the erasure, epoch ms. A builder that repeats an erasure may move it to a later date.
    pub erased_at: Millis,
    /// The time of the first erasure, epoch ms.
    pub first_erased_at: Millis,
    /// The id of the erasure.
    pub erasure: Option<String>,
}

/// The record at a customer's id.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// A customer.
    Live(Box<Customer>),
    /// A tombstone.
    Erased(Tombstone),
}
