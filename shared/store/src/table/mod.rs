//! The calls to the table.
//!
//! - The client.
//! - Expressions with their names and values.
//! - Single writes, batches and transactions.
//! - The meaning of failures.

pub(crate) mod batch;
pub(crate) mod calls;
pub mod client;
pub(crate) mod failure;
pub mod schema;
pub(crate) mod send;
pub(crate) mod terms;
pub(crate) mod transaction;
pub(crate) mod write;
