//! The items of the table, a file each: key, attributes and codec. `docs/TABLE.md` lists them.

pub(crate) mod attributes;
pub mod channel;
pub mod contact_point;
pub mod credential;
pub mod customer;
pub mod data_request;
pub mod erasure;
pub mod event;
pub mod journal;
pub mod marker;
pub mod order;
pub mod profile;
pub mod rejection;
