//! The permissions of each function on the table.
//!
//! A [`super::Store`] offers an operation only if the function has the permission. The template's policy of
//! the function lists the same actions. `tests/rules/permissions.rs` compares both. For example, a [`List`]
//! may call `Query`.

/// The permissions of a function.
pub trait Access: Send + Sync + 'static {
    /// The DynamoDB actions of the function's policy, without `dynamodb:`.
    const ACTIONS: &'static [&'static str];
}

/// Reads customers and channels: `GetItem`, `BatchGetItem`.
pub trait Read: Access {}

/// Reads lists: `Query`.
pub trait List: Read {}

/// Closes months: `PutItem`, `GetItem`, `Query`.
pub trait Total: List {}

/// Writes customers with their contact points and markers: `PutItem`, `UpdateItem`, also within transactions.
pub trait WriteCustomers: Read {}

/// Writes events: `PutItem`, `BatchWriteItem`.
pub trait WriteEvents: Read {}

/// Counts rejections: `UpdateItem`.
pub trait CountRejections: Access {}

/// Places tombstones and erasure jobs: `PutItem`, `UpdateItem`, within a transaction.
pub trait PlaceTombstones: List {}

/// Applies a builder's delivery: customers, events, orders and tombstones.
///
/// Needs `GetItem`, `BatchGetItem`, `Query`, `PutItem` and `UpdateItem`, also within transactions. Deletes
/// are excluded.
pub trait ApplyBuilderUpdates: WriteCustomers + PlaceTombstones {}

/// Deletes the remaining items of an erasure: `DeleteItem`, `BatchWriteItem`.
pub trait Erase: PlaceTombstones {}

/// Deletes a whole channel: also `Scan`.
pub trait EndChannel: Erase {}

/// Writes channels: `PutItem`, `UpdateItem`, `Query`.
pub trait Administer: List {}
