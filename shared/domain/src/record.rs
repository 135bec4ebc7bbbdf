//! What one identifier owns: a customer, or the tombstone of one (R12).

use crate::customer::Customer;
use crate::time::Millis;

/// An erased record: nothing of the person, only that there was one (R12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// Which generation it was.
    pub generation: u32,
    /// Which generation is the current one; equal to `generation` until somebody comes back. Kept on generation 0 only.
    pub current: u32,
    /// When it was erased, epoch ms.
    pub erased_at: Millis,
    /// The erasure.
    pub erasure: Option<String>,
}

/// What lies at a customer's id.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// A customer.
    Live(Box<Customer>),
    /// A tombstone.
    Erased(Tombstone),
}
