//! The schedule's function.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use okyaku_sweep::{Access, Report};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    okyaku::start::logs();
    let app = &okyaku::start::app::<Access>()?;
    run(service_fn(|_: LambdaEvent<Value>| async move {
        let report: Report = okyaku_sweep::run(app).await?;
        tracing::info!(open = report.open, finished = report.finished, deleted = report.deleted, "swept");
        Ok::<_, Error>(report)
    }))
    .await
}
