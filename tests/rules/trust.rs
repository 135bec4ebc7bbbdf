//! A page is believed only as the visitor's own word (R9). Its events never reach the events of a server or a builder,
//! and the events of one builder never reach those of another. A sender's own repetition is still one event.

use okyaku_domain::builder::Builder;
use okyaku_domain::builder_update::{BuilderUpdate, CustomerUpdate, VersionedEvent};
use okyaku_domain::event::Event;
use okyaku_domain::id::MemberId;
use okyaku_domain::rejection::Rejection;
use okyaku_engine::{Invocation, builder_update};
use serde_json::{Value, json};
use support::{NOW, Shop, development_channel};

const MINUTE: i64 = 60_000;
const LEE: &str = "7064055069";
/// When Lee's order was placed.
const PLACED: i64 = NOW - 300 * MINUTE;

fn rfc3339(at: i64) -> String {
    chrono::DateTime::from_timestamp_millis(at).unwrap().to_rfc3339()
}

/// The order 5501 of Lee's, changed so many minutes after it was placed.
fn order(minutes: i64, total: &str) -> Value {
    json!({
        "id": 5501, "created_at": rfc3339(PLACED), "updated_at": rfc3339(PLACED + minutes * MINUTE), "currency": "USD",
        "total_price": total, "line_items": [],
        "customer": {"id": 7_064_055_069_u64, "created_at": rfc3339(PLACED), "updated_at": rfc3339(PLACED)},
    })
}

/// Delivers a version of the order. Returns the rejections as text.
async fn deliver(shop: &Shop, minutes: i64, total: &str) -> String {
    let answer = shop.shopify("orders/updated", &order(minutes, total)).await;
    answer.expect(200)["dropped"].to_string()
}

/// An event as a page or a server sends it.
fn event(id: &str, at: i64, from: &str) -> Value {
    json!({"id": id, "name": "CheckoutComplete", "createdAt": at, "property": {"from": from, "totalAmount": 1}})
}

fn forged(from: &str) -> Value {
    event("shopify:order:5501", PLACED, from)
}

async fn session(shop: &Shop, member: &str) -> String {
    shop.boot_member(member, json!({})).await.str("/sessionToken").to_owned()
}

/// Sends a page's batch. Returns the verdicts.
async fn track(shop: &Shop, token: &str, events: Value, attempt: u32) -> Vec<String> {
    let body = json!({"events": events, "attempt": attempt});
    let answer = shop.page("POST", "/front/v1/events", token).json(body).await;
    let results = answer.expect(200)["results"].as_array().unwrap();
    results.iter().map(|result| result["status"].as_str().unwrap().to_owned()).collect()
}

async fn post(shop: &Shop, member: &str, event: Value) {
    shop.server("POST", &format!("/open/v5/users/@{member}/events")).json(event).await.expect(200);
}

/// Each event of a member: who sent it, or else its total. Sorted.
async fn stored(shop: &Shop, member: &str) -> Vec<String> {
    let of = |event: &Value| {
        let property = &event["property"];
        property["from"].as_str().map_or_else(|| property["totalAmount"].to_string(), str::to_owned)
    };
    let mut all: Vec<String> = shop.events(&format!("@{member}")).await.iter().map(of).collect();
    all.sort();
    all
}

/// The counted rejections: sender, reason, field and count.
async fn counted(shop: &Shop) -> Vec<String> {
    let answer = shop.server("GET", "/okyaku/v1/rejections").send().await;
    let rows = answer.expect(200)["rejections"].as_array().unwrap();
    let row = |row: &Value| {
        let text = ["sender", "reason", "field"].map(|key| row[key].as_str().unwrap());
        format!("{} {}", text.join(" "), row["count"])
    };
    rows.iter().map(row).collect()
}

#[tokio::test]
async fn page_batch_never_replaces_a_builder_order_event() {
    let shop = Shop::open().await;
    assert_eq!(deliver(&shop, 10, "59.90").await, "[]");
    let token = session(&shop, LEE).await;
    let other = event("e1", NOW, "another");
    // A batch, the same batch marked as a retry, and a lone event.
    let batch = json!([forged("page"), other]);
    assert_eq!(track(&shop, &token, batch.clone(), 1).await, ["accepted", "accepted"]);
    assert_eq!(stored(&shop, LEE).await, ["59.9", "another", "page"]);
    assert_eq!(track(&shop, &token, batch, 2).await, ["duplicate", "duplicate"]);
    assert_eq!(track(&shop, &token, json!([forged("again")]), 1).await, ["duplicate"]);
    // A later version still arrives, and an earlier version is refused and counted.
    assert_eq!(deliver(&shop, 20, "49.90").await, "[]");
    assert_eq!(stored(&shop, LEE).await, ["49.9", "another", "page"]);
    assert_eq!(counted(&shop).await, [""; 0]);
    let outdated = r#"[{"field":"events","reason":"outdated"}]"#;
    assert_eq!(deliver(&shop, 15, "39.90").await, outdated);
    assert_eq!(stored(&shop, LEE).await, ["49.9", "another", "page"]);
    assert_eq!(counted(&shop).await, ["shopify outdated events 1"]);
}

#[tokio::test]
async fn page_before_the_delivery_does_not_hold_its_place() {
    for marked in [1, 2] {
        for batch in [json!([forged("page")]), json!([forged("page"), event("e1", NOW, "page")])] {
            let shop = Shop::open().await;
            let token = session(&shop, LEE).await;
            let count = batch.as_array().unwrap().len();
            assert_eq!(track(&shop, &token, batch, marked).await, vec!["accepted"; count]);
            for (minutes, total) in [(10, "59.90"), (20, "49.90")] {
                assert_eq!(deliver(&shop, minutes, total).await, "[]");
            }
            let mut expected = vec!["49.9"];
            expected.extend(vec!["page"; count]);
            assert_eq!(stored(&shop, LEE).await, expected);
            assert_eq!(counted(&shop).await, [""; 0]);
        }
    }
}

#[tokio::test]
async fn page_never_meets_an_event_of_a_server() {
    for page_first in [true, false] {
        let shop = Shop::open().await;
        let token = session(&shop, "lee").await;
        let (paid, of_page) = (event("order-1", NOW, "server"), event("order-1", NOW, "page"));
        if !page_first {
            post(&shop, "lee", paid.clone()).await;
        }
        // A lone event is no duplicate of the server's, and a batch does not replace the server's.
        assert_eq!(track(&shop, &token, json!([of_page]), 1).await, ["accepted"]);
        post(&shop, "lee", paid).await;
        let batch = json!([event("order-1", NOW, "page 2"), event("e1", NOW, "page 3")]);
        assert_eq!(track(&shop, &token, batch.clone(), 1).await, ["accepted", "accepted"]);
        assert_eq!(stored(&shop, "lee").await, ["page 2", "page 3", "server"], "page first: {page_first}");
        assert_eq!(track(&shop, &token, batch, 2).await, ["duplicate", "duplicate"]);
        post(&shop, "lee", event("order-1", NOW, "server again")).await;
        assert_eq!(stored(&shop, "lee").await, ["page 2", "page 3", "server"]);
    }
}

#[tokio::test]
async fn server_never_meets_an_event_of_a_builder() {
    for server_first in [true, false] {
        let shop = Shop::open().await;
        shop.server("PUT", &format!("/open/v5/users/@{LEE}")).json(json!({})).await.expect(200);
        if server_first {
            post(&shop, LEE, forged("server")).await;
        }
        assert_eq!(deliver(&shop, 10, "59.90").await, "[]");
        post(&shop, LEE, forged("server")).await;
        assert_eq!(deliver(&shop, 20, "49.90").await, "[]");
        assert_eq!(stored(&shop, LEE).await, ["49.9", "server"], "server first: {server_first}");
    }
}

/// A version of an event as a parser of `builder` hands it on. Returns the rejections.
async fn apply(shop: &Shop, builder: Builder, version: i64, from: &str) -> Vec<Rejection> {
    let app = shop.base.app::<okyaku_webhook::Access>();
    let channel = app.store.channel(&development_channel()).await.unwrap().unwrap();
    let event = Event {
        id: Some("order:5501".into()),
        name: "CheckoutComplete".into(),
        created_at: PLACED,
        property: Some(json!({"from": from}).to_string()),
        remark: None,
    };
    let mut update = CustomerUpdate::new(builder, MemberId::parse(LEE).unwrap(), PLACED);
    update.events.push(VersionedEvent { event, version });
    let update = BuilderUpdate::Customer(Box::new(update));
    builder_update::apply(&app, &channel, update, &Invocation::direct().unwrap()).await.unwrap()
}

#[tokio::test]
async fn one_builder_never_meets_an_event_of_another() {
    use Builder::{Cafe24, Shopify};
    let shop = Shop::open().await;
    // The first builder's version is the later one, so it would refuse every version of the second.
    for (builder, version, from, refused) in [
        (Shopify, 9, "shopify 9", 0),
        (Cafe24, 3, "cafe24 3", 0),
        (Cafe24, 2, "cafe24 2", 1),
        (Cafe24, 3, "cafe24 3", 0),
        (Shopify, 8, "shopify 8", 1),
        (Cafe24, 10, "cafe24 10", 0),
        (Shopify, 9, "shopify 9", 0),
    ] {
        assert_eq!(
            apply(&shop, builder, version, from).await,
            vec![Rejection::outdated(); refused],
            "{from}"
        );
    }
    assert_eq!(stored(&shop, LEE).await, ["cafe24 10", "shopify 9"]);
}

#[tokio::test]
async fn repetition_by_the_same_sender_is_one_event() {
    let shop = Shop::open().await;
    assert_eq!(deliver(&shop, 10, "59.90").await, "[]");
    let token = session(&shop, LEE).await;
    assert_eq!(track(&shop, &token, json!([forged("page")]), 1).await, ["accepted"]);
    post(&shop, LEE, forged("server")).await;
    for _ in 0..2 {
        assert_eq!(deliver(&shop, 10, "59.90").await, "[]");
        assert_eq!(track(&shop, &token, json!([forged("page again")]), 1).await, ["duplicate"]);
        assert_eq!(track(&shop, &token, json!([forged("page"), forged("page")]), 2).await, ["duplicate"; 2]);
        post(&shop, LEE, forged("server again")).await;
        assert_eq!(stored(&shop, LEE).await, ["59.9", "page", "server"]);
    }
    // Another time is another event, as before.
    let later = event("shopify:order:5501", PLACED + 1, "page later");
    assert_eq!(track(&shop, &token, json!([later]), 1).await, ["accepted"]);
    assert_eq!(stored(&shop, LEE).await, ["59.9", "page", "page later", "server"]);
}

#[tokio::test]
async fn page_event_stays_a_page_event_under_firstmall() {
    let shop = Shop::open().await;
    let token = session(&shop, "lee").await;
    post(&shop, "lee", event("order-1", NOW, "server")).await;
    assert_eq!(track(&shop, &token, json!([event("order-1", NOW, "page")]), 1).await, ["accepted"]);
    let command = json!({"action": "setBuilder", "channelId": development_channel().as_str(), "builder": "firstmall",
        "shop": "mall.example.com", "enabled": true});
    shop.admin(command).await.unwrap();
    // Another instance has no cached channel. Firstmall is connected there.
    let there = shop.another_instance();
    let other = json!([{"id": "e1", "name": "Searched", "createdAt": NOW}]);
    assert_eq!(track(&there, &token, other, 1).await, ["rejected"]);
    assert_eq!(track(&there, &token, json!([event("order-1", NOW, "page again")]), 1).await, ["duplicate"]);
    assert_eq!(stored(&shop, "lee").await, ["page", "server"]);
}
