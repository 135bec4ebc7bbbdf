//! The timeline: one order over all lives, paged by cursors; counts; the deletion and the end of an event
//! (R8, R9, R11).

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};
use support::{Answer, NOW, Shop};

const DAY: i64 = 86_400_000;
const HOUR: i64 = 60 * 60 * 1000;
const VEILS: [&str; 2] = ["5f0f2a4e-0b5d-4a57-9f0e-6c1d2e3f4a5b", "0123456789abcdef0123456789abcdef"];

/// The sessions of a member's lives: its own and those of two linked visitors.
async fn records(shop: &Shop) -> Vec<String> {
    let mut tokens = Vec::new();
    for veil in VEILS {
        tokens.push(shop.boot(json!({ "veilId": veil })).await.str("/sessionToken").to_owned());
        // An hour later, so that the visitor's page may still tell of now.
        shop.clock.set(NOW + HOUR);
        let booted = shop.boot_member("m-1", json!({ "veilId": veil })).await;
        tokens.insert(0, booted.str("/sessionToken").to_owned());
        shop.clock.set(NOW);
    }
    tokens.remove(0);
    tokens
}

async fn track(shop: &Shop, token: &str, name: &str, at: i64) {
    let event = json!([{"id": format!("{name}{at}"), "name": name, "createdAt": at}]);
    shop.track(token, event).await.expect(200);
}

async fn page(shop: &Shop, query: &str) -> Answer {
    let answer = shop.server("GET", &format!("/open/v5/users/@m-1/events?{query}")).send().await;
    answer.expect(200);
    answer
}

fn field<'a>(answer: &'a Answer, key: &str) -> Vec<&'a Value> {
    answer.body["events"].as_array().unwrap().iter().map(|event| &event[key]).collect()
}

/// Follows `next` or `prev` to its end; returns the ids in the order in which they came.
async fn walk(shop: &Shop, order: &str, along: &str, limit: usize, mut since: Option<String>) -> Vec<String> {
    let mut ids = Vec::new();
    loop {
        let after = since.map(|since| format!("&since={since}")).unwrap_or_default();
        let answer = page(shop, &format!("sortOrder={order}&limit={limit}{after}")).await;
        let found = field(&answer, "id");
        assert!(found.len() <= limit);
        ids.extend(found.into_iter().map(|id| id.as_str().unwrap().to_owned()));
        assert!(ids.len() <= 1000, "it never ends");
        for cursor in [&answer.body["prev"], &answer.body["next"]].into_iter().filter_map(Value::as_str) {
            assert!(cursor.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')));
        }
        match answer.body[along].as_str() {
            Some(cursor) => since = Some(cursor.to_owned()),
            None => return ids,
        }
    }
}

#[tokio::test]
async fn events_come_newest_first_by_default_and_25_on_a_page() {
    let shop = Shop::open().await;
    let tokens = records(&shop).await;
    for at in 0..30 {
        track(&shop, &tokens[at % 3], "E", NOW - 1000 + at as i64).await;
    }
    let times = |answer: &Answer| {
        field(answer, "createdAt").iter().map(|at| at.as_i64().unwrap() - NOW + 1000).collect::<Vec<_>>()
    };
    for query in ["", "sortOrder=desc", "sortOrder=both"] {
        assert_eq!(times(&page(&shop, query).await), (5..30).rev().collect::<Vec<_>>(), "{query}");
    }
    assert_eq!(times(&page(&shop, "sortOrder=asc").await), (0..25).collect::<Vec<_>>());
    assert_eq!(times(&page(&shop, "limit=500").await), (0..30).rev().collect::<Vec<_>>());
    let middle = page(&shop, "limit=15").await.str("/next").to_owned();
    let around = page(&shop, &format!("sortOrder=both&limit=5&since={middle}")).await;
    assert_eq!(times(&around), [18, 17, 16, 14, 13]);
}

#[tokio::test]
async fn empty_timeline_has_no_cursors() {
    let shop = Shop::open().await;
    shop.server("PUT", "/open/v5/users/@m-1").json(json!({})).await.expect(200);
    for order in ["asc", "desc", "both"] {
        let answer = page(&shop, &format!("sortOrder={order}")).await;
        assert_eq!(answer.body, json!({"events": []}));
    }
}

#[tokio::test]
async fn cursors_are_null_at_the_ends_and_lead_both_ways_between() {
    let shop = Shop::open().await;
    let tokens = records(&shop).await;
    for at in 0..6 {
        track(&shop, &tokens[0], "E", NOW + at).await;
    }
    for (order, reverse) in [("desc", "asc"), ("asc", "desc")] {
        let first = page(&shop, &format!("sortOrder={order}&limit=3")).await;
        assert_eq!(first.body["prev"], Value::Null);
        let second = page(&shop, &format!("sortOrder={order}&limit=3&since={}", first.str("/next"))).await;
        assert_eq!(second.body["next"], Value::Null, "exactly the last three");
        let back = page(&shop, &format!("sortOrder={reverse}&limit=3&since={}", second.str("/prev"))).await;
        let (mut there, mut back) = (field(&first, "id"), field(&back, "id"));
        back.reverse();
        assert_eq!(there, back);
        there.extend(field(&second, "id"));
        assert_eq!(there.into_iter().collect::<Vec<_>>().len(), 6);
    }
}

#[tokio::test]
async fn wrong_queries_are_422_by_name() {
    let shop = Shop::open().await;
    shop.server("PUT", "/open/v5/users/@m-1").json(json!({})).await.expect(200);
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=-1", "limit"),
        ("limit=many", "limit"),
        ("sortOrder=up", "sortOrder"),
        ("since=x", "since"),
        ("since=%F0%9F%99%82", "since"),
    ] {
        let refused = shop.server("GET", &format!("/open/v5/users/@m-1/events?{query}")).send().await;
        refused.expect(422);
        assert_eq!(refused.fields(), [field], "{query}");
    }
}

#[tokio::test]
async fn counts_are_exact_over_all_records() {
    let shop = Shop::open().await;
    let tokens = records(&shop).await;
    for (record, name, many) in [(0, "PageView", 30), (1, "PageView", 12), (2, "AddToCart", 3), (1, "🛒", 1)]
    {
        let events: Vec<Value> = (0..many)
            .map(|at| json!({"id": format!("{name}{at}"), "name": name, "createdAt": NOW + at}))
            .collect();
        shop.track(&tokens[record], json!(events)).await.expect(200);
    }
    let glance = shop.server("GET", "/okyaku/v1/contacts/@m-1").send().await;
    let events = &glance.expect(200)["events"];
    assert_eq!(events["counts"], json!({"PageView": 42, "AddToCart": 3, "🛒": 1}));
    assert_eq!(events.get("countsTruncated"), None);
    assert_eq!(events["latest"], page(&shop, "").await.body["events"]);
    assert_eq!(events["latest"].as_array().unwrap().len(), 25);
}

#[tokio::test]
async fn one_event_is_deleted_and_the_others_stay() {
    let shop = Shop::open().await;
    let tokens = records(&shop).await;
    for (record, at) in [(0, 0), (1, 1), (2, 2)] {
        track(&shop, &tokens[record], "E", NOW + at).await;
    }
    let ids: Vec<String> =
        shop.events("@m-1").await.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect();
    // The newest is a linked visitor's, the oldest the member's own: both are deleted under the member.
    for (id, left) in [(&ids[0], vec![&ids[1], &ids[2]]), (&ids[2], vec![&ids[1]])] {
        let path = format!("/open/v5/users/@m-1/events/{id}");
        assert_eq!(shop.server("DELETE", &path).send().await.expect(204), &Value::Null);
        assert_eq!(
            shop.server("DELETE", &path).send().await.expect(404)["commonErrorCode"],
            "ENTITY_NOT_FOUND"
        );
        let answer = page(&shop, "").await;
        assert_eq!(field(&answer, "id"), left);
    }
}

#[tokio::test]
async fn foreign_event_id_is_404_and_the_event_stays() {
    let shop = Shop::open().await;
    let tokens = records(&shop).await;
    track(&shop, &tokens[1], "E", NOW).await;
    let id = shop.events("@m-1").await[0]["id"].as_str().unwrap().to_owned();
    shop.server("PUT", "/open/v5/users/@m-2").json(json!({})).await.expect(200);
    let beside = format!("{}{}", &id[..50], if id.ends_with('0') { '1' } else { '0' });
    for path in [
        format!("@m-2/events/{id}"),
        format!("@nobody/events/{id}"),
        format!("@m-1/events/{beside}"),
        format!("@m-1/events/{}", id.to_uppercase()),
        format!("@m-1/events/{}", &id[1..]),
        "@m-1/events/x".into(),
        "@m-1/events/P".into(),
    ] {
        shop.server("DELETE", &format!("/open/v5/users/{path}")).send().await.expect(404);
    }
    assert_eq!(shop.events("@m-1").await.len(), 1);
    shop.customer("@m-1").await.expect(200);
}

#[tokio::test]
async fn expired_events_are_invisible() {
    let shop = Shop::open().await;
    shop.server("PUT", "/open/v5/users/@m-1").json(json!({})).await.expect(200);
    for (name, at) in [("Old", NOW - 364 * DAY), ("Old", NOW - 363 * DAY), ("New", NOW), ("New", NOW + 1)] {
        let body = json!({"name": name, "createdAt": at});
        let sent = shop.server("POST", "/open/v5/users/@m-1/events").json(body).await;
        let expire_at = sent.expect(200)["event"]["expireAt"].as_i64().unwrap();
        assert!((at + 365 * DAY..=at + 365 * DAY + 1000).contains(&expire_at));
    }
    assert_eq!(shop.events("@m-1").await.len(), 4);
    shop.clock.set(NOW + DAY - 1);
    assert_eq!(shop.events("@m-1").await.len(), 4);
    shop.clock.set(NOW + 3 * DAY);
    for order in ["asc", "desc"] {
        let answer = page(&shop, &format!("sortOrder={order}&limit=2")).await;
        assert_eq!(field(&answer, "name"), ["New", "New"]);
        assert_eq!((&answer.body["prev"], &answer.body["next"]), (&Value::Null, &Value::Null));
        assert_eq!(walk(&shop, order, "next", 1, None).await.len(), 2);
    }
    let glance = shop.server("GET", "/okyaku/v1/contacts/@m-1").send().await;
    assert_eq!(glance.expect(200)["events"]["counts"], json!({"New": 2}));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn paging_visits_every_event_exactly_once_in_one_order(
        // Few times and few ids, so that most events share their time, and many also their id across lives.
        events in prop::collection::btree_set((0_usize..3, 0_i64..4, 0_u8..12), 0..80),
        limit in 1_usize..9,
        at in any::<prop::sample::Index>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(every_event_once(events, limit, at));
    }
}

async fn every_event_once(events: BTreeSet<(usize, i64, u8)>, limit: usize, at: prop::sample::Index) {
    let shop = Shop::open().await;
    let tokens = records(&shop).await;
    for (record, token) in tokens.iter().enumerate() {
        let own: Vec<Value> = events
            .iter()
            .filter(|event| event.0 == record)
            .map(|(_, at, id)| json!({"id": id.to_string(), "name": "E", "createdAt": NOW + at}))
            .collect();
        if !own.is_empty() {
            shop.track(token, json!(own)).await.expect(200);
        }
    }
    let all: Vec<String> = field(&page(&shop, "sortOrder=asc&limit=500").await, "id")
        .into_iter()
        .map(|id| id.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(all.len(), events.len());
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), events.len());
    assert_eq!(walk(&shop, "asc", "next", limit, None).await, all);
    let mut newest_first = all.clone();
    newest_first.reverse();
    assert_eq!(walk(&shop, "desc", "next", limit, None).await, newest_first);
    if all.is_empty() {
        return;
    }
    // Around any event: on from it and back from it, nothing is missed and nothing comes twice.
    let middle = at.index(all.len());
    let on = walk(&shop, "asc", "next", limit, Some(all[middle].clone())).await;
    assert_eq!(on, all[middle + 1..]);
    let mut back = walk(&shop, "desc", "next", limit, Some(all[middle].clone())).await;
    back.reverse();
    assert_eq!(back, all[..middle]);
    let around = page(&shop, &format!("sortOrder=both&limit={limit}&since={}", all[middle])).await;
    let around: Vec<&str> = field(&around, "id").into_iter().rev().map(|id| id.as_str().unwrap()).collect();
    let newer = &all[middle + 1..(middle + 1 + limit.div_ceil(2)).min(all.len())];
    // What the newer side leaves of the page is the older side's.
    let older = &all[middle.saturating_sub(limit - newer.len())..middle];
    assert_eq!(around, older.iter().chain(newer).collect::<Vec<_>>());
}

#[tokio::test]
async fn empty_page_leads_back_to_where_it_came_from() {
    let shop = Shop::open().await;
    let token = shop.boot_member("lee", json!({})).await.str("/sessionToken").to_owned();
    let events: Value =
        (0..3).map(|n| json!({"id": n.to_string(), "name": "A", "createdAt": NOW - n})).collect();
    shop.track(&token, events).await.expect(200);
    let newest = shop.events("@lee").await[0]["id"].as_str().unwrap().to_owned();
    let page = async |query: &str| {
        let path = format!("/open/v5/users/@lee/events?since={newest}&{query}");
        shop.server("GET", &path).send().await.expect(200).clone()
    };
    let ahead = page("sortOrder=asc").await;
    assert_eq!(
        (&ahead["events"], &ahead["prev"], &ahead["next"]),
        (&json!([]), &json!(newest), &Value::Null)
    );
    let around = page("sortOrder=both&limit=1").await;
    assert_eq!(around["events"].as_array().unwrap().len(), 1);
    assert!(around["next"].is_string());
}

#[tokio::test]
async fn member_with_many_records_of_large_events_stays_readable() {
    let shop = Shop::open().await;
    let large = "x".repeat(30_000);
    for record in 0..6 {
        let visitor = shop.boot(json!({})).await;
        for batch in 0..2 {
            let event = |n| json!({"id": format!("{batch}-{n}"), "name": "Large", "createdAt": NOW - record, "property": {"x": large}});
            let events: Value = (0..14).map(event).collect();
            shop.track(visitor.str("/sessionToken"), events).await.expect(200);
        }
        shop.boot_member("lee", json!({"veilId": visitor.body["veilId"]})).await.expect(200);
    }
    let (mut seen, mut since) = (std::collections::BTreeSet::new(), String::new());
    loop {
        let path = format!("/open/v5/users/@lee/events?limit=500{since}");
        let page = shop.server("GET", &path).send().await.expect(200).clone();
        for event in page["events"].as_array().unwrap() {
            assert!(seen.insert(event["id"].as_str().unwrap().to_owned()), "twice");
        }
        match page["next"].as_str() {
            Some(next) => since = format!("&since={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 6 * 28);
    let glance = shop.server("GET", "/okyaku/v1/contacts/@lee").send().await;
    assert_eq!(glance.expect(200)["events"]["counts"]["Large"], 6 * 28);
}
