//! Orders and checkouts: the event of each, and an order's figures.

use okyaku_domain::builder::Builder;
use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::body::Object;
use super::{Reader, cart, customer, money, refund};
use okyaku_domain::builder_update::{BuilderUpdate, CustomerUpdate, Order};
use okyaku_domain::limit::EVENT_BYTES;
use okyaku_domain::rejection_reason::RejectionReason;
use okyaku_domain::shop_event::CHECKOUT_COMPLETE;

/// Products that an event lists.
const PRODUCTS: usize = 100;
/// Bytes of them as JSON: what an event may have, less room for its name and sums.
const PRODUCTS_BYTES: usize = EVENT_BYTES - 1024;

/// `orders/…`: every topic carries the whole order, so that each may be the first or the only one to come.
pub(super) fn order(reader: &mut Reader<'_>, body: &Object<'_>) {
    let Some((member, builder_created_at)) = customer::embedded(reader, body) else { return };
    let id = reader.valid("id", body.id(&["id", "admin_graphql_api_id"], "Order"));
    let at = body.time(reader, "created_at").or_else(|| body.time(reader, "processed_at"));
    let at = reader.valid("created_at", at);
    let (Some(id), Some(at)) = (id, at) else { return };
    let version = body.time(reader, "updated_at").unwrap_or(reader.context.at);
    let sums = Sums::of(reader, body);
    let refunds = refunds(reader, body, sums.currency.as_deref());

    let mut update = CustomerUpdate::new(Builder::Shopify, member, version);
    update.builder_created_at = builder_created_at;
    let property = sums.property(reader, body, &id);
    update.events.extend(reader.event(
        CHECKOUT_COMPLETE,
        format!("shopify:order:{id}"),
        at,
        version,
        property,
    ));
    let voided = body.text("financial_status").is_some_and(|s| s.trim().eq_ignore_ascii_case("voided"));
    let cancelled = voided || body.get("cancelled_at").is_some();
    let Sums { total, currency } = sums;
    let total = reader.valid("total_price", total);
    let currency = reader.valid("currency", currency);
    update.order = total.zip(currency).map(|(total, currency)| Order {
        id,
        at,
        version,
        currency,
        total,
        cancelled,
        refunds,
    });
    if update.order.is_some() || !update.events.is_empty() {
        reader.say(BuilderUpdate::Customer(Box::new(update)));
    }
}

/// `checkouts/…`.
pub(super) fn checkout(reader: &mut Reader<'_>, body: &Object<'_>) {
    let Some((member, builder_created_at)) = customer::embedded(reader, body) else { return };
    let token = reader.valid("token", cart::token(body));
    let at = body.time(reader, "created_at");
    let at = reader.valid("created_at", at);
    let (Some(token), Some(at)) = (token, at) else { return };
    let version = body.time(reader, "updated_at").unwrap_or(reader.context.at);

    let mut update = CustomerUpdate::new(Builder::Shopify, member, version);
    update.builder_created_at = builder_created_at;
    // With its token a checkout can be opened; its number names it as well.
    let id = body.id(&["id", "admin_graphql_api_id"], "Checkout").unwrap_or_else(|| token.clone());
    let property = Sums::of(reader, body).property(reader, body, &id);
    let id = format!("shopify:checkout:{token}");
    if let Some(event) = reader.event("CheckoutBegin", id, at, version, property) {
        update.events.push(event);
        reader.say(BuilderUpdate::Customer(Box::new(update)));
    }
}

/// What is given back of an order, as far as it tells; an unreadable refund is left out.
fn refunds(reader: &mut Reader<'_>, body: &Object<'_>, currency: Option<&str>) -> BTreeMap<String, Decimal> {
    let mut refunds = BTreeMap::new();
    for refund in body.objects(reader, "refunds").unwrap_or_default() {
        if let Some(id) = reader.valid(refund.path("id"), refund::id(&refund))
            && let Some(amount) = refund::given_back(reader, &refund, currency)
        {
            refunds.insert(id, amount);
        }
    }
    refunds
}

/// What an order costs, in the shop's currency: `total_price` and `currency` are the shop's, also where the buyer paid
/// in another.
struct Sums {
    total: Option<Decimal>,
    currency: Option<String>,
}

impl Sums {
    fn of(reader: &mut Reader<'_>, body: &Object<'_>) -> Self {
        Self { total: body.amount(reader, "total_price"), currency: body.currency(reader, "currency") }
    }

    /// The event's property: Channel Talk's keys, and the currency.
    fn property(&self, reader: &mut Reader<'_>, body: &Object<'_>, id: &str) -> Map<String, Value> {
        let shipping = shipping(reader, body);
        let mut property = Map::from_iter([("id".to_owned(), id.into())]);
        for (key, path, amount) in
            [("totalAmount", "total_price", self.total), ("shippingAmount", "shipping_lines", shipping)]
        {
            set(reader, &mut property, key, path, amount);
        }
        property.extend(self.currency.as_ref().map(|code| ("currency".to_owned(), code.as_str().into())));
        property.extend(products(reader, body).map(|products| ("products".to_owned(), products.into())));
        property
    }
}

/// Sets an amount, if there is one and JSON can hold it.
pub(super) fn set(
    reader: &mut Reader<'_>,
    property: &mut Map<String, Value>,
    key: &str,
    path: &str,
    amount: Option<Decimal>,
) {
    if let Some(amount) = amount
        && let Some(number) = reader.valid(path, money::number(amount))
    {
        property.insert(key.to_owned(), number);
    }
}

/// What shipping costs: the sum that newer payloads name, else that of the lines, of which none is 0.
fn shipping(reader: &mut Reader<'_>, body: &Object<'_>) -> Option<Decimal> {
    if let Some(set) = body.object(reader, "total_shipping_price_set")
        && let Some(money) = set.object(reader, "shop_money")
        && let Some(amount) = money.amount(reader, "amount")
    {
        return Some(amount);
    }
    let mut sum = Decimal::ZERO;
    for line in body.objects(reader, "shipping_lines")? {
        let price = line.amount(reader, "price");
        sum = sum.checked_add(reader.valid(line.path("price"), price)?)?;
    }
    Some(sum)
}

/// The products, as many as an event holds; the rest is a drop.
fn products(reader: &mut Reader<'_>, body: &Object<'_>) -> Option<Vec<Value>> {
    let lines = body.objects(reader, "line_items");
    let lines = reader.valid("line_items", lines)?;
    let mut products = Vec::new();
    let mut bytes = 0;
    for line in lines {
        let mut product = Map::new();
        product.extend(product_id(reader, &line).map(|id| ("id".to_owned(), id.into())));
        product.extend(title(&line).map(|title| ("name".to_owned(), title.into())));
        let price = line.amount(reader, "price");
        set(reader, &mut product, "price", "line_items.price", price);
        product.extend(quantity(reader, &line).map(|quantity| ("quantity".to_owned(), quantity.into())));
        let product = Value::from(product);
        bytes += product.to_string().len() + 1;
        if products.len() == PRODUCTS || bytes > PRODUCTS_BYTES {
            reader.reject("line_items", RejectionReason::Limit);
            break;
        }
        products.push(product);
    }
    Some(products)
}

/// The product's number; a line that was typed in by hand has only its own.
pub(super) fn product_id(reader: &mut Reader<'_>, line: &Object<'_>) -> Option<String> {
    let id = line.id(&["product_id"], "Product");
    let id =
        id.or_else(|| line.id(&["variant_id"], "ProductVariant")).or_else(|| line.id(&["id"], "LineItem"));
    reader.valid(line.path("product_id"), id)
}

/// What the line is called.
pub(super) fn title<'a>(line: &Object<'a>) -> Option<&'a str> {
    line.text("title").or_else(|| line.text("name"))
}

/// How many; nobody orders a billion.
pub(super) fn quantity(reader: &mut Reader<'_>, line: &Object<'_>) -> Option<u64> {
    let quantity = line.get("quantity").and_then(Value::as_u64).filter(|quantity| *quantity < 1_000_000_000);
    reader.valid(line.path("quantity"), quantity)
}
