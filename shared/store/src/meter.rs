//! What one request does, for its log line: whose it is, its calls at the table and their units, its events.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use aws_sdk_dynamodb::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
use aws_sdk_dynamodb::operation::batch_write_item::BatchWriteItemOutput;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemOutput;
use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_sdk_dynamodb::operation::put_item::PutItemOutput;
use aws_sdk_dynamodb::operation::query::QueryOutput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsOutput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemOutput;
use aws_sdk_dynamodb::types::ConsumedCapacity;
use aws_smithy_runtime_api::client::interceptors::context::Output;

use okyaku_domain::rejection::Rejection;
use okyaku_domain::sender::Sender;

tokio::task_local! {
    /// The meter of the request that this task serves. The store's parallel calls stay within the task.
    static METER: Meter;
}

/// Counts calls and units. A clone counts into the same.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    calls: AtomicU64,
    /// Hundredths: an eventual read is half a unit.
    units: AtomicU64,
    channel: OnceLock<String>,
    /// Accepted and rejected.
    events: OnceLock<(usize, usize)>,
    sender: OnceLock<Sender>,
    rejections: Mutex<Vec<Rejection>>,
}

impl Meter {
    /// Runs `work` and counts what it does.
    pub async fn count<F: Future>(self, work: F) -> F::Output {
        METER.scope(self, work).await
    }

    /// Calls that were answered, retries included.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.0.calls.load(Ordering::Relaxed)
    }

    /// Units that they consumed, of reading and writing together; those of refused calls are not told by the table.
    #[must_use]
    pub fn units(&self) -> f64 {
        self.0.units.load(Ordering::Relaxed) as f64 / 100.0
    }

    /// The channel, once a credential has told it.
    #[must_use]
    pub fn channel(&self) -> Option<&str> {
        self.0.channel.get().map(String::as_str)
    }

    /// How many events were accepted and rejected, on a route that takes events.
    #[must_use]
    pub fn events(&self) -> Option<(usize, usize)> {
        self.0.events.get().copied()
    }
}

/// Notes which channel the request's credential leads to.
pub fn note_channel(id: &str) {
    METER.try_with(|meter| meter.0.channel.set(id.to_owned()).ok()).ok();
}

/// Notes how many of the request's events were accepted and how many rejected.
pub fn note_events(accepted: usize, rejected: usize) {
    METER.try_with(|meter| meter.0.events.set((accepted, rejected)).ok()).ok();
}

/// Notes what the request's credential makes of its sender.
pub fn note_sender(sender: Sender) {
    METER.try_with(|meter| meter.0.sender.set(sender).ok()).ok();
}

/// Notes what of the request was dropped, for the log of drops.
pub fn count_rejections(rejections: impl IntoIterator<Item = Rejection>) {
    METER.try_with(|meter| meter.0.rejections.lock().map(|mut all| all.extend(rejections)).ok()).ok();
}

/// Takes what was noted of the request so far: its channel, its sender and what was dropped. `None` without a
/// credential.
#[must_use]
pub fn take_rejections() -> Option<(String, Sender, Vec<Rejection>)> {
    let take = |meter: &Meter| {
        let (channel, sender) = (meter.0.channel.get()?, meter.0.sender.get()?);
        let rejections =
            meter.0.rejections.lock().map(|mut all| std::mem::take(&mut *all)).unwrap_or_default();
        Some((channel.clone(), *sender, rejections))
    };
    METER.try_with(take).ok().flatten()
}

/// Sits in the client and counts into the meter of whoever calls.
#[derive(Debug)]
pub(super) struct Metering;

impl Intercept for Metering {
    fn name(&self) -> &'static str {
        "Metering"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // Outside a request, such as at start-up, nobody counts.
        let _ = METER.try_with(|meter| {
            meter.0.calls.fetch_add(1, Ordering::Relaxed);
            let consumed = context.output_or_error().map_or(0.0, consumed);
            meter.0.units.fetch_add((consumed * 100.0) as u64, Ordering::Relaxed);
        });
        Ok(())
    }
}

/// Units of an answer, whichever operation's it is.
fn consumed(output: &Output) -> f64 {
    let one = |capacity: Option<&ConsumedCapacity>| {
        capacity.and_then(ConsumedCapacity::capacity_units).unwrap_or(0.0)
    };
    macro_rules! of_one {
        ($($kind:ty),*) => {
            $(if let Some(output) = output.downcast_ref::<$kind>() {
                return one(output.consumed_capacity());
            })*
        };
    }
    macro_rules! of_many {
        ($($kind:ty),*) => {
            $(if let Some(output) = output.downcast_ref::<$kind>() {
                return output.consumed_capacity().iter().map(|capacity| one(Some(capacity))).sum();
            })*
        };
    }
    of_one!(GetItemOutput, PutItemOutput, QueryOutput, UpdateItemOutput, DeleteItemOutput);
    of_many!(BatchGetItemOutput, BatchWriteItemOutput, TransactWriteItemsOutput);
    0.0
}
