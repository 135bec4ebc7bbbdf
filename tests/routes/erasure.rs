//! Member deletion (R12): gone at the answer, gone from the table after it, and no way back but a proven one.

use serde_json::{Value, json};
use support::{NOW, Shop};

fn batch(from: usize, count: usize) -> Value {
    (from..from + count)
        .map(|n| json!({"id": format!("e{n}"), "name": "PageView", "createdAt": NOW, "property": {"n": n, "x": "canary-property"}}))
        .collect()
}

/// Erases `lee` and finishes all that is left to do.
async fn erase(shop: &Shop) {
    shop.server("DELETE", "/open/v5/users/@lee").send().await.expect(204);
    shop.sweep().await;
    shop.clock.advance(71_000);
    shop.sweep().await;
}

#[tokio::test]
async fn person_is_not_readable_once_erasure_is_answered() {
    let shop = Shop::open().await;
    let booted = shop.boot_member("lee", json!({"profile": {"email": "lee@example.com"}})).await;
    let id = booted.str("/user/id").to_owned();
    shop.track(booted.str("/sessionToken"), batch(0, 3)).await.expect(200);
    shop.server("DELETE", &format!("/open/v5/users/{id}")).send().await.expect(204);
    for user in ["@lee", &id] {
        for path in [
            format!("/open/v5/users/{user}"),
            format!("/open/v5/users/{user}/events"),
            format!("/okyaku/v1/contacts/{user}"),
        ] {
            assert_eq!(shop.server("GET", &path).send().await.status, 404, "{path}");
        }
        assert_eq!(shop.server("DELETE", &format!("/open/v5/users/{user}")).send().await.status, 404);
    }
}

#[tokio::test]
async fn events_and_linked_records_leave_only_tombstones() {
    let shop = Shop::open().await;
    let visitor = shop.boot(json!({"profile": {"email": "canary@example.com", "note": "canary-note"}})).await;
    shop.track(visitor.str("/sessionToken"), batch(0, 50)).await.expect(200);
    let body = json!({"veilId": visitor.str("/veilId"), "profile": {"mobileNumber": "+821024682468", "name": "canary-name"}});
    let token = shop.boot_member("lee", body).await.str("/sessionToken").to_owned();
    for n in 0..20 {
        shop.track(&token, batch(100 * n, 100)).await.expect(200);
    }
    erase(&shop).await;

    let dump = shop.dump().await;
    for canary in ["canary", "lee", "821024682468", visitor.str("/veilId")] {
        assert!(!dump.contains(canary), "{canary} in {dump}");
    }
    // What is left: two tombstones, and the month's markers, which name nobody.
    let kinds: Vec<String> =
        shop.items().await.iter().map(|item| item["pk"].as_s().unwrap()[..2].to_owned()).collect();
    let count = |kind: &str| kinds.iter().filter(|k| *k == kind).count();
    assert_eq!((count("C#"), count("A#"), count("M#"), count("X#")), (2, 0, 2, 0));
}

#[tokio::test]
async fn contact_points_are_free_for_a_new_lead() {
    let shop = Shop::open().await;
    let visitor = shop.boot(json!({"profile": {"email": "shared@example.com"}})).await;
    let body = json!({"veilId": visitor.str("/veilId"), "profile": {"email": "shared@example.com", "mobileNumber": "+821024682468"}});
    shop.boot_member("lee", body).await.expect(200);
    let lead = json!({"profile": {"email": "shared@example.com", "mobileNumber": "+821024682468"}});
    assert_eq!(shop.server("POST", "/open/v5/users").json(lead.clone()).await.status, 409);
    shop.server("DELETE", "/open/v5/users/@lee").send().await.expect(204);
    shop.server("POST", "/open/v5/users").json(lead).await.expect(200);
}

#[tokio::test]
async fn late_event_is_refused_and_nothing_of_it_is_stored() {
    let shop = Shop::open().await;
    let visitor = shop.boot(json!({})).await;
    let member = shop.boot_member("lee", json!({"veilId": visitor.str("/veilId")})).await;
    let id = member.str("/user/id").to_owned();
    erase(&shop).await;
    let before = shop.dump().await;
    for token in [member.str("/sessionToken"), visitor.str("/sessionToken")] {
        let answer = shop.track(token, batch(0, 2)).await;
        assert_eq!(answer.expect(409)["commonErrorCode"], "ERASED");
    }
    for user in ["@lee", &id, visitor.str("/user/id")] {
        let path = format!("/open/v5/users/{user}/events");
        let answer = shop.server("POST", &path).json(json!({"name": "Late"})).await;
        assert_eq!(answer.expect(409)["commonErrorCode"], "ERASED", "{user}");
    }
    assert_eq!(shop.dump().await, before);
}

#[tokio::test]
async fn upsert_is_refused_unless_it_revives() {
    let shop = Shop::open().await;
    let member = shop.boot_member("lee", json!({"profile": {"grade": "gold"}})).await;
    erase(&shop).await;
    let upsert = json!({"profile": {"grade": "silver"}});
    let path = "/open/v5/users/@lee";
    assert_eq!(shop.server("PUT", path).json(upsert.clone()).await.expect(409)["commonErrorCode"], "ERASED");
    assert_eq!(shop.server("PATCH", path).json(upsert).await.status, 409);
    assert_eq!(shop.page("POST", "/front/v1/touch", member.str("/sessionToken")).send().await.status, 409);
    let patch = shop.page("PATCH", "/front/v1/users/me", member.str("/sessionToken"));
    assert_eq!(patch.json(json!({"profile": {"grade": "silver"}})).await.status, 409);
    assert_eq!(shop.customer("@lee").await.status, 404);

    let revived = shop.server("PUT", path).json(json!({"revive": true})).await;
    assert_ne!(revived.expect(200)["user"]["id"], member.body["user"]["id"]);
    assert_eq!(shop.customer("@lee").await.body["user"]["profile"], json!({}));
}

#[tokio::test]
async fn member_boots_again_into_a_new_empty_record_each_time() {
    let shop = Shop::open().await;
    let mut ids = std::collections::BTreeSet::new();
    for record in 0..4 {
        let booted = shop.boot_member("lee", json!({"profile": {"life": record}})).await;
        let user = &booted.expect(200)["user"];
        assert_eq!(user["profile"], json!({"life": record}));
        assert_eq!(user["sessionsCount"], 1);
        ids.insert(booted.str("/user/id").to_owned());
        assert_eq!(shop.events("@lee").await.len(), 0);
        let mut events = batch(0, 5);
        for event in events.as_array_mut().unwrap() {
            event["createdAt"] = json!(shop.clock.now_ms());
        }
        shop.track(booted.str("/sessionToken"), events).await.expect(200);
        assert_eq!(shop.events("@lee").await.len(), 5);
        erase(&shop).await;
    }
    assert_eq!(ids.len(), 4);
}

#[tokio::test]
async fn sweep_of_an_old_record_leaves_the_new_one_alone() {
    let shop = Shop::open().await;
    let old = shop.boot_member("lee", json!({})).await;
    shop.track(old.str("/sessionToken"), batch(0, 10)).await.expect(200);
    shop.server("DELETE", "/open/v5/users/@lee").send().await.expect(204);
    let new = shop.boot_member("lee", json!({})).await;
    shop.track(new.str("/sessionToken"), batch(0, 7)).await.expect(200);
    shop.clock.advance(71_000);
    assert_eq!(shop.sweep().await.finished, 1);
    assert_eq!(shop.events("@lee").await.len(), 7);
}

#[tokio::test]
async fn boot_with_an_erased_veil_id_is_anonymous_with_a_new_one() {
    let shop = Shop::open().await;
    let visitor = shop.boot(json!({})).await;
    shop.boot_member("lee", json!({"veilId": visitor.str("/veilId")})).await.expect(200);
    erase(&shop).await;
    let again = shop.boot(json!({"veilId": visitor.str("/veilId")})).await;
    assert_eq!(again.expect(200)["user"]["type"], "anonymous");
    assert_ne!(again.str("/veilId"), visitor.str("/veilId"));
    assert_ne!(again.str("/user/id"), visitor.str("/user/id"));
}

#[tokio::test]
async fn interrupted_erasure_is_finished_by_sweep() {
    let shop = Shop::open().await;
    let token = shop.boot_member("lee", json!({})).await.str("/sessionToken").to_owned();
    for n in 0..12 {
        shop.track(&token, batch(100 * n, 100)).await.expect(200);
    }
    // The table refuses every delete: the request can only put the tombstone and the job.
    shop.recorder.inject(|operation, _| (operation == "BatchWriteItem").then(throttled));
    shop.server("DELETE", "/open/v5/users/@lee").send().await.expect(204);
    assert_eq!(shop.customer("@lee").await.status, 404);
    shop.recorder.heal();
    assert!(shop.dump().await.contains("canary"));

    let report = shop.another_instance().sweep().await;
    assert_eq!((report.open, report.finished), (1, 0));
    assert!(!shop.dump().await.contains("canary"));
    // The request had counted its first page; the sweep counts the others and none twice.
    let erased = json!({"by": {"memberId": "lee"}});
    let receipt = shop.server("POST", "/okyaku/v1/erasures").json(erased).await;
    assert_eq!(receipt.expect(202)["erasure"]["deleted"]["events"], 1200);
}

#[tokio::test]
async fn write_after_its_page_is_found_by_the_last_sweep() {
    let shop = Shop::open().await;
    let booted = shop.boot_member("lee", json!({})).await;
    shop.server("DELETE", "/open/v5/users/@lee").send().await.expect(204);
    shop.sweep().await;
    // As a `track` that read its guard before the tombstone and was slow: the item goes straight into the table.
    let record = booted.str("/user/id");
    let table = &shop.base.backend.table;
    let text = |value: &str| aws_sdk_dynamodb::types::AttributeValue::S(value.to_owned());
    let late = table.client.put_item().table_name(&table.name);
    let late = late.item("pk", text(&format!("C#dec0de00000000000000#{record}")));
    late.item("sk", text("E#1795348800000#00000000000000000000"))
        .item("n", text("canary-late"))
        .send()
        .await
        .unwrap();

    assert_eq!(shop.sweep().await.finished, 0);
    assert!(shop.dump().await.contains("canary-late"));
    shop.clock.advance(70_000);
    assert_eq!(shop.sweep().await.finished, 1);
    assert!(!shop.dump().await.contains("canary-late"));
}

#[tokio::test]
async fn deletion_of_the_unknown_is_404_and_leaves_nothing() {
    let shop = Shop::open().await;
    shop.customer("@nobody").await.expect(404);
    let before = shop.items().await.len();
    for user in ["@nobody", "00000000000000000000", "nonsense", "@a%2Fb", "@"] {
        assert_eq!(
            shop.server("DELETE", &format!("/open/v5/users/{user}")).send().await.status,
            404,
            "{user}"
        );
    }
    assert_eq!(shop.items().await.len(), before);
}

#[tokio::test]
async fn linked_visitor_id_deletes_the_whole_person() {
    let shop = Shop::open().await;
    let visitor = shop.boot(json!({})).await;
    shop.boot_member("lee", json!({"veilId": visitor.str("/veilId")})).await.expect(200);
    let path = format!("/open/v5/users/{}", visitor.str("/user/id"));
    shop.server("DELETE", &path).send().await.expect(204);
    assert_eq!(shop.customer("@lee").await.status, 404);
}

fn throttled() -> (u16, Value) {
    (400, json!({"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "slow down"}))
}
