//! Erasures and data requests: `customers/delete` and Shopify's three mandatory topics.
//!
//! Source: <https://shopify.dev/docs/apps/build/privacy-law-compliance>

use serde_json::Value;

use super::body::Object;
use super::customer::member;
use okyaku_domain::builder_update::BuilderUpdate;
use okyaku_domain::contact_point::ContactPoint;
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::rejection_reason::RejectionReason;

/// Returns whether a body is of its topic: the body has the keys in `needs`, and lacks the keys of other topics.
///
/// Shopify signs the body and leaves the topic out. So a body that Shopify signed for `customers/update` could
/// come again as `customers/delete`. A body of another topic is rejected and changes nothing.
pub(super) fn is_of_topic(body: &Object<'_>, needs: &[&str], lacks: &[&str]) -> bool {
    let missing = needs.iter().filter(|key| body.get(key).is_none());
    let foreign = lacks.iter().filter(|key| body.has(key));
    let wrong: Vec<_> = missing.chain(foreign).collect();
    for key in &wrong {
        body.reader.reject(body.path(key), RejectionReason::Invalid);
    }
    wrong.is_empty()
}

/// `customers/delete`: the body is the rest of the customer, with an empty list of tax exemptions, and of addresses in
/// earlier versions. A customer that still exists has `created_at`.
pub(super) fn deleted(body: &Object<'_>) {
    let reader = body.reader;
    let needs = if body.has("addresses") { "addresses" } else { "tax_exemptions" };
    if !is_of_topic(body, &[needs], &["created_at"]) {
        return;
    }
    let Some(member) = member(body, &["id", "admin_graphql_api_id"]) else {
        return reader.reject("id", RejectionReason::NoCustomer);
    };
    // `updated_at` is the last change before the deletion. The deletion itself is at the time of the trigger.
    let at = body.time("deleted_at").unwrap_or(reader.context.at);
    let addresses = addresses(body);
    reader.say(BuilderUpdate::Erase { by: PersonRef::Member(member), addresses, at });
}

/// `customers/redact`.
pub(super) fn redact(body: &Object<'_>) {
    let reader = body.reader;
    if !is_of_topic(body, &["shop_domain"], &["data_request", "orders_requested"]) {
        return;
    }
    if let Some(by) = named(body) {
        // An id and addresses may name a member and a lead of one person. Both are meant.
        let addresses = match &by {
            PersonRef::Member(_) => body.object("customer").map(|customer| addresses(&customer)),
            _ => None,
        };
        let at = reader.context.at;
        reader.say(BuilderUpdate::Erase { by, addresses: addresses.unwrap_or_default(), at });
    }
}

/// `customers/data_request`.
pub(super) fn data_request(body: &Object<'_>) {
    let reader = body.reader;
    if !is_of_topic(body, &["shop_domain"], &["orders_to_redact"]) {
        return;
    }
    let Some(by) = named(body) else { return };
    let request = body.object("data_request");
    let id = match request.as_ref().and_then(|request| request.get("id")) {
        Some(Value::String(id)) => id.trim().to_owned(),
        Some(Value::Number(id)) => id.to_string(),
        Some(_) => {
            reader.reject("data_request.id", RejectionReason::Invalid);
            String::new()
        }
        None => String::new(),
    };
    let at = reader.context.at;
    reader.say(BuilderUpdate::DataRequest { by, id, at });
}

/// `shop/redact`: the body names the shop alone.
pub(super) fn shop_redact(body: &Object<'_>) {
    if is_of_topic(body, &["shop_id", "shop_domain"], &["customer", "id"]) {
        body.reader.say(BuilderUpdate::EndChannel);
    }
}

/// Returns the person named by `customer`: by id, else by e-mail address, else by phone.
///
/// A guest has no id, but must be erasable too.
fn named(body: &Object<'_>) -> Option<PersonRef> {
    let reader = body.reader;
    let Some(customer) = body.object("customer") else {
        reader.reject("customer", RejectionReason::NoCustomer);
        return None;
    };
    // A customer with an id is a member.
    if let Some(member) = member(&customer, &["id", "admin_graphql_api_id"]) {
        return Some(PersonRef::Member(member));
    }
    // An unreadable id is rejected, and the contact points still count.
    if customer.get("id").is_some() {
        reader.reject("customer.id", RejectionReason::Invalid);
    }
    // The first readable contact point of a guest counts.
    if let Some(address) = addresses(&customer).into_iter().next() {
        return Some(PersonRef::ContactPoint(address));
    }
    reader.reject("customer", RejectionReason::NoCustomer);
    None
}

/// Returns the contact points of a customer. An unreadable contact point is rejected.
fn addresses(customer: &Object<'_>) -> Vec<ContactPoint> {
    let reader = customer.reader;
    let mut addresses = Vec::new();
    for (key, kind) in [("email", "email"), ("phone", "mobileNumber")] {
        let Some(value) = customer.get(key).filter(|value| value.as_str() != Some("")) else { continue };
        let by = PersonRef::parse(kind, value, reader.context.region).ok();
        if let Some(PersonRef::ContactPoint(address)) = reader.valid(customer.path(key), by) {
            addresses.push(address);
        }
    }
    addresses
}
