//! Answers an HTTP event of Lambda that the caller has as JSON.
//!
//! The event passes through the runtime's own deserialiser and adapter, as on Lambda.

use std::convert::Infallible;
use std::future::Future;

use http::Response;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Body, Context, LambdaEvent, Request, Service, service_fn};
use serde_json::Value;

/// Answers an event of API Gateway with the reply of `handler`.
///
/// # Errors
/// A JSON error if the event is malformed or the answer cannot be serialised.
pub async fn answer<F, R>(event: &Value, context: Context, handler: F) -> Result<Value, serde_json::Error>
where
    F: Fn(Request) -> R,
    R: Future<Output = Response<Body>> + Send,
{
    let bytes = serde_json::to_vec(event)?;
    let request: LambdaRequest = serde_json::from_slice(&bytes)?;
    let service = service_fn(|request| {
        let reply = handler(request);
        async move { Ok::<_, Infallible>(reply.await) }
    });
    let Ok(response) = Adapter::from(service).call(LambdaEvent::new(request, context)).await;
    serde_json::to_value(&response)
}
