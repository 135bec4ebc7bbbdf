//! What this function may do.

use okyaku_engine::access;

/// What this function may do to the table. It puts tombstones and jobs, and deletes nothing.
#[derive(Debug)]
pub struct Access;

impl access::Access for Access {
    const ACTIONS: &'static [&'static str] = &["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem"];
}
impl access::Read for Access {}
impl access::List for Access {}
impl access::WriteCustomers for Access {}
impl access::PlaceTombstones for Access {}
impl access::ApplyBuilderUpdates for Access {}
impl access::CountRejections for Access {}
