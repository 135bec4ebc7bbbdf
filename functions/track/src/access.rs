//! The permissions of this function.

use okyaku_engine::access;

/// The permissions on the table.
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
