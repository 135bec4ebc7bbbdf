//! Orders and checkouts: the event of each, and an order's figures.

use okyaku_domain::builder::Builder;
use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::body::Object;
use super::compliance::is_of_topic;
use super::customer::Whose;
use super::line::{product_id, quantity, set, title};
use super::refund::OrderOf;
use super::{cart, customer, refund};
use okyaku_domain::builder_update::{BuilderUpdate, CustomerUpdate, Order, OrderNews, OrderUpdate};
use okyaku_domain::limit::EVENT_BYTES;
use okyaku_domain::rejection_reason::RejectionReason;
use okyaku_domain::shop_event::CHECKOUT_COMPLETE;

/// Products in an event.
const PRODUCTS: usize = 100;
/// Bytes of the products as JSON: the limit of an event, less room for the name and the sums.
const PRODUCTS_BYTES: usize = EVENT_BYTES - 1024;

/// `orders/…`: every topic carries the whole order, so any topic may be the first or the only topic to come.
pub(super) fn order(body: &Object<'_>) {
    let reader = body.reader;
    let whose = customer::whose(body);
    // The id and the creation time never change. Without both, every version would be a new order.
    let id = reader.valid("id", body.id(&["id", "admin_graphql_api_id"], "Order"));
    let at = body.time("created_at").or_else(|| body.time("processed_at"));
    let at = reader.valid("created_at", at);
    let (Some(id), Some(at)) = (id, at) else { return };
    let version = body.time("updated_at").unwrap_or(reader.context.at);
    // The price and the refunds, in the shop's currency.
    let sums = Sums::of(body);
    let refunds = refunds(
        body,
        OrderOf {
            currency: sums.currency.as_deref(),
            taxes_included: body.given("taxes_included").and_then(Value::as_bool),
        },
    );

    // The event, the same in every version of the order. Only a customer has events.
    let event = match &whose {
        Whose::Member(..) => {
            let property = sums.property(body, &id);
            reader.event(CHECKOUT_COMPLETE, format!("shopify:order:{id}"), at, version, property)
        }
        Whose::Nobody | Whose::Untold => None,
    };
    // The order for the purchase figures. An order without a readable total or currency keeps only its event.
    let cancelled = never_paid(body) || body.get("cancelled_at").is_some();
    let Sums { total, currency } = sums;
    let total = reader.valid("total_price", total);
    let currency = reader.valid("currency", currency);
    let order = total.zip(currency).map(|(total, currency)| Order {
        id: id.clone(),
        at,
        version,
        currency,
        total,
        cancelled,
        refunds,
    });
    let (member, builder_created_at) = match whose {
        Whose::Member(member, created) => (member, created),
        Whose::Nobody | Whose::Untold => {
            let unowned = matches!(whose, Whose::Nobody);
            if let Some(order) = order {
                let news = OrderNews::Version { order, unowned };
                reader.say(BuilderUpdate::Order(OrderUpdate { id, news }));
            }
            return;
        }
    };
    let mut update = CustomerUpdate::new(Builder::Shopify, member, version);
    update.builder_created_at = builder_created_at;
    update.events.extend(event);
    update.order = order;
    if update.order.is_some() || !update.events.is_empty() {
        reader.say(BuilderUpdate::Customer(Box::new(update)));
    }
}

/// `orders/delete`: the body has only the order's id. A deleted order does not count.
pub(super) fn deleted(body: &Object<'_>) {
    let reader = body.reader;
    if !is_of_topic(body, &[], &["created_at", "addresses", "tax_exemptions", "customer", "line_items"]) {
        return;
    }
    let id = reader.valid("id", body.id(&["id", "admin_graphql_api_id"], "Order"));
    if let Some(id) = id {
        let news = OrderNews::Cancelled { at: reader.context.at };
        reader.say(BuilderUpdate::Order(OrderUpdate { id, news }));
    }
}

/// Returns whether nobody ever paid: the payment was voided or expired, or the order is a test.
fn never_paid(body: &Object<'_>) -> bool {
    let is =
        |status: &str| body.text("financial_status").is_some_and(|s| s.trim().eq_ignore_ascii_case(status));
    is("voided") || is("expired") || body.given("test") == Some(&Value::Bool(true))
}

/// `checkouts/…`.
pub(super) fn checkout(body: &Object<'_>) {
    let reader = body.reader;
    let Some((member, builder_created_at)) = customer::embedded(body) else { return };
    // The token and the creation time make the event's id and date.
    let token = reader.valid("token", cart::token(body));
    let at = body.time("created_at");
    let at = reader.valid("created_at", at);
    let (Some(token), Some(at)) = (token, at) else { return };
    let version = body.time("updated_at").unwrap_or(reader.context.at);

    let mut update = CustomerUpdate::new(Builder::Shopify, member, version);
    update.builder_created_at = builder_created_at;
    // The token can open the checkout, so the event shows the number if possible. The name is `#` and the number.
    let name = || body.text("name").map(|name| name.trim().trim_start_matches('#').to_owned());
    let id =
        body.id(&["id", "admin_graphql_api_id"], "Checkout").or_else(name).unwrap_or_else(|| token.clone());
    let property = Sums::of(body).property(body, &id);
    let id = format!("shopify:checkout:{token}");
    if let Some(event) = reader.event("CheckoutBegin", id, at, version, property) {
        update.events.push(event);
        reader.say(BuilderUpdate::Customer(Box::new(update)));
    }
}

/// Returns the refunds in an order. An unreadable refund is left out.
fn refunds(body: &Object<'_>, of: OrderOf<'_>) -> BTreeMap<String, Decimal> {
    let reader = body.reader;
    let mut refunds = BTreeMap::new();
    for refund in body.objects("refunds").unwrap_or_default() {
        if let Some(id) = reader.valid(refund.path("id"), refund::id(&refund))
            && let Some(amount) = refund::given_back(&refund, of)
        {
            refunds.insert(id, amount);
        }
    }
    refunds
}

/// The price of an order, in the shop's currency.
///
/// `total_price` and `currency` are in the shop's currency, even if the buyer paid in a different currency.
struct Sums {
    total: Option<Decimal>,
    currency: Option<String>,
}

impl Sums {
    fn of(body: &Object<'_>) -> Self {
        Self { total: body.amount("total_price"), currency: body.currency("currency") }
    }

    /// Returns the event's property: Channel Talk's keys, and the currency.
    fn property(&self, body: &Object<'_>, id: &str) -> Map<String, Value> {
        let shipping = shipping(body);
        let mut property = Map::from_iter([("id".to_owned(), id.into())]);
        for (key, path, amount) in
            [("totalAmount", "total_price", self.total), ("shippingAmount", "shipping_lines", shipping)]
        {
            set(body, &mut property, key, path, amount);
        }
        property.extend(self.currency.as_ref().map(|code| ("currency".to_owned(), code.as_str().into())));
        property.extend(products(body).map(|products| ("products".to_owned(), products.into())));
        property
    }
}

/// Returns the price of shipping: the sum in newer payloads, or else the sum of the lines. An empty list is
/// 0.
fn shipping(body: &Object<'_>) -> Option<Decimal> {
    let reader = body.reader;
    if let Some(set) = body.object("total_shipping_price_set")
        && let Some(money) = set.object("shop_money")
        && let Some(amount) = money.amount("amount")
    {
        return Some(amount);
    }
    let mut sum = Decimal::ZERO;
    for line in body.objects("shipping_lines")? {
        let price = line.amount("price");
        sum = sum.checked_add(reader.valid(line.path("price"), price)?)?;
    }
    Some(sum)
}

/// Returns the products, as many as an event holds. Further products are rejected.
fn products(body: &Object<'_>) -> Option<Vec<Value>> {
    let reader = body.reader;
    let lines = body.objects("line_items");
    let lines = reader.valid("line_items", lines)?;
    let mut products = Vec::new();
    let mut bytes = 0;
    for line in lines {
        // A wrong field of the line is rejected alone.
        let mut product = Map::new();
        product.extend(product_id(&line).map(|id| ("id".to_owned(), id.into())));
        product.extend(title(&line).map(|title| ("name".to_owned(), title.into())));
        let price = line.amount("price");
        set(&line, &mut product, "price", "line_items.price", price);
        product.extend(quantity(&line).map(|quantity| ("quantity".to_owned(), quantity.into())));
        let product = Value::from(product);
        // Stop at the limit, so that the event still fits.
        bytes += product.to_string().len() + 1;
        if products.len() == PRODUCTS || bytes > PRODUCTS_BYTES {
            reader.reject("line_items", RejectionReason::Limit);
            break;
        }
        products.push(product);
    }
    Some(products)
}
