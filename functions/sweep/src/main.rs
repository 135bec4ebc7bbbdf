//! The schedule's function, and lists to erase by direct invocation.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use okyaku_sweep::{Access, handle};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    okyaku_api::start::logs();
    let app = &okyaku_api::start::app::<Access>()?;
    run(service_fn(|event: LambdaEvent<Value>| async move {
        handle(app, event.payload).await.map_err(|error| Error::from(error.explained()))
    }))
    .await
}
