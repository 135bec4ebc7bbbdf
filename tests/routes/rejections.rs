//! The log of drops: what was refused or left out, by day, source, reason and field, and never a value (R15).

use okyaku_domain::builder::Builder;
use okyaku_domain::rejection::Rejection;
use okyaku_domain::rejection_reason::RejectionReason;
use okyaku_domain::sender::Sender;
use serde_json::{Value, json};
use support::fault::wire::Act;
use support::fault::world::{World, run};
use support::{Channel, NOW, Shop, development_channel};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
const PATH: &str = "/okyaku/v1/rejections";

/// Every row as `day source reason field count`.
async fn rows_of(shop: &Shop, days: u32) -> Vec<String> {
    let answer = shop.server("GET", &format!("{PATH}?days={days}")).send().await;
    let rejections = answer.expect(200)["rejections"].as_array().unwrap().clone();
    let text = |rejection: &Value, key: &str| rejection[key].as_str().unwrap().to_owned();
    let row = |rejection: &Value| {
        let named = ["day", "sender", "reason", "field"].map(|key| text(rejection, key)).join(" ");
        format!("{named} {}", rejection["count"])
    };
    rejections.iter().map(row).collect()
}

async fn rows(shop: &Shop) -> Vec<String> {
    rows_of(shop, 14).await
}

/// A boot whose e-mail address is none.
async fn bad_boot(shop: &Shop) {
    let booted = shop.boot(json!({"profile": {"email": "kanarie"}})).await;
    assert_eq!(booted.expect(200)["dropped"][0]["field"], "profile.email");
}

/// How many calls of the table count drops.
fn writes(shop: &Shop) -> usize {
    shop.recorder.calls().iter().filter(|call| call.notes_rejections()).count()
}

async fn items(shop: &Shop) -> Vec<String> {
    let items = shop.items().await;
    let rejections = items.iter().filter(|item| item["pk"].as_s().unwrap().starts_with("D#"));
    rejections.map(|item| format!("{item:?}")).collect()
}

#[tokio::test]
async fn bad_page_field_is_listed_with_its_reason_and_no_value() {
    let shop = Shop::open().await;
    assert_eq!(shop.server("GET", PATH).send().await.expect(200), &json!({"rejections": []}));
    bad_boot(&shop).await;
    let answer = shop.server("GET", PATH).send().await;
    insta::assert_snapshot!(answer.text(), @r#"
    200 {
      "rejections": [
        {
          "count": 1,
          "day": "2026-11-22",
          "field": "profile.email",
          "lastAt": 1795348800000,
          "reason": "invalid",
          "sender": "page"
        }
      ]
    }
    "#);
    let stored = items(&shop).await.concat();
    assert!(!stored.is_empty() && !stored.contains("kanarie"), "{stored}");
}

#[tokio::test]
async fn field_name_chosen_by_a_sender_is_other() {
    let shop = Shop::open().await;
    let body =
        json!({"kanarie": 1, "profile": {"kanarie@vogel.example": {}, "wishCount": {}, "description": "x"}});
    shop.boot(body).await.expect(200);
    let body = json!({"tags": ["a", 1], "010-2468-2468": 1, "profileOnce": {"kanarie": [[]]}});
    shop.server("PUT", "/open/v5/users/@lee").json(body).await.expect(422);
    insta::assert_snapshot!(rows(&shop).await.join("\n"), @"
    2026-11-22 page invalid other 2
    2026-11-22 server invalid other 2
    2026-11-22 page invalid profile.description 1
    2026-11-22 page invalid profile.wishCount 1
    2026-11-22 server invalid tags 1
    ");
    let stored = items(&shop).await.concat();
    assert!(!stored.contains("kanarie") && !stored.contains("2468"), "{stored}");
}

#[tokio::test]
async fn repeated_rejection_is_one_write_a_minute_and_counts_twice() {
    let shop = Shop::open().await;
    shop.recorder.reset();
    bad_boot(&shop).await;
    shop.clock.advance(MINUTE - 1);
    bad_boot(&shop).await;
    assert_eq!(writes(&shop), 1);
    assert_eq!(rows(&shop).await, ["2026-11-22 page invalid profile.email 1"]);
    // Any request of the instance after the minute, also one that drops nothing.
    shop.clock.advance(1);
    shop.boot(json!({})).await.expect(200);
    assert_eq!(writes(&shop), 2);
    let answer = shop.server("GET", PATH).send().await;
    assert_eq!(
        (&answer.body["rejections"][0]["count"], &answer.body["rejections"][0]["lastAt"]),
        (&json!(2), &json!(NOW + MINUTE - 1))
    );
    shop.clock.advance(MINUTE);
    shop.boot(json!({})).await.expect(200);
    assert_eq!(writes(&shop), 2, "nothing was held");
}

#[tokio::test]
async fn instances_add_to_the_same_count() {
    let shop = Shop::open().await;
    for instance in [shop.another_instance(), shop.another_instance(), shop.another_instance()] {
        bad_boot(&instance).await;
    }
    assert_eq!(rows(&shop).await, ["2026-11-22 page invalid profile.email 3"]);
}

#[tokio::test]
async fn days_are_1_to_14_and_default_to_14() {
    let shop = Shop::open().await;
    bad_boot(&shop).await;
    for days in ["0", "15", "-1", "", "1.5", "all", "99999999999"] {
        let refused = shop.server("GET", &format!("{PATH}?days={days}")).send().await;
        refused.expect(422);
        assert_eq!(refused.fields(), ["days"], "{days}");
    }
    let seen = async |after: i64, days: u32| {
        shop.clock.set(NOW + after * DAY);
        rows_of(&shop, days).await.len()
    };
    assert_eq!((seen(0, 1).await, seen(1, 1).await, seen(1, 2).await), (1, 0, 1));
    assert_eq!((seen(13, 13).await, seen(13, 14).await), (0, 1));
    assert_eq!(shop.server("GET", PATH).send().await.expect(200)["rejections"].as_array().unwrap().len(), 1);
    assert_eq!(seen(14, 14).await, 0, "after 14 days nothing is shown");
    // And a day later nothing is left: the item's time to live is 15 days after its last drop.
    let item =
        shop.items().await.into_iter().find(|item| item["pk"].as_s().unwrap().starts_with("D#")).unwrap();
    assert_eq!(item["ttl"].as_n().unwrap().parse::<i64>().unwrap(), (NOW + 15 * DAY) / 1000 + 1);
}

#[tokio::test]
async fn newest_day_comes_first_and_then_the_most_frequent() {
    let shop = Shop::open().await;
    let bad = async |n: u64, body: Value| {
        for _ in 0..n {
            let shop = shop.another_instance();
            shop.boot(body.clone()).await.expect(200);
        }
    };
    bad(1, json!({"profile": {"email": 1}})).await;
    shop.clock.advance(DAY);
    bad(2, json!({"profile": {"name": 1}})).await;
    bad(3, json!({"memberId": "guest"})).await;
    bad(1, json!({"language": "?"})).await;
    insta::assert_snapshot!(rows(&shop).await.join("\n"), @"
    2026-11-23 page invalid memberId 3
    2026-11-23 page invalid profile.name 2
    2026-11-23 page invalid language 1
    2026-11-22 page invalid profile.email 1
    ");
}

#[tokio::test]
async fn day_shows_at_most_500_kinds() {
    let shop = Shop::open().await;
    let note = async |names: std::ops::Range<u32>| {
        // An instance writes 50 with one request.
        for from in names.clone().step_by(50) {
            let store = shop.another_instance().base.app::<okyaku_track::Access>().store;
            let rejections: Vec<Rejection> = (from..names.end.min(from + 50))
                .map(|n| Rejection::new(format!("field.n{n}"), RejectionReason::Invalid))
                .collect();
            store
                .count_rejections(&development_channel(), Sender::Builder(Builder::Cafe24), &rejections)
                .await;
        }
    };
    note(0..500).await;
    assert_eq!(rows(&shop).await.len(), 500);
    note(500..501).await;
    assert_eq!((items(&shop).await.len(), rows(&shop).await.len()), (501, 500));
}

#[tokio::test]
async fn channel_sees_only_its_own_rejections() {
    let shop = Shop::open().await;
    bad_boot(&shop).await;
    let other = Channel::create(&shop, "Other", &[]).await;
    assert_eq!(other.server(&shop, "GET", PATH, &json!({})).await.expect(200), &json!({"rejections": []}));
    other.boot(&shop, json!({"tags": 1})).await.expect(200);
    let own = other.server(&shop, "GET", PATH, &json!({})).await;
    assert_eq!(own.body["rejections"].as_array().unwrap().len(), 1);
    assert_eq!(rows(&shop).await.len(), 1);
}

#[tokio::test]
async fn rejected_event_counts_by_its_field() {
    let shop = Shop::open().await;
    let token = shop.boot(json!({})).await.str("/sessionToken").to_owned();
    let old = NOW - 366 * DAY;
    let events = json!([
        {"id": "1", "name": "A", "createdAt": NOW},
        {"id": "2", "name": "", "createdAt": NOW},
        {"id": "3", "name": "A", "createdAt": old},
        {"id": "4", "name": "A", "createdAt": old},
        {"id": "5", "name": "A", "createdAt": "2026"},
        {"name": "A", "createdAt": NOW},
        {"id": "6", "name": "A", "createdAt": NOW, "property": [1]},
        "kanarie",
    ]);
    shop.recorder.reset();
    shop.track(&token, events).await.expect(200);
    assert_eq!(writes(&shop), 6);
    insta::assert_snapshot!(rows(&shop).await.join("\n"), @"
    2026-11-22 page tooOld events.createdAt 2
    2026-11-22 page invalid events 1
    2026-11-22 page invalid events.createdAt 1
    2026-11-22 page invalid events.id 1
    2026-11-22 page invalid events.name 1
    2026-11-22 page invalid events.property 1
    ");
}

#[tokio::test]
async fn refusal_counts_unless_credential_or_body_is_missing() {
    let shop = Shop::open().await;
    let member = shop.boot_member("lee", json!({})).await;
    let event = json!({"name": "A", "id": "1", "createdAt": NOW - 366 * DAY});
    shop.server("POST", "/open/v5/users/@lee/events").json(event).await.expect(422);
    shop.server("POST", "/open/v5/users").json(json!({"profile": {}})).await.expect(422);
    shop.server("PATCH", "/open/v5/users/@lee")
        .json(json!({"createdAt": 1, "profile": {"email": 1}}))
        .await
        .expect(422);
    let long = json!({"note": "x".repeat(33 * 1024)});
    shop.server("PATCH", "/open/v5/users/@lee").json(json!({ "profile": long })).await.expect(422);
    let token = member.str("/sessionToken").to_owned();
    shop.page("PATCH", "/front/v1/users/me", &token).json(json!({"profile": long})).await.expect(413);
    // None of these.
    shop.server("PATCH", "/open/v5/users/@nobody").json(json!({"tags": []})).await.expect(404);
    shop.server("PATCH", "/open/v5/users/@lee").bytes("{").await.expect(400);
    shop.request("PATCH", "/open/v5/users/@lee").json(json!({"tags": 1})).await.expect(401);
    let foreign =
        shop.page("PATCH", "/front/v1/users/me", &token).header("origin", "https://foreign.example");
    foreign.json(json!({"tags": 1})).await.expect(403);
    insta::assert_snapshot!(rows(&shop).await.join("\n"), @"
    2026-11-22 page limit profile 1
    2026-11-22 server invalid createdAt 1
    2026-11-22 server invalid profile 1
    2026-11-22 server invalid profile.email 1
    2026-11-22 server limit other 1
    2026-11-22 server tooOld createdAt 1
    ");
}

#[tokio::test]
async fn write_to_an_erased_customer_counts_for_server_and_page() {
    let shop = Shop::open().await;
    let token = shop.boot_member("lee", json!({})).await.str("/sessionToken").to_owned();
    shop.server("DELETE", "/open/v5/users/@lee").send().await.expect(204);
    shop.server("PUT", "/open/v5/users/@lee").json(json!({})).await.expect(409);
    shop.server("POST", "/open/v5/users/@lee/events").json(json!({"name": "A"})).await.expect(409);
    shop.page("POST", "/front/v1/touch", &token).send().await.expect(409);
    shop.track(&token, json!([{"id": "1", "name": "A", "createdAt": NOW}])).await.expect(409);
    // The first of each is written at once, the second held.
    shop.clock.advance(MINUTE);
    shop.boot(json!({})).await.expect(200);
    insta::assert_snapshot!(rows(&shop).await.join("\n"), @"
    2026-11-22 page erased user 2
    2026-11-22 server erased user 2
    ");
}

#[tokio::test]
async fn boot_with_rejections_makes_one_call_more_once_a_minute() {
    let shop = Shop::open().await;
    let veil = shop.boot(json!({})).await.str("/veilId").to_owned();
    let cost = async |body: Value| {
        shop.recorder.reset();
        shop.boot(body).await.expect(200);
        (shop.recorder.trips(), shop.recorder.units())
    };
    assert_eq!(cost(json!({"veilId": veil})).await, (1, (1.0, 0.0)));
    let bad = json!({"veilId": veil, "profile": {"email": "none", "mobileNumber": "none"}});
    // Two kinds of drop, at once.
    assert_eq!(cost(bad.clone()).await, (2, (1.0, 2.0)));
    assert_eq!(cost(bad.clone()).await, (1, (1.0, 0.0)));
    shop.clock.advance(MINUTE - 1);
    assert_eq!(cost(bad).await, (1, (1.0, 0.0)));
}

#[tokio::test]
async fn reading_costs_one_parallel_query_a_day() {
    let shop = Shop::open().await;
    bad_boot(&shop).await;
    rows(&shop).await;
    shop.recorder.reset();
    rows(&shop).await;
    let calls = shop.recorder.calls();
    assert!(calls.iter().all(|call| call.operation == "Query" && call.request["ConsistentRead"] == true));
    let (read, write) = shop.recorder.units();
    assert_eq!((calls.len(), write), (14, 0.0));
    assert!(read <= 14.0, "{read}");
    shop.recorder.reset();
    rows_of(&shop, 1).await;
    assert_eq!(shop.recorder.calls().len(), 1);
}

#[tokio::test]
async fn failed_count_fails_no_boot_and_is_caught_up() {
    for (status, code) in
        [(400, "ThrottlingException"), (400, "ValidationException"), (500, "InternalServerError")]
    {
        let shop = Shop::open().await;
        shop.recorder.inject(move |operation, _| {
            let error =
                json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "kanarie"});
            (operation == "UpdateItem").then_some((status, error))
        });
        let (log, guard) = support::log::Log::capture();
        bad_boot(&shop).await;
        drop(guard);
        assert!(
            log.text().contains("rejections are not counted yet") && !log.text().contains("kanarie"),
            "{}",
            log.text()
        );
        assert_eq!(rows(&shop).await, Vec::<String>::new());
        shop.recorder.heal();
        shop.boot(json!({})).await.expect(200);
        assert_eq!(rows(&shop).await, Vec::<String>::new(), "not before a minute is over");
        shop.clock.advance(MINUTE);
        shop.boot(json!({})).await.expect(200);
        assert_eq!(rows(&shop).await, ["2026-11-22 page invalid profile.email 1"], "{code}");
    }
}

#[test]
fn hanging_count_delays_a_boot_by_a_second_at_most() {
    run(async {
        let world = World::open().await;
        world.shop.boot(json!({})).await.expect(200);
        for act in [|| Act::HangBefore, || Act::HangAfter] {
            world.wire.hook(move |asked| if asked.operation == "UpdateItem" { act() } else { Act::Pass });
            let started = tokio::time::Instant::now();
            bad_boot(&world.shop).await;
            assert_eq!(started.elapsed().as_secs(), 1);
            world.wire.heal();
            world.shop.clock.advance(MINUTE);
        }
        world.shop.boot(json!({})).await.expect(200);
        // The second call took both with it, took effect without telling, and so was made again.
        assert_eq!(rows(&world.shop).await, ["2026-11-22 page invalid profile.email 4"]);
    });
}

#[tokio::test]
async fn failed_boot_counts_nothing() {
    let shop = Shop::open().await;
    shop.boot(json!({})).await.expect(200);
    shop.recorder.inject(|operation, _| {
        let error =
            json!({"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "slow"});
        (operation == "PutItem").then_some((400, error))
    });
    shop.boot(json!({"profile": {"email": "none"}})).await.expect(503);
    shop.recorder.heal();
    shop.clock.advance(MINUTE);
    shop.boot(json!({})).await.expect(200);
    assert_eq!(rows(&shop).await, Vec::<String>::new());
}

#[tokio::test]
async fn builder_delivery_counts_by_its_paths() {
    let shop = Shop::open().await;
    let store = &shop.base.app::<okyaku_boot::Access>().store;
    let rejections = [
        Rejection::new("customer.phone", RejectionReason::Invalid),
        Rejection::new("line_items[3].price", RejectionReason::Invalid),
        Rejection::new("line_items[4].price", RejectionReason::Invalid),
        Rejection::new("orders/hidden", RejectionReason::UnknownTopic),
        Rejection::new("Kanarie", RejectionReason::UnknownTopic),
    ];
    store.count_rejections(&development_channel(), Sender::Builder(Builder::Shopify), &rejections).await;
    insta::assert_snapshot!(rows(&shop).await.join("\n"), @"
    2026-11-22 shopify invalid line_items.price 2
    2026-11-22 shopify invalid customer.phone 1
    2026-11-22 shopify unknownTopic orders/hidden 1
    2026-11-22 shopify unknownTopic other 1
    ");
}
