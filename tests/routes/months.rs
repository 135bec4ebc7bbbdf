//! Monthly actives (R7): the set of markers is the count.

use serde_json::json;
use support::{NOW, Shop};

const DAY: i64 = 24 * 60 * 60 * 1000;

async fn actives(shop: &Shop, month: &str) -> usize {
    let prefix = format!("M#dec0de00000000000000#{month}#");
    shop.items().await.iter().filter(|item| item["pk"].as_s().unwrap().starts_with(&prefix)).count()
}

#[tokio::test]
async fn customer_counts_once_a_month_however_often_it_is_written() {
    let shop = Shop::open().await;
    for n in 0..5 {
        shop.boot_member("lee", json!({"profile": {"n": n}})).await.expect(200);
        shop.clock.advance(40 * 60_000);
    }
    shop.boot(json!({})).await.expect(200);
    shop.server("POST", "/open/v5/users")
        .json(json!({"profile": {"email": "a@example.com"}}))
        .await
        .expect(200);
    shop.server("PUT", "/open/v5/users/@kim").json(json!({})).await.expect(200);
    assert_eq!(actives(&shop, "202611").await, 4);
}

#[tokio::test]
async fn first_touch_of_a_month_writes_even_within_the_same_minute() {
    let shop = Shop::open().await;
    // 2026-11-30T23:59:50Z.
    shop.clock.set(NOW + 8 * DAY + 12 * 60 * 60_000 - 10_000);
    let booted = shop.boot_member("lee", json!({})).await;
    shop.clock.advance(20_000);
    shop.page("POST", "/front/v1/touch", booted.str("/sessionToken")).send().await.expect(200);
    assert_eq!((actives(&shop, "202611").await, actives(&shop, "202612").await), (1, 1));
    assert_eq!(shop.customer("@lee").await.body["user"]["updatedAt"], shop.clock.now_ms());
}

#[tokio::test]
async fn boot_with_nothing_new_does_not_move_updated_at() {
    let shop = Shop::open().await;
    shop.boot_member("lee", json!({"profile": {"grade": "gold"}})).await.expect(200);
    shop.clock.advance(30_000);
    shop.boot_member("lee", json!({"profile": {"grade": "gold"}})).await.expect(200);
    assert_eq!(shop.customer("@lee").await.body["user"]["updatedAt"], NOW);
}

#[tokio::test]
async fn marker_precedes_a_known_customer_and_follows_a_new_visitor() {
    let shop = Shop::open().await;
    let order = |shop: &Shop| {
        let puts = shop.recorder.calls().into_iter().filter(|call| call.operation == "PutItem");
        puts.map(|call| call.request["Item"]["pk"]["S"].as_str().unwrap()[..2].to_owned()).collect::<Vec<_>>()
    };
    shop.recorder.reset();
    let veil = shop.boot(json!({})).await.body["veilId"].clone();
    assert_eq!(order(&shop), ["C#", "M#"]);
    shop.clock.advance(20 * DAY);
    shop.recorder.reset();
    shop.boot(json!({"veilId": veil})).await.expect(200);
    assert_eq!(order(&shop), ["M#", "C#"]);
}

#[tokio::test]
async fn marker_names_nobody() {
    let shop = Shop::open().await;
    let booted = shop.boot_member("lee", json!({})).await;
    let markers = shop.items().await.into_iter().filter(|item| item["pk"].as_s().unwrap().starts_with("M#"));
    let markers: Vec<_> = markers.map(|item| format!("{item:?}")).collect();
    assert_eq!(markers.len(), 1);
    assert!(!markers[0].contains(booted.str("/user/id")) && !markers[0].contains("lee"));
}
