//! Builders' webhooks, by API Gateway or by direct invocation.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use okyaku_api::event;
use okyaku_webhook::{Access, deliver, handle, is_direct};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    okyaku_api::start::logs();
    let app = &okyaku_api::start::connected::<Access>().await?;
    run(service_fn(|invocation: LambdaEvent<Value>| async move {
        let (payload, context) = invocation.into_parts();
        if is_direct(&payload) {
            return deliver(app, &payload, &context).await.map_err(|error| Error::from(error.explained()));
        }
        let answer = event::answer(&payload, context, |request| handle(app, request)).await;
        answer.map_err(Error::from)
    }))
    .await
}
