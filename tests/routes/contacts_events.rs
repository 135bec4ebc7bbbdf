//! Filters on what contacts did (R17).

use serde_json::{Value, json};
use support::people::put;
use support::{Answer, NOW, Shop};

const DAY: i64 = 86_400_000;

async fn members(shop: &Shop, filter: &Value) -> Vec<String> {
    let answer = shop.server("POST", "/okyaku/v1/contacts/search").json(json!({ "filter": filter })).await;
    let users = answer.expect(200)["users"].as_array().unwrap();
    let mut members: Vec<String> =
        users.iter().map(|user| user["memberId"].as_str().unwrap().to_owned()).collect();
    members.sort();
    members
}

async fn count(shop: &Shop, filter: &Value) -> Answer {
    shop.server("POST", "/okyaku/v1/contacts/count").json(json!({ "filter": filter })).await
}

async fn did(shop: &Shop, member: &str, name: &str, days_ago: i64, property: Value) {
    let event = json!({"name": name, "createdAt": NOW - days_ago * DAY, "property": property});
    shop.server("POST", &format!("/open/v5/users/@{member}/events")).json(event).await.expect(200);
}

#[tokio::test]
async fn contacts_are_found_by_what_they_did_and_did_not() {
    let shop = Shop::open().await;
    for member in ["a", "b", "c"] {
        put(&shop, member, json!({"tags": ["vip"]})).await.expect(200);
    }
    for (member, days, id) in [("a", 1, "P-1"), ("a", 2, "P-2"), ("b", 40, "P-1")] {
        did(&shop, member, "ProductView", days, json!({"id": id, "price": 5000 * days})).await;
    }
    did(&shop, "c", "Login", 1, json!({})).await;
    let viewed = |more: Value| {
        let mut event = json!({"name": "ProductView"});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "event": event })
    };
    for (filter, expected) in [
        (viewed(json!({})), &["a", "b"][..]),
        (viewed(json!({"match": "negative"})), &["c"]),
        (viewed(json!({"within": "P30D"})), &["a"]),
        (viewed(json!({"within": "P30D", "match": "negative"})), &["b", "c"]),
        (viewed(json!({"count": {"operator": "$gte", "values": [2]}})), &["a"]),
        (viewed(json!({"count": {"operator": "$between", "values": [0, 1]}})), &["b", "c"]),
        (
            viewed(json!({"query": {"key": "event.property.id", "operator": "$eq", "values": ["P-1"]}})),
            &["a", "b"],
        ),
        (viewed(json!({"query": {"key": "property.price", "operator": "$gt", "values": [10_000]}})), &["b"]),
        (json!({"and": [viewed(json!({})), {"event": {"name": "Login"}}]}), &[]),
        (json!({"or": [viewed(json!({"within": "P30D"})), {"event": {"name": "Login"}}]}), &["a", "c"]),
        (json!({"and": [{"key": "tags", "operator": "$in", "values": ["gold"]}, viewed(json!({}))]}), &[]),
    ] {
        assert_eq!(members(&shop, &filter).await, expected, "{filter}");
        let counted = count(&shop, &filter).await;
        assert_eq!(
            (&counted.expect(200)["count"], &counted.body["exact"]),
            (&json!(expected.len()), &json!(true))
        );
    }
}

#[tokio::test]
async fn events_of_linked_records_count_and_more_than_a_page_of_them() {
    let shop = Shop::open().await;
    let visitor = shop.boot(json!({})).await;
    let token = visitor.str("/sessionToken");
    for batch in 0..3_i64 {
        let event = |n: i64| json!({"id": format!("{batch}-{n}"), "name": "PageView", "createdAt": NOW - batch * 1000 - n});
        let events: Vec<Value> = (0..100).map(event).collect();
        shop.track(token, events.into()).await.expect(200);
    }
    shop.boot_member("a", json!({"veilId": visitor.body["veilId"]})).await.expect(200);
    for (least, found) in [(300, true), (301, false)] {
        let filter = json!({"event": {"name": "PageView", "count": {"operator": "$gte", "values": [least]}}});
        assert_eq!(!members(&shop, &filter).await.is_empty(), found, "{least}");
    }
}

#[tokio::test]
async fn checkout_reads_no_event() {
    let shop = Shop::open().await;
    put(&shop, "none-yet", json!({})).await.expect(200);
    let token = shop.boot_member("a", json!({})).await.str("/sessionToken").to_owned();
    let order = json!([{"id": "1", "name": "CheckoutComplete", "createdAt": NOW}]);
    shop.track(&token, order).await.expect(200);
    let bought = json!({"event": {"name": "CheckoutComplete", "within": "P30D"}});
    count(&shop, &bought).await.expect(200);
    shop.recorder.reset();
    assert_eq!(count(&shop, &bought).await.expect(200)["count"], 1);
    assert!(shop.recorder.calls().iter().all(|call| call.operation == "Query"));
    assert_eq!(shop.recorder.calls().len(), 8);
}

#[tokio::test]
async fn only_contacts_that_may_match_have_their_events_read() {
    let shop = Shop::open().await;
    for member in ["a", "b", "c"] {
        put(&shop, member, json!({})).await.expect(200);
        did(&shop, member, "Login", 1, json!({})).await;
    }
    put(&shop, "vip", json!({"tags": ["vip"]})).await.expect(200);
    let filter =
        json!({"and": [{"key": "tags", "operator": "$in", "values": ["vip"]}, {"event": {"name": "Login"}}]});
    shop.recorder.reset();
    assert!(members(&shop, &filter).await.is_empty());
    // 8 shards of the index, one customer, and its events.
    let reads = shop.recorder.calls().len();
    assert!(reads <= 12, "{reads}");
}
