//! Erasure (R12).
//!
//! - `resolve` finds the person of a request.
//! - `tombstones` places tombstones, releases contact points and creates the job, in one transaction.
//! - `pages` deletes the remaining items of a record, in two passes.
//! - `channel` erases a whole channel.
//! - `receipts` reads the state of an erasure.

mod channel;
mod pages;
mod receipts;
mod resolve;
mod tombstones;

pub use crate::items::contact_point::Listed;
pub use receipts::Log;
pub use resolve::{Address, Named, RegisteredPerson, Registrants};
pub use tombstones::{ErasureTarget, has_room_for_link};
