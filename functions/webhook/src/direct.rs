//! Shopify's deliveries by Amazon `EventBridge`.
//!
//! IAM proves the bus. The shop in the metadata leads to the channel.
//! <https://shopify.dev/docs/apps/build/webhooks/subscribe/get-started>

use lambda_http::Context;
use okyaku_domain::builder::Builder;
use okyaku_domain::error::Error;
use okyaku_domain::rejection::Rejection;
use okyaku_domain::rejection_reason::RejectionReason;
use okyaku_engine::App;
use okyaku_engine::credential::CredentialKind;
use serde_json::{Value, json};

use crate::access::Access;
use crate::delivery;
use crate::proof::{Proven, triggered_at, unproven};

/// Applies an event of the bus: `{"detail":{"metadata":{"X-Shopify-Topic":…},"payload":{…}}}`.
///
/// Returns the answer of the webhook. `EventBridge` repeats a failed event for 24 hours.
///
/// # Errors
/// [`Error::Unauthorized`] for an unknown shop. [`Error::Busy`] or [`Error::Internal`].
pub async fn deliver(app: &App<Access>, event: &Value, context: &Context) -> Result<Value, Error> {
    // The names of the metadata are compared without case.
    let metadata = |name: &str| {
        let metadata = event.pointer("/detail/metadata")?.as_object()?;
        metadata.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1.as_str()
    };
    // The shop leads to the channel. A channel may have disconnected the shop since then.
    let shop = metadata("X-Shopify-Shop-Domain").unwrap_or_default().to_lowercase();
    let key = format!("{}:{shop}", Builder::Shopify.name());
    let (channel, _) = app.store.channel_of(CredentialKind::Shop, &key).await?.ok_or_else(unproven)?;
    let connected = channel.connection(Builder::Shopify).is_some_and(|connection| connection.shop == shop);
    if !connected {
        return Err(unproven());
    }
    let body = match event.pointer("/detail/payload") {
        Some(Value::Object(body)) => Ok(body.clone()),
        _ => Err(Rejection::new("body", RejectionReason::Unreadable)),
    };
    let proven = Proven {
        channel,
        builder: Builder::Shopify,
        topic: metadata("X-Shopify-Topic").unwrap_or_default().to_owned(),
        at: triggered_at(metadata("X-Shopify-Triggered-At"), app.now()),
        body,
    };
    let reply = delivery::take(app, proven, &okyaku_api::invocation(context)).await?;
    tracing::info!(route = "direct", status = reply.status(), "served");
    Ok(json!({ "statusCode": reply.status(), "body": reply.into_body() }))
}
