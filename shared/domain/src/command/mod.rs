//! What each command does, as a pure function: from what was found, what was asked and the time to what is to be stored.

pub mod boot;
pub mod builder_update;
pub mod lead;
pub mod order;
pub mod page;
pub mod upsert;
