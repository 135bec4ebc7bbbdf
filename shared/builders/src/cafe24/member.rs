//! What Cafe24 says of its members.

use serde_json::{Map, Value, json};

use super::reader::Reader;
use okyaku_domain::builder_update::{SaidEvent, Says, Statement};

/// 90032: a customer signed up. The event is dated by the body alone, so that a delivery that comes again lands on it.
pub(super) fn signed_up(reader: &mut Reader<'_>) {
    let Some(member) = reader.member() else { return };
    let born = reader.time("created_date");
    if born.is_none() {
        reader.missing("created_date");
    }
    let mut says = Says::new(member, born.unwrap_or(reader.context.at));
    says.born = born;
    says.name =
        reader.normal("name", "name").and_then(|name| name.as_str().map(|name| Some(name.to_owned())));
    reader.field(&mut says, "email", "email");
    // A landline is better than nothing, but not than a mobile number that was left blank on purpose.
    let phone = if reader.has("cellphone") { "cellphone" } else { "phone" };
    reader.field(&mut says, "mobileNumber", phone);
    for (to, from) in [
        ("groupNo", "group_no"),
        ("gender", "gender"),
        ("birthday", "birthday"),
        ("memberType", "member_type"),
    ] {
        reader.field(&mut says, to, from);
    }
    reader.number(&mut says, "availableMileage", "available_mileage");
    // The flags say whether news are wanted.
    says.unsubscribe_email = reader.flag("news_mail").map(|wanted| (!wanted, says.at));
    says.unsubscribe_texting = reader.flag("sms").map(|wanted| (!wanted, says.at));
    if let Some(at) = born {
        let id = format!("cafe24:signup:{}", says.member.as_str());
        let event = reader.event("SignUp", id, (at, "created_date", "member_id"), Map::new());
        says.events.extend(event.map(|event| SaidEvent { event, version: at }));
    }
    reader.say(Statement::Says(Box::new(says)));
}

/// 90080: an account changed. The body names keys without their values.
pub(super) fn changed(reader: &mut Reader<'_>) {
    let Some(member) = reader.member() else { return };
    let says = Says { stale: true, ..Says::new(member, reader.context.at) };
    reader.say(Statement::Says(Box::new(says)));
}

/// 90143: a member signed in, and is of this group.
pub(super) fn signed_in(reader: &mut Reader<'_>) {
    let Some(member) = reader.member() else { return };
    let mut says = Says::new(member, reader.context.at);
    reader.field(&mut says, "groupName", "group_name");
    said(reader, says, "group_name");
}

/// 90144: a member's level changed. Some bodies do not say to which.
pub(super) fn graded(reader: &mut Reader<'_>) {
    let Some(member) = reader.member() else { return };
    let mut says = Says::new(member, reader.context.at);
    reader.field(&mut says, "groupName", "after_member_group_name");
    says.stale = says.fields.is_empty();
    reader.say(Statement::Says(Box::new(says)));
}

/// 90145 and 90146: members became dormant, or are no longer.
pub(super) fn dormant(reader: &mut Reader<'_>, dormant: bool) {
    for member in reader.members() {
        let mut says = Says::new(member, reader.context.at);
        says.fields.insert("dormant".to_owned(), Some(dormant.into()));
        reader.say(Statement::Says(Box::new(says)));
    }
}

/// 90148: a member's points changed.
pub(super) fn points(reader: &mut Reader<'_>) {
    let Some(member) = reader.member() else { return };
    let at = reader.time("issue_datetime").unwrap_or(reader.context.at);
    let mut says = Says::new(member, at);
    reader.number(&mut says, "availableMileage", "avail_mileage");
    said(reader, says, "avail_mileage");
}

/// 90084: a member put something into the cart. The body has neither a time nor a price.
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
        let mut says = Says::new(member, at);
        says.events.push(SaidEvent { event, version: at });
        reader.say(Statement::Says(Box::new(says)));
    }
}

/// Says it, unless the one field that it is about could not be had.
fn said(reader: &mut Reader<'_>, says: Says, field: &str) {
    match says.fields.is_empty() {
        true => reader.missing(field),
        false => reader.say(Statement::Says(Box::new(says))),
    }
}
