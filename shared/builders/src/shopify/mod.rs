//! Shopify's deliveries, as they were before and as they are since API 2025-01: since then a customer's payload has
//! neither tags nor consents, which come under topics of their own. Topics and payloads:
//! <https://shopify.dev/docs/api/webhooks>, the change: <https://shopify.dev/changelog/new-customer-s-webhook-and-changes-to-existing-customer-s-webhooks-payload>.

mod body;
mod cart;
mod compliance;
mod customer;
mod line;
mod money;
mod order;
mod reader;
mod refund;
#[cfg(test)]
mod tests;

use okyaku_domain::builder_update::{BuilderUpdate, Delivery, TagUpdate};
use okyaku_domain::rejection_reason::RejectionReason;
use serde_json::{Map, Value};

use self::body::Object;
use self::customer::Account;
use self::reader::Reader;
use crate::context::Context;

/// What a delivery of `topic`, as `X-Shopify-Topic` names it, says. Topics of which nothing is kept, and
/// [`RejectionReason::UnknownTopic`] for all others:
///
/// - `customers/purchasing_summary`: purchase figures come from orders;
/// - `orders/edited` with an `order_edit`: it names lines, neither sums nor a customer; `orders/updated` follows it;
/// - `app/uninstalled`: the shop's data goes when `shop/redact` says so.
#[must_use]
pub fn read(topic: &str, body: &Map<String, Value>, context: Context<'_>) -> Delivery {
    let reader = Reader::new(context);
    read_topic(topic, &Object::root(body, &reader));
    reader.into_delivery()
}

fn read_topic(topic: &str, body: &Object<'_>) {
    let reader = body.reader;
    match topic {
        "customers/create" | "customers/update" => customer::customer(body, Account::AsSent),
        "customers/enable" => customer::customer(body, Account::Enabled),
        "customers/disable" => customer::customer(body, Account::Disabled),
        // Shopify's headers have a dot here; the slash is how its other topics are written.
        "customer.tags_added" | "customers/tags_added" => customer::tagged(body, TagUpdate::Added),
        "customer.tags_removed" | "customers/tags_removed" => {
            customer::tagged(body, TagUpdate::Removed);
        }
        // The header's form, and the one in which the changelog of 2025-01 has them.
        "customers_email_marketing_consent/update"
        | "customers/email_marketing_consent_update"
        | "customers_marketing_consent/update"
        | "customers/marketing_consent_update" => customer::consented(body),
        "customers/delete" => compliance::deleted(body),
        "customers/redact" => compliance::redact(body),
        "customers/data_request" => compliance::data_request(body),
        "shop/redact" => reader.say(BuilderUpdate::EndChannel),
        "carts/create" | "carts/update" => cart::cart(body),
        "checkouts/create" | "checkouts/update" => order::checkout(body),
        "refunds/create" => refund::created(body),
        "customers/purchasing_summary" | "app/uninstalled" => {}
        "orders/edited" if body.has("order_edit") => {}
        _ if topic.starts_with("orders/") && topic != "orders/delete" => order::order(body),
        _ => reader.reject(topic, RejectionReason::UnknownTopic),
    }
}
