//! The table: the only user of DynamoDB.
//!
//! [`items`] has the layout of the table, with a file per item. [`table`] has the calls to the table. Each
//! remaining file has one subject.

pub mod access;
pub mod actives;
pub mod backend;
pub mod backoff;
pub mod channel_cache;
pub mod channels;
pub mod clock;
pub mod commit;
mod contact_points;
pub mod credentials;
pub mod customers;
mod data_requests;
pub mod erasure;
mod events;
pub mod export;
mod guard;
pub mod invocation;
pub mod item;
pub mod items;
mod jobs;
pub mod key;
pub mod keyring;
pub mod list;
pub mod loaded;
mod markers;
pub mod meter;
pub mod orders;
pub mod rejection_counts;
pub mod rejections;
pub mod store;
pub mod table;
pub mod timeline;

pub use backend::{Backend, Table};
pub use invocation::Invocation;
pub use item::Item;
pub use store::Store;
