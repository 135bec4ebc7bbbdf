//! Money given back, as a topic of its own and within its order.

use rust_decimal::Decimal;

use super::Reader;
use super::body::Object;
use okyaku_domain::builder_update::{BuilderUpdate, Refund};
use okyaku_domain::rejection_reason::RejectionReason;

/// `refunds/create`.
pub(super) fn created(reader: &mut Reader<'_>, body: &Object<'_>) {
    let id = reader.valid("id", id(body));
    let order = reader.valid("order_id", body.id(&["order_id"], "Order"));
    let (Some(id), Some(order)) = (id, order) else { return };
    if let Some(amount) = given_back(reader, body, None) {
        reader.say(BuilderUpdate::Refund(Refund { order, id, amount }));
    }
}

/// A refund's id.
pub(super) fn id(refund: &Object<'_>) -> Option<String> {
    refund.id(&["id", "admin_graphql_api_id"], "Refund")
}

/// How much was given back, in the shop's currency, which is `currency` if the order tells it. `None` where nothing was
/// so far, such as while the bank has not answered: the refund comes again with its order.
pub(super) fn given_back(
    reader: &mut Reader<'_>,
    refund: &Object<'_>,
    currency: Option<&str>,
) -> Option<Decimal> {
    let transactions = refund.objects(reader, "transactions");
    let lines = refund.objects(reader, "refund_line_items");
    if transactions.is_none() && lines.is_none() {
        reader.reject(refund.path("transactions"), RejectionReason::Invalid);
    }
    let transactions = transactions.unwrap_or_default();
    // A transaction may be in the buyer's currency, an order's total never is.
    let currency = currency.map(str::to_owned).or_else(|| shop_currency(reader, refund));
    let mut foreign = false;
    for transaction in &transactions {
        let code = transaction.currency(reader, "currency");
        foreign |= currency.is_some() && code.is_some() && code != currency;
    }
    let amount = if foreign {
        let lines = lines.filter(|lines| !lines.is_empty());
        let lines = reader.valid(refund.path("transactions.currency"), lines)?;
        of_lines(reader, &lines)
    } else if transactions.is_empty() {
        of_lines(reader, &lines?)
    } else {
        of_transactions(reader, &transactions)
    }?;
    (!amount.is_zero()).then_some(amount)
}

/// The shop's currency, as a refund tells it beside its sums.
fn shop_currency(reader: &mut Reader<'_>, refund: &Object<'_>) -> Option<String> {
    let places = [
        ("refund_line_items", "subtotal_set", "currency_code"),
        ("order_adjustments", "amount_set", "currency_code"),
        ("transactions", "total_unsettled_set", "currency"),
    ];
    places.into_iter().find_map(|(list, set, code)| {
        let first = refund.objects(reader, list)?.into_iter().next()?;
        first.object(reader, set)?.object(reader, "shop_money")?.currency(reader, code)
    })
}

fn of_transactions(reader: &mut Reader<'_>, transactions: &[Object<'_>]) -> Option<Decimal> {
    let is = |transaction: &Object<'_>, key: &str, value: &str| {
        transaction.text(key).is_some_and(|text| text.trim().eq_ignore_ascii_case(value))
    };
    let mut sum = Some(Decimal::ZERO);
    for transaction in transactions {
        if is(transaction, "kind", "refund") && is(transaction, "status", "success") {
            sum = plus(sum, required(reader, transaction, "amount"));
        }
    }
    sum
}

fn of_lines(reader: &mut Reader<'_>, lines: &[Object<'_>]) -> Option<Decimal> {
    let mut sum = Some(Decimal::ZERO);
    for line in lines {
        sum = plus(sum, required(reader, line, "subtotal"));
        if line.get("total_tax").is_some() {
            sum = plus(sum, line.amount(reader, "total_tax"));
        }
    }
    sum
}

fn required(reader: &mut Reader<'_>, object: &Object<'_>, key: &str) -> Option<Decimal> {
    let amount = object.amount(reader, key);
    reader.valid(object.path(key), amount)
}

fn plus(sum: Option<Decimal>, amount: Option<Decimal>) -> Option<Decimal> {
    sum?.checked_add(amount?)
}
