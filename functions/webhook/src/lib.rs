//! Builders' webhooks (R13): proves, reads and applies a delivery.
//!
//! - A delivery with a valid signature is answered 200, whatever its content. A builder switches off a
//!   subscription that fails, and a repeated unreadable delivery stays unreadable.
//! - The answer and the log of rejections have the rejections.
//! - An unreachable table is answered 503, so that the builder repeats the delivery.

mod access;
mod delivery;
mod direct;
mod proof;

use lambda_http::http::Response;
use lambda_http::{Body, Request};
use okyaku_api::serve;
use okyaku_engine::App;

pub use access::Access;

pub use direct::deliver;

/// The routes of this function, as in the template.
pub const ROUTES: &[&str] = &["POST /webhooks/{builder}/{webhookToken}"];

/// Answers a request.
pub async fn handle(app: &App<Access>, request: Request) -> Response<Body> {
    serve(app, request, ROUTES, |_, call| async move {
        let proven = proof::check(app, &call).await?;
        delivery::take(app, proven, &call.invocation).await
    })
    .await
}

/// Returns whether an invocation is a delivery by `EventBridge` instead of a request of API Gateway.
#[must_use]
pub fn is_direct(event: &serde_json::Value) -> bool {
    event.get("detail").is_some()
}
