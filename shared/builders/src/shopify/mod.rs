//! Shopify's deliveries, as they were before and as they are since API 2025-01: since then a customer's payload has
//! neither tags nor consents, which come under topics of their own. Topics and payloads:
//! <https://shopify.dev/docs/api/webhooks>, the change: <https://shopify.dev/changelog/new-customer-s-webhook-and-changes-to-existing-customer-s-webhooks-payload>.

mod body;
mod cart;
mod compliance;
mod customer;
mod money;
mod order;
mod refund;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use self::body::Object;
use self::customer::Account;
use super::Context;
use okyaku_domain::builder_update::{BuilderUpdate, Delivery, TagUpdate, VersionedEvent};
use okyaku_domain::event::of_server;
use okyaku_domain::rejection::Rejection;
use okyaku_domain::rejection_reason::RejectionReason;
use okyaku_domain::time::Millis;

/// What a delivery of `topic`, as `X-Shopify-Topic` names it, says. Topics of which nothing is kept, and
/// [`RejectionReason::UnknownTopic`] for all others:
///
/// - `customers/purchasing_summary`: purchase figures come from orders;
/// - `orders/edited` with an `order_edit`: it names lines, neither sums nor a customer; `orders/updated` follows it;
/// - `app/uninstalled`: the shop's data goes when `shop/redact` says so.
#[must_use]
pub fn read(topic: &str, body: &Map<String, Value>, context: Context<'_>) -> Delivery {
    let mut reader = Reader { context, delivery: Delivery::default() };
    told(&mut reader, topic, &Object::root(body));
    reader.delivery
}

fn told(reader: &mut Reader<'_>, topic: &str, body: &Object<'_>) {
    match topic {
        "customers/create" | "customers/update" => customer::told(reader, body, Account::AsTold),
        "customers/enable" => customer::told(reader, body, Account::Enabled),
        "customers/disable" => customer::told(reader, body, Account::Disabled),
        // Shopify's headers have a dot here; the slash is how its other topics are written.
        "customer.tags_added" | "customers/tags_added" => customer::tagged(reader, body, TagUpdate::Added),
        "customer.tags_removed" | "customers/tags_removed" => {
            customer::tagged(reader, body, TagUpdate::Removed);
        }
        // The header's form, and the one in which the changelog of 2025-01 has them.
        "customers_email_marketing_consent/update"
        | "customers/email_marketing_consent_update"
        | "customers_marketing_consent/update"
        | "customers/marketing_consent_update" => customer::consented(reader, body),
        "customers/delete" => compliance::deleted(reader, body),
        "customers/redact" => compliance::redact(reader, body),
        "customers/data_request" => compliance::data_request(reader, body),
        "shop/redact" => reader.say(BuilderUpdate::EndChannel),
        "carts/create" | "carts/update" => cart::cart(reader, body),
        "checkouts/create" | "checkouts/update" => order::checkout(reader, body),
        "refunds/create" => refund::created(reader, body),
        "customers/purchasing_summary" | "app/uninstalled" => {}
        "orders/edited" if body.has("order_edit") => {}
        _ if topic.starts_with("orders/") && topic != "orders/delete" => order::order(reader, body),
        _ => reader.reject(topic, RejectionReason::UnknownTopic),
    }
}

/// Collects what a body says, and what of it is left out.
struct Reader<'a> {
    context: Context<'a>,
    delivery: Delivery,
}

impl Reader<'_> {
    fn say(&mut self, update: BuilderUpdate) {
        self.delivery.updates.push(update);
    }

    /// Notes what is left out, each field and reason once: a field of a list's entries has no number.
    fn reject(&mut self, field: impl Into<String>, reason: RejectionReason) {
        let rejection = Rejection::new(field, reason);
        if !self.delivery.rejections.contains(&rejection) {
            self.delivery.rejections.push(rejection);
        }
    }

    /// The result, or nothing and a drop of `field`.
    fn valid<T>(&mut self, field: impl Into<String>, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.reject(field, RejectionReason::Invalid);
        }
        value
    }

    /// The event within the limits of a server's (R8), or nothing and a drop. `id` and `created_at` are the same in
    /// every version.
    fn event(
        &mut self,
        name: &str,
        id: String,
        created_at: Millis,
        version: Millis,
        property: Map<String, Value>,
    ) -> Option<VersionedEvent> {
        let fields = [
            ("id", Value::from(id)),
            ("name", name.into()),
            ("createdAt", created_at.into()),
            ("property", property.into()),
        ];
        let body = fields.map(|(key, value)| (key.to_owned(), value)).into_iter().collect();
        let bounds = self.context.bounds;
        match of_server(&body, bounds) {
            // What is missing in it is among the drops; nobody is there to read a remark.
            Ok(event) => {
                Some(VersionedEvent { event: okyaku_domain::event::Event { remark: None, ..event }, version })
            }
            Err(("createdAt", _)) if created_at < bounds.now.saturating_sub(bounds.retention) => {
                self.reject("created_at", RejectionReason::TooOld);
                None
            }
            Err((field, _)) => {
                let field = match field {
                    "createdAt" => "created_at",
                    // An order's number is always short enough; a token may not be.
                    "id" => "token",
                    "property" => "line_items",
                    field => field,
                };
                self.reject(field, RejectionReason::Invalid);
                None
            }
        }
    }
}
