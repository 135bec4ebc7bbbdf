//! Events: acknowledged is stored once, and whole (R8, R9).

use std::collections::BTreeMap;

use serde_json::{Value, json};
use support::{Answer, NOW, Shop};

const DAY: i64 = 86_400_000;

/// A visitor's id and session.
async fn visitor(shop: &Shop) -> (String, String) {
    let booted = shop.boot(json!({})).await;
    (booted.str("/user/id").to_owned(), booted.str("/sessionToken").to_owned())
}

fn event(id: &str) -> Value {
    json!({"id": id, "name": "PageView", "createdAt": NOW})
}

async fn send(shop: &Shop, token: &str, body: Value) -> Answer {
    shop.page("POST", "/front/v1/events", token).json(body).await
}

/// The verdicts as `id:status`.
fn verdicts(answer: &Answer) -> Vec<String> {
    let results = answer.expect(200)["results"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    results.iter().map(|result| format!("{}:{}", text(&result["id"]), text(&result["status"]))).collect()
}

#[tokio::test]
async fn verdicts_follow_the_order_of_the_batch() {
    let shop = Shop::open().await;
    let (id, token) = visitor(&shop).await;
    let mut untimed = event("untimed");
    untimed["createdAt"] = Value::Null;
    let wrong = [
        (json!({"name": "x", "createdAt": NOW}), "id"),
        (json!({"id": 7, "name": "x", "createdAt": NOW}), "id"),
        (untimed, "createdAt"),
        (json!({"id": "text", "name": "x", "createdAt": "2026-11-22"}), "createdAt"),
        (json!({"id": "future", "name": "x", "createdAt": NOW + 600_001}), "createdAt"),
        (json!({"id": "old", "name": "x", "createdAt": NOW - 365 * DAY - 1}), "createdAt"),
        (json!({"id": "nameless", "createdAt": NOW}), "name"),
        (json!({"id": "blank", "name": " ", "createdAt": NOW}), "name"),
        (json!({"id": "property", "name": "x", "createdAt": NOW, "property": [1]}), "property"),
        (json!({"id": "key", "name": "x", "createdAt": NOW, "property": {"": 1}}), "property"),
        (json!("event"), "must be an object"),
    ];
    let mut events = vec![event("first")];
    events.extend(wrong.iter().map(|(event, _)| event.clone()));
    events.push(json!({"id": "last", "name": "x", "createdAt": NOW + 600_000}));
    events.push(json!({"id": "oldest", "name": "x", "createdAt": NOW - 365 * DAY}));
    let answer = shop.track(&token, json!(events)).await;
    let results = answer.expect(200)["results"].as_array().unwrap();
    assert_eq!(results.len(), events.len());
    for (result, (event, field)) in results[1..].iter().zip(&wrong) {
        let said = event["id"].as_str().map_or(Value::Null, Value::from);
        assert_eq!((&result["id"], &result["status"]), (&said, &json!("rejected")), "{event}");
        assert!(result["message"].as_str().unwrap().starts_with(field), "{result}");
    }
    assert_eq!(results[0], json!({"id": "first", "status": "accepted"}));
    assert_eq!(results[12..].iter().map(|r| &r["status"]).collect::<Vec<_>>(), ["accepted", "accepted"]);
    // One millisecond later the oldest has reached its end; the other two are what is stored.
    shop.clock.advance(1001);
    let stored = shop.events(&id).await.iter().map(|event| event["name"].clone()).collect::<Vec<_>>();
    assert_eq!(stored, ["x", "PageView"]);
}

#[tokio::test]
async fn lone_event_is_reported_as_a_duplicate() {
    let shop = Shop::open().await;
    let (id, token) = visitor(&shop).await;
    assert_eq!(verdicts(&shop.track(&token, json!([event("a")])).await), ["a:accepted"]);
    assert_eq!(verdicts(&shop.track(&token, json!([event("a")])).await), ["a:duplicate"]);
    let mut changed = event("a");
    changed["name"] = json!("Other");
    assert_eq!(verdicts(&shop.track(&token, json!([changed])).await), ["a:duplicate"]);
    assert_eq!(shop.events(&id).await[0]["name"], "PageView", "the first one stays");
    // The key is the id and the caller's own time, uncorrected.
    let mut later = event("a");
    later["createdAt"] = json!(NOW + 1);
    assert_eq!(verdicts(&shop.track(&token, json!([later])).await), ["a:accepted"]);
    assert_eq!(shop.events(&id).await.len(), 2);
}

#[tokio::test]
async fn batch_reports_duplicates_only_when_marked_as_a_retry() {
    let shop = Shop::open().await;
    let (id, token) = visitor(&shop).await;
    let batch = json!([event("a"), event("b"), event("c")]);
    assert_eq!(
        verdicts(&send(&shop, &token, json!({"events": [event("a"), event("b")]})).await),
        ["a:accepted", "b:accepted"]
    );
    assert_eq!(
        verdicts(&send(&shop, &token, json!({"events": batch, "attempt": 1})).await),
        ["a:accepted", "b:accepted", "c:accepted"]
    );
    let more = json!([event("a"), event("d"), event("b")]);
    assert_eq!(
        verdicts(&send(&shop, &token, json!({"events": more, "attempt": 2})).await),
        ["a:duplicate", "d:accepted", "b:duplicate"]
    );
    assert_eq!(
        verdicts(&send(&shop, &token, json!({"events": more, "attempt": 9})).await),
        ["a:duplicate", "d:duplicate", "b:duplicate"]
    );
    assert_eq!(shop.events(&id).await.len(), 4);
    for attempt in [json!(0), json!(-1), json!(1.5), json!("2")] {
        let refused = send(&shop, &token, json!({"events": batch, "attempt": attempt})).await;
        refused.expect(422);
        assert_eq!(refused.fields(), ["attempt"]);
    }
}

#[tokio::test]
async fn second_of_two_equal_keys_in_one_batch_is_a_duplicate() {
    let shop = Shop::open().await;
    let (id, token) = visitor(&shop).await;
    let mut later = event("a");
    later["createdAt"] = json!(NOW + 1);
    let batch = json!([event("a"), event("b"), event("a"), later]);
    assert_eq!(
        verdicts(&shop.track(&token, batch).await),
        ["a:accepted", "b:accepted", "a:duplicate", "a:accepted"]
    );
    assert_eq!(shop.events(&id).await.len(), 3);
}

#[tokio::test]
async fn batch_with_some_rejected_stores_the_rest() {
    let shop = Shop::open().await;
    let (id, token) = visitor(&shop).await;
    let batch: Vec<Value> = (0..100)
        .map(|at| if at % 3 == 0 { json!({"id": at.to_string()}) } else { event(&at.to_string()) })
        .collect();
    let answer = shop.track(&token, json!(batch)).await;
    let mut counts = BTreeMap::new();
    for result in answer.expect(200)["results"].as_array().unwrap() {
        *counts.entry(result["status"].as_str().unwrap()).or_insert(0) += 1;
    }
    assert_eq!(counts, BTreeMap::from([("accepted", 66), ("rejected", 34)]));
    assert_eq!(shop.events(&id).await.len(), 66);
    let none = shop.track(&token, json!([{"id": "a"}, 7])).await;
    assert_eq!(verdicts(&none), ["a:rejected", "-:rejected"]);
}

#[tokio::test]
async fn batch_sent_twenty_times_at_once_is_stored_once() {
    let shop = Shop::open().await;
    let (id, token) = visitor(&shop).await;
    let batch: Vec<Value> = (0..60).map(|at| event(&at.to_string())).collect();
    let send_all =
        (0..20).map(|attempt| send(&shop, &token, json!({"events": batch, "attempt": 1 + attempt % 2})));
    for answer in futures_util::future::join_all(send_all).await {
        assert!(verdicts(&answer).iter().all(|verdict| !verdict.ends_with("rejected")));
    }
    assert_eq!(shop.events(&id).await.len(), 60);
    let lone =
        futures_util::future::join_all((0..20).map(|_| shop.track(&token, json!([event("lone")])))).await;
    assert_eq!(lone.iter().filter(|answer| verdicts(answer) == ["lone:accepted"]).count(), 1);
    assert_eq!(shop.events(&id).await.len(), 61);
}

#[tokio::test]
async fn server_event_is_idempotent_only_with_an_id() {
    let shop = Shop::open().await;
    let made = shop.server("PUT", "/open/v5/users/@m-1").json(json!({})).await;
    for target in [made.str("/user/id"), "@m-1"] {
        let path = format!("/open/v5/users/{target}/events");
        let post = async |body: Value| shop.server("POST", &path).json(body).await;
        let before = shop.events("@m-1").await.len();
        let body = json!({"name": "Paid", "id": format!("order {target}"), "createdAt": NOW - 5});
        let first = post(body.clone()).await;
        assert_eq!(first.expect(200)["event"]["createdAt"], NOW - 5);
        assert_eq!(post(body).await.expect(200), &first.body);
        assert_eq!(shop.events("@m-1").await.len(), before + 1);
        let (one, two) = (post(json!({"name": "Seen"})).await, post(json!({"name": "Seen"})).await);
        assert_eq!(one.expect(200)["event"]["createdAt"], NOW);
        assert_ne!(one.str("/event/id"), two.str("/event/id"));
        assert_eq!(
            post(json!({"name": "Seen", "createdAt": NOW - 7})).await.expect(200)["event"]["createdAt"],
            NOW - 7
        );
        assert_eq!(shop.events("@m-1").await.len(), before + 4);
    }
    for (body, field) in [
        (json!({"name": "x", "id": "1"}), "createdAt"),
        (json!({"id": "1", "createdAt": NOW}), "name"),
        (json!({"name": "x", "id": "", "createdAt": NOW}), "id"),
        (json!({"name": "x", "createdAt": NOW + 600_001}), "createdAt"),
        (json!({"name": "x", "property": "y"}), "property"),
        (json!({"name": "x", "user": "y"}), "user"),
        (json!({"name": "x", "id": "1", "createdAt": NOW as f64 + 0.5}), "createdAt"),
    ] {
        let refused = shop.server("POST", "/open/v5/users/@m-1/events").json(body).await;
        refused.expect(422);
        assert_eq!(refused.fields(), [field]);
    }
}

#[tokio::test]
async fn token_is_accepted_up_to_thirty_days_past_its_end() {
    let shop = Shop::open().await;
    let (id, token) = visitor(&shop).await;
    let mut late = event("late");
    for (at, status) in [(NOW + DAY + 1, 200), (NOW + 31 * DAY, 200), (NOW + 31 * DAY + 1, 401)] {
        shop.clock.set(at);
        late["id"] = json!(at.to_string());
        let answer = shop.track(&token, json!([late])).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        shop.page("POST", "/front/v1/touch", &token).send().await.expect(401);
    }
    assert_eq!(shop.events(&id).await.len(), 2);
}

#[tokio::test]
async fn closing_page_sends_its_token_in_a_text_body() {
    let shop = Shop::open().await;
    let (id, token) = visitor(&shop).await;
    let body = json!({"sessionToken": token, "events": [event("a")]}).to_string();
    let beacon = |body: &str| {
        let request =
            shop.request("POST", "/front/v1/events").header("content-type", "text/plain;charset=UTF-8");
        request.bytes(body.to_owned())
    };
    assert_eq!(verdicts(&beacon(&body).await), ["a:accepted"]);
    assert_eq!(shop.events(&id).await.len(), 1);
    beacon(&json!({"events": [event("b")]}).to_string()).await.expect(401);
    beacon(&json!({"sessionToken": "x", "events": [event("b")]}).to_string()).await.expect(401);
    assert_eq!(shop.events(&id).await.len(), 1);
}

#[tokio::test]
async fn property_survives_byte_for_byte() {
    let shop = Shop::open().await;
    let (id, token) = visitor(&shop).await;
    let property = concat!(
        r#"{"big":18446744073709551615,"deep":{"a":[{"b":[null,true,{"c":"d"}]}]},"e":"é e\u0301","#,
        r#""emoji":"👨‍👩‍👧‍👦🇰🇷","empty":{"a":[],"o":{},"s":""},"float":0.30000000000000004,"#,
        r#""huge":1.7976931348623157e308,"key with \"quotes\" and 空白":1,"low":-9223372036854775808,"#,
        r#""more":[122.416294033786585,5e-324,1e-7,123456.789e3,0.1,100.0],"#,
        r#""text":"한국어 日本語 עברית\t\n\\ \u0000 \u001f </script>","tiny":2.2250738585072014e-308}"#,
    );
    let sent: Value = serde_json::from_str(property).unwrap();
    let body =
        format!(r#"{{"events":[{{"id":"a","name":"🛒 담기","createdAt":{NOW},"property":{property}}}]}}"#);
    let tracked = shop.page("POST", "/front/v1/events", &token).bytes(body).await;
    assert_eq!(verdicts(&tracked), ["a:accepted"]);
    let stored = shop.events(&id).await[0].clone();
    assert_eq!(stored["name"], "🛒 담기");
    assert_eq!(stored["property"].to_string(), sent.to_string());
    let floats = |value: &Value| {
        value["more"].as_array().unwrap().iter().map(|f| f.as_f64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(
        floats(&stored["property"]),
        [122.416_294_033_786_58, 5e-324, 1e-7, 123_456_789.0, 0.1, 100.0]
    );
    let items = shop.items().await;
    let text = items.iter().find_map(|item| item.get("p").and_then(|text| text.as_s().ok())).unwrap();
    assert_eq!(*text, sent.to_string(), "compact JSON text in the table");
}

#[tokio::test]
async fn event_that_is_twice_in_a_batch_is_looked_up_as_one() {
    let shop = Shop::open().await;
    let booted = shop.boot(json!({})).await;
    let (id, token) = (booted.str("/user/id"), booted.str("/sessionToken"));
    let event = |n: i64| json!({"id": "1", "name": "A", "createdAt": NOW, "property": {"n": n}});
    shop.track(token, json!([event(1)])).await.expect(200);
    let again = shop.track(token, json!([event(2), event(3)])).await;
    let statuses: Vec<_> =
        again.expect(200)["results"].as_array().unwrap().iter().map(|result| &result["status"]).collect();
    assert_eq!(statuses, ["duplicate", "duplicate"]);
    assert_eq!(shop.events(id).await[0]["property"], json!({"n": 1}));
    // Twice new, it is stored once.
    let new = json!({"id": "2", "name": "B", "createdAt": NOW});
    let first = shop.track(token, json!([new, new])).await;
    assert_eq!(first.expect(200)["results"][0]["status"], "accepted");
    assert_eq!(first.body["results"][1]["status"], "duplicate");
    assert_eq!(shop.events(id).await.len(), 2);
}
