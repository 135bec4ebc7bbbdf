//! The few figures that AWS does not measure by itself, as lines of CloudWatch's embedded metric format (EMF).
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
//!
//! Requests, errors, latency and units are measured by API Gateway, Lambda and DynamoDB for nothing; every metric here
//! is $0.30 a month, so there are four, with the stack as their only dimension.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};

use okyaku_domain::time::Millis;

/// The namespace of all of them.
pub const NAMESPACE: &str = "Okyaku";

/// A metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Age of the oldest erasure that is not finished, in seconds; 0 if there is none. By each run of `sweep`.
    OldestErasureSeconds,
    /// Erasures that are not finished. By each run of `sweep`.
    OpenErasures,
    /// Items that a run of `sweep` deleted.
    DeletedItems,
    /// Events of a page's batch that were refused. By a batch that has any.
    RejectedEvents,
}

impl Metric {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::OldestErasureSeconds, Self::OpenErasures, Self::DeletedItems, Self::RejectedEvents];

    /// Its name in CloudWatch.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OldestErasureSeconds => "OldestErasureSeconds",
            Self::OpenErasures => "OpenErasures",
            Self::DeletedItems => "DeletedItems",
            Self::RejectedEvents => "RejectedEvents",
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Self::OldestErasureSeconds => "Seconds",
            _ => "Count",
        }
    }
}

/// Where metrics go: nowhere by default.
#[derive(Clone, Default)]
pub struct Metrics(Option<Sink>);

#[derive(Clone)]
struct Sink {
    stack: String,
    out: Arc<Mutex<dyn Write + Send>>,
}

impl Metrics {
    /// Metrics of a stack, a line each to `out`: on Lambda standard output, which CloudWatch Logs reads.
    #[must_use]
    pub fn new(stack: &str, out: Arc<Mutex<dyn Write + Send>>) -> Self {
        Self(Some(Sink { stack: stack.to_owned(), out }))
    }

    /// Writes one line with these values, measured at `at`. One that cannot be written is lost: no request fails for it.
    pub fn put(&self, at: Millis, values: &[(Metric, u64)]) {
        let Some(Sink { stack, out }) = &self.0 else { return };
        let metrics: Vec<Value> =
            values.iter().map(|(metric, _)| json!({"Name": metric.name(), "Unit": metric.unit()})).collect();
        let about = json!({
            "Timestamp": at,
            "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": [["Stack"]], "Metrics": metrics}],
        });
        let mut line = Map::from_iter([("_aws".to_owned(), about), ("Stack".to_owned(), json!(stack))]);
        line.extend(values.iter().map(|(metric, value)| (metric.name().to_owned(), json!(value))));
        if let Ok(mut out) = out.lock() {
            writeln!(out, "{}", Value::Object(line)).ok();
        }
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Metrics").field(&self.0.as_ref().map(|sink| &sink.stack)).finish()
    }
}
