//! Counts the calls and units of a request for the request's log line.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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

tokio::task_local! {
    /// The meter of the request that this task serves. The store's parallel calls stay within the task.
    static METER: Meter;
}

/// Returns the read units that the current request has consumed so far. 0 outside a request.
#[must_use]
pub fn read_units() -> f64 {
    METER.try_with(Meter::read_units).unwrap_or(0.0)
}

/// Counts calls and units. All clones share the same counts.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    calls: AtomicU64,
    /// Hundredths of a read unit, because an eventual read is half a unit.
    read: AtomicU64,
    /// Hundredths of a write unit.
    written: AtomicU64,
}

impl Meter {
    /// Runs `work` and counts the calls of `work`.
    pub async fn count<F: Future>(self, work: F) -> F::Output {
        METER.scope(self, work).await
    }

    /// Returns the number of answered calls, retries included.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.0.calls.load(Ordering::Relaxed)
    }

    /// Returns the units that the calls consumed, of reading and writing together.
    ///
    /// DynamoDB reports units of successful calls only. A Scan counts 0.
    #[must_use]
    pub fn units(&self) -> f64 {
        self.read_units() + self.write_units()
    }

    /// Returns the read units.
    #[must_use]
    pub fn read_units(&self) -> f64 {
        self.0.read.load(Ordering::Relaxed) as f64 / 100.0
    }

    /// Returns the write units.
    #[must_use]
    pub fn write_units(&self) -> f64 {
        self.0.written.load(Ordering::Relaxed) as f64 / 100.0
    }
}

/// Counts each answer of the client into the meter of the current task.
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
        // Outside a request, such as at start-up, there is no meter.
        let _ = METER.try_with(|meter| {
            meter.0.calls.fetch_add(1, Ordering::Relaxed);
            let Ok(output) = context.output_or_error() else { return };
            let hundredths = |units: f64| (units * 100.0) as u64;
            meter.0.read.fetch_add(hundredths(read(output)), Ordering::Relaxed);
            meter.0.written.fetch_add(hundredths(written(output)), Ordering::Relaxed);
        });
        Ok(())
    }
}

/// Returns the units of the first kind in the list that the answer is of. Other answers, such as a Scan's, count 0.
macro_rules! units {
    ($output:expr, one: [$($one:ty),*], many: [$($many:ty),*]) => {{
        $(if let Some(output) = $output.downcast_ref::<$one>() {
            return output.consumed_capacity().map_or(0.0, capacity);
        })*
        $(if let Some(output) = $output.downcast_ref::<$many>() {
            return output.consumed_capacity().iter().map(capacity).sum();
        })*
        0.0
    }};
}

fn capacity(consumed: &ConsumedCapacity) -> f64 {
    consumed.capacity_units().unwrap_or(0.0)
}

fn read(output: &Output) -> f64 {
    units!(output, one: [GetItemOutput, QueryOutput], many: [BatchGetItemOutput])
}

fn written(output: &Output) -> f64 {
    units!(output, one: [PutItemOutput, UpdateItemOutput, DeleteItemOutput],
        many: [BatchWriteItemOutput, TransactWriteItemsOutput])
}
