//! A customer as its own topics tell it, and as carts, checkouts and orders carry it along.

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

/// Channel Talk's key for whether the customer may sign in to the shop.
const EXT_MEMBER: &str = "extMember";
/// The customer's texts, and the profile keys that Channel Talk gives them.
const TEXTS: [(&str, &str); 3] = [("first_name", "firstName"), ("last_name", "lastName"), ("email", "email")];
/// The same of `default_address`.
const ADDRESS: [(&str, &str); 4] = [
    ("city", "shippingCity"),
    ("province", "shippingProvince"),
    ("country", "shippingCountry"),
    ("zip", "shippingZipCode"),
];
/// Where a payload that is not the customer itself names it.
const CUSTOMER_IDS: [&str; 4] = ["customer_id", "customerId", "id", "admin_graphql_api_id"];

/// What the topic itself says of the customer's account.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Account {
    /// Nothing: `state` tells.
    AsSent,
    /// It may sign in.
    Enabled,
    /// It may not, which is no withdrawal.
    Disabled,
}

/// The member of the first of `keys` that holds a customer's id.
pub(super) fn member(object: &Object<'_>, keys: &[&str]) -> Option<MemberId> {
    let id = object.id(keys, "Customer")?;
    match PersonRef::parse("shopify", &Value::from(id), "") {
        Ok(PersonRef::Member(member)) => Some(member),
        _ => None,
    }
}

/// `customers/create` and its like: the body is the customer.
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

/// Whose a cart, a checkout or an order is, and since when that customer exists. What it tells of the customer is said
/// by itself, at the customer's own time of change.
pub(super) fn embedded(body: &Object<'_>) -> Option<(MemberId, Option<Millis>)> {
    let reader = body.reader;
    let customer = body.object("customer");
    if let Some(update) = customer.as_ref().and_then(|customer| about(customer)) {
        let whose = (update.member.clone(), update.builder_created_at);
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
    let member = member(body, &["customer_id"]);
    if member.is_none() {
        reader
            .reject(if customer.is_some() { "customer.id" } else { "customer" }, RejectionReason::NoCustomer);
    }
    Some((member?, None))
}

/// All that a customer object says; `None` without an id.
fn about(customer: &Object<'_>) -> Option<CustomerUpdate> {
    let reader = customer.reader;
    let member = member(customer, &["id", "admin_graphql_api_id"])?;
    let at = customer.time("updated_at").unwrap_or(reader.context.at);
    let mut update = CustomerUpdate::new(Builder::Shopify, member, at);
    update.builder_created_at = customer.time("created_at");
    for (key, field) in TEXTS {
        text(customer, key, field, &mut update);
    }
    update.name = name(customer);
    let address = customer.object("default_address");
    phone(customer, address.as_ref(), &mut update);
    for (key, field) in ADDRESS {
        match &address {
            Some(address) => text(address, key, field, &mut update),
            // Null: the customer has no address any more.
            None if customer.given("default_address") == Some(&Value::Null) => {
                update.fields.insert(field.to_owned(), None);
            }
            None => {}
        }
    }
    state(customer, &mut update);
    update.tags = tags(customer).map(TagUpdate::All);
    consents(customer, &mut update);
    Some(update)
}

/// Says the text under `key` as `field`: null and blank clear, absent says nothing.
fn text(object: &Object<'_>, key: &str, field: &str, update: &mut CustomerUpdate) {
    let reader = object.reader;
    let region = reader.context.region;
    text_of(object, key, field, region, update);
}

/// The same of a region's national phone numbers.
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

/// The customer's own phone; an address's only from payloads so old that a customer has no `phone` at all. An address
/// is a parcel's and its number may be somebody else's: it neither stands in for a null nor clears anything.
fn phone(customer: &Object<'_>, address: Option<&Object<'_>>, update: &mut CustomerUpdate) {
    let reader = customer.reader;
    match address {
        Some(address) if !customer.has("phone") && address.text("phone").is_some() => {
            // As its own country writes it.
            let region = address.text("country_code").unwrap_or(reader.context.region);
            text_of(address, "phone", "mobileNumber", region, update);
        }
        _ => text(customer, "phone", "mobileNumber", update),
    }
}

/// First name and last name, of a payload that has either key. Nothing where one cannot be read.
fn name(customer: &Object<'_>) -> Option<Option<String>> {
    let reader = customer.reader;
    let part = |key| match customer.given(key) {
        None | Some(Value::Null) => Some(""),
        Some(Value::String(text)) => Some(text.trim()),
        Some(_) => None,
    };
    if !customer.has("first_name") && !customer.has("last_name") {
        return None;
    }
    let name = format!("{} {}", part("first_name")?, part("last_name")?).trim().to_owned();
    if name.is_empty() {
        return Some(None);
    }
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
        // `disabled`, `invited` and `declined` are the others.
        Some(Value::String(state)) => Some(Value::Bool(state.trim().eq_ignore_ascii_case("enabled"))),
        Some(_) => return reader.reject(customer.path("state"), RejectionReason::Invalid),
    };
    update.fields.insert(EXT_MEMBER.to_owned(), enabled);
}

/// The tags of a comma-separated text or of a list; null is none of them. Wrong ones are drops, the rest is kept.
fn tags(object: &Object<'_>) -> Option<BTreeSet<String>> {
    let reader = object.reader;
    let path = object.path("tags");
    let mut tags = BTreeSet::new();
    match object.given("tags")? {
        Value::Null => {}
        Value::String(text) => {
            // Nothing between two commas is no tag, not a wrong one.
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

/// What a payload says of marketing, in the old form or the new; where it has both, the consent object is the later
/// invention and the finer one.
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

/// Whether marketing is refused, and since when. Whoever never said yes refuses; null says nothing, as Shopify sends it
/// where there is no address to write to.
fn consent(object: &Object<'_>, key: &str, at: Millis) -> Option<(bool, Millis)> {
    let reader = object.reader;
    let consent = object.object(key)?;
    let state = reader.valid(consent.path("state"), consent.text("state"))?;
    let since = consent.time("consent_updated_at").unwrap_or(at);
    Some((!state.trim().eq_ignore_ascii_case("subscribed"), since))
}

/// A topic that says only that tags came or went.
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

/// A topic that says only what the customer agreed to, by e-mail or by text.
pub(super) fn consented(body: &Object<'_>) {
    let reader = body.reader;
    let Some(mut update) = of_customer(body) else { return };
    consents(body, &mut update);
    if update.unsubscribe_email.is_none() && update.unsubscribe_texting.is_none() {
        return reader.reject("marketing_consent", RejectionReason::Invalid);
    }
    reader.say(BuilderUpdate::Customer(Box::new(update)));
}

/// A statement about the customer whom a small payload names.
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
