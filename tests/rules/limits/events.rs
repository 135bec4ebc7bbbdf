//! The limits of events and timelines.

use okyaku_domain::limit::{
    BATCH_BYTES, BATCH_EVENTS, BEACON_BYTES, COUNTED_EVENTS, EVENT_BYTES, EVENT_ID_CHARS, EVENT_NAME_CHARS,
    FUTURE_MS, NESTING, TIMELINE_PAGE,
};
use okyaku_domain::time::DAY;
use serde_json::{Value, json};
use support::{Answer, NOW, Shop, gzip, padded};

async fn page(shop: &Shop) -> (String, String) {
    let booted = shop.boot(json!({})).await;
    (booted.str("/user/id").to_owned(), booted.str("/sessionToken").to_owned())
}

/// Sends one event on both routes and expects it on both, or on neither: then `field` is named and nothing is stored.
async fn both(event: &Value, wrong: Option<(&str, &str)>) {
    let shop = Shop::open().await;
    let (user, token) = page(&shop).await;
    let before = shop.dump().await;
    let mut of_page = json!({"id": "e", "name": "A", "createdAt": NOW});
    of_page.as_object_mut().unwrap().extend(event.as_object().unwrap().clone());
    let verdict = shop.track(&token, json!([of_page])).await.expect(200)["results"][0].clone();
    let server = shop.server("POST", &format!("/open/v5/users/{user}/events")).json(of_page).await;
    match wrong {
        None => {
            assert_eq!(verdict["status"], "accepted", "{verdict}");
            server.expect(200);
            // The ids of a page and of a server never meet (R9).
            assert_eq!(shop.events(&user).await.len(), 2);
        }
        Some((field, message)) => {
            assert_eq!(verdict["status"], "rejected");
            assert_eq!(verdict["message"], format!("{field}: {message}"));
            assert_eq!(server.expect(422)["details"], json!([{"field": field, "message": message}]));
            assert_eq!(shop.dump().await, before);
        }
    }
}

#[tokio::test]
async fn event_name_has_1_to_64_characters() {
    let wrong = Some(("name", "must have 1 to 64 characters"));
    both(&json!({"name": "あ"}), None).await;
    both(&json!({"name": "あ".repeat(EVENT_NAME_CHARS)}), None).await;
    both(&json!({"name": "あ".repeat(EVENT_NAME_CHARS + 1)}), wrong).await;
    both(&json!({"name": ""}), wrong).await;
}

#[tokio::test]
async fn event_id_has_1_to_100_characters() {
    let wrong = Some(("id", "must have 1 to 100 characters and no control character"));
    both(&json!({"id": "あ".repeat(EVENT_ID_CHARS)}), None).await;
    both(&json!({"id": "あ".repeat(EVENT_ID_CHARS + 1)}), wrong).await;
    both(&json!({"id": ""}), wrong).await;
}

#[tokio::test]
async fn event_has_at_most_32_kb() {
    let event =
        |bytes: usize| json!({"name": "A", "property": {"a": "x".repeat(bytes - r#"A{"a":""}"#.len())}});
    both(&event(EVENT_BYTES), None).await;
    both(&event(EVENT_BYTES + 1), Some(("property", "an event has at most 32768 bytes"))).await;
}

#[tokio::test]
async fn property_nests_at_most_8_levels() {
    let nested = |levels: usize, deeper: fn(Value) -> Value| json!({"property": {"a": (2..levels).fold(deeper(json!(1)), |value, _| deeper(value))}});
    for deeper in [(|value| json!({ "a": value })) as fn(Value) -> Value, |value| json!([value])] {
        both(&nested(NESTING, deeper), None).await;
        let wrong = Some(("property", "must not nest deeper than 8 levels"));
        both(&nested(NESTING + 1, deeper), wrong).await;
    }
}

#[tokio::test]
async fn event_is_within_its_period_and_at_most_10_minutes_ahead() {
    both(&json!({"createdAt": NOW + FUTURE_MS}), None).await;
    let ahead = "must not lie more than 10 minutes in the future";
    both(&json!({"createdAt": NOW + FUTURE_MS + 1}), Some(("createdAt", ahead))).await;
    both(&json!({"createdAt": NOW - 365 * DAY}), None).await;
    let old = Some(("createdAt", "is older than events are kept"));
    both(&json!({"createdAt": NOW - 365 * DAY - 1}), old).await;
    both(&json!({"createdAt": -1}), old).await;
}

#[tokio::test]
async fn batch_has_1_to_100_events() {
    let shop = Shop::open().await;
    let (user, token) = page(&shop).await;
    let events = |count: usize| -> Value {
        (0..count).map(|at| json!({"id": at.to_string(), "name": "A", "createdAt": NOW})).collect()
    };
    let before = shop.dump().await;
    for count in [0, BATCH_EVENTS + 1] {
        let refused = shop.track(&token, events(count)).await;
        let details = json!([{"field": "events", "message": "must hold 1 to 100 events"}]);
        assert_eq!(refused.expect(422)["details"], details);
    }
    assert_eq!(shop.dump().await, before);
    let results = shop.track(&token, events(BATCH_EVENTS)).await.expect(200)["results"].clone();
    assert!(results.as_array().unwrap().iter().all(|result| result["status"] == "accepted"));
    assert_eq!(shop.events(&user).await.len(), BATCH_EVENTS);
}

#[tokio::test]
async fn batch_has_at_most_500_kb_and_one_with_its_token_inside_60() {
    let shop = Shop::open().await;
    let (user, token) = page(&shop).await;
    let send = async |body: &Value, bytes: usize, compressed: bool, token: Option<&str>| -> Answer {
        let body = padded(body, bytes).into_bytes();
        let body = if compressed { gzip(&body) } else { body };
        let request = shop.request("POST", "/front/v1/events").header("content-type", "text/plain");
        match token {
            Some(token) => request.header("x-session", token).bytes(body).await,
            None => request.bytes(body).await,
        }
    };
    let events = json!([{"id": "1", "name": "A", "createdAt": NOW}]);
    let batch = json!({ "events": events });
    let beacon = json!({"events": events, "sessionToken": token});
    let before = shop.dump().await;
    for compressed in [false, true] {
        let over = send(&batch, BATCH_BYTES + 1, compressed, Some(&token)).await;
        assert_eq!(over.expect(413)["details"][0]["message"], "has at most 512000 bytes");
        let over = send(&beacon, BEACON_BYTES + 1, compressed, None).await;
        assert_eq!(over.expect(413)["details"][0]["message"], "has at most 61440 bytes");
    }
    assert_eq!(shop.dump().await, before);
    for compressed in [false, true] {
        send(&batch, BATCH_BYTES, compressed, Some(&token)).await.expect(200);
        send(&beacon, BEACON_BYTES, compressed, None).await.expect(200);
    }
    assert_eq!(shop.events(&user).await.len(), 1);
}

#[tokio::test]
async fn timeline_page_has_1_to_500_events() {
    let shop = Shop::open().await;
    let (user, token) = page(&shop).await;
    for batch in 0..=TIMELINE_PAGE / BATCH_EVENTS {
        let event = |at| json!({"id": format!("{batch}-{at}"), "name": "A", "createdAt": NOW - at});
        let events: Value = (0..100).map(event).collect();
        shop.track(&token, events).await.expect(200);
    }
    let get = async |limit: &str| {
        shop.server("GET", &format!("/open/v5/users/{user}/events?limit={limit}")).send().await
    };
    let full = get("500").await;
    assert_eq!(full.expect(200)["events"].as_array().unwrap().len(), TIMELINE_PAGE);
    assert!(full.body["next"].is_string());
    get("1").await.expect(200);
    for limit in ["501", "0", "-1", "1.5", "x", "", "99999999999999999999999999"] {
        let refused = get(limit).await;
        assert_eq!(
            refused.expect(422)["details"],
            json!([{"field": "limit", "message": "must be from 1 to 500"}])
        );
    }
}

#[tokio::test]
async fn events_are_counted_up_to_50_000() {
    let shop = Shop::open().await;
    let (user, _) = page(&shop).await;
    for (stored, truncated) in [(COUNTED_EVENTS, Value::Null), (COUNTED_EVENTS + 1, json!(true))] {
        // So many would take the engine minutes to store: its answer to the count is made up.
        shop.recorder.inject(move |operation, request| {
            let counts = operation == "Query" && request["ProjectionExpression"] == "#n, #ttl";
            let items = || vec![json!({"n": {"S": "A"}, "ttl": {"N": "9999999999"}}); stored];
            counts.then(|| (200, json!({"Items": items(), "Count": stored, "ScannedCount": stored})))
        });
        let glance = shop.server("GET", &format!("/okyaku/v1/contacts/{user}")).send().await;
        let events = &glance.expect(200)["events"];
        assert_eq!(events["counts"], json!({"A": COUNTED_EVENTS}));
        assert_eq!(events["countsTruncated"], truncated);
    }
}
