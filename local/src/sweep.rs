//! The schedule of the `sweep` function: every second here, every minute on AWS.

use std::time::Duration;

use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};

use crate::gateway::Gateway;

/// Invokes `sweep` each second and never twice at once. A failure is logged, and the next second tries again.
/// Never returns.
pub async fn run_every_second(gateway: Gateway) {
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = gateway.invoke_function("SweepFunction", json!({"source": "aws.scheduler"})).await
        {
            tracing::error!(%error, "sweep failed");
        }
    }
}
