//! Refunds.

use serde_json::{Value, json};

use super::*;
use okyaku_domain::builder_update::{OrderNews, OrderUpdate};

fn transaction(kind: &str, status: &str, amount: Value) -> Value {
    json!({"id": 1, "kind": kind, "status": status, "amount": amount, "currency": "USD"})
}

fn line(subtotal: Value, tax: Value) -> Value {
    json!({"subtotal": subtotal, "total_tax": tax, "subtotal_set": {"shop_money": {"amount": subtotal, "currency_code": "USD"}}})
}

/// Returns the refunded amount of the refund alone and within its order, with the rejections of both.
fn given_back(refund: &Value) -> (Option<String>, Option<String>, Vec<String>, Vec<String>) {
    // The refund as a topic of its own.
    let alone = delivery("refunds/create", refund.clone());
    let own = match &alone.updates[..] {
        [BuilderUpdate::Order(OrderUpdate { id, news: OrderNews::Refund { refund, amount, .. } })] => {
            assert_eq!((id.as_str(), refund.as_str()), ("5501", "9301"));
            amount.map(|amount| amount.normalize().to_string())
        }
        [] => None,
        other => panic!("{other:?}"),
    };
    // The same refund within its order.
    let order = json!({"id": 5501, "customer": {"id": 7}, "created_at": "2026-11-20T10:15:00+09:00", "currency": "USD",
        "total_price": "99.00", "taxes_included": false, "line_items": [], "refunds": [refund]});
    let within = delivery("orders/updated", order);
    let refunds = &update(&within)[0].order.as_ref().unwrap().refunds;
    let names =
        |delivery: &Delivery| delivery.rejections.iter().map(|rejection| rejection.field.clone()).collect();
    (own, refunds.get("9301").map(|amount| amount.normalize().to_string()), names(&alone), names(&within))
}

#[test]
fn refund_is_the_amount_paid_back_else_the_sum_of_its_lines() {
    let paid = |amount: Value| transaction("refund", "success", amount);
    // The amount of the refund alone, and within its order, which says that the prices leave out the tax.
    for (transactions, lines, amount, within) in [
        (json!([paid(json!("12.90"))]), json!([]), Some("12.9"), None),
        (
            json!([paid(json!("0.10")), paid(json!(0.2))]),
            json!([line(json!(50), json!(5))]),
            Some("0.3"),
            None,
        ),
        (json!([paid(json!("5")), transaction("refund", "failure", json!("5"))]), json!([]), Some("5"), None),
        (json!([paid(json!("5")), transaction("void", "success", json!("7"))]), json!([]), Some("5"), None),
        (
            json!([]),
            json!([line(json!(10.5), json!("1.05")), line(json!("2"), json!(null))]),
            Some("12.5"),
            Some("13.55"),
        ),
        (json!(null), json!([line(json!("10.00"), json!(0))]), Some("10"), None),
        // Pending or empty: so far, no money is known to be given back.
        (
            json!([transaction("refund", "pending", json!("5"))]),
            json!([line(json!(5), json!(0))]),
            None,
            None,
        ),
        (json!([]), json!([]), None, None),
    ] {
        let refund =
            json!({"id": 9301, "order_id": 5501, "transactions": transactions, "refund_line_items": lines});
        let expected = |amount: Option<&str>| amount.map(str::to_owned);
        let found = (expected(amount), expected(within.or(amount)), vec![], vec![]);
        assert_eq!(given_back(&refund), found, "{refund}");
    }
}

#[test]
fn refund_in_a_foreign_currency_is_read_from_lines_and_adjustments() {
    // The buyer paid in KRW, and the shop sells in USD.
    let foreign = with(&transaction("refund", "success", json!("18000")), json!({"currency": "KRW"}));
    let pending = with(&foreign, json!({"status": "pending"}));
    let adjustment = |amount: &str| json!({"amount": amount, "amount_set": {"shop_money": {"amount": amount, "currency_code": "USD"}}});
    let refund = |change: Value| {
        with(
            &json!({"id": 9301, "order_id": 5501, "transactions": [foreign], "refund_line_items": []}),
            change,
        )
    };
    for (change, alone, within) in [
        (json!({"refund_line_items": [line(json!("12.90"), json!("1.10"))]}), Some("12.9"), Some("14")),
        // Shipping is given back beside the lines.
        (json!({"order_adjustments": [adjustment("-10.00")]}), Some("10"), Some("10")),
        // The shop kept a fee.
        (
            json!({"refund_line_items": [line(json!("50.00"), json!(0))], "order_adjustments": [adjustment("20.00")]}),
            Some("30"),
            Some("30"),
        ),
        // The bank has yet to answer.
        (
            json!({"transactions": [pending], "refund_line_items": [line(json!("50.00"), json!("5.00"))],
                "order_adjustments": [adjustment("55.00")]}),
            None,
            None,
        ),
        // The adjustment takes everything back.
        (
            json!({"refund_line_items": [line(json!("50.00"), json!(0))], "order_adjustments": [adjustment("50.00")]}),
            None,
            None,
        ),
    ] {
        let expected = |amount: Option<&str>| amount.map(str::to_owned);
        let found = (expected(alone), expected(within), vec![], vec![]);
        assert_eq!(given_back(&refund(change.clone())), found, "{change}");
    }
    // With nothing in the shop's currency, the amount is unknown. An absent amount is better than a wrong amount.
    let money = json!({"shop_money": {"amount": "0", "currency": "USD", "currency_code": "USD"}});
    let change = json!({"transactions": [with(&foreign, json!({"total_unsettled_set": money}))]});
    let lost = "transactions.currency".to_owned();
    assert_eq!(
        given_back(&refund(change)),
        (None, None, vec![lost.clone()], vec![format!("refunds.{lost}")])
    );
}

#[test]
fn lines_with_the_tax_in_their_price_count_once() {
    let refund = json!({"id": 9301, "order_id": 5501, "transactions": [], "refund_line_items": [line(json!("1100"), json!("100"))]});
    for (taxes, amount) in [(json!(true), "1100"), (json!(false), "1200"), (json!(null), "1100")] {
        let order = json!({"id": 5501, "customer": {"id": 7}, "created_at": "2026-11-20T10:15:00+09:00", "currency": "JPY",
            "total_price": "2200", "taxes_included": taxes, "line_items": [], "refunds": [refund]});
        let within = delivery("orders/updated", order);
        let refunds = &update(&within)[0].order.as_ref().unwrap().refunds;
        assert_eq!(refunds["9301"].normalize().to_string(), amount, "{taxes}");
    }
}

#[test]
fn unreadable_refund_is_rejected() {
    let good =
        json!({"id": 9301, "order_id": 5501, "transactions": [transaction("refund", "success", json!("5"))]});
    for (change, path) in [
        (json!({"id": null}), "id"),
        (
            json!({"transactions": [transaction("refund", "success", json!("1,000.00"))]}),
            "transactions.amount",
        ),
        (json!({"transactions": [transaction("refund", "success", json!(null))]}), "transactions.amount"),
        (json!({"transactions": "-", "refund_line_items": [{"quantity": 1}]}), "refund_line_items.subtotal"),
        (json!({"transactions": "-"}), "transactions"),
        (json!({"transactions": {}}), "transactions"),
    ] {
        let (own, within, lost, lost_within) = given_back(&with(&good, change.clone()));
        assert_eq!((own, within), (None, None), "{change}");
        assert_eq!((lost, lost_within), (vec![path.to_owned()], vec![format!("refunds.{path}")]), "{change}");
    }
    // A refund without a readable order is rejected.
    let nowhere = delivery("refunds/create", with(&good, json!({"order_id": [5501]})));
    assert_eq!(
        (nowhere.updates.len(), rejections(&nowhere)),
        (0, vec![("order_id", RejectionReason::Invalid)])
    );
    // GraphQL's ids name the same refund.
    let gid = with(&good, json!({"id": "gid://shopify/Refund/9301", "order_id": "gid://shopify/Order/5501"}));
    assert_eq!(given_back(&gid).0.as_deref(), Some("5"));
}
