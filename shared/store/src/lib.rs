//! The table: the only user of DynamoDB. [`keys`] has its whole layout; every other file is one access pattern.

pub mod access;
pub mod actives;
pub mod backend;
mod calls;
pub mod channels;
pub mod client;
pub mod clock;
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
pub mod keyring;
pub mod keys;
mod markers;
pub mod meter;
pub mod orders;
pub mod retry;
pub mod schema;
mod store;
pub mod timeline;
pub mod update;

pub use backend::{Backend, Table};
pub use store::{Item, Store};
