//! Shopify's deliveries about money, in the shop's currency, and about people's names and consents.

use serde_json::{Value, json};
use support::Shop;

/// An order of a shop that sells in Canadian dollars, bought in US dollars.
fn order(total: &str, change: Value) -> Value {
    let mut order = json!({"id": 5501, "created_at": "2026-11-20T10:15:00+09:00", "updated_at": "2026-11-20T10:15:00+09:00",
        "currency": "CAD", "presentment_currency": "USD", "total_price": total, "taxes_included": false,
        "financial_status": "paid", "line_items": [], "customer": {"id": 9010}});
    order.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    order
}

fn money(amount: &str, currency: &str) -> Value {
    json!({"shop_money": {"amount": amount, "currency_code": currency}})
}

/// A transaction in the buyer's currency.
fn transaction(status: &str, amount: &str) -> Value {
    json!({"id": 1, "kind": "refund", "status": status, "amount": amount, "currency": "USD"})
}

fn adjustment(kind: &str, amount: &str) -> Value {
    json!({"id": 2, "kind": kind, "amount": amount, "amount_set": money(amount, "CAD")})
}

fn line(subtotal: &str, tax: &str, currency: &str) -> Value {
    json!({"id": 3, "subtotal": subtotal, "total_tax": tax, "subtotal_set": money(subtotal, currency), "total_tax_set": money(tax, currency)})
}

/// `[totalPurchaseAmount, totalPurchaseCount]`.
async fn figures(shop: &Shop) -> Value {
    let user = shop.customer("@9010").await.expect(200)["user"].clone();
    json!([user["profile"]["totalPurchaseAmount"], user["profile"]["totalPurchaseCount"]])
}

/// The figures after an order and a refund, told alone and within the order.
async fn after(total: &str, refund: Value) -> [Value; 2] {
    let mut found = [Value::Null, Value::Null];
    let mut refund = refund;
    refund["id"] = json!(9301);
    refund["order_id"] = json!(5501);
    for (at, found) in found.iter_mut().enumerate() {
        let shop = Shop::open().await;
        shop.shopify("orders/create", &order(total, json!({}))).await.expect(200);
        let told = match at {
            0 => shop.shopify("refunds/create", &refund).await,
            _ => {
                let change = json!({"refunds": [refund], "updated_at": "2026-11-20T11:00:00+09:00"});
                shop.shopify("orders/updated", &order(total, change)).await
            }
        };
        assert_eq!(told.expect(200)["dropped"], json!([]), "{refund}");
        *found = figures(&shop).await;
    }
    found
}

#[tokio::test]
async fn pending_refund_in_another_currency_gave_nothing_back_yet() {
    let refund = json!({"transactions": [transaction("pending", "1012.70")],
        "refund_line_items": [line("1240.71", "125.31", "CAD")],
        "order_adjustments": [adjustment("refund_discrepancy", "1366.02")]});
    assert_eq!(after("2276.73", refund).await, [json!([2276.73, 1]), json!([2276.73, 1])]);
}

#[tokio::test]
async fn shipping_given_back_without_lines_is_in_the_adjustment() {
    let refund = json!({"transactions": [transaction("success", "7.30")], "refund_line_items": [],
        "order_adjustments": [adjustment("shipping_refund", "-10.00")]});
    assert_eq!(after("100.00", refund).await, [json!([90, 1]), json!([90, 1])]);
}

#[tokio::test]
async fn fee_that_the_shop_kept_stays_in_the_sum() {
    let refund = json!({"transactions": [transaction("success", "58.40")],
        "refund_line_items": [line("100.00", "0.00", "CAD")],
        "order_adjustments": [adjustment("refund_discrepancy", "20.00")]});
    assert_eq!(after("100.00", refund).await, [json!([20, 1]), json!([20, 1])]);
}

#[tokio::test]
async fn order_of_a_test_does_not_count() {
    let shop = Shop::open().await;
    shop.shopify("orders/create", &order("100.00", json!({"test": true}))).await.expect(200);
    assert_eq!(figures(&shop).await, json!([null, null]));
    let real = json!({"test": false, "updated_at": "2026-11-20T11:00:00+09:00"});
    shop.shopify("orders/updated", &order("100.00", real)).await.expect(200);
    assert_eq!(figures(&shop).await, json!([100, 1]));
}

#[tokio::test]
async fn tax_within_the_price_is_given_back_once() {
    let shop = Shop::open().await;
    let yen = json!({"currency": "JPY", "taxes_included": true, "financial_status": "pending"});
    shop.shopify("orders/create", &order("2200", yen.clone())).await.expect(200);
    let refund = json!({"id": 9301, "order_id": 5501, "transactions": [], "order_adjustments": [],
        "refund_line_items": [line("1100", "100", "JPY")]});
    shop.shopify("refunds/create", &refund).await.expect(200);
    assert_eq!(figures(&shop).await, json!([1100, 1]));
    let mut later = yen;
    later["refunds"] = json!([refund]);
    later["updated_at"] = json!("2026-11-20T11:00:00+09:00");
    later["current_total_price"] = json!("1100");
    shop.shopify("orders/updated", &order("2200", later)).await.expect(200);
    assert_eq!(figures(&shop).await, json!([1100, 1]));
}

#[tokio::test]
async fn family_name_comes_first_in_japan() {
    for (region, name) in [("JP", "山田 太郎"), ("KR", "山田 太郎"), ("US", "太郎 山田")] {
        let shop = Shop::in_region(region).await;
        let body = json!({"id": 9010, "first_name": "太郎", "last_name": "山田", "updated_at": "2026-11-20T10:15:00+09:00"});
        shop.shopify("customers/create", &body).await.expect(200);
        assert_eq!(shop.customer("@9010").await.expect(200)["user"]["name"], name);
    }
}

#[tokio::test]
async fn consent_without_a_state_says_nothing() {
    let shop = Shop::open().await;
    let consent = json!({"state": null, "opt_in_level": null, "consent_updated_at": null});
    let body = json!({"id": 9010, "updated_at": "2026-11-20T10:15:00+09:00", "email_marketing_consent": consent, "sms_marketing_consent": consent});
    assert_eq!(shop.shopify("customers/update", &body).await.expect(200)["dropped"], json!([]));
    let body = json!({"id": 9010, "phone": null, "sms_marketing_consent": consent});
    let told = shop.shopify("customers_marketing_consent/update", &body).await;
    assert_eq!(told.expect(200), &json!({"applied": 0, "dropped": []}));
}
