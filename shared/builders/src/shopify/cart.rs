//! Carts: an event for each item, and the cart's figures.

use okyaku_domain::builder::Builder;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::body::Object;
use super::line::{product_id, quantity, set, title};
use super::{customer, money};
use okyaku_domain::builder_update::{BuilderUpdate, CustomerUpdate};
use okyaku_domain::limit::BATCH_EVENTS;
use okyaku_domain::rejection_reason::RejectionReason;

/// Returns the token of a cart or checkout, or else its number.
///
/// The text after a `?` in a cart's token is left out, because the text is the key that opens the cart.
pub(super) fn token(body: &Object<'_>) -> Option<String> {
    let text = |key| body.text(key).and_then(|text| text.trim().split('?').next()).map(str::to_owned);
    let number = || body.get("id").and_then(Value::as_u64).map(|id| id.to_string());
    text("token").or_else(|| text("id")).or_else(number).filter(|token| !token.is_empty())
}

/// An item of the cart: all lines of one variant. Two lines may have the same variant, engraved differently.
struct Line {
    variant: String,
    quantity: Option<u64>,
    property: Map<String, Value>,
}

/// `carts/…`.
pub(super) fn cart(body: &Object<'_>) {
    let reader = body.reader;
    let Some((member, builder_created_at)) = customer::embedded(body) else { return };
    let lines = body.objects("line_items");
    let Some(lines) = reader.valid("line_items", lines) else { return };
    let version = body.time("updated_at").unwrap_or(reader.context.at);
    let mut update = CustomerUpdate::new(Builder::Shopify, member, version);
    update.builder_created_at = builder_created_at;

    let (things, count, price) = read(body, lines);
    // An unreadable line makes both figures wrong. An absent figure is better than a wrong figure.
    if let (Some(count), Some(price)) = (count, price)
        && let Some(price) = reader.valid("line_items.price", money::number(price))
    {
        update.fields.insert("cartCount".to_owned(), Some(count.into()));
        update.fields.insert("cartPrice".to_owned(), Some(price));
    }

    // The events need a creation time that never changes. Otherwise each version of the cart would add
    // further events.
    let at = body.time("created_at");
    let (at, token) = (reader.valid("created_at", at), reader.valid("token", token(body)));
    if let (Some(at), Some(token)) = (at, token) {
        for Line { variant, quantity, mut property } in things {
            property.extend(quantity.map(|quantity| ("quantity".to_owned(), quantity.into())));
            let id = format!("shopify:cart:{token}:{variant}");
            update.events.extend(reader.event("AddToCart", id, at, version, property));
        }
    }
    if !update.fields.is_empty() || !update.events.is_empty() {
        reader.say(BuilderUpdate::Customer(Box::new(update)));
    }
}

/// Returns the items in the cart, the number of pieces and the total price.
///
/// A figure is `None` if any line is unreadable.
fn read(body: &Object<'_>, lines: Vec<Object<'_>>) -> (Vec<Line>, Option<u64>, Option<Decimal>) {
    let reader = body.reader;
    let told = body.given("line_items").and_then(Value::as_array).map_or(0, Vec::len);
    // An entry of a different type makes both figures unknown.
    let whole = told == lines.len();
    let (mut count, mut price) = (whole.then_some(0_u64), whole.then_some(Decimal::ZERO));
    let mut things: Vec<Line> = Vec::new();
    for line in lines {
        // Add up the figures of the line.
        let quantity = quantity(&line);
        let each = line.amount("price");
        let each = reader.valid(line.path("price"), each);
        count = count.zip(quantity).and_then(|(count, quantity)| count.checked_add(quantity));
        let cost = each.zip(quantity).and_then(|(each, quantity)| each.checked_mul(Decimal::from(quantity)));
        price = price.zip(cost).and_then(|(price, cost)| price.checked_add(cost));

        // Find the item of the line, or start a new item within the limit.
        let variant = line.id(&["variant_id"], "ProductVariant").or_else(|| line.id(&["id"], "LineItem"));
        let Some(variant) = reader.valid(line.path("variant_id"), variant) else { continue };
        if let Some(same) = things.iter_mut().find(|thing| thing.variant == variant) {
            same.quantity = same.quantity.zip(quantity).map(|(one, other)| one.saturating_add(other));
        } else if things.len() == BATCH_EVENTS {
            reader.reject("line_items", RejectionReason::Limit);
        } else {
            let property = property(body, &line, each);
            things.push(Line { variant, quantity, property });
        }
    }
    (things, count, price)
}

/// Returns the property of `AddToCart` with Channel Talk's keys, and the currency if the cart has one.
///
/// `amount` is the price of a single piece.
fn property(body: &Object<'_>, line: &Object<'_>, each: Option<Decimal>) -> Map<String, Value> {
    let mut property = Map::new();
    property.extend(product_id(line).map(|id| ("id".to_owned(), id.into())));
    property.extend(title(line).map(|title| ("name".to_owned(), title.into())));
    set(line, &mut property, "amount", "line_items.price", each);
    let currency = body
        .currency("currency")
        .or_else(|| line.object("price_set")?.object("shop_money")?.currency("currency_code"));
    property.extend(currency.map(|code| ("currency".to_owned(), code.into())));
    property
}
