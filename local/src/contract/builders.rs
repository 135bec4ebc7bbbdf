//! The route of shop builders.

use serde_json::json;

use super::operation::{Caller, Operation};
use super::shape::{list, named, object};

pub(super) fn operations() -> Vec<Operation> {
    let header = |name: &str, description: &str| json!({"name": name, "in": "header", "description": description, "schema": {"type": "string"}});
    let rejection = json!({"field": {"type": "string"}, "reason": named("Reason")});
    let answer = json!({
        "applied": {"type": "integer", "minimum": 0}, "queued": {"type": "integer", "minimum": 1},
        "dropped": list(object(rejection, &[])),
    });
    let key = "POST /webhooks/{builder}/{webhookToken}";
    let operation = Operation::new("Builders", Caller::Anyone, key, "A delivery of a shop builder")
        .parameter(header("x-shopify-hmac-sha256", "Shopify's signature over the raw body, Base64."))
        .parameter(header("x-shopify-topic", "Shopify's topic, such as `customers/create`."))
        .parameter(header("x-shopify-shop-domain", "The connected shop."))
        .parameter(header("x-shopify-triggered-at", "The time of the delivery, RFC 3339."))
        .parameter(header("x-api-key", "Cafe24's key."))
        .any_body()
        .answers(200, object(answer, &["queued"]))
        .refuses(&[401, 413]);
    vec![operation]
}
