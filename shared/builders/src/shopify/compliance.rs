//! Erasures and data requests: `customers/delete` and Shopify's three mandatory topics.
//!
//! Source: <https://shopify.dev/docs/apps/build/privacy-law-compliance>

use serde_json::Value;

use super::body::Object;
use super::customer::member;
use okyaku_domain::builder_update::BuilderUpdate;
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::rejection_reason::RejectionReason;

/// `customers/delete`: the body is the rest of the customer.
pub(super) fn deleted(body: &Object<'_>) {
    let reader = body.reader;
    let Some(member) = member(body, &["id", "admin_graphql_api_id"]) else {
        return reader.reject("id", RejectionReason::NoCustomer);
    };
    // `updated_at` is the last change before the deletion. The deletion itself is at the time of the trigger.
    let at = body.time("deleted_at").unwrap_or(reader.context.at);
    reader.say(BuilderUpdate::Erase { by: PersonRef::Member(member), at });
}

/// `customers/redact`.
pub(super) fn redact(body: &Object<'_>) {
    let reader = body.reader;
    if let Some(by) = named(body) {
        let at = reader.context.at;
        reader.say(BuilderUpdate::Erase { by, at });
    }
}

/// `customers/data_request`.
pub(super) fn data_request(body: &Object<'_>) {
    let reader = body.reader;
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
    // The first readable contact point of a guest counts. An unreadable contact point is rejected.
    for (key, kind) in [("email", "email"), ("phone", "mobileNumber")] {
        let Some(value) = customer.get(key).filter(|value| value.as_str() != Some("")) else { continue };
        let by = PersonRef::parse(kind, value, reader.context.region).ok();
        if let Some(by) = reader.valid(customer.path(key), by) {
            return Some(by);
        }
    }
    reader.reject("customer", RejectionReason::NoCustomer);
    None
}
