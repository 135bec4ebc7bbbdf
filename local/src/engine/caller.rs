//! Calls of the embedded engine from any runtime.

use std::sync::{Arc, Weak};

use tokio::sync::Semaphore;

use super::operations::Operations;

/// The calls that run at the same time: one may wait for the data file while another one is read or written as JSON.
pub(super) const TURNS: usize = 2;

/// A way to the operations of an engine. It ends with the engine, so that a forgotten client does not hold the data
/// file.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    operations: Weak<Operations>,
    turns: Arc<Semaphore>,
    tokens: Tokens,
}

/// Whether a transaction keeps its `ClientRequestToken`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tokens {
    /// A caller may lose an answer and send the transaction again.
    Kept,
    /// Every answer arrives, so that no transaction is sent twice.
    Dropped,
}

impl Caller {
    pub(super) fn new(operations: &Arc<Operations>, turns: &Arc<Semaphore>, tokens: Tokens) -> Self {
        Self { operations: Arc::downgrade(operations), turns: turns.clone(), tokens }
    }

    /// Carries out an operation beside the runtime's own threads, and returns status and JSON. Returns `None` if the
    /// engine has stopped.
    ///
    /// The operation takes effect also if nobody waits for its answer any more.
    pub(super) async fn call(&self, operation: String, body: bytes::Bytes) -> Option<(u16, Vec<u8>)> {
        let turn = self.turns.clone().acquire_owned().await.ok()?;
        let operations = self.operations.upgrade()?;
        let dropped = self.tokens == Tokens::Dropped && operation == "TransactWriteItems";
        let work = move || {
            let answer = match dropped {
                true => operations.transact_without_token(&body),
                false => operations.call(&operation, &body),
            };
            // In this order: whoever has all turns may close the data file.
            drop(operations);
            drop(turn);
            answer
        };
        tokio::task::spawn_blocking(work).await.ok()
    }
}
