//! Cafe24's deliveries about members.

use okyaku_domain::builder::Builder;
use serde_json::{Map, Value, json};

use super::reader::Reader;
use okyaku_domain::builder_update::{BuilderUpdate, CustomerUpdate, VersionedEvent};

/// 90032: a customer signed up. Only the body dates the event, so that a repeated delivery meets the same
/// event.
pub(super) fn signed_up(reader: &mut Reader<'_>) {
    let Some(member) = reader.member() else { return };
    let builder_created_at = reader.time("created_date");
    if builder_created_at.is_none() {
        reader.missing("created_date");
    }
    let mut update =
        CustomerUpdate::new(Builder::Cafe24, member, builder_created_at.unwrap_or(reader.context.at));
    update.builder_created_at = builder_created_at;
    // Name, contact points and further fields. An absent field stays unchanged.
    update.name =
        reader.normal("name", "name").and_then(|name| name.as_str().map(|name| Some(name.to_owned())));
    reader.field(&mut update, "email", "email");
    // A landline is better than no number. But a blank `cellphone` is blank on purpose, so the landline is
    // not taken.
    let phone = if reader.has("cellphone") { "cellphone" } else { "phone" };
    reader.field(&mut update, "mobileNumber", phone);
    for (to, from) in [
        ("groupNo", "group_no"),
        ("gender", "gender"),
        ("birthday", "birthday"),
        ("memberType", "member_type"),
    ] {
        reader.field(&mut update, to, from);
    }
    reader.number(&mut update, "availableMileage", "available_mileage");
    // The flags say whether the member wants news.
    update.unsubscribe_email = reader.flag("news_mail").map(|wanted| (!wanted, update.at));
    update.unsubscribe_texting = reader.flag("sms").map(|wanted| (!wanted, update.at));
    // Only a dated sign-up makes an event.
    if let Some(at) = builder_created_at {
        let id = format!("cafe24:signup:{}", update.member.as_str());
        let event = reader.event("SignUp", id, (at, "created_date", "member_id"), Map::new());
        update.events.extend(event.map(|event| VersionedEvent { event, version: at }));
    }
    reader.say(BuilderUpdate::Customer(Box::new(update)));
}

/// 90080: an account changed. The body names the changed keys without their values.
pub(super) fn changed(reader: &mut Reader<'_>) {
    let Some(member) = reader.member() else { return };
    let update =
        CustomerUpdate { stale: true, ..CustomerUpdate::new(Builder::Cafe24, member, reader.context.at) };
    reader.say(BuilderUpdate::Customer(Box::new(update)));
}

/// 90143: a member signed in. The body names the member's group.
pub(super) fn signed_in(reader: &mut Reader<'_>) {
    let Some(member) = reader.member() else { return };
    let mut update = CustomerUpdate::new(Builder::Cafe24, member, reader.context.at);
    reader.field(&mut update, "groupName", "group_name");
    given(reader, update, "group_name");
}

/// 90144: a member's level changed. Some bodies leave out the new level.
pub(super) fn graded(reader: &mut Reader<'_>) {
    let Some(member) = reader.member() else { return };
    let mut update = CustomerUpdate::new(Builder::Cafe24, member, reader.context.at);
    reader.field(&mut update, "groupName", "after_member_group_name");
    update.stale = update.fields.is_empty();
    reader.say(BuilderUpdate::Customer(Box::new(update)));
}

/// 90145 and 90146: members became dormant or active again.
pub(super) fn dormant(reader: &mut Reader<'_>, dormant: bool) {
    for member in reader.members() {
        let mut update = CustomerUpdate::new(Builder::Cafe24, member, reader.context.at);
        update.fields.insert("dormant".to_owned(), Some(dormant.into()));
        reader.say(BuilderUpdate::Customer(Box::new(update)));
    }
}

/// 90148: a member's points changed.
pub(super) fn points(reader: &mut Reader<'_>) {
    let Some(member) = reader.member() else { return };
    let at = reader.time("issue_datetime").unwrap_or(reader.context.at);
    let mut update = CustomerUpdate::new(Builder::Cafe24, member, at);
    reader.number(&mut update, "availableMileage", "avail_mileage");
    given(reader, update, "avail_mileage");
}

/// 90084: a member put a product into the cart. The body has neither a time nor a price.
pub(super) fn added_to_cart(reader: &mut Reader<'_>) {
    let Some(member) = reader.member() else { return };
    let at = reader.context.at;
    let Some(product) = reader.text("product_no") else { return reader.missing("product_no") };
    let variant = reader.text("variant_code");
    let quantity = reader.amount_number("quantity").map(Value::Number);
    let id =
        format!("cafe24:cart:{}:{product}:{}:{at}", member.as_str(), variant.as_deref().unwrap_or_default());
    let mut property = Map::from_iter([("id".to_owned(), json!(product))]);
    property.extend(quantity.map(|quantity| ("quantity".to_owned(), quantity)));
    property.extend(variant.map(|variant| ("variant".to_owned(), json!(variant))));
    if let Some(event) = reader.event("AddToCart", id, (at, "event_no", "product_no"), property) {
        let mut update = CustomerUpdate::new(Builder::Cafe24, member, at);
        update.events.push(VersionedEvent { event, version: at });
        reader.say(BuilderUpdate::Customer(Box::new(update)));
    }
}

/// Adds the update, or rejects `field` if the update's only field was unreadable or absent.
fn given(reader: &mut Reader<'_>, update: CustomerUpdate, field: &str) {
    match update.fields.is_empty() {
        true => reader.missing(field),
        false => reader.say(BuilderUpdate::Customer(Box::new(update))),
    }
}
