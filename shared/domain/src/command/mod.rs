//! The commands as pure functions. A function takes the stored record, the request and the time, and returns
//! the record to store.

pub mod boot;
pub mod builder_update;
pub mod lead;
pub mod order;
pub mod page;
pub mod upsert;
