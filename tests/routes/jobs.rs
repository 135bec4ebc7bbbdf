//! A delivery with many updates is a job (R13): answered after one write, and carried on by `sweep`, whatever happens in
//! between.

use okyaku_domain::limit::{MEMBERS_LISTED, UPDATES_AT_ONCE};
use serde_json::{Value, json};
use support::people::put;
use support::{NOW, Shop};

fn name(number: usize) -> String {
    format!("m{number}")
}

/// Cafe24's delivery about so many members: 90147 withdraws them, 90145 says that they are dormant.
fn about(event: u64, members: usize) -> Value {
    let names: Vec<String> = (0..members).map(name).collect();
    json!({"event_no": event, "resource": {"mall_id": "devmall", "event_shop_no": "1", "member_id": names.join(",")}})
}

async fn members(shop: &Shop, count: usize) {
    for number in 0..count {
        put(shop, &name(number), json!({"profile": {"note": "kept"}})).await.expect(200);
    }
}

async fn living(shop: &Shop, count: usize) -> usize {
    let mut living = 0;
    for number in 0..count {
        living += usize::from(shop.customer(&format!("@{}", name(number))).await.status == 200);
    }
    living
}

async fn jobs(shop: &Shop) -> usize {
    shop.items().await.iter().filter(|item| item["pk"].as_s().unwrap() == "W").count()
}

#[tokio::test]
async fn thousand_members_are_withdrawn_by_one_write_and_the_next_sweeps() {
    let shop = Shop::open().await;
    // Some are known, the others are refused should they come.
    members(&shop, 60).await;
    put(&shop, "neighbour", json!({})).await.expect(200);
    shop.cafe24(&about(90147, 1)).await.expect(200);
    shop.recorder.reset();
    let answer = shop.cafe24(&about(90147, MEMBERS_LISTED)).await;
    assert_eq!(*answer.expect(200), json!({"applied": 0, "dropped": [], "queued": MEMBERS_LISTED}));
    let calls = shop.recorder.calls();
    assert_eq!(calls.iter().map(|call| call.operation.as_str()).collect::<Vec<_>>(), ["PutItem"]);
    let (_, written) = shop.recorder.units();
    assert!(written <= 80.0, "{written}");
    assert_eq!(shop.sweep().await.jobs, 1);
    assert_eq!((living(&shop, 60).await, jobs(&shop).await), (0, 0));
    shop.customer("@neighbour").await.expect(200);
    shop.server("PUT", "/open/v5/users/@m999").json(json!({})).await.expect(409);
    // The receipts are done after the last sweep.
    shop.clock.advance(71_000);
    while shop.sweep().await.open > 0 {}
    let list = json!({"action": "listErasures", "channelId": "dec0de00000000000000", "since": NOW});
    let listed = shop.admin(list).await.unwrap();
    assert_eq!(listed["erasures"].as_array().unwrap().len(), 500);
}

#[tokio::test]
async fn twenty_updates_are_applied_at_once_and_twenty_one_are_a_job() {
    let shop = Shop::open().await;
    members(&shop, UPDATES_AT_ONCE + 1).await;
    let answer = shop.cafe24(&about(90147, UPDATES_AT_ONCE)).await;
    assert_eq!(*answer.expect(200), json!({"applied": UPDATES_AT_ONCE, "dropped": []}));
    assert_eq!((living(&shop, UPDATES_AT_ONCE + 1).await, jobs(&shop).await), (1, 0));
    let answer = shop.cafe24(&about(90147, UPDATES_AT_ONCE + 1)).await;
    assert_eq!(answer.expect(200)["queued"], UPDATES_AT_ONCE + 1);
    assert_eq!((living(&shop, UPDATES_AT_ONCE + 1).await, jobs(&shop).await), (1, 1));
    shop.sweep().await;
    assert_eq!((living(&shop, UPDATES_AT_ONCE + 1).await, jobs(&shop).await), (0, 0));
}

#[tokio::test]
async fn members_who_fell_dormant_are_updated_by_a_job() {
    let shop = Shop::open().await;
    members(&shop, 50).await;
    shop.cafe24(&about(90145, 50)).await.expect(200);
    assert_eq!(shop.sweep().await.jobs, 1);
    for number in 0..50 {
        let user = shop.customer(&format!("@{}", name(number))).await;
        let profile = &user.expect(200)["user"]["profile"];
        assert_eq!((&profile["dormant"], &profile["note"]), (&json!(true), &json!("kept")), "{number}");
    }
}

/// The table fails in the middle of a job, again and again.
#[tokio::test]
async fn interrupted_job_goes_on_and_ends() {
    let shop = Shop::open().await;
    members(&shop, 60).await;
    shop.cafe24(&about(90147, 60)).await.expect(200);
    let mut runs = 0;
    while jobs(&shop).await > 0 {
        let calls = std::sync::atomic::AtomicU64::new(0);
        shop.recorder.inject(move |operation, _| {
            let error =
                json!({"__type": "com.amazonaws.dynamodb.v20120810#ValidationException", "message": "no"});
            let call = calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            (operation == "TransactWriteItems" && call > 40).then_some((400, error))
        });
        okyaku_engine::sweep::run(&shop.base.app::<okyaku_sweep::Access>()).await.ok();
        shop.recorder.heal();
        runs += 1;
        assert!(runs < 40, "no progress");
    }
    assert!(runs > 1, "nothing was interrupted");
    assert_eq!(living(&shop, 60).await, 0);
}

#[tokio::test]
async fn two_sweeps_at_once_and_a_repeated_delivery_are_harmless() {
    let shop = Shop::open().await;
    members(&shop, 60).await;
    shop.cafe24(&about(90147, 60)).await.expect(200);
    shop.cafe24(&about(90147, 60)).await.expect(200);
    let other = shop.another_instance();
    tokio::join!(shop.sweep(), other.sweep());
    shop.sweep().await;
    assert_eq!((living(&shop, 60).await, jobs(&shop).await), (0, 0));
}

#[tokio::test]
async fn erasures_go_first() {
    let shop = Shop::open().await;
    members(&shop, 30).await;
    shop.cafe24(&about(90145, 30)).await.expect(200);
    shop.clock.advance(1_000);
    shop.cafe24(&about(90147, 30)).await.expect(200);
    shop.recorder.reset();
    shop.sweep().await;
    assert_eq!(living(&shop, 30).await, 0);
    // The later erasure went first, so the older job found nobody to write to.
    let writes = shop.recorder.calls().into_iter().filter(|call| call.operation == "PutItem");
    let dormant = writes.filter(|call| call.request["Item"]["sk"]["S"] == "P").count();
    assert_eq!(dormant, 0);
}

#[tokio::test]
async fn job_of_an_ended_channel_is_dropped() {
    let shop = Shop::open().await;
    members(&shop, 30).await;
    shop.cafe24(&about(90147, 30)).await.expect(200);
    let redact = json!({"shop_id": 1, "shop_domain": "dev-shop.myshopify.com"});
    shop.shopify("shop/redact", &redact).await.expect(200);
    shop.sweep().await;
    assert_eq!(jobs(&shop).await, 0);
}
