//! MemberIds that are none (R1): never a member.

use serde_json::{Value, json};

use super::Desk;

/// Blank and placeholder ids, as pages send them when nobody is logged in.
const NOBODY: [&str; 18] = [
    " ",
    "\t",
    "\u{3000}",
    "null",
    "NULL",
    "undefined",
    "[object Object]",
    "0",
    "000",
    "-1",
    "NaN",
    "anonymous",
    "guest",
    "Guest",
    "none",
    "nil",
    "true",
    "false",
];
/// Ids with a character that no memberId has.
const FORBIDDEN: [&str; 11] =
    ["a/b", "a?b", "a#b", "a%b", "a\\b", "a b", "a\tb", "a\u{a0}b", "%2F", "a\u{1}b", "a\u{9f}b"];

/// Every byte percent-encoded, so that the gateway decodes it to exactly this.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn page_with_an_invalid_member_id_stays_anonymous() {
    let desk = Desk::open().await;
    for id in NOBODY.iter().chain(&FORBIDDEN).chain(&["", "a\u{0}"]) {
        let booted = desk.shop.boot_member(id, json!({"profile": {"name": "Lee"}})).await;
        let user = &booted.expect(200)["user"];
        assert_eq!((&user["type"], &user["memberId"]), (&json!("anonymous"), &Value::Null), "{id:?}");
        assert_eq!(user["profile"]["name"], "Lee");
        assert_eq!(booted.body["dropped"][0]["field"], "memberId");
        assert_eq!(booted.body["dropped"].as_array().unwrap().len(), 1);
    }
    assert!(desk.shop.dump().await.matches("\"m\": S(").count() == 1, "only m is a member");
}

#[tokio::test]
async fn open_api_neither_creates_nor_finds_an_invalid_member_id() {
    let desk = Desk::open().await;
    let before = desk.shop.dump().await;
    for id in NOBODY.iter().chain(&FORBIDDEN) {
        for version in ["v4", "v5"] {
            let path = format!("/open/{version}/users/@{}", encoded(id));
            desk.refused(&desk.json("PUT", &path, json!({})).await, 422, "memberId");
            for (method, path, body) in [
                ("PATCH", path.clone(), json!({"language": "ko"})),
                ("POST", format!("{path}/events"), json!({"name": "A"})),
                ("POST", format!("{path}/block"), json!({})),
                ("DELETE", format!("{path}/block"), json!({})),
                ("GET", path.clone(), json!({})),
                ("GET", format!("{path}/events"), json!({})),
                ("DELETE", path.clone(), json!({})),
            ] {
                let answer = desk.json(method, &path, body).await;
                assert_eq!(answer.expect(404)["message"], "the customer was not found", "{method} {path}");
            }
        }
    }
    let blank = desk.json("PUT", "/open/v5/users/@", json!({})).await;
    desk.refused(&blank, 422, "memberId");
    assert_eq!(desk.shop.dump().await, before);
}

#[tokio::test]
async fn id_of_another_shape_is_404() {
    let desk = Desk::open().await;
    let long = "a".repeat(5000);
    for id in
        ["m", "me", "0123456789ABCDEF0123", "%00", "..", "%2e%2e", "@@m", "%F0%9F%8D%B5", "%40%40x", &long]
    {
        for (method, body) in
            [("GET", json!({})), ("PATCH", json!({"language": "ko"})), ("DELETE", json!({}))]
        {
            let answer = desk.json(method, &format!("/open/v5/users/{id}"), body).await;
            assert_eq!(answer.status, 404, "{method} {id}");
        }
        let put = desk.json("PUT", &format!("/open/v5/users/{id}"), json!({})).await;
        // Only what follows an `@` names a member, and `@` may be in its name.
        let creates = id.starts_with("@@") || id.starts_with("%40%40");
        assert_eq!(put.status, if creates { 200 } else { 404 }, "{id}");
    }
    // What does not decode to UTF-8 never reaches a function.
    let answer = desk.json("GET", "/open/v5/users/%ff", json!({})).await;
    assert_eq!((answer.status, &answer.body["message"]), (400, &json!("Bad Request")));
    for event in ["x", "0", &"f".repeat(51), &"0".repeat(51), "%00", &long] {
        let path = format!("/open/v5/users/@m/events/{event}");
        assert_eq!(desk.shop.server("DELETE", &path).send().await.status, 404, "{event}");
        let path = format!("/open/v5/users/@m/events?since={event}");
        let answer = desk.shop.server("GET", &path).send().await;
        assert!(answer.status == 200 || answer.fields() == ["since"], "{event} {}", answer.status);
    }
}
