//! How the table is spoken to: the client, expressions with their names and values, single writes and transactions, and
//! what their failures mean.

pub(crate) mod batch;
pub(crate) mod calls;
pub mod client;
pub(crate) mod failure;
pub mod schema;
pub(crate) mod send;
pub(crate) mod terms;
pub(crate) mod transaction;
pub(crate) mod write;
