//! Builders' webhooks (R13): a delivery is proven, read, and taken in. Once its signature holds it is answered 200,
//! whatever is in it: a builder switches a subscription off that fails, and repeating what cannot be read helps nobody.
//! What was left out is in the answer and in the drop log. Only a table that is out of reach is 503, to be repeated.

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

/// The routes it answers, as the template has them.
pub const ROUTES: &[&str] = &["POST /webhooks/{builder}/{webhookToken}"];

/// Answers one request.
pub async fn handle(app: &App<Access>, request: Request) -> Response<Body> {
    serve(request, ROUTES, |_, call| async move {
        let proven = proof::check(app, &call).await?;
        delivery::take(app, proven, &call.invocation).await
    })
    .await
}

/// Whether an invocation is a delivery itself, of `EventBridge`, and no request of API Gateway.
#[must_use]
pub fn is_direct(event: &serde_json::Value) -> bool {
    event.get("detail").is_some()
}
