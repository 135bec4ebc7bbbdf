//! The permissions of this function.

use okyaku_engine::access;

/// The permissions on the table.
#[derive(Debug)]
pub struct Access;

impl access::Access for Access {
    const ACTIONS: &'static [&'static str] =
        &["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"];
}
impl access::Read for Access {}
impl access::List for Access {}
impl access::PlaceTombstones for Access {}
impl access::Erase for Access {}
impl access::WriteCustomers for Access {}
