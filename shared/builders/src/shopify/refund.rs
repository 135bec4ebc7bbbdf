//! Refunds, as a topic of their own and within their order.

use rust_decimal::Decimal;

use super::body::Object;
use okyaku_domain::builder_update::{BuilderUpdate, OrderNews, OrderUpdate};
use okyaku_domain::rejection_reason::RejectionReason;

/// `refunds/create`.
pub(super) fn created(body: &Object<'_>) {
    let reader = body.reader;
    let id = reader.valid("id", id(body));
    let order = reader.valid("order_id", body.id(&["order_id"], "Order"));
    let (Some(id), Some(order)) = (id, order) else { return };
    if let Some(amount) = given_back(body, OrderOf::default()) {
        let news = OrderNews::Refund { refund: id, amount: Some(amount), at: reader.context.at };
        reader.say(BuilderUpdate::Order(OrderUpdate { id: order, news }));
    }
}

/// Returns a refund's id.
pub(super) fn id(refund: &Object<'_>) -> Option<String> {
    refund.id(&["id", "admin_graphql_api_id"], "Refund")
}

/// The order of a refund, as far as the payload shows it.
#[derive(Clone, Copy, Default)]
pub(super) struct OrderOf<'a> {
    /// The shop's currency. All amounts of an order are in it.
    pub(super) currency: Option<&'a str>,
    /// Whether the prices include the tax. A refund alone does not say so.
    pub(super) taxes_included: Option<bool>,
}

/// Returns the refunded amount, in the shop's currency.
///
/// - `None` if no money was given back so far, for example while the bank has yet to answer. Then the refund comes again
///   with its order.
/// - If the buyer paid in another currency, the transactions say only whether money was given back. How much it was in the
///   shop's currency follows from the lines and the adjustments. For example, a line of 100.00 CAD and an adjustment of
///   +20.00 CAD, a fee that the shop kept, give back 80.00 CAD.
/// - A refund alone does not say whether its lines include the tax, so the tax is left out. The order adds the tax later,
///   because the larger of two amounts of a refund wins.
pub(super) fn given_back(refund: &Object<'_>, of: OrderOf<'_>) -> Option<Decimal> {
    let reader = refund.reader;
    let transactions = refund.objects("transactions");
    let lines = refund.objects("refund_line_items");
    if transactions.is_none() && lines.is_none() {
        reader.reject(refund.path("transactions"), RejectionReason::Invalid);
    }
    let transactions = transactions.unwrap_or_default();
    let lines = lines.unwrap_or_default();
    let currency = of.currency.map(str::to_owned).or_else(|| shop_currency(refund));
    // Look for a transaction in a foreign currency.
    let mut foreign = false;
    for transaction in &transactions {
        let code = transaction.currency("currency");
        foreign |= currency.is_some() && code.is_some() && code != currency;
    }
    let amount = if !foreign && !transactions.is_empty() {
        of_transactions(&transactions)?
    } else {
        // Money that is still on its way was not given back.
        if !transactions.is_empty() && !transactions.iter().any(is_done) {
            return None;
        }
        let adjustments = refund.objects("order_adjustments").unwrap_or_default();
        if foreign && lines.is_empty() && adjustments.is_empty() {
            reader.reject(refund.path("transactions.currency"), RejectionReason::Invalid);
            return None;
        }
        let kept = of_adjustments(&adjustments)?;
        of_lines(&lines, of.taxes_included)?.checked_sub(kept)?
    };
    // An amount of 0 means that no money was given back so far. An adjustment may keep more than the lines have.
    (amount > Decimal::ZERO).then_some(amount)
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

/// Returns whether a transaction gave money back.
fn is_done(transaction: &Object<'_>) -> bool {
    let is = |key: &str, value: &str| {
        transaction.text(key).is_some_and(|text| text.trim().eq_ignore_ascii_case(value))
    };
    is("kind", "refund") && is("status", "success")
}

fn of_transactions(transactions: &[Object<'_>]) -> Option<Decimal> {
    let mut sum = Some(Decimal::ZERO);
    for transaction in transactions.iter().filter(|transaction| is_done(transaction)) {
        sum = plus(sum, required(transaction, "amount"));
    }
    sum
}

/// Returns the sum of the lines, with the tax if the prices are known to leave it out.
fn of_lines(lines: &[Object<'_>], taxes_included: Option<bool>) -> Option<Decimal> {
    let mut sum = Some(Decimal::ZERO);
    for line in lines {
        sum = plus(sum, in_shop_money(line, "subtotal"));
        if taxes_included == Some(false) && line.get("total_tax").is_some() {
            sum = plus(sum, in_shop_money(line, "total_tax"));
        }
    }
    sum
}

/// Returns the sum of the adjustments: negative for money given back beside the lines, such as shipping, and positive for
/// money that the shop kept.
fn of_adjustments(adjustments: &[Object<'_>]) -> Option<Decimal> {
    let mut sum = Some(Decimal::ZERO);
    for adjustment in adjustments {
        for key in ["amount", "tax_amount"] {
            if key == "amount" || adjustment.get(key).is_some() {
                sum = plus(sum, in_shop_money(adjustment, key));
            }
        }
    }
    sum
}

/// Returns the amount at `key` in the shop's currency: the shop's money beside it, or else the plain amount. An amount may
/// be negative.
fn in_shop_money(object: &Object<'_>, key: &str) -> Option<Decimal> {
    let reader = object.reader;
    let money = object.object(&format!("{key}_set")).and_then(|set| set.object("shop_money"));
    let amount = match &money {
        Some(money) => money.signed("amount"),
        None => object.signed(key),
    };
    reader.valid(object.path(key), amount)
}

fn required(object: &Object<'_>, key: &str) -> Option<Decimal> {
    let reader = object.reader;
    let amount = object.amount(key);
    reader.valid(object.path(key), amount)
}

fn plus(sum: Option<Decimal>, amount: Option<Decimal>) -> Option<Decimal> {
    sum?.checked_add(amount?)
}
