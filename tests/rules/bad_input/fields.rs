//! Fields of a wrong type, of a wrong value, or not the caller's (R4, R5, R9).

use serde_json::{Value, json};
use support::{NOW, dev};

use super::{CANARY, CANARY_NUMBER, Desk, silent};

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Flag,
    List,
    Object,
    Whole,
}
use Kind::{Flag, List, Object, Text, Whole};

/// Values of every other kind.
fn wrong(kind: Kind) -> Vec<Value> {
    let all = [
        json!(format!("{CANARY} 7")),
        json!(CANARY_NUMBER as f64 + 0.5),
        json!(true),
        json!([CANARY, CANARY_NUMBER]),
        json!({ CANARY: CANARY_NUMBER }),
    ];
    let right = |value: &Value| match kind {
        Text => value.is_string(),
        Flag => value.is_boolean(),
        List => value.is_array(),
        Object => value.is_object(),
        Whole => value.is_i64(),
    };
    all.into_iter().filter(|value| !right(value)).collect()
}

/// A body with this value at `a`, `a.b` or `a[0]`.
fn body(field: &str, value: &Value) -> Value {
    match (field.split_once('.'), field.strip_suffix("[0]")) {
        (Some((outer, inner)), _) => json!({ outer: { inner: value } }),
        (None, Some(list)) => json!({ list: [value] }),
        (None, None) => json!({ field: value }),
    }
}

const PATCH: [(&str, Kind); 7] = [
    ("profile", Object),
    ("profileOnce", Object),
    ("language", Text),
    ("unsubscribeEmail", Flag),
    ("unsubscribeTexting", Flag),
    ("tags", List),
    ("tags[0]", Text),
];
const OF_BOOT: [(&str, Kind); 6] = [
    ("memberHash", Text),
    ("veilId", Text),
    ("page", Object),
    ("page.url", Text),
    ("page.referrer", Text),
    ("app", Object),
];

#[tokio::test]
async fn field_of_a_wrong_type_is_422_and_stores_nothing() {
    let desk = Desk::open().await;
    let before = desk.shop.dump().await;
    let event = [("name", Text), ("id", Text), ("property", Object), ("createdAt", Whole)];
    let fields = [
        ("POST", "/front/v1/boot", vec![("pluginKey", Text)]),
        ("PATCH", "/front/v1/users/me/tags", PATCH[5..].into()),
        ("DELETE", "/front/v1/users/me/tags", PATCH[5..].into()),
        ("POST", "/front/v1/events", vec![("events", List), ("attempt", Whole), ("sessionToken", Text)]),
        ("PUT", "/open/v5/users/@m", [&[("blocked", Flag), ("revive", Flag)], &PATCH[..]].concat()),
        ("PATCH", "/open/v5/users/@m", [&[("blocked", Flag)], &PATCH[..]].concat()),
        ("POST", "/open/v5/users/@m/events", event.into()),
        ("POST", "/open/v5/users", [&[("qualified", List)], &PATCH[..]].concat()),
    ];
    for (method, path, fields) in fields {
        for (field, kind) in fields {
            for value in wrong(kind) {
                let mut body = body(field, &value);
                if path == "/open/v5/users/@m/events" && field != "name" {
                    body["name"] = json!("A");
                }
                if path == "/open/v5/users" && field != "profile" {
                    body["profile"] = json!({"email": "a@example.com"});
                }
                desk.refused(&desk.json(method, path, body).await, 422, field);
            }
        }
    }
    let lead = json!({"profile": {"email": "a@example.com"}, "qualified": [CANARY]});
    desk.refused(&desk.json("POST", "/open/v5/users", lead).await, 422, "qualified");
    for attempt in [json!(0), json!(-1), json!(1.5)] {
        let batch = json!({"events": [{"id": "1", "name": "A", "createdAt": NOW}], "attempt": attempt});
        desk.refused(&desk.json("POST", "/front/v1/events", batch).await, 422, "attempt");
    }
    assert_eq!(desk.shop.dump().await, before);
}

/// A page's body never fails as a whole because of one key.
#[tokio::test]
async fn field_of_a_wrong_type_from_a_page_is_dropped_and_the_rest_is_stored() {
    let desk = Desk::open().await;
    for (method, path, fields) in [
        ("POST", "/front/v1/boot", [&OF_BOOT[..], &PATCH].concat()),
        ("PATCH", "/front/v1/users/me", PATCH.into()),
    ] {
        for (field, kind) in fields {
            for value in wrong(kind) {
                let mut body = body(field, &value);
                body["unsubscribeEmail"] = body.get("unsubscribeEmail").cloned().unwrap_or(json!(true));
                if field == "unsubscribeEmail" {
                    body["profile"] = json!({"grade": "gold"});
                }
                let answer = desk.json(method, path, body).await;
                let dropped = answer.expect(200)["dropped"].as_array().unwrap().clone();
                assert_eq!(dropped.len(), 1, "{field}: {value}: {dropped:?}");
                assert_eq!(dropped[0]["field"], field, "{value}");
                silent(&answer);
                let kept = if field == "unsubscribeEmail" {
                    "/user/profile/grade"
                } else {
                    "/user/unsubscribeEmail"
                };
                let expected = if field == "unsubscribeEmail" { json!("gold") } else { json!(true) };
                assert_eq!(answer.body.pointer(kept), Some(&expected), "{field}: {value}");
            }
        }
    }
    assert!(!desk.shop.dump().await.contains(CANARY));
}

#[tokio::test]
async fn basic_key_is_not_writable() {
    let desk = Desk::open().await;
    let before = desk.shop.dump().await;
    let keys = "lastSeenAt city country member sessionsCount hasPushToken createdAt id name updatedAt web mobile \
                web.browser web.sessionsCount mobile.appName mobile.lastSeenAt";
    for (method, path, own) in
        [("PATCH", "/open/v5/users/@m", "memberId"), ("POST", "/open/v5/users", "memberId")]
    {
        for key in keys.split_whitespace().chain(own.split_whitespace()) {
            for value in [json!(CANARY), json!(CANARY_NUMBER), json!({ CANARY: CANARY })] {
                let body = json!({key: value, "profile": {"email": "a@example.com"}});
                desk.refused(&desk.json(method, path, body).await, 422, key);
            }
        }
    }
    // A page hears of it, and a PUT of a whole customer lists it. Nothing of it is stored.
    for key in keys.split_whitespace().chain(["memberId", "blocked"]) {
        let value = json!({ CANARY: CANARY });
        let patched = desk.json("PATCH", "/front/v1/users/me", json!({ key: value })).await;
        let named = format!("profile.{key}");
        let field = if key == "name" { &named } else { key };
        assert_eq!(patched.expect(200)["dropped"][0]["field"], field);
        if key != "blocked" {
            let put = desk.json("PUT", "/open/v5/users/@m", json!({ key: value })).await;
            assert_eq!(put.expect(200)["ignored"], json!([key]));
        }
    }
    // A route that has no patch knows its own keys alone, and the Open API no other than Channel Talk's.
    for (method, path) in [
        ("PATCH", "/front/v1/users/me/tags"),
        ("DELETE", "/front/v1/users/me/tags"),
        ("POST", "/front/v1/events"),
        ("POST", "/open/v5/users/@m/events"),
        ("PATCH", "/open/v5/users/@m"),
        ("POST", "/open/v5/users"),
    ] {
        // A server may send back what it was shown.
        let shown = path.contains("/@m");
        for key in
            ["userId", "channelId", "pluginKey", ""].into_iter().filter(|key| !shown || !key.ends_with("Id"))
        {
            let body = json!({key: CANARY, "profile": {"email": "a@example.com"}});
            let answer = desk.json(method, path, body).await;
            assert_eq!(answer.status, 422, "{method} {path} {key:?}");
            silent(&answer);
        }
    }
    assert_eq!(desk.shop.dump().await, before);
}

/// Profile fields and values that they refuse.
fn wrong_profile() -> Vec<(String, Value)> {
    let of = |keys: &str, values: &[Value]| {
        let pairs =
            keys.split_whitespace().flat_map(|key| values.iter().map(|v| (key.to_owned(), v.clone())));
        pairs.collect::<Vec<_>>()
    };
    let texts = "mobileNumber email referrer utmCampaign utmMedium utmSource utmContent utmTerm name firstName \
                 lastName avatarUrl landlineNumber";
    let control = json!(format!("{CANARY}\u{0}"));
    let mut all = of(texts, &wrong(Text));
    all.extend(of(texts, std::slice::from_ref(&control)));
    all.extend(of("lastCheckoutCompletedAt", &[wrong(Whole), vec![json!(1e300), json!(9e15)]].concat()));
    let number = [json!(CANARY), json!(true), json!([CANARY_NUMBER]), json!({CANARY: 1})];
    all.extend(of("recentPurchaseCount recentPurchaseAmount", &number));
    all.extend(of("email", &[json!(CANARY), json!(format!("{CANARY}@")), json!("a".repeat(300))]));
    let phones = [json!(CANARY), json!("+"), json!("+0770077007"), json!("12"), json!("7".repeat(400))];
    all.extend(of("mobileNumber", &phones));
    let lists = [
        json!([CANARY, 1]),
        json!([[CANARY]]),
        json!([null]),
        json!([true]),
        json!([format!("{CANARY}\u{7f}")]),
    ];
    all.extend(of("grade", &lists));
    all.extend(of("grade", &[json!({CANARY: {"": 1}}), control]));
    for key in ["", " ", "a\u{0}b", "a\nb", &"k".repeat(65)] {
        all.push((key.to_owned(), json!(CANARY)));
    }
    all
}

#[tokio::test]
async fn wrong_profile_value_is_422_for_servers_and_dropped_for_pages() {
    let desk = Desk::open().await;
    let before = desk.shop.dump().await;
    for (key, value) in wrong_profile() {
        for within in ["profile", "profileOnce"] {
            let body = json!({within: {&key: value, "right": 1}});
            let field = format!("{within}.{key}");
            desk.refused(&desk.json("PUT", "/open/v5/users/@m", body.clone()).await, 422, &field);
            desk.refused(&desk.json("PATCH", "/open/v5/users/@m", body.clone()).await, 422, &field);
            let mut lead = json!({"profile": {}});
            lead[within] = body[within].clone();
            lead["profile"]["landlineNumber"] = json!("1");
            if within == "profileOnce" || key != "landlineNumber" {
                desk.refused(&desk.json("POST", "/open/v5/users", lead).await, 422, &field);
            }
        }
    }
    assert_eq!(desk.shop.dump().await, before);

    for (key, value) in wrong_profile() {
        let booted =
            desk.shop.boot(json!({"profile": {&key: value, "right": 1}, "profileOnce": {"once": 2}})).await;
        assert_eq!(booted.expect(200)["user"]["profile"], json!({"right": 1, "once": 2}), "{key}: {value}");
        assert_eq!(booted.body["dropped"][0]["field"], format!("profile.{key}"), "{value}");
        silent(&booted);
        let token = booted.str("/sessionToken");
        let patch = json!({"profile": {"right": 3}, "profileOnce": {&key: value}});
        let patched = desk.shop.page("PATCH", "/front/v1/users/me", token).json(patch).await;
        assert_eq!(patched.expect(200)["user"]["profile"], json!({"right": 3, "once": 2}), "{key}: {value}");
        assert_eq!(patched.body["dropped"][0]["field"], format!("profileOnce.{key}"));
        silent(&patched);
    }
    assert!(!desk.shop.dump().await.contains(CANARY));
}

#[tokio::test]
async fn page_reply_lists_the_dropped_basic_fields() {
    let desk = Desk::open().await;
    let app = json!({"name": CANARY_NUMBER, "version": "\u{1}", "os": [], "device": "", "pushToken": 1, "osName": "iOS"});
    let body = json!({"app": app, "language": CANARY.repeat(9), "profile": {"description": CANARY}, "unknown": CANARY});
    let booted = desk.shop.boot(body).await;
    silent(&booted);
    let mut fields: Vec<_> = booted.expect(200)["dropped"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d["field"].as_str().unwrap())
        .collect();
    fields.sort_unstable();
    let dropped = "app.device app.name app.os app.pushToken app.version language profile.description unknown";
    assert_eq!(fields.join(" "), dropped);
    let user = desk.shop.customer(booted.str("/user/id")).await.body["user"].clone();
    assert_eq!(user["mobile"]["osName"], "iOS");
    assert_eq!(user["hasPushToken"], false);
    assert!(!desk.shop.dump().await.contains(CANARY));
    // A veilId of another form is replaced.
    for veil in ["", CANARY, "0123456789ABCDEF0123456789ABCDEF", "\u{0}"] {
        let booted = desk.shop.boot(json!({"pluginKey": dev::PLUGIN_KEY, "veilId": veil})).await;
        assert_eq!(booted.expect(200)["veilId"].as_str().unwrap().len(), 32);
        assert_ne!(booted.body["veilId"], veil);
    }
}

#[tokio::test]
async fn batch_has_a_verdict_per_event_and_stores_the_valid_ones() {
    let desk = Desk::open().await;
    let event = |change: Value| {
        let mut event = json!({"id": "1", "name": "A", "createdAt": NOW});
        event.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        event
    };
    let mut bad: Vec<(Value, &str)> = Vec::new();
    for (field, kind) in [("id", Text), ("name", Text), ("property", Object), ("createdAt", Whole)] {
        bad.extend(wrong(kind).into_iter().map(|value| (event(json!({ field: value })), field)));
        if field != "property" {
            bad.push((event(json!({ field: null })), field));
        }
    }
    for (change, field) in [
        (json!({"id": "a\u{0}"}), "id"),
        (json!({"name": format!("{CANARY}\u{85}")}), "name"),
        (json!({"name": "  "}), "name"),
        (json!({"property": {"": CANARY}}), "property"),
        (json!({"property": {"a": [{"": CANARY}]}}), "property"),
        (json!({"createdAt": i64::MIN}), "createdAt"),
        (json!({"createdAt": u64::MAX}), "createdAt"),
        (json!({"createdAt": 1.795e300}), "createdAt"),
    ] {
        bad.push((event(change), field));
    }
    let count = bad.len();
    let objects = [json!(CANARY), json!(null), json!([]), json!(1)];
    let mut events: Vec<Value> = bad.iter().map(|(event, _)| event.clone()).chain(objects).collect();
    events.insert(3, event(json!({"id": "good"})));
    events.push(event(json!({"id": "good"})));
    let answer = desk.json("POST", "/front/v1/events", json!({ "events": events })).await;
    silent(&answer);
    let mut results = answer.expect(200)["results"].as_array().unwrap().clone();
    assert_eq!(results.pop().unwrap(), json!({"id": "good", "status": "duplicate"}));
    assert_eq!(results.remove(3), json!({"id": "good", "status": "accepted"}));
    for (at, result) in results.iter().enumerate() {
        assert_eq!(result["status"], "rejected");
        let field = bad.get(at).map_or("must be an object", |(_, field)| field);
        assert!(result["message"].as_str().unwrap().starts_with(field), "{result} for {field}");
    }
    assert_eq!(results.len(), count + 4);
    assert_eq!(desk.shop.dump().await.matches("\"E#").count(), 1);
    // The same on the Open API, where an event may lack its id and its time.
    let before = desk.shop.dump().await;
    for (event, field) in bad {
        if !(field == "id" && event["id"].is_null()) {
            desk.refused(&desk.json("POST", "/open/v5/users/@m/events", event).await, 422, field);
        }
    }
    assert_eq!(desk.shop.dump().await, before);
}
