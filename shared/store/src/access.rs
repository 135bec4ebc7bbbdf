//! What each function may do to the table. A [`super::Store`] offers an operation only where its function has the
//! permission, and the template's policy of the function lists the same actions: `tests/rules/permissions.rs` compares.

/// A function's permissions.
pub trait Access: Send + Sync + 'static {
    /// The DynamoDB actions of its policy, without `dynamodb:`.
    const ACTIONS: &'static [&'static str];
}

/// Reading customers and channels: `GetItem`, `BatchGetItem`.
pub trait Read: Access {}

/// Reading lists: `Query`.
pub trait List: Read {}

/// Closing months: `PutItem`, `GetItem`, `Query`.
pub trait Total: List {}

/// Writing customers with their contacts and markers: `PutItem`, `UpdateItem`, also within transactions.
pub trait WriteCustomers: Read {}

/// Writing events: `PutItem`, `BatchWriteItem`.
pub trait WriteEvents: Read {}

/// Counting what was dropped: `UpdateItem`.
pub trait CountRejections: Access {}

/// Putting tombstones and erasure jobs: `PutItem`, `UpdateItem`, within a transaction.
pub trait PlaceTombstones: List {}

/// Taking in what a builder delivers: customers, events, orders, tombstones: `GetItem`, `BatchGetItem`, `Query`, `PutItem`,
/// `UpdateItem`, also within transactions. No deletes.
pub trait ApplyBuilderUpdates: WriteCustomers + PlaceTombstones {}

/// Deleting what an erasure leaves to delete: `DeleteItem`, `BatchWriteItem`.
pub trait Erase: PlaceTombstones {}

/// Deleting a whole channel: `Scan` as well.
pub trait EndChannel: Erase {}

/// Writing channels: `PutItem`, `UpdateItem`, `Query`.
pub trait Administer: List {}
