//! No personal data in logs or error texts: the route's key, never the path; a field's name, never its value (R15).

use serde_json::{Value, json};
use support::log::Log;
use support::{Answer, NOW, Shop, dev, hash_of};

const MEMBER: &str = "kanarie-member";
const EMAIL: &str = "Kanarie@vogel.example";
const PHONE: &str = "+821077007700";
const VEIL: &str = "5f0f2a4e-0b5d-4a57-9f0e-6c1d2e3f4a5b";
/// In lower case: every one is part of something that a log line must not have.
const CANARIES: [&str; 4] = ["kanarie", "vogel", "77007700", VEIL];

#[track_caller]
fn tells_nothing(text: &str, secrets: &[&str]) {
    let text = text.to_lowercase();
    for canary in CANARIES.iter().chain(secrets) {
        assert!(!text.contains(&canary.to_lowercase()), "{canary} in {text}");
    }
}

fn profile() -> Value {
    json!({"email": EMAIL, "mobileNumber": PHONE, "name": "Kanarie Vogel", "grade": "kanarie"})
}

/// Every route, with the canaries wherever a value can be. `bend` makes of a body what is sent.
async fn every_route(shop: &Shop, token: &str, bend: impl Fn(Value) -> Value) -> Vec<Answer> {
    let mut answers = Vec::new();
    let event =
        json!({"id": "kanarie-1", "name": "Kanarie", "createdAt": NOW, "property": {"vogel": "kanarie"}});
    let checkout =
        json!({"id": "kanarie-2", "name": "CheckoutComplete", "createdAt": NOW, "property": {"id": PHONE}});
    let boot = json!({
        "pluginKey": dev::PLUGIN_KEY, "memberId": MEMBER, "memberHash": hash_of(MEMBER), "veilId": VEIL,
        "profile": profile(), "tags": ["kanarie"], "page": {"url": "http://vogel.example/?utm_source=kanarie",
        "referrer": "http://kanarie.example/"}, "app": {"name": "Kanarie", "pushToken": "kanarie"},
    });
    let visitor = json!({"pluginKey": dev::PLUGIN_KEY, "profile": profile()});
    let patch = json!({"profile": profile(), "profileOnce": {"utmTerm": "kanarie"}, "tags": ["vogel"]});
    for (method, path, body) in [
        ("POST", "/front/v1/boot", visitor),
        ("POST", "/front/v1/boot", boot),
        ("POST", "/front/v1/touch", json!({})),
        ("PATCH", "/front/v1/users/me", patch.clone()),
        ("PATCH", "/front/v1/users/me/tags", json!({"tags": ["kanarie"]})),
        ("DELETE", "/front/v1/users/me/tags", json!({"tags": ["kanarie"]})),
        ("POST", "/front/v1/events", json!({"events": [event, checkout]})),
    ] {
        let request = shop.page(method, path, token).header("user-agent", "Kanarie/1.0 (vogel)");
        answers.push(request.header("accept-language", "kanarie").json(bend(body)).await);
    }
    let user = format!("/open/v5/users/@{MEMBER}");
    for (method, path, body) in [
        ("PUT", user.clone(), patch.clone()),
        ("PATCH", user.clone(), patch),
        ("POST", format!("{user}/touch"), json!({})),
        ("POST", format!("{user}/block"), json!({})),
        ("DELETE", format!("{user}/block"), json!({})),
        ("POST", format!("{user}/events"), event),
        ("POST", "/open/v5/users".to_owned(), json!({"profile": profile()})),
        ("GET", user.clone(), json!({})),
        ("GET", format!("{user}/events?since=kanarie"), json!({})),
        ("GET", format!("{user}/events?limit=kanarie"), json!({})),
        ("GET", format!("{user}/events?sortOrder=kanarie"), json!({})),
        ("GET", format!("/okyaku/v1/contacts/@{MEMBER}"), json!({})),
        ("GET", format!("/okyaku/v1/contacts/@{MEMBER}/export"), json!({})),
        ("GET", format!("/okyaku/v1/contacts/@{MEMBER}/export?since=kanarie"), json!({})),
        ("GET", "/okyaku/v1/actives?month=kanarie".to_owned(), json!({})),
        ("GET", "/okyaku/v1/rejections".to_owned(), json!({})),
        ("GET", "/okyaku/v1/rejections?days=kanarie".to_owned(), json!({})),
        ("DELETE", format!("{user}/events/kanarie"), json!({})),
        ("DELETE", user.clone(), json!({})),
        ("PUT", format!("{user}%2Fvogel"), json!({})),
        ("GET", format!("/kanarie/{EMAIL}"), json!({})),
    ] {
        answers.push(shop.server(method, &path).json(bend(body)).await);
    }
    answers
}

async fn session(shop: &Shop) -> String {
    shop.boot(json!({"profile": {"grade": "kanarie"}})).await.str("/sessionToken").to_owned()
}

#[tokio::test]
async fn success_is_logged_by_route_and_status_alone() {
    let shop = Shop::open().await;
    let (log, _guard) = Log::capture();
    let token = session(&shop).await;
    let answers = every_route(&shop, &token, |body| body).await;
    shop.sweep().await;
    assert!(answers.iter().filter(|answer| answer.status < 300).count() > 15, "{answers:?}");
    for line in log.lines() {
        let mut keys: Vec<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
        // Who has no channel has no credential that leads to one; only what takes events counts them.
        keys.retain(|key| {
            !matches!(*key, "timestamp" | "level" | "target" | "channel" | "events" | "rejected")
        });
        assert_eq!(keys, ["calls", "message", "ms", "request_id", "route", "status", "units"], "{line}");
        let route = line["route"].as_str().unwrap_or_default();
        let takes_events = route.starts_with("POST") && route.ends_with("/events") && line["status"] == 200;
        assert_eq!(line.get("events").is_some(), takes_events, "{line}");
        assert_eq!(line["message"], "served");
    }
    let put = |line: &Value| line["route"] == "PUT /open/v5/users/{userId}" && line["status"] == 200;
    assert!(log.lines().iter().any(put), "{}", log.text());
    let ids: Vec<String> =
        answers.iter().filter_map(|a| Some(a.body["user"]["id"].as_str()?.to_owned())).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let hash = hash_of(MEMBER);
    tells_nothing(&log.text(), &[&ids[..], &[&token, &hash, dev::ACCESS_SECRET, dev::PLUGIN_KEY]].concat());
}

#[tokio::test]
async fn request_line_shows_its_channel_calls_units_and_events() {
    let shop = Shop::open().await;
    let token = session(&shop).await;
    let warm = json!([{"id": "warm", "name": "A", "createdAt": NOW}]);
    shop.track(&token, warm).await.expect(200);
    let (log, _guard) = Log::capture();
    let mut events: Vec<Value> =
        (0..30).map(|n| json!({"id": n.to_string(), "name": "A", "createdAt": NOW})).collect();
    events.push(json!({"id": "bad", "name": ""}));
    shop.track(&token, events.into()).await.expect(200);
    let lines = log.lines();
    let line = lines.iter().find(|line| line["message"] == "served").unwrap();
    // The session's channel is cached; a guard, two batches in parallel, and the count of what was dropped.
    assert_eq!((&line["route"], &line["calls"]), (&json!("POST /front/v1/events"), &json!(4)));
    assert_eq!(line["units"], 32.0);
    assert_eq!((&line["events"], &line["rejected"]), (&json!(30), &json!(1)));
    let channels = shop.admin(json!({"action": "listChannels"})).await.unwrap();
    assert_eq!(line["channel"], channels["channels"][0]["id"]);
    let (log, _guard) = Log::capture();
    shop.page("POST", "/front/v1/touch", "nobody").send().await.expect(401);
    assert_eq!(log.lines().last().unwrap().get("channel"), None, "no credential, no channel");
}

#[tokio::test]
async fn refusal_reveals_no_value_to_the_log_or_the_caller() {
    let shop = Shop::open().await;
    let (log, _guard) = Log::capture();
    let token = session(&shop).await;
    // Every value becomes one of a wrong type, or the whole a wrong one, or wrongly proven.
    let bends: [fn(Value) -> Value; 5] = [
        |body| {
            let keep = |key: &str| matches!(key, "pluginKey" | "memberHash");
            let fields = body.as_object().cloned().unwrap_or_default().into_iter();
            fields.map(|(key, value)| if keep(&key) { (key, value) } else { (key, json!([value])) }).collect()
        },
        |mut body| {
            body["profile"] =
                json!({"email": "kanarie", "mobileNumber": "77007700", "name": {"vogel": "kanarie"}});
            body
        },
        |mut body| {
            body["memberHash"] = json!("kanarie");
            body["name"] = json!({"kanarie": "vogel"});
            body
        },
        |body| json!([body]),
        |body| json!(body.to_string()),
    ];
    for bend in bends {
        let answers = every_route(&shop, &token, bend).await;
        assert!(answers.iter().filter(|answer| answer.status >= 400).count() > 10);
        for answer in answers.iter().filter(|answer| answer.status >= 400) {
            assert!(answer.status < 500, "{}", answer.body);
            tells_nothing(&answer.text(), &[]);
        }
        // What a page is told of drops names fields only.
        for answer in answers {
            tells_nothing(&answer.body["dropped"].to_string(), &[]);
        }
    }
    for bytes in [&br#"{"profile":{"email":"kanarie@vogel.example\x"}}"#[..], b"kanarie=vogel", b"{}kanarie"]
    {
        for path in ["/front/v1/boot", "/open/v5/users", "/front/v1/events"] {
            let refused = shop.server("POST", path).bytes(bytes).await;
            tells_nothing(&refused.expect(400).to_string(), &[]);
        }
    }
    for (key, secret) in [("kanarie", "vogel"), (dev::ACCESS_KEY, "kanarie")] {
        let request = shop.request("GET", "/open/v5/users/@m").header("x-access-key", key);
        tells_nothing(&request.header("x-access-secret", secret).send().await.expect(401).to_string(), &[]);
    }
    let foreign = shop.page("POST", "/front/v1/touch", &token).header("origin", "https://kanarie.example");
    tells_nothing(&foreign.send().await.expect(403).to_string(), &[]);
    tells_nothing(&log.text(), &[&token]);
}

#[tokio::test]
async fn table_failure_is_logged_by_its_code_and_no_value() {
    let shop = Shop::open().await;
    let (log, _guard) = Log::capture();
    let token = session(&shop).await;
    let all =
        ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "TransactWriteItems", "BatchWriteItem"];
    let message = format!("One or more values were invalid: {EMAIL} {PHONE} {VEIL}");
    let failed = |code: &str| json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": message});
    let item = json!({"pk": {"S": "kanarie"}, "id": {"N": "77007700"}, "profile": {"S": "kanarie"}, "v": {"S": VEIL}});
    let mut cancelled = failed("TransactionCanceledException");
    let reason = json!({"Code": "ValidationError", "Message": message, "Item": item});
    cancelled["CancellationReasons"] = json!([reason, reason, reason]);
    for (status, fault, operations) in [
        (400, failed("ValidationException"), &all[..]),
        (400, failed("AccessDeniedException"), &all[..1]),
        (400, cancelled, &["TransactWriteItems"]),
        (200, json!({"Item": item, "Items": [item], "Responses": {"kanarie": [item]}}), &all[..3]),
    ] {
        for &operation in operations {
            let answer = fault.clone();
            shop.recorder.inject(move |called, _| (called == operation).then(|| (status, answer.clone())));
            let shop = shop.another_instance();
            for answer in every_route(&shop, &token, |body| body).await {
                if answer.status >= 400 {
                    tells_nothing(&answer.text(), &[]);
                }
                if answer.status == 500 {
                    assert_eq!(answer.body["message"], "internal error");
                }
            }
            let _ = okyaku_engine::sweep::run(&shop.base.app::<okyaku_sweep::Access>()).await;
        }
    }
    shop.recorder.heal();
    let text = log.text();
    tells_nothing(&text, &[&token]);
    assert!(
        text.contains("ValidationException") && text.contains(r#""level":"ERROR""#),
        "the cause is logged"
    );
    // Once a request, with its id.
    let failures: Vec<Value> = log.lines().into_iter().filter(|line| line["message"] == "failed").collect();
    let mut ids: Vec<&str> = failures.iter().map(|line| line["request_id"].as_str().unwrap()).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert!(count > 10 && ids.len() == count, "{count} {}", ids.len());
}
