//! Whatever is sent, no answer is a 5xx, and every refusal has both shapes that clients read.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use support::{Call, NOW};

use super::{Desk, routes};

/// Keys that some route reads, and a few that none does.
const KEYS: [&str; 40] = [
    "pluginKey",
    "memberId",
    "memberHash",
    "veilId",
    "profile",
    "profileOnce",
    "language",
    "unsubscribeEmail",
    "unsubscribeTexting",
    "page",
    "url",
    "referrer",
    "app",
    "pushToken",
    "os",
    "events",
    "id",
    "name",
    "createdAt",
    "property",
    "attempt",
    "sessionToken",
    "tags",
    "qualified",
    "blocked",
    "revive",
    "email",
    "mobileNumber",
    "lastCheckoutCompletedAt",
    "recentPurchaseCount",
    "description",
    "utmSource",
    "products",
    "totalAmount",
    "web",
    "",
    "__proto__",
    "a.b",
    "a\u{0}",
    "漢字",
];

fn leaf() -> impl Strategy<Value = Value> {
    let texts = select(vec![
        "",
        " ",
        "null",
        "m",
        "lucas",
        "a@example.com",
        "+821024682468",
        "010-2468-2468",
        "CheckoutComplete",
        "ko",
        "SignUp",
        "12.50",
        "0",
        "http://localhost/?utm_source=%00&utm_term=x",
        "5f0f2a4e-0b5d-4a57-9f0e-6c1d2e3f4a5b",
    ]);
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-100_i64..100).prop_map(|at| json!(NOW + at * 1000)),
        texts.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ]
}

fn object(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    let key = prop_oneof![9 => select(KEYS.to_vec()).prop_map(str::to_owned), 1 => any::<String>()];
    btree_map(key, value, 0..8).prop_map(|map| map.into_iter().collect())
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let value = leaf().prop_recursive(10, 60, 8, |inner| {
        prop_oneof![vec(inner.clone(), 0..6).prop_map(Value::from), object(inner)]
    });
    let json = object(value).prop_map(|body| body.to_string().into_bytes()).boxed();
    // One byte of it changed, or any bytes at all.
    let bent = (json.clone().no_shrink(), any::<prop::sample::Index>(), any::<u8>()).prop_map(
        |(mut body, at, byte)| {
            let at = at.index(body.len());
            body[at] = byte;
            body
        },
    );
    prop_oneof![8 => json, 1 => bent, 1 => vec(any::<u8>(), 0..64)]
}

fn query() -> impl Strategy<Value = String> {
    let pair = (
        select(vec!["since", "limit", "sortOrder", "month"]),
        "[0-9a-f%]{0,51}|asc|both|desc|2026-[01][0-9]",
    );
    vec(pair, 0..3)
        .prop_map(|pairs| pairs.into_iter().map(|(key, value)| format!("{key}={value}&")).collect())
}

#[test]
fn requests_are_never_answered_with_a_5xx() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let desk = runtime.block_on(Desk::open());
    let mut all: Vec<(&str, String)> =
        routes().into_iter().map(|(method, path, _)| (method, path.into())).collect();
    let others =
        ["GET ", "GET /events", "POST /touch", "POST /block", "DELETE /block", "DELETE ", "DELETE /events/0"];
    all.extend(
        others
            .iter()
            .filter_map(|other| other.split_once(' '))
            .map(|(method, rest)| (method, format!("/open/v5/users/@m{rest}"))),
    );
    all.extend([("POST", "/front/v1/touch".to_owned()), ("GET", "/okyaku/v1/contacts/@m".to_owned())]);
    all.extend([
        ("GET", "/okyaku/v1/contacts/@m/export".to_owned()),
        ("GET", "/okyaku/v1/actives".to_owned()),
        ("GET", "/okyaku/v1/rejections".to_owned()),
    ]);
    let id = prop_oneof![3 => Just("m".to_owned()), 1 => any::<String>(), 1 => "[0-9a-f]{20}"];
    let strategy = (select(all), id, query(), select(vec!["application/json", "text/plain", "x/y"]), body());
    let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    let run = |((method, path), id, query, kind, body): ((&str, String), String, String, &str, Vec<u8>)| {
        let id: String = id.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let path = format!("{}?{query}", path.replace("@m", &format!("@{id}")));
        desk.shop.recorder.reset();
        let answer = runtime.block_on(desk.send(method, &path, kind, body));
        prop_assert!(answer.status < 500, "{} {} {}", method, path, answer.body);
        // The gateway itself refuses what does not decode.
        if answer.status >= 400 && answer.body.get("status").is_some() {
            prop_assert_eq!(&answer.body["status"], answer.status);
            prop_assert_eq!(&answer.body["errors"][0]["message"], &answer.body["message"]);
            let wrote = |call: &Call| !call.reads() && !call.notes_rejections();
            prop_assert!(!desk.shop.recorder.calls().iter().any(wrote), "{} {} wrote", method, path);
        }
        Ok(())
    };
    runner.run(&strategy, run).unwrap();
}
