//! The items of the table.
//!
//! Each file has the key, the attributes and the codec of one item. `docs/reference/TABLE.md` lists the items.

pub(crate) mod attributes;
pub mod channel;
pub mod contact_point;
pub mod credential;
pub mod customer;
pub mod data_request;
pub mod erasure;
pub mod event;
pub mod job;
pub mod journal;
pub mod key_check;
pub mod marker;
pub mod order;
pub mod profile;
pub mod rejection;
