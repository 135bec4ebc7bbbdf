//! Shopify's deliveries, in the forms before and since API 2025-01.
//!
//! Since API 2025-01, a customer's payload has neither tags nor consents. Tags and consents come under topics
//! of their own.
//!
//! - Topics and payloads: <https://shopify.dev/docs/api/webhooks>
//! - The change:
//!   <https://shopify.dev/changelog/new-customer-s-webhook-and-changes-to-existing-customer-s-webhooks-payload>

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

use okyaku_domain::builder_update::{Delivery, TagUpdate};
use okyaku_domain::rejection_reason::RejectionReason;
use serde_json::{Map, Value};

use self::body::Object;
use self::customer::Account;
use self::reader::Reader;
use crate::context::Context;

/// Reads a delivery of `topic`, as named by `X-Shopify-Topic`.
///
/// Three topics are known, but change nothing:
///
/// - `customers/purchasing_summary`, because purchase figures come from orders
/// - `orders/edited` with an `order_edit`, because the payload names lines without sums or a customer, and
///   `orders/updated` follows
/// - `app/uninstalled`, because the shop's data goes when `shop/redact` says so
///
/// Any further topic is [`RejectionReason::UnknownTopic`].
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
        // Shopify's headers have a dot here. Shopify's further topics have a slash.
        "customer.tags_added" | "customers/tags_added" => customer::tagged(body, TagUpdate::Added),
        "customer.tags_removed" | "customers/tags_removed" => {
            customer::tagged(body, TagUpdate::Removed);
        }
        // The form of the header, and the form of the changelog of 2025-01.
        "customers_email_marketing_consent/update"
        | "customers/email_marketing_consent_update"
        | "customers_marketing_consent/update"
        | "customers/marketing_consent_update" => customer::consented(body),
        "customers/delete" => compliance::deleted(body),
        "customers/redact" => compliance::redact(body),
        "customers/data_request" => compliance::data_request(body),
        "shop/redact" => compliance::shop_redact(body),
        "carts/create" | "carts/update" => cart::cart(body),
        "checkouts/create" | "checkouts/update" => order::checkout(body),
        "customers/merge" => customer::merged(body),
        "refunds/create" => refund::created(body),
        "orders/delete" => order::deleted(body),
        "customers/purchasing_summary" | "app/uninstalled" => {}
        "orders/edited" if body.has("order_edit") => {}
        _ if topic.starts_with("orders/") => order::order(body),
        _ => reader.reject(topic, RejectionReason::UnknownTopic),
    }
}
