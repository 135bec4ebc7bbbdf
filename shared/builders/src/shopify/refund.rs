//! Refunds, as a topic of their own and within their order.

use rust_decimal::Decimal;

use super::body::Object;
use okyaku_domain::builder_update::{BuilderUpdate, Refund};
use okyaku_domain::rejection_reason::RejectionReason;

/// `refunds/create`.
pub(super) fn created(body: &Object<'_>) {
    let reader = body.reader;
    let id = reader.valid("id", id(body));
    let order = reader.valid("order_id", body.id(&["order_id"], "Order"));
    let (Some(id), Some(order)) = (id, order) else { return };
    if let Some(amount) = given_back(body, None) {
        reader.say(BuilderUpdate::Refund(Refund { order, id, amount }));
    }
}

/// Returns a refund's id.
pub(super) fn id(refund: &Object<'_>) -> Option<String> {
    refund.id(&["id", "admin_graphql_api_id"], "Refund")
}

/// Returns the refunded amount, in the shop's currency.
///
/// `currency` is the shop's currency, if the order has a currency. `None` if no money was given back so far,
/// for example while the bank has yet to answer. Then the refund comes again with its order.
pub(super) fn given_back(refund: &Object<'_>, currency: Option<&str>) -> Option<Decimal> {
    let reader = refund.reader;
    let transactions = refund.objects("transactions");
    let lines = refund.objects("refund_line_items");
    if transactions.is_none() && lines.is_none() {
        reader.reject(refund.path("transactions"), RejectionReason::Invalid);
    }
    let transactions = transactions.unwrap_or_default();
    // A transaction may be in the buyer's currency. An order's total is always in the shop's currency.
    let currency = currency.map(str::to_owned).or_else(|| shop_currency(refund));
    // Look for a transaction in a foreign currency.
    let mut foreign = false;
    for transaction in &transactions {
        let code = transaction.currency("currency");
        foreign |= currency.is_some() && code.is_some() && code != currency;
    }
    // If a transaction is in a foreign currency, only the lines have amounts in the shop's currency.
    let amount = if foreign {
        let lines = lines.filter(|lines| !lines.is_empty());
        let lines = reader.valid(refund.path("transactions.currency"), lines)?;
        of_lines(&lines)
    } else if transactions.is_empty() {
        of_lines(&lines?)
    } else {
        of_transactions(&transactions)
    }?;
    // An amount of 0 means that no money was given back so far.
    (!amount.is_zero()).then_some(amount)
}

/// Returns the shop's currency, as a refund shows the currency beside its sums.
fn shop_currency(refund: &Object<'_>) -> Option<String> {
    let places = [
        ("refund_line_items", "subtotal_set", "currency_code"),
        ("order_adjustments", "amount_set", "currency_code"),
        ("transactions", "total_unsettled_set", "currency"),
    ];
    places.into_iter().find_map(|(list, set, code)| {
        let first = refund.objects(list)?.into_iter().next()?;
        first.object(set)?.object("shop_money")?.currency(code)
    })
}

fn of_transactions(transactions: &[Object<'_>]) -> Option<Decimal> {
    let is = |transaction: &Object<'_>, key: &str, value: &str| {
        transaction.text(key).is_some_and(|text| text.trim().eq_ignore_ascii_case(value))
    };
    let mut sum = Some(Decimal::ZERO);
    for transaction in transactions {
        if is(transaction, "kind", "refund") && is(transaction, "status", "success") {
            sum = plus(sum, required(transaction, "amount"));
        }
    }
    sum
}

fn of_lines(lines: &[Object<'_>]) -> Option<Decimal> {
    let mut sum = Some(Decimal::ZERO);
    for line in lines {
        sum = plus(sum, required(line, "subtotal"));
        if line.get("total_tax").is_some() {
            sum = plus(sum, line.amount("total_tax"));
        }
    }
    sum
}

fn required(object: &Object<'_>, key: &str) -> Option<Decimal> {
    let reader = object.reader;
    let amount = object.amount(key);
    reader.valid(object.path(key), amount)
}

fn plus(sum: Option<Decimal>, amount: Option<Decimal>) -> Option<Decimal> {
    sum?.checked_add(amount?)
}
