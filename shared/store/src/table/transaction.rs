//! A transaction: several writes that are stored together or refused together.
//!
//! Each write carries a tag. A refusal returns the tags of the writes whose conditions are false.

use aws_sdk_dynamodb::types::{CancellationReason, ReturnConsumedCapacity};
use okyaku_domain::error::Error;

use super::failure::{Failure, cancellation};
use super::write::Write;
use crate::item::Item;
use crate::store::Store;

/// The most items of a transaction.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
pub(crate) const MOST_WRITES: usize = 100;

/// Writes that are stored together. `T` tags the origin of each write.
#[derive(Debug)]
pub(crate) struct Transaction<T> {
    writes: Vec<(T, Write)>,
}

/// The outcome of a transaction.
#[derive(Debug)]
pub(crate) enum Sent<T> {
    /// Every write is stored.
    Done,
    /// Nothing is stored, because conditions are false. With the tags of the refused writes.
    ///
    /// A write with `returning_old` also returns the stored item.
    Refused(Vec<(T, Option<Item>)>),
    /// Nothing is stored, because another transaction held the same item.
    Conflict,
}

impl<T> Transaction<T> {
    pub(crate) fn new() -> Self {
        Self { writes: Vec::new() }
    }

    pub(crate) fn add(&mut self, tag: T, write: Write) {
        self.writes.push((tag, write));
    }
}

impl<A> Store<A> {
    /// Sends a transaction. Costs 2 W per KB of each item.
    pub(crate) async fn transact<T>(&self, transaction: Transaction<T>) -> Result<Sent<T>, Error> {
        let (mut tags, mut items) = (Vec::new(), Vec::new());
        for (tag, write) in transaction.writes {
            tags.push(tag);
            items.push(write.within_transaction(self.table())?);
        }
        let sent = self
            .client()
            .transact_write_items()
            .set_transact_items(Some(items))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match sent.map_err(cancellation) {
            Ok(_) => Ok(Sent::Done),
            Err(Ok(reasons)) => {
                // Keep the tags of the writes whose own condition is false. Other writes were only cancelled
                // along.
                let failed = |reason: &CancellationReason| reason.code() == Some("ConditionalCheckFailed");
                let refused = tags.into_iter().zip(reasons).filter(|(_, reason)| failed(reason));
                Ok(Sent::Refused(refused.map(|(tag, reason)| (tag, reason.item)).collect()))
            }
            Err(Err(Failure::Conflict)) => Ok(Sent::Conflict),
            Err(Err(failure)) => Err(failure.into()),
        }
    }

    /// Sends a transaction and returns whether the transaction was stored.
    ///
    /// Returns `None` if another transaction held the same item.
    pub(crate) async fn transact_all(&self, writes: Vec<Write>) -> Result<Option<bool>, Error> {
        let transaction = Transaction { writes: writes.into_iter().map(|write| ((), write)).collect() };
        Ok(match self.transact(transaction).await? {
            Sent::Done => Some(true),
            Sent::Refused(_) => Some(false),
            Sent::Conflict => None,
        })
    }
}
