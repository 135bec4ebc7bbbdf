//! The tags of the contacts, with counts.

use okyaku_domain::limit::TAGS_LISTED;
use serde_json::json;
use support::people::put;
use support::{Answer, NOW, Shop, crowd, development_channel};

async fn tags(shop: &Shop) -> Answer {
    shop.server("GET", "/okyaku/v1/tags").send().await
}

#[tokio::test]
async fn tags_are_counted_over_contacts_alone() {
    let shop = Shop::open().await;
    assert_eq!(tags(&shop).await.expect(200)["tags"], json!([]));
    for (member, own) in
        [("a", json!(["vip", "退会"])), ("b", json!(["vip"])), ("c", json!([])), ("d", json!(["gone"]))]
    {
        put(&shop, member, json!({ "tags": own })).await.expect(200);
    }
    shop.server("DELETE", "/open/v5/users/@d").send().await.expect(204);
    // A visitor is no contact, and a linked one is a part of its member.
    shop.boot(json!({"tags": ["vip"]})).await.expect(200);
    // Tags of more than the document has room for.
    let long: Vec<String> = (0..5).map(|n| format!("{n}{}", "x".repeat(90))).collect();
    let many = [&long[..], &["vip".to_owned()]].concat();
    put(&shop, "e", json!({ "tags": many })).await.expect(200);
    let answer = tags(&shop).await;
    let counted = answer.expect(200)["tags"].as_array().unwrap();
    assert_eq!((&counted[0], counted.len()), (&json!({"tag": "vip", "count": 3}), 7));
    assert_eq!(counted[6], json!({"tag": "退会", "count": 1}));
    assert_eq!((&answer.body["exact"], &answer.body["scanned"]), (&json!(true), &json!(4)));
}

#[tokio::test]
async fn list_of_tags_has_a_limit() {
    let shop = Shop::open().await;
    let member = |n: usize| {
        let own: Vec<String> = (0..20).map(|tag| format!("t{:04}", n * 20 + tag)).collect();
        (format!("m{n}"), json!({ "tags": own }))
    };
    for n in 0..TAGS_LISTED / 20 {
        let (name, body) = member(n);
        put(&shop, &name, body).await.expect(200);
    }
    let full = tags(&shop).await;
    assert_eq!(
        (full.expect(200)["tags"].as_array().unwrap().len(), full.body.get("further")),
        (TAGS_LISTED, None)
    );
    put(&shop, "more", json!({"tags": ["rare", "t0000"]})).await.expect(200);
    let over = tags(&shop).await;
    let counted = over.expect(200)["tags"].as_array().unwrap();
    assert_eq!((counted.len(), &over.body["further"]), (TAGS_LISTED, &json!(1)));
    assert_eq!(counted[0], json!({"tag": "t0000", "count": 2}));
}

#[tokio::test]
async fn counting_reads_the_index_alone() {
    let shop = Shop::open().await;
    crowd::fill(&shop.base.backend.table, &development_channel(), 0, 1000, NOW).await;
    tags(&shop).await.expect(200);
    shop.recorder.reset();
    let answer = tags(&shop).await;
    assert_eq!(
        answer.expect(200)["tags"],
        json!([{"tag": "vip", "count": 100}, {"tag": "gold", "count": 10}])
    );
    let (read, _) = shop.recorder.units();
    assert!(read <= 45.0 && answer.body["units"].as_f64() == Some(read), "{read}");
}
