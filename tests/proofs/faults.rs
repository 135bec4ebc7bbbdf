//! What the embedded engine does not do is injected: throttling, lost replies, conflicts, leftovers of a batch.

mod exhaustive;
mod storms;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use support::{NOW, Shop};

fn error(name: &str) -> (u16, Value) {
    (400, json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{name}"), "message": "injected"}))
}

/// Answers only the first `count` calls of `operation` with this.
fn first(
    count: usize,
    operation: &'static str,
    answer: impl Fn(&Value) -> (u16, Value) + Send + Sync + 'static,
) -> impl Fn(&str, &Value) -> Option<(u16, Value)> + Send + Sync {
    let left = Arc::new(AtomicUsize::new(count));
    move |called: &str, request: &Value| {
        let hit = called == operation
            && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        hit.then(|| answer(request))
    }
}

fn batch(count: usize) -> Value {
    (0..count).map(|n| json!({"id": format!("e{n}"), "name": "PageView", "createdAt": NOW})).collect()
}

#[tokio::test]
async fn throttling_table_is_503_with_retry_after() {
    let shop = Shop::open().await;
    shop.boot(json!({})).await.expect(200);
    shop.recorder.inject(|operation, _| (operation == "PutItem").then(|| error("ThrottlingException")));
    let answer = shop.boot(json!({})).await;
    assert_eq!(answer.expect(503)["commonErrorCode"], "UNAVAILABLE");
    assert_eq!(answer.headers["retry-after"], "1");
    shop.recorder.heal();
    shop.boot(json!({})).await.expect(200);
}

#[tokio::test]
async fn unexpected_answer_of_the_table_is_500_without_details() {
    let shop = Shop::open().await;
    shop.boot(json!({})).await.expect(200);
    shop.recorder.inject(|operation, _| (operation == "PutItem").then(|| error("ValidationException")));
    let answer = shop.boot(json!({})).await;
    assert_eq!(answer.expect(500)["message"], "internal error");
}

#[tokio::test]
async fn batch_leftovers_are_sent_again() {
    let shop = Shop::open().await;
    let token = shop.boot_member("lee", json!({})).await.str("/sessionToken").to_owned();
    // The whole request comes back unprocessed, twice.
    let leftovers = |request: &Value| (200, json!({ "UnprocessedItems": request["RequestItems"] }));
    shop.recorder.inject(first(2, "BatchWriteItem", leftovers));
    shop.track(&token, batch(60)).await.expect(200);
    assert_eq!(shop.events("@lee").await.len(), 60);
}

#[tokio::test]
async fn batch_get_leftovers_are_asked_again() {
    let shop = Shop::open().await;
    let veil = shop.boot_member("lee", json!({})).await.body["veilId"].clone();
    shop.recorder.inject(first(1, "BatchGetItem", |request| {
        (200, json!({"Responses": {}, "UnprocessedKeys": request["RequestItems"]}))
    }));
    assert_eq!(
        shop.boot_member("lee", json!({ "veilId": veil })).await.expect(200)["user"]["sessionsCount"],
        1
    );
}

#[tokio::test]
async fn transaction_conflict_is_repeated_and_never_shown() {
    let shop = Shop::open().await;
    let conflict = |request: &Value| {
        let count = request["TransactItems"].as_array().unwrap().len();
        let mut reasons = vec![json!({"Code": "None"}); count];
        reasons[0] = json!({"Code": "TransactionConflict", "Message": "injected"});
        let name = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
        (400, json!({"__type": name, "message": "injected", "CancellationReasons": reasons}))
    };
    shop.recorder.inject(first(2, "TransactWriteItems", conflict));
    shop.boot_member("lee", json!({})).await.expect(200);
    shop.recorder.inject(first(2, "TransactWriteItems", conflict));
    shop.server("POST", "/open/v5/users")
        .json(json!({"profile": {"email": "a@example.com"}}))
        .await
        .expect(200);
    shop.recorder.inject(first(2, "TransactWriteItems", conflict));
    shop.server("DELETE", "/open/v5/users/@lee").send().await.expect(204);
    shop.customer("@lee").await.expect(404);
}

/// Lets the first call of `operation` take effect but loses its reply: the SDK sends it again.
async fn lose_the_reply_of(shop: &Shop, operation: &'static str) {
    shop.recorder.lose_reply(operation);
}

#[tokio::test]
async fn event_with_a_lost_reply_is_accepted_and_no_duplicate() {
    let shop = Shop::open().await;
    let token = shop.boot_member("lee", json!({})).await.str("/sessionToken").to_owned();
    lose_the_reply_of(&shop, "PutItem").await;
    let answer = shop.track(&token, batch(1)).await;
    assert_eq!(answer.expect(200)["results"][0]["status"], "accepted");
    assert_eq!(shop.events("@lee").await.len(), 1);
}

#[tokio::test]
async fn boot_with_a_lost_reply_counts_its_session_once() {
    let shop = Shop::open().await;
    let veil = shop.boot(json!({})).await.body["veilId"].clone();
    shop.clock.advance(31 * 60_000);
    lose_the_reply_of(&shop, "PutItem").await;
    let booted = shop.boot(json!({"veilId": veil, "profile": {"grade": "gold"}})).await;
    assert_eq!(booted.expect(200)["user"]["sessionsCount"], 2);
}

#[tokio::test]
async fn lead_with_a_lost_reply_is_created_without_conflict() {
    let shop = Shop::open().await;
    lose_the_reply_of(&shop, "TransactWriteItems").await;
    let lead =
        shop.server("POST", "/open/v5/users").json(json!({"profile": {"email": "a@example.com"}})).await;
    lead.expect(200);
    let again =
        shop.server("POST", "/open/v5/users").json(json!({"profile": {"email": "a@example.com"}})).await;
    assert_eq!(again.expect(409)["userId"], lead.body["user"]["id"]);
}

#[tokio::test]
async fn deletion_with_a_lost_reply_is_a_deletion() {
    let shop = Shop::open().await;
    shop.boot_member("lee", json!({})).await.expect(200);
    lose_the_reply_of(&shop, "TransactWriteItems").await;
    shop.server("DELETE", "/open/v5/users/@lee").send().await.expect(204);
    shop.customer("@lee").await.expect(404);
}

#[tokio::test]
async fn guards_and_reads_by_id_are_consistent() {
    let shop = Shop::open().await;
    let visitor = shop.boot(json!({})).await;
    let member = shop.boot_member("lee", json!({"veilId": visitor.body["veilId"]})).await;
    shop.track(member.str("/sessionToken"), batch(2)).await.expect(200);
    shop.track(member.str("/sessionToken"), batch(1)).await.expect(200);
    shop.page("POST", "/front/v1/touch", member.str("/sessionToken")).send().await.expect(200);
    shop.customer("@lee").await.expect(200);
    shop.events("@lee").await;
    shop.server("GET", "/okyaku/v1/contacts/@lee").send().await.expect(200);
    shop.server("DELETE", "/open/v5/users/@lee").send().await.expect(204);
    shop.sweep().await;
    for call in shop.recorder.calls() {
        let consistent = |read: &Value| read["ConsistentRead"] == true;
        match call.operation.as_str() {
            "GetItem" | "Query" => assert!(consistent(&call.request), "{}", call.request),
            "BatchGetItem" => {
                let tables = call.request["RequestItems"].as_object().unwrap();
                assert!(tables.values().all(consistent), "{}", call.request);
            }
            _ => {}
        }
    }
}

#[test]
fn silent_table_is_503_before_the_function_times_out() {
    use support::fault::wire::Act;
    use support::fault::world::{World, run};
    run(async {
        let world = World::open().await;
        world.shop.boot_member("lee", json!({})).await.expect(200);
        world.wire.hook(|_| Act::HangBefore);
        // The pauses are random.
        for _ in 0..20 {
            assert_eq!(world.shop.customer("@lee").await.expect(503)["commonErrorCode"], "UNAVAILABLE");
        }
    });
}

#[tokio::test]
async fn event_deletion_with_a_lost_reply_is_a_deletion() {
    let shop = Shop::open().await;
    let token = shop.boot_member("lee", json!({})).await.str("/sessionToken").to_owned();
    shop.track(&token, batch(1)).await.expect(200);
    let event = shop.events("@lee").await[0]["id"].as_str().unwrap().to_owned();
    shop.recorder.lose_reply("DeleteItem");
    shop.server("DELETE", &format!("/open/v5/users/@lee/events/{event}")).send().await.expect(204);
    assert_eq!(shop.events("@lee").await.len(), 0);
}
