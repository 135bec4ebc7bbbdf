//! The few figures that AWS leaves out, as lines of CloudWatch's embedded metric format (EMF).
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
//!
//! API Gateway, Lambda and DynamoDB measure requests, errors, latency and units for free. Every metric here
//! costs $0.30 a month. So there are four metrics, with the stack as the only dimension.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};

use okyaku_domain::time::Millis;

/// The namespace of all metrics.
pub const NAMESPACE: &str = "Okyaku";

/// A metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// The age of the oldest open erasure in seconds, or 0. Each run of `sweep` writes this metric.
    OldestErasureSeconds,
    /// The number of open erasures. Each run of `sweep` writes this metric.
    OpenErasures,
    /// The events and journal entries that a run of `sweep` deleted.
    DeletedItems,
    /// The refused events of a page's batch. A batch with refused events writes this metric.
    RejectedEvents,
}

impl Metric {
    /// All metrics.
    pub const ALL: [Self; 4] =
        [Self::OldestErasureSeconds, Self::OpenErasures, Self::DeletedItems, Self::RejectedEvents];

    /// Returns the metric's name in CloudWatch.
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

/// The destination of metrics. The default drops all metrics.
#[derive(Clone, Default)]
pub struct Metrics(Option<Sink>);

#[derive(Clone)]
struct Sink {
    stack: String,
    out: Arc<Mutex<dyn Write + Send>>,
}

impl Metrics {
    /// Returns the metrics of a stack. Each call of [`put`](Self::put) writes a line to `out`.
    ///
    /// On Lambda `out` is the standard output, which CloudWatch Logs reads.
    #[must_use]
    pub fn new(stack: &str, out: Arc<Mutex<dyn Write + Send>>) -> Self {
        Self(Some(Sink { stack: stack.to_owned(), out }))
    }

    /// Writes a line with the values, measured at `at`.
    ///
    /// A line that cannot be written is lost, so that the request succeeds.
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
