//! The schedule of the `sweep` function: every second here, every minute on AWS.

use std::time::Duration;

use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};

use crate::engine::forget::Forget;
use crate::gateway::Gateway;

/// Invokes `sweep` each second and never twice at once. A failure is logged, and the next second tries again.
/// Never returns.
pub async fn run_every_second(gateway: Gateway, forget: Forget) {
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // A server that was killed may have left erased data in the log.
    let mut to_forget = true;
    loop {
        ticks.tick().await;
        to_forget = turn(&gateway, &forget, to_forget).await;
    }
}

/// Sweeps once. After a finished erasure, and with `to_forget`, takes the erased data out of the files.
///
/// Returns whether data is still to be taken out of the files.
pub async fn turn(gateway: &Gateway, forget: &Forget, to_forget: bool) -> bool {
    let swept = gateway.invoke_function("SweepFunction", json!({"source": "aws.scheduler"})).await;
    let finished = match swept {
        Ok(report) => {
            report.get("finished").and_then(serde_json::Value::as_u64).is_some_and(|finished| finished > 0)
        }
        Err(error) => {
            tracing::error!(%error, "sweep failed");
            false
        }
    };
    if !finished && !to_forget {
        return false;
    }
    match forget.run().await {
        Ok(()) => false,
        Err(error) => {
            tracing::warn!(%error, "erased data is still in the files");
            true
        }
    }
}
