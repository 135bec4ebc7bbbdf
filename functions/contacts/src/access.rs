//! What this function may do.

use okyaku_engine::access;

/// What this function may do to the table.
#[derive(Debug)]
pub struct Access;

impl access::Access for Access {
    const ACTIONS: &'static [&'static str] = &["GetItem", "Query"];
}
impl access::Read for Access {}
impl access::List for Access {}
