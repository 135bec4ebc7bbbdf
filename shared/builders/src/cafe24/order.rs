//! Cafe24's deliveries about orders.
//!
//! A buyer's address and phone number are not read. The buyer of a gift, or a buyer for a different person,
//! may type anything, and must not become known by the typed text.

use okyaku_domain::builder::Builder;
use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::reader::Reader;
use okyaku_domain::amount;
use okyaku_domain::builder_update::{
    BuilderUpdate, CustomerUpdate, Order, OrderNews, OrderUpdate, VersionedEvent,
};
use okyaku_domain::json::json_bytes;
use okyaku_domain::rejection_reason::RejectionReason;
use okyaku_domain::shop_event::CHECKOUT_COMPLETE;
use okyaku_domain::text::has_control;
use okyaku_domain::time::Millis;

/// The kind of an order's event.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Received,
    Paid,
    Cancelled,
    Returned,
    Exchanged,
    Refunded,
    /// A product was added to a received order.
    Extended,
}

impl Kind {
    /// Returns the keys of the body that may date the event. An exchange and an added product have no date, so the
    /// delivery's own time is taken.
    fn dated(self) -> &'static [&'static str] {
        match self {
            Self::Received => &["order_date"],
            Self::Paid => &["payment_date"],
            Self::Cancelled => &["cancel_date"],
            Self::Returned => &["return_confirmed_date", "refund_date"],
            Self::Refunded => &["refund_date"],
            Self::Exchanged | Self::Extended => &[],
        }
    }
}

/// Values of `event_code` for money that was given back. Every other code of a return or refund changes no sum: the return
/// was asked for, the parcel was collected, or the refund was taken back.
const GAVE_BACK: [&str; 4] = ["return_order", "return_complete", "return_complete_refunded", "refund_order"];
/// Values of `event_code` for a cancelled order. Every other code, such as `cancel_order_request`, cancels nothing.
const CANCELS: [&str; 6] = [
    "cancel_order",
    "cancel_unpaid_order",
    "cancellation_complete",
    "auto_order_cancel",
    "cancel_complete",
    "cancel_complete_refunded",
];
/// Characters of an order's id. A usual id has some 16 characters, for example `20261120-0000011`.
const ORDER_ID_CHARS: usize = 64;
/// Bytes, as JSON, of a value shared by many orders: an id, a date or a code.
const COMMON_BYTES: usize = 256;
/// The keys of an order's price. The first key in the body counts.
const TOTAL: [&str; 2] = ["order_price_amount", "actual_payment_amount"];
/// The keys of the refunded amount. The first key in the body counts.
const GIVEN_BACK: [&str; 2] = ["actual_refund_amount", "refund_amount"];
/// The keys that a body about many orders may have for each order, beside [`TOTAL`] and [`GIVEN_BACK`].
const SHARED: [&str; 9] = [
    "order_id",
    "member_id",
    "order_date",
    "currency",
    "event_code",
    "canceled",
    "cancel_date",
    "return_confirmed_date",
    "refund_date",
];

/// 90023 and 90025–90029: one order in full.
pub(super) fn one(reader: &mut Reader<'_>, kind: Kind) {
    let Some((order, mut update)) = begin(reader, kind) else { return };
    let total = total(reader);
    let currency = currency(reader);
    // The event: Channel Talk's keys, and the currency.
    let mut property = Map::from_iter([("id".to_owned(), json!(order.id))]);
    let shipping = reader.amount("shipping_fee");
    let amounts =
        [("totalAmount", total.and_then(amount::json)), ("shippingAmount", shipping.and_then(amount::json))];
    property.extend(
        amounts.into_iter().filter_map(|(key, number)| Some((key.to_owned(), Value::Number(number?)))),
    );
    property.extend(currency.iter().map(|currency| ("currency".to_owned(), json!(currency))));
    property.extend(products(reader).map(|products| ("products".to_owned(), products)));
    let id = format!("cafe24:order:{}", order.id);
    let event = reader.event(CHECKOUT_COMPLETE, id, (order.at, "order_date", "order_id"), property);
    update.events.extend(event.map(|event| VersionedEvent { event, version: order.version }));
    // The order itself. An order without a total or a currency keeps only its event.
    update.order = order.with(reader, kind, total, currency);
    // Money was given back, and the body does not say how much.
    update.stale = gave_back(reader, kind) && !GIVEN_BACK.iter().any(|key| reader.has(key));
    if update.order.is_some() || !update.events.is_empty() || update.stale {
        reader.say(BuilderUpdate::Customer(Box::new(update)));
    }
}

/// 90160: a claim about an order was settled. The body names the order and the amount that was given back, and no customer.
pub(super) fn claim(reader: &mut Reader<'_>) {
    let named = reader.has("event_code");
    if named && !gave_back(reader, Kind::Refunded) {
        return;
    }
    of_order(reader, Kind::Refunded);
}

/// 90072–90074: many orders by their ids. The further values are split by the same commas.
///
/// A list makes no events, because an event would replace the fuller event from the order's own delivery.
pub(super) fn many(reader: &mut Reader<'_>, kind: Kind) {
    let orders = Orders::new(reader.resource());
    for (at, _) in reader.list("order_id", RejectionReason::Invalid) {
        let share = orders.share(at);
        let mut each = Reader::new(&share, reader.context);
        one_of_many(&mut each, kind);
        reader.take(each.into_delivery());
    }
}

fn one_of_many(reader: &mut Reader<'_>, kind: Kind) {
    // With a member and a price, the part is an order.
    if reader.has("member_id") && TOTAL.iter().any(|key| reader.has(key)) {
        let Some((order, mut update)) = begin(reader, kind) else { return };
        let total = total(reader);
        let currency = currency(reader);
        update.order = order.with(reader, kind, total, currency);
        update.stale = gave_back(reader, kind) && !GIVEN_BACK.iter().any(|key| reader.has(key));
        if update.order.is_some() || update.stale {
            reader.say(BuilderUpdate::Customer(Box::new(update)));
        }
        return;
    }
    of_order(reader, kind);
}

/// News of an order by its id alone, as in Cafe24's samples of 90072–90074.
///
/// A refund without an amount is a refund of an unknown amount.
fn of_order(reader: &mut Reader<'_>, kind: Kind) {
    let Some(id) = order_id(reader) else { return };
    let at = reader.first_time(kind.dated()).unwrap_or(reader.context.at);
    let news = if is_cancelled(reader, kind) {
        OrderNews::Cancelled { at }
    } else if gave_back(reader, kind) {
        OrderNews::Refund { refund: refund_id(&id), amount: given_back(reader, kind), at }
    } else {
        return;
    };
    reader.say(BuilderUpdate::Order(OrderUpdate { id, news }));
}

/// A body about many orders: the values with a part for each order, and the values that all orders share.
struct Orders<'a> {
    each: Vec<(&'static str, Vec<&'a str>)>,
    common: Map<String, Value>,
}

impl<'a> Orders<'a> {
    /// Splits the values of a body.
    ///
    /// An amount needs a part for each order. A list of amounts with an invalid part is left out, because its
    /// commas may belong to a single grouped amount. For example, `12,000` may be one amount.
    fn new(resource: &'a Map<String, Value>) -> Self {
        let parts = |key: &str| match resource.get(key) {
            Some(Value::String(text)) => text.split(',').map(str::trim).collect(),
            _ => Vec::new(),
        };
        // The number of orders in the body. A single id is one order.
        let of = parts("order_id").len().max(1);
        let mut orders = Self { each: Vec::new(), common: Map::new() };
        // Split the values with a part for each order, and share the rest.
        for key in SHARED.into_iter().chain(TOTAL).chain(GIVEN_BACK) {
            let is_amount = !SHARED.contains(&key);
            let parts = parts(key);
            let fits = !is_amount || parts.iter().all(|part| amount::parse(part).is_some());
            if of > 1 && parts.len() == of && fits {
                orders.each.push((key, parts));
            } else if let Some(value) = resource.get(key)
                && (of == 1 || (!is_amount && json_bytes(value) <= COMMON_BYTES))
            {
                orders.common.insert(key.to_owned(), value.clone());
            }
        }
        orders
    }

    /// Returns the body of the order at this position of the list.
    fn share(&self, at: usize) -> Map<String, Value> {
        let each =
            self.each.iter().filter_map(|(key, parts)| Some(((*key).to_owned(), json!(parts.get(at)?))));
        self.common.clone().into_iter().chain(each).collect()
    }
}

/// An order with its id and dates, before its amounts are read.
struct Dated {
    id: String,
    at: Millis,
    version: Millis,
}

/// Reads the member, the id and the dates of an order.
///
/// A status has its date from the body, so that a late delivery leaves a later status unchanged. Only an
/// event without a date in the body has the date of the delivery.
fn begin(reader: &mut Reader<'_>, kind: Kind) -> Option<(Dated, CustomerUpdate)> {
    let member = reader.member()?;
    let id = order_id(reader);
    let at = reader.time("order_date");
    if at.is_none() {
        reader.missing("order_date");
    }
    let (id, at) = id.zip(at)?;
    // A cancellation that was taken back has the old date of the payment, and is true as of its delivery.
    let since = match taken_back(reader) {
        true => reader.context.at,
        false => reader.first_time(kind.dated()).unwrap_or(reader.context.at),
    };
    Some((Dated { id, at, version: since.max(at) }, CustomerUpdate::new(Builder::Cafe24, member, since)))
}

impl Dated {
    fn with(
        &self,
        reader: &mut Reader<'_>,
        kind: Kind,
        total: Option<Decimal>,
        currency: Option<String>,
    ) -> Option<Order> {
        let cancelled = is_cancelled(reader, kind);
        let given_back = given_back(reader, kind);
        Some(Order {
            id: self.id.clone(),
            at: self.at,
            version: self.version,
            currency: currency?,
            total: total?,
            cancelled,
            refunds: BTreeMap::from_iter(given_back.map(|amount| (refund_id(&self.id), amount))),
        })
    }
}

fn refund_id(order: &str) -> String {
    // Only the event distinguishes a return from a refund of one order, so both are the same refund.
    format!("{order}:refund")
}

fn order_id(reader: &mut Reader<'_>) -> Option<String> {
    let fits = |id: &String| {
        id.chars().count() <= ORDER_ID_CHARS
            && !has_control(id)
            && !id.contains(|c: char| c == ',' || c.is_whitespace())
    };
    let id = reader.text("order_id").filter(fits);
    if id.is_none() {
        reader.missing("order_id");
    }
    id
}

/// Returns whether the body has one of these codes, or no code at all: then the event number alone says what happened.
fn has_code(reader: &Reader<'_>, codes: &[&str]) -> bool {
    !reader.has("event_code") || codes.iter().any(|code| reader.is("event_code", code))
}

/// Returns whether the body says that money was given back.
fn gave_back(reader: &Reader<'_>, kind: Kind) -> bool {
    matches!(kind, Kind::Returned | Kind::Refunded) && has_code(reader, &GAVE_BACK)
}

/// Returns whether a cancellation was taken back, so that the order counts again.
fn taken_back(reader: &Reader<'_>) -> bool {
    reader.is("withdraw", "T") && (!reader.has("withdraw_type") || reader.is("withdraw_type", "C"))
}

fn is_cancelled(reader: &mut Reader<'_>, kind: Kind) -> bool {
    // "M" is an order with one cancelled part.
    let is_part = reader.is("canceled", "M");
    let whole = !is_part && reader.flag("canceled").unwrap_or(false);
    whole || (kind == Kind::Cancelled && !is_part && !taken_back(reader) && has_code(reader, &CANCELS))
}

/// Returns the refunded amount in the body. An amount that the body does not say is unknown, and not everything.
fn given_back(reader: &mut Reader<'_>, kind: Kind) -> Option<Decimal> {
    if !gave_back(reader, kind) {
        return None;
    }
    let key = GIVEN_BACK.iter().find(|key| reader.has(key))?;
    reader.amount(key)
}

fn total(reader: &mut Reader<'_>) -> Option<Decimal> {
    let [first, _] = TOTAL;
    let key = TOTAL.into_iter().find(|key| reader.has(key)).unwrap_or(first);
    let total = reader.amount(key);
    if total.is_none() {
        reader.missing(key);
    }
    total
}

/// Returns the currency's code in capitals. A mall that names no currency sells in won.
fn currency(reader: &mut Reader<'_>) -> Option<String> {
    let Some(code) = reader.text("currency") else {
        return (!reader.was_rejected("currency")).then(|| "KRW".to_owned());
    };
    if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        reader.leave_out("currency", RejectionReason::Invalid);
        return None;
    }
    Some(code.to_ascii_uppercase())
}

/// Returns the products from two comma lists.
///
/// A product's name may have commas of its own. If the lists differ in length, the names match no product for
/// sure and are left out.
fn products(reader: &mut Reader<'_>) -> Option<Value> {
    let codes = reader.text("ordering_product_code")?;
    let names = reader.text("ordering_product_name").unwrap_or_default();
    let codes: Vec<&str> = codes.split(',').map(str::trim).collect();
    let names: Vec<&str> =
        if codes.len() == 1 { vec![names.as_str()] } else { names.split(',').map(str::trim).collect() };
    let known = names.len() == codes.len();
    let product = |(at, code): (usize, &&str)| {
        let name = names.get(at).filter(|name| known && !name.is_empty());
        match name {
            _ if code.is_empty() => None,
            Some(name) => Some(json!({"id": code, "name": name})),
            None => Some(json!({"id": code})),
        }
    };
    Some(codes.iter().enumerate().filter_map(product).collect())
}
