//! The table: the only user of DynamoDB. [`keys`] has its whole layout; every other file is one access pattern.

pub mod access;
pub mod actives;
pub mod backend;
pub mod builder_update;
mod calls;
pub mod channels;
pub mod client;
pub mod clock;
pub mod commit;
mod contact_points;
pub mod customers;
pub mod data_requests;
pub mod erasure;
pub mod events;
pub mod export;
mod failure;
mod item;
pub mod keyring;
pub mod keys;
mod markers;
pub mod meter;
pub mod orders;
pub mod rejections;
pub mod retry;
pub mod schema;
mod store;
pub mod timeline;
pub mod update;

pub use backend::{Backend, Table};
pub use store::{Item, Store};
