//! What this function may do.

use okyaku_engine::access;

/// What this function may do to the table.
#[derive(Debug)]
pub struct Access;

impl access::Access for Access {
    const ACTIONS: &'static [&'static str] =
        &["GetItem", "BatchGetItem", "PutItem", "UpdateItem", "BatchWriteItem"];
}
impl access::Read for Access {}
impl access::WriteCustomers for Access {}
impl access::WriteEvents for Access {}
impl access::CountRejections for Access {}
