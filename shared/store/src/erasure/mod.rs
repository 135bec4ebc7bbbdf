//! Erasure (R12). `resolve` finds whom a request means. `tombstones` are placed together with the released contact points
//! and the job, in one transaction. `pages` deletes what is left of a record, twice. `channel` forgets a whole channel.
//! `receipts` reads how far an erasure has come.

mod channel;
mod pages;
mod receipts;
mod resolve;
mod tombstones;

pub use receipts::Log;
pub use resolve::{Address, Named, RegisteredPerson};
pub use tombstones::{ErasureTarget, has_room_for_link};
