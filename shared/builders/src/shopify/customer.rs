//! Customers in their own topics, and customers inside carts, checkouts and orders.

use okyaku_domain::builder::Builder;
use std::collections::BTreeSet;

use serde_json::Value;

use super::body::Object;
use okyaku_domain::builder_update::{BuilderUpdate, CustomerUpdate, TagUpdate};
use okyaku_domain::field;
use okyaku_domain::id::MemberId;
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::rejection_reason::RejectionReason;
use okyaku_domain::tag;
use okyaku_domain::time::Millis;

/// Channel Talk's key for the permission of the customer to sign in to the shop.
const EXT_MEMBER: &str = "extMember";
/// The customer's texts, with the profile keys from Channel Talk.
const TEXTS: [(&str, &str); 3] = [("first_name", "firstName"), ("last_name", "lastName"), ("email", "email")];
/// The texts of `default_address`, with the profile keys from Channel Talk.
const ADDRESS: [(&str, &str); 4] = [
    ("city", "shippingCity"),
    ("province", "shippingProvince"),
    ("country", "shippingCountry"),
    ("zip", "shippingZipCode"),
];
/// The keys of the customer's id in a payload about something else.
const CUSTOMER_IDS: [&str; 4] = ["customer_id", "customerId", "id", "admin_graphql_api_id"];

/// The topic's own message about the customer's account.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Account {
    /// The topic has no message, so `state` counts.
    AsSent,
    /// The customer may sign in.
    Enabled,
    /// The customer may not sign in. This is no withdrawal.
    Disabled,
}

/// Returns the member for the first of `keys` with a customer's id.
pub(super) fn member(object: &Object<'_>, keys: &[&str]) -> Option<MemberId> {
    let id = object.id(keys, "Customer")?;
    match PersonRef::parse("shopify", &Value::from(id), "") {
        Ok(PersonRef::Member(member)) => Some(member),
        _ => None,
    }
}

/// `customers/create` and similar topics: the body is the customer.
pub(super) fn customer(body: &Object<'_>, account: Account) {
    let reader = body.reader;
    let Some(mut update) = about(body) else {
        return reader.reject("id", RejectionReason::NoCustomer);
    };
    if account != Account::AsSent {
        update.fields.insert(EXT_MEMBER.to_owned(), Some(Value::Bool(account == Account::Enabled)));
    }
    reader.say(BuilderUpdate::Customer(Box::new(update)));
}

/// `customers/merge`: the orders of one customer belong to another. Only a completed merge counts.
///
/// Source: <https://shopify.dev/docs/api/webhooks>
pub(super) fn merged(body: &Object<'_>) {
    let reader = body.reader;
    if body.text("status").is_none_or(|status| !status.trim().eq_ignore_ascii_case("completed")) {
        return;
    }
    let named = |key| reader.valid(key, member(body, &[key]));
    let from = named("admin_graphql_api_customer_deleted_id");
    let into = named("admin_graphql_api_customer_kept_id");
    if let Some((from, into)) = from.zip(into) {
        let at = reader.context.at;
        reader.say(BuilderUpdate::MoveOrders { builder: Builder::Shopify, from, into, at });
    }
}

/// The customer of an order, as the order names the customer.
pub(super) enum Whose {
    /// This member, who was created at this time.
    Member(MemberId, Option<Millis>),
    /// Nobody: the customer is null.
    Nobody,
    /// The order does not say.
    Untold,
}

/// Returns the customer of an order. The data of the customer becomes an update of its own.
pub(super) fn whose(body: &Object<'_>) -> Whose {
    if body.get("customer").is_some() || body.get("customer_id").is_some() {
        return embedded(body).map_or(Whose::Untold, |(member, created)| Whose::Member(member, created));
    }
    if body.has("customer") { Whose::Nobody } else { Whose::Untold }
}

/// Returns the member of a cart, a checkout or an order, and the creation time of the customer.
///
/// The data of the customer becomes an update of its own, with the customer's own time of change.
pub(super) fn embedded(body: &Object<'_>) -> Option<(MemberId, Option<Millis>)> {
    let reader = body.reader;
    let customer = body.object("customer");
    if let Some(update) = customer.as_ref().and_then(|customer| about(customer)) {
        let whose = (update.member.clone(), update.builder_created_at);
        // An object with an id alone has no data for an update.
        let silent = update.fields.is_empty()
            && update.name.is_none()
            && update.tags.is_none()
            && update.unsubscribe_email.is_none()
            && update.unsubscribe_texting.is_none();
        if !silent {
            reader.say(BuilderUpdate::Customer(Box::new(update)));
        }
        return Some(whose);
    }
    // Without a readable customer object, the body itself may name the customer.
    let member = member(body, &["customer_id"]);
    if member.is_none() {
        reader
            .reject(if customer.is_some() { "customer.id" } else { "customer" }, RejectionReason::NoCustomer);
    }
    Some((member?, None))
}

/// Returns all data of a customer object as an update. `None` without an id.
fn about(customer: &Object<'_>) -> Option<CustomerUpdate> {
    let reader = customer.reader;
    let member = member(customer, &["id", "admin_graphql_api_id"])?;
    let at = customer.time("updated_at").unwrap_or(reader.context.at);
    let mut update = CustomerUpdate::new(Builder::Shopify, member, at);
    update.builder_created_at = customer.time("created_at");
    // Names, contact points and the address.
    for (key, field) in TEXTS {
        text(customer, key, field, &mut update);
    }
    update.name = name(customer);
    let address = customer.object("default_address");
    phone(customer, address.as_ref(), &mut update);
    for (key, field) in ADDRESS {
        match &address {
            Some(address) => text(address, key, field, &mut update),
            // Null: the customer's address was removed.
            None if customer.given("default_address") == Some(&Value::Null) => {
                update.fields.insert(field.to_owned(), None);
            }
            None => {}
        }
    }
    // The account, the tags and the consents.
    state(customer, &mut update);
    update.tags = tags(customer).map(TagUpdate::All);
    consents(customer, &mut update);
    Some(update)
}

/// Sets `field` from the text under `key`. Null and blank clear the field. An absent key changes nothing.
fn text(object: &Object<'_>, key: &str, field: &str, update: &mut CustomerUpdate) {
    let reader = object.reader;
    let region = reader.context.region;
    text_of(object, key, field, region, update);
}

/// Sets `field` as in `text`, and reads national phone numbers by the rules of `region`.
fn text_of(object: &Object<'_>, key: &str, field: &str, region: &str, update: &mut CustomerUpdate) {
    let reader = object.reader;
    let value = match object.given(key) {
        None => return,
        Some(Value::Null) => None,
        Some(Value::String(text)) if text.trim().is_empty() => None,
        Some(value @ Value::String(_)) => match field::value(field, value, region) {
            Ok(value) => Some(value),
            Err(_) => return reader.reject(object.path(key), RejectionReason::Invalid),
        },
        Some(_) => return reader.reject(object.path(key), RejectionReason::Invalid),
    };
    update.fields.insert(field.to_owned(), value);
}

/// Sets the customer's own phone number.
///
/// The address's phone counts only in old payloads, in which a customer has no `phone` key. An address is for
/// a parcel, and its number may belong to a different person. So the address's number neither replaces a null
/// nor clears the phone.
fn phone(customer: &Object<'_>, address: Option<&Object<'_>>, update: &mut CustomerUpdate) {
    let reader = customer.reader;
    match address {
        Some(address) if !customer.has("phone") && address.text("phone").is_some() => {
            // Read the number by the rules of the address's own country.
            let region = address.text("country_code").unwrap_or(reader.context.region);
            text_of(address, "phone", "mobileNumber", region, update);
        }
        _ => text(customer, "phone", "mobileNumber", update),
    }
}

/// Returns both names, if the payload has either key. `None` if a name is unreadable.
fn name(customer: &Object<'_>) -> Option<Option<String>> {
    let reader = customer.reader;
    let part = |key| match customer.given(key) {
        None | Some(Value::Null) => Some(""),
        Some(Value::String(text)) => Some(text.trim()),
        Some(_) => None,
    };
    // Without both keys, the stored name stays.
    if !customer.has("first_name") && !customer.has("last_name") {
        return None;
    }
    let (first, last) = (part("first_name")?, part("last_name")?);
    // In Japan and Korea the family name comes first.
    let (before, after) = match reader.context.region {
        "JP" | "KR" => (last, first),
        _ => (first, last),
    };
    let name = format!("{before} {after}").trim().to_owned();
    // Both parts are blank, so the name is cleared.
    if name.is_empty() {
        return Some(None);
    }
    // An invalid name leaves the stored name unchanged.
    let Ok(Value::String(name)) = field::value("name", &name.into(), reader.context.region) else {
        return None;
    };
    Some(Some(name))
}

fn state(customer: &Object<'_>, update: &mut CustomerUpdate) {
    let reader = customer.reader;
    let enabled = match customer.given("state") {
        None => return,
        Some(Value::Null) => None,
        Some(Value::String(state)) if state.trim().is_empty() => None,
        // The further states are `disabled`, `invited` and `declined`.
        Some(Value::String(state)) => Some(Value::Bool(state.trim().eq_ignore_ascii_case("enabled"))),
        Some(_) => return reader.reject(customer.path("state"), RejectionReason::Invalid),
    };
    update.fields.insert(EXT_MEMBER.to_owned(), enabled);
}

/// Returns the tags of a comma-separated text or of a list. Null is the empty set.
///
/// A wrong tag is rejected, and the rest is kept.
fn tags(object: &Object<'_>) -> Option<BTreeSet<String>> {
    let reader = object.reader;
    let path = object.path("tags");
    let mut tags = BTreeSet::new();
    match object.given("tags")? {
        Value::Null => {}
        Value::String(text) => {
            // A blank between two commas is skipped. Only a wrong tag is rejected.
            for part in text.split(',').filter(|part| !part.trim().is_empty()) {
                tags.extend(reader.valid(&path, tag::parse(part).ok()));
            }
        }
        Value::Array(items) => {
            for item in items {
                tags.extend(reader.valid(&path, item.as_str().and_then(|text| tag::parse(text).ok())));
            }
        }
        _ => {
            reader.reject(path, RejectionReason::Invalid);
            return None;
        }
    }
    Some(tags)
}

/// Reads a payload's marketing consents, in the old form or the new form.
///
/// If the payload has both forms, the consent object wins, because the object is newer and finer.
fn consents(object: &Object<'_>, update: &mut CustomerUpdate) {
    let reader = object.reader;
    update.unsubscribe_texting = consent(object, "sms_marketing_consent", update.at);
    update.unsubscribe_email = consent(object, "email_marketing_consent", update.at);
    if update.unsubscribe_email.is_some() {
        return;
    }
    if let Some(accepts) = object.get("accepts_marketing") {
        let accepts = reader.valid(object.path("accepts_marketing"), accepts.as_bool());
        let since = object.time("accepts_marketing_updated_at").unwrap_or(update.at);
        update.unsubscribe_email = accepts.map(|accepts| (!accepts, since));
    }
}

/// Returns whether the customer refuses marketing, and since when, epoch ms.
///
/// A customer who never agreed refuses. For example, `not_subscribed` is a refusal. Null changes nothing, for the
/// consent and for its state, because Shopify sends null for a customer without an address.
fn consent(object: &Object<'_>, key: &str, at: Millis) -> Option<(bool, Millis)> {
    let reader = object.reader;
    let consent = object.object(key)?;
    if consent.given("state") == Some(&Value::Null) {
        return None;
    }
    let state = reader.valid(consent.path("state"), consent.text("state"))?;
    let since = consent.time("consent_updated_at").unwrap_or(at);
    Some((!state.trim().eq_ignore_ascii_case("subscribed"), since))
}

/// Reads a topic that only adds or removes tags.
pub(super) fn tagged(body: &Object<'_>, change: fn(BTreeSet<String>) -> TagUpdate) {
    let reader = body.reader;
    let Some(mut update) = of_customer(body) else { return };
    match tags(body) {
        Some(tags) if !tags.is_empty() => {
            update.tags = Some(change(tags));
            reader.say(BuilderUpdate::Customer(Box::new(update)));
        }
        Some(_) => {}
        None => reader.reject("tags", RejectionReason::Invalid),
    }
}

/// Reads a topic about consents only, by e-mail or by text.
pub(super) fn consented(body: &Object<'_>) {
    let reader = body.reader;
    let Some(mut update) = of_customer(body) else { return };
    consents(body, &mut update);
    if update.unsubscribe_email.is_none() && update.unsubscribe_texting.is_none() {
        let is_silent = |key: &str| match body.given(key) {
            Some(Value::Null) => true,
            Some(Value::Object(consent)) => consent.get("state") == Some(&Value::Null),
            _ => false,
        };
        if !["email_marketing_consent", "sms_marketing_consent"].into_iter().any(is_silent) {
            reader.reject("marketing_consent", RejectionReason::Invalid);
        }
        return;
    }
    reader.say(BuilderUpdate::Customer(Box::new(update)));
}

/// Creates an update of the customer named by a small payload.
fn of_customer(body: &Object<'_>) -> Option<CustomerUpdate> {
    let reader = body.reader;
    let member = member(body, &CUSTOMER_IDS);
    if member.is_none() {
        reader.reject("customer_id", RejectionReason::NoCustomer);
    }
    let times = ["occurredAt", "occurred_at", "updated_at"];
    let at = times.iter().find_map(|key| body.time(key)).unwrap_or(reader.context.at);
    Some(CustomerUpdate::new(Builder::Shopify, member?, at))
}
