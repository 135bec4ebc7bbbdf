//! Cafe24's deliveries about money: only what was given back lowers a sum, and what is not said is unknown.

use serde_json::{Value, json};
use support::Shop;

/// An order of the day, of 38,000 won.
fn resource(change: Value) -> Value {
    let mut resource = json!({"mall_id": "devmall", "event_shop_no": "1", "order_id": "20261120-0000001", "member_id": "lee01",
        "currency": "KRW", "order_date": "2026-11-20T10:30:00+09:00", "payment_date": "2026-11-20T10:31:00+09:00",
        "order_price_amount": "38000.00", "actual_payment_amount": "38000.00"});
    resource.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    resource
}

async fn send(shop: &Shop, no: u64, change: Value) -> Value {
    let body = json!({"event_no": no, "resource": resource(change)});
    shop.cafe24(&body).await.expect(200).clone()
}

/// `[totalPurchaseAmount, totalPurchaseCount]`.
async fn figures(shop: &Shop) -> Value {
    let user = shop.customer("@lee01").await.expect(200)["user"].clone();
    json!([user["profile"]["totalPurchaseAmount"], user["profile"]["totalPurchaseCount"]])
}

async fn is_stale(shop: &Shop) -> bool {
    !shop.customer("@lee01").await.expect(200)["user"]["staleSince"].is_null()
}

#[tokio::test]
async fn return_without_an_amount_leaves_the_sum_until_the_claim_says_it() {
    for no in [90027, 90029] {
        let code = if no == 90027 { "return_order" } else { "refund_order" };
        let shop = Shop::open().await;
        send(&shop, 90023, json!({})).await;
        assert!(!is_stale(&shop).await);
        let answer = send(&shop, no, json!({"event_code": code})).await;
        assert_eq!(answer["dropped"], json!([]), "{no}");
        assert_eq!(figures(&shop).await, json!([38000, 1]));
        assert!(is_stale(&shop).await, "the mall knows more");
        let claim = json!({"event_no": 90160, "resource": {"mall_id": "devmall", "order_id": "20261120-0000001", "refund_amount": "15000.00"}});
        shop.cafe24(&claim).await.expect(200);
        assert_eq!(figures(&shop).await, json!([23000, 1]));
        // Told again, it counts once.
        shop.cafe24(&claim).await.expect(200);
        assert_eq!(figures(&shop).await, json!([23000, 1]));
    }
}

#[tokio::test]
async fn collected_parcel_gives_no_money_back() {
    let shop = Shop::open().await;
    send(&shop, 90023, json!({})).await;
    for code in ["pickup_complete_order", "return_order_request", "return_hold", "return_order_process"] {
        send(&shop, 90027, json!({"event_code": code})).await;
        assert_eq!(figures(&shop).await, json!([38000, 1]), "{code}");
        assert!(!is_stale(&shop).await, "{code}");
    }
    send(&shop, 90027, json!({"event_code": "return_complete_refunded", "actual_refund_amount": "5000.00"}))
        .await;
    assert_eq!(figures(&shop).await, json!([33000, 1]));
}

#[tokio::test]
async fn order_with_a_cancelled_part_stays() {
    let shop = Shop::open().await;
    send(&shop, 90023, json!({})).await;
    send(
        &shop,
        90026,
        json!({"event_code": "cancel_order", "canceled": "M", "cancel_date": "2026-11-20T12:00:00+09:00"}),
    )
    .await;
    assert_eq!(figures(&shop).await, json!([38000, 1]));
    send(
        &shop,
        90026,
        json!({"event_code": "cancel_order", "canceled": "T", "cancel_date": "2026-11-20T13:00:00+09:00"}),
    )
    .await;
    assert_eq!(figures(&shop).await, json!([null, null]));
}

#[tokio::test]
async fn cancellation_taken_back_counts_again() {
    let shop = Shop::open().await;
    send(&shop, 90025, json!({})).await;
    send(&shop, 90026, json!({"event_code": "cancel_order", "cancel_date": "2026-11-20T12:00:00+09:00"}))
        .await;
    assert_eq!(figures(&shop).await, json!([null, null]));
    send(&shop, 90025, json!({"withdraw": "T", "withdraw_type": "C"})).await;
    assert_eq!(figures(&shop).await, json!([38000, 1]));
    // The cancellation told late changes nothing.
    send(&shop, 90026, json!({"event_code": "cancel_order", "cancel_date": "2026-11-20T12:00:00+09:00"}))
        .await;
    assert_eq!(figures(&shop).await, json!([38000, 1]));
}

#[tokio::test]
async fn product_added_to_a_received_order_changes_its_total() {
    let shop = Shop::open().await;
    send(&shop, 90023, json!({})).await;
    let answer = send(&shop, 90031, json!({"order_price_amount": "45000.00"})).await;
    assert_eq!(answer["dropped"], json!([]));
    assert_eq!(figures(&shop).await, json!([45000, 1]));
}

/// Cafe24's own sample of 90072–90074 has ids alone.
fn ids(no: u64, code: &str) -> Value {
    json!({"event_no": no, "resource": {"mall_id": "devmall", "event_shop_no": "1", "event_code": code,
        "order_id": "20261120-0000001"}})
}

#[tokio::test]
async fn order_cancelled_by_its_id_alone_stops_counting() {
    // Before and after the order, once and twice.
    for told in [["order", "cancel"], ["cancel", "order"]] {
        let shop = Shop::open().await;
        for told in [told, told].concat() {
            let answer = match told {
                "order" => send(&shop, 90023, json!({})).await,
                _ => shop.cafe24(&ids(90072, "cancel_order")).await.expect(200).clone(),
            };
            assert_eq!((&answer["applied"], &answer["dropped"]), (&json!(1), &json!([])), "{told}");
        }
        assert_eq!(figures(&shop).await, json!([null, null]), "{told:?}");
        // The cancellation was taken back.
        shop.clock.advance(1000);
        send(&shop, 90025, json!({"event_code": "withdraw", "withdraw": "T", "withdraw_type": "C"})).await;
        assert_eq!(figures(&shop).await, json!([38000, 1]), "{told:?}");
    }
    // A request for a cancellation cancels nothing.
    let shop = Shop::open().await;
    send(&shop, 90023, json!({})).await;
    shop.cafe24(&ids(90072, "cancel_order_request")).await.expect(200);
    assert_eq!(figures(&shop).await, json!([38000, 1]));
}

#[tokio::test]
async fn refund_and_return_by_ids_alone_make_stale_and_change_no_sum() {
    for (no, code) in [(90073, "refund_order"), (90074, "return_order")] {
        for first in [true, false] {
            let shop = Shop::open().await;
            if first {
                send(&shop, 90023, json!({})).await;
                assert!(!is_stale(&shop).await);
            }
            let answer = shop.cafe24(&ids(no, code)).await.expect(200).clone();
            assert_eq!((&answer["applied"], &answer["dropped"]), (&json!(1), &json!([])), "{no}");
            if !first {
                send(&shop, 90023, json!({})).await;
            }
            assert_eq!(figures(&shop).await, json!([38000, 1]), "{no}");
            assert!(is_stale(&shop).await, "{no} {first}");
        }
    }
}
