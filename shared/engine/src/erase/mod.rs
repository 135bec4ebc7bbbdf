//! Erasures (R12): of a person by an id, of an address, of a list, or of a whole channel.

mod address;
mod channel;
mod dispatch;
mod list;
mod outcome;
mod pages;
mod person;
mod replay;
mod tombstones;

pub(crate) use address::erase_some;
pub use channel::end_channel;
pub use dispatch::erase;
pub use list::{Report as ListReport, erase_list};
pub use outcome::{Erased, ErasureOptions};
pub(crate) use pages::finish;
pub use pages::work_until;
pub use replay::{Replayed, replay};
