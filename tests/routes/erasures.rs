//! Erasure by any identifier and its receipt (R12).

use serde_json::{Value, json};
use support::{Answer, NOW, Shop, development_channel};

async fn erase(shop: &Shop, by: Value) -> Answer {
    shop.server("POST", "/okyaku/v1/erasures").json(json!({ "by": by })).await
}

async fn erase_all(shop: &Shop, by: Value) -> Answer {
    shop.server("POST", "/okyaku/v1/erasures").json(json!({ "by": by, "all": true })).await
}

async fn receipt(shop: &Shop, id: &str) -> Value {
    let answer = shop.server("GET", &format!("/okyaku/v1/erasures/{id}")).send().await;
    answer.expect(200)["erasure"].clone()
}

async fn put(shop: &Shop, member: &str, body: Value) -> Answer {
    shop.server("PUT", &format!("/open/v5/users/@{member}")).json(body).await
}

/// A member with two linked visitors, seven events, an address and a number.
async fn lee(shop: &Shop) -> (String, Vec<String>) {
    let mut veils = Vec::new();
    let mut id = String::new();
    for device in 0..2 {
        let visitor = shop.boot(json!({"profile": {"email": "Lee@example.com"}})).await;
        let event = json!([{"id": format!("d{device}"), "name": "PageView", "createdAt": NOW}]);
        shop.track(visitor.str("/sessionToken"), event).await.expect(200);
        let member = shop.boot_member("lee", json!({"veilId": visitor.str("/veilId")})).await;
        veils.push(visitor.str("/veilId").to_owned());
        id = member.str("/user/id").to_owned();
    }
    put(shop, "lee", json!({"profile": {"email": "lee@example.com", "mobileNumber": "010-2468-2468"}}))
        .await
        .expect(200);
    for n in 0..5 {
        let path = "/open/v5/users/@lee";
        let user = shop.server("GET", path).send().await.body["user"]["id"].clone();
        let path = format!("/open/v5/users/{}/events", user.as_str().unwrap());
        let event = json!({"name": "Order", "id": format!("o{n}"), "createdAt": NOW});
        shop.server("POST", &path).json(event).await.expect(200);
    }
    (id, veils)
}

#[tokio::test]
async fn any_identifier_erases_the_whole_person() {
    for by in
        ["id", "memberId", "email", "mobileNumber", "veilId", "linked id", "shopify", "cafe24", "firstmall"]
    {
        let shop = Shop::open().await;
        let (id, veils) = lee(&shop).await;
        let named = match by {
            "id" => json!({ "id": id }),
            "email" => json!({"email": " LEE@example.com "}),
            "mobileNumber" => json!({"mobileNumber": "010 2468 2468"}),
            "veilId" => json!({ "veilId": veils[0] }),
            "linked id" => {
                let keys = &shop.base.backend.keys;
                let veil = okyaku_domain::id::VeilId::parse(&veils[1]).unwrap();
                let veil = okyaku_domain::id::NaturalKey::Visitor(&veil);
                json!({"id": keys.customer_id(&development_channel(), veil, 0).as_str()})
            }
            "shopify" => json!({"memberId": "lee"}),
            builder => json!({ builder: "lee" }),
        };
        let answer = erase(&shop, named).await;
        answer.expect(202);
        shop.customer("@lee").await.expect(404);
        shop.customer(&id).await.expect(404);
        shop.sweep().await;
        shop.clock.advance(70_000);
        shop.sweep().await;
        let receipt = receipt(&shop, answer.str("/erasure/id")).await;
        let went = json!({"customers": 3, "events": 7, "links": 2, "contacts": 4, "markers": 3});
        assert_eq!((&receipt["status"], &receipt["deleted"]), (&json!("done"), &went), "{by}");
        assert_eq!(receipt["sweptAt"], NOW + 70_000);
        let dump = shop.dump().await;
        for canary in ["lee", "821024682468", veils[0].as_str(), "Order"] {
            assert!(!dump.contains(canary), "{by}: {canary}");
        }
    }
}

#[tokio::test]
async fn receipt_shows_the_progress_and_the_deleted_items() {
    let shop = Shop::open().await;
    lee(&shop).await;
    let answer = erase(&shop, json!({"memberId": "lee"})).await;
    let id = answer.str("/erasure/id").to_owned();
    let mut body = answer.expect(202)["erasure"].clone();
    body["id"] = json!("ID");
    insta::assert_snapshot!(body, @r#"{"deleted":{"contacts":4,"customers":3,"events":7,"links":2,"markers":3},"emptiedAt":1795348800000,"erasedAt":1795348800000,"id":"ID","keptUntil":1826884800000,"status":"sweeping","sweptAt":null}"#);
    shop.clock.advance(69_999);
    shop.sweep().await;
    assert_eq!(receipt(&shop, &id).await["status"], "sweeping");
    shop.clock.advance(1);
    assert_eq!(shop.sweep().await.finished, 1);
    assert_eq!(receipt(&shop, &id).await["status"], "done");
    assert_eq!(shop.sweep().await.open, 0);
}

#[tokio::test]
async fn slow_write_is_counted_by_the_last_sweep() {
    let shop = Shop::open().await;
    let (id, _) = lee(&shop).await;
    let answer = erase(&shop, json!({"memberId": "lee"})).await;
    let table = &shop.base.backend.table;
    let text = |value: &str| aws_sdk_dynamodb::types::AttributeValue::S(value.to_owned());
    let late = table.client.put_item().table_name(&table.name);
    let late = late.item("pk", text(&format!("C#dec0de00000000000000#{id}")));
    late.item("sk", text("E#1795348800000#00000000000000000000")).send().await.unwrap();
    shop.clock.advance(70_000);
    shop.sweep().await;
    assert_eq!(receipt(&shop, answer.str("/erasure/id")).await["deleted"]["events"], 8);
}

#[tokio::test]
async fn interrupted_last_sweep_counts_nothing_twice() {
    let shop = Shop::open().await;
    let (id, _) = lee(&shop).await;
    let answer = erase(&shop, json!({"memberId": "lee"})).await;
    let table = &shop.base.backend.table;
    let text = |value: &str| aws_sdk_dynamodb::types::AttributeValue::S(value.to_owned());
    let late = table.client.put_item().table_name(&table.name);
    let late = late.item("pk", text(&format!("C#dec0de00000000000000#{id}")));
    late.item("sk", text("E#1795348800000#00000000000000000000")).send().await.unwrap();
    shop.clock.advance(70_000);
    // It is counted, and then the table refuses to delete it.
    shop.recorder.inject(|operation, _| {
        let name = "com.amazonaws.dynamodb.v20120810#ThrottlingException";
        (operation == "BatchWriteItem").then(|| (400, json!({"__type": name, "message": "slow down"})))
    });
    okyaku_engine::sweep::run(&shop.base.app::<okyaku_sweep::Access>()).await.unwrap_err();
    shop.recorder.heal();
    assert_eq!(shop.sweep().await.finished, 1);
    assert_eq!(receipt(&shop, answer.str("/erasure/id")).await["deleted"]["events"], 8);
}

#[tokio::test]
async fn repeated_erasure_answers_with_the_first() {
    let shop = Shop::open().await;
    let (id, veils) = lee(&shop).await;
    let first = erase(&shop, json!({"email": "lee@example.com"})).await;
    for by in [
        json!({"memberId": "lee"}),
        json!({ "id": id }),
        json!({ "veilId": veils[0] }),
        json!({"email": "lee@example.com"}),
    ] {
        let again = erase(&shop, by.clone()).await;
        assert_eq!(again.expect(202)["erasure"]["id"], first.body["erasure"]["id"], "{by}");
    }
    shop.clock.advance(70_000);
    shop.sweep().await;
    assert_eq!(erase(&shop, json!({"memberId": "lee"})).await.expect(202)["erasure"]["status"], "done");
}

#[tokio::test]
async fn shared_address_is_409_with_candidates_and_all_erases_each() {
    let shop = Shop::open().await;
    for member in ["ann", "ben"] {
        put(&shop, member, json!({"profile": {"email": "family@example.com"}})).await.expect(200);
    }
    shop.boot(json!({"profile": {"email": "family@example.com"}})).await.expect(200);
    let refused = erase(&shop, json!({"email": "family@example.com"})).await;
    let body = refused.expect(409);
    assert_eq!(body["commonErrorCode"], "AMBIGUOUS");
    let mut candidates: Vec<(String, Value, Value)> = body["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (c["type"].as_str().unwrap().to_owned(), c["memberId"].clone(), c["verified"].clone()))
        .collect();
    candidates.sort_by_key(|c| format!("{c:?}"));
    let verified = json!(true);
    let expected = [
        ("member".to_owned(), json!("ann"), verified.clone()),
        ("member".to_owned(), json!("ben"), verified),
    ];
    assert_eq!(candidates, expected);
    shop.customer("@ann").await.expect(200);

    // With all, the visitor who only typed the address goes too.
    let done = erase_all(&shop, json!({"email": "family@example.com"})).await;
    assert_eq!(done.expect(202)["erasure"]["deleted"]["customers"], 3);
    for member in ["@ann", "@ben"] {
        shop.customer(member).await.expect(404);
    }
}

#[tokio::test]
async fn address_alone_never_selects_an_unverified_registration() {
    let shop = Shop::open().await;
    let lead = shop.boot(json!({"profile": {"email": "typed@example.com"}})).await;
    let refused = erase(&shop, json!({"email": "typed@example.com"})).await;
    assert_eq!(refused.expect(409)["candidates"][0]["id"], lead.body["user"]["id"]);
    erase_all(&shop, json!({"email": "typed@example.com"})).await.expect(202);
    shop.customer(lead.str("/user/id")).await.expect(404);
}

#[tokio::test]
async fn registrations_beyond_one_transaction_are_all_erased() {
    let shop = Shop::open().await;
    for n in 0..130 {
        put(&shop, &format!("m{n}"), json!({"profile": {"email": "office@example.com"}})).await.expect(200);
    }
    let refused = erase(&shop, json!({"email": "office@example.com"})).await;
    assert_eq!(refused.expect(409)["candidates"].as_array().unwrap().len(), 50);
    let done = erase_all(&shop, json!({"email": "office@example.com"})).await;
    assert_eq!(done.expect(202)["further"].as_array().unwrap().len(), 2);
    for n in 0..130 {
        shop.customer(&format!("@m{n}")).await.expect(404);
    }
    shop.sweep().await;
    shop.clock.advance(70_000);
    shop.sweep().await;
    let left = shop.items().await.into_iter().filter(|item| item["pk"].as_s().unwrap().starts_with("A#"));
    let left: Vec<String> = left.map(|item| item["sk"].as_s().unwrap().clone()).collect();
    assert_eq!(left, ["A"], "the address remembers its erasure");
}

#[tokio::test]
async fn unknown_person_gets_a_tombstone_that_refuses_later_writes() {
    let shop = Shop::open().await;
    let veil = "0123456789abcdef0123456789abcdef";
    for by in [
        json!({"memberId": "ghost"}),
        json!({ "veilId": veil }),
        json!({"id": "00000000000000000007"}),
        json!({"email": "ghost@example.com"}),
        json!({"mobileNumber": "+821024682468"}),
    ] {
        let answer = erase(&shop, by.clone()).await;
        assert_eq!(answer.expect(202)["erasure"]["deleted"]["customers"], 0, "{by}");
        assert_eq!(erase(&shop, by).await.body["erasure"]["id"], answer.body["erasure"]["id"]);
    }
    assert_eq!(put(&shop, "ghost", json!({})).await.expect(409)["commonErrorCode"], "ERASED");
    let booted = shop.boot(json!({ "veilId": veil })).await;
    assert_ne!(booted.str("/veilId"), veil);
    let path = "/open/v5/users/00000000000000000007/events";
    assert_eq!(shop.server("POST", path).json(json!({"name": "Late"})).await.status, 409);
    // An upsert that names the address would bring the person back under another memberId.
    for profile in [json!({"email": "ghost@example.com"}), json!({"mobileNumber": "010-2468-2468"})] {
        let upsert = json!({ "profile": profile });
        assert_eq!(put(&shop, "other", upsert.clone()).await.expect(409)["commonErrorCode"], "ERASED");
    }
    shop.customer("@other").await.expect(404);
    let revived = json!({"profile": {"email": "ghost@example.com"}, "revive": true});
    put(&shop, "other", revived).await.expect(200);
    // A new lead is a new life, and so is a proven boot.
    let lead = json!({"profile": {"mobileNumber": "010-2468-2468"}});
    shop.server("POST", "/open/v5/users").json(lead).await.expect(200);
    shop.boot_member("ghost", json!({"profile": {"email": "ghost@example.com"}})).await.expect(200);
}

#[tokio::test]
async fn event_dated_before_the_erasure_is_refused_by_the_new_record() {
    let shop = Shop::open().await;
    put(&shop, "lee", json!({})).await.expect(200);
    erase(&shop, json!({"memberId": "lee"})).await.expect(202);
    shop.clock.advance(60_000);
    let booted = shop.boot_member("lee", json!({})).await;
    let event = |at: i64| json!({"id": format!("e{at}"), "name": "Order", "createdAt": at});
    let batch = json!([event(NOW - 1), event(NOW), event(NOW + 60_000)]);
    let answer = shop.track(booted.str("/sessionToken"), batch).await;
    let verdicts = &answer.expect(200)["results"];
    assert_eq!(verdicts[0]["status"], "rejected");
    assert_eq!(verdicts[0]["message"], "createdAt: lies before the customer's erasure");
    assert_eq!((&verdicts[1]["status"], &verdicts[2]["status"]), (&json!("accepted"), &json!("accepted")));
    let path = format!("/open/v5/users/{}/events", booted.str("/user/id"));
    let import = shop.server("POST", &path).json(event(NOW - 86_400_000)).await;
    assert_eq!(import.expect(409)["commonErrorCode"], "ERASED");
}

#[tokio::test]
async fn wrong_request_is_422_naming_the_field_and_erases_nobody() {
    let shop = Shop::open().await;
    put(&shop, "lee", json!({"profile": {"email": "lee@example.com"}})).await.expect(200);
    for (body, field) in [
        (json!({}), "by"),
        (json!({"by": null}), "by"),
        (json!({"by": "lee"}), "by"),
        (json!({"by": {}}), "by"),
        (json!({"by": {"memberId": "lee", "email": "lee@example.com"}}), "by"),
        (json!({"by": {"member": "lee"}}), "by.member"),
        (json!({"by": {"memberId": null}}), "by.memberId"),
        (json!({"by": {"memberId": 7}}), "by.memberId"),
        (json!({"by": {"memberId": "a b"}}), "by.memberId"),
        (json!({"by": {"memberId": "x".repeat(65)}}), "by.memberId"),
        (json!({"by": {"id": "lee"}}), "by.id"),
        (json!({"by": {"veilId": "0"}}), "by.veilId"),
        (json!({"by": {"email": "lee"}}), "by.email"),
        (json!({"by": {"mobileNumber": "12"}}), "by.mobileNumber"),
        (json!({"by": {"shopify": "gid://shopify/Order/1"}}), "by.shopify"),
        (json!({"by": {"memberId": "lee"}, "all": true}), "all"),
        (json!({"by": {"email": "lee@example.com"}, "all": "yes"}), "all"),
        (json!({"by": {"memberId": "lee"}, "dryRun": true}), "dryRun"),
    ] {
        let answer = shop.server("POST", "/okyaku/v1/erasures").json(body.clone()).await;
        assert_eq!(answer.expect(422)["details"][0]["field"], field, "{body}");
    }
    shop.customer("@lee").await.expect(200);
    for id in ["", "x", "0123", &"f".repeat(32), "01a02b03c040123456789abcdef01234"] {
        let answer = shop.server("GET", &format!("/okyaku/v1/erasures/{id}")).send().await;
        assert_eq!(answer.status, 404, "{id}");
    }
}

#[tokio::test]
async fn tombstones_and_receipts_expire_when_nothing_older_remains() {
    let shop = Shop::open().await;
    let day = 86_400_000;
    put(&shop, "lee", json!({})).await.expect(200);
    let first = erase(&shop, json!({"memberId": "lee"})).await;
    assert_eq!(first.body["erasure"]["keptUntil"], NOW + 365 * day);
    shop.clock.advance(70_000);
    shop.sweep().await;
    shop.clock.advance(365 * day - 70_001);
    assert_eq!(put(&shop, "lee", json!({})).await.status, 409);
    shop.clock.advance(1_001);
    assert_eq!(
        shop.server("GET", &format!("/okyaku/v1/erasures/{}", first.str("/erasure/id"))).send().await.status,
        404
    );
    put(&shop, "lee", json!({})).await.expect(200);
}

#[tokio::test]
async fn first_tombstone_stays_for_as_long_as_a_later_record() {
    let shop = Shop::open().await;
    let day = 86_400_000;
    put(&shop, "lee", json!({})).await.expect(200);
    erase(&shop, json!({"memberId": "lee"})).await.expect(202);
    let second = put(&shop, "lee", json!({"revive": true, "profile": {"grade": "gold"}})).await;
    shop.clock.advance(500 * day);
    assert_eq!(shop.customer("@lee").await.expect(200)["user"]["id"], second.body["user"]["id"]);
    erase(&shop, json!({"memberId": "lee"})).await.expect(202);
    assert_eq!(put(&shop, "lee", json!({})).await.status, 409);
    shop.clock.advance(366 * day);
    put(&shop, "lee", json!({})).await.expect(200);
}

#[tokio::test]
async fn address_of_many_names_50_candidates() {
    let shop = Shop::open().await;
    for (n, named) in [(50, 50), (51, 50)] {
        for member in 0..n {
            put(&shop, &format!("m{member}"), json!({"profile": {"email": "shared@example.com"}}))
                .await
                .expect(200);
        }
        let refused = erase(&shop, json!({"email": "shared@example.com"})).await;
        assert_eq!(refused.expect(409)["candidates"].as_array().unwrap().len(), named, "{n}");
    }
}
