//! Bad input on every route that takes a body (R1, R4, R5, R9, R15): a 4xx that names the field, never echoes the
//! value and stores nothing; or 200 with what was dropped and the valid rest stored. Never a 5xx.

mod fields;
mod fuzz;
mod members;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::shop::base64;
use support::{Answer, NOW, Shop, dev, gzip, gzip_bomb};

/// Every route that takes a body, and one that it accepts.
fn routes() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("POST", "/front/v1/boot", json!({"pluginKey": dev::PLUGIN_KEY})),
        ("PATCH", "/front/v1/users/me", json!({"language": "ko"})),
        ("PATCH", "/front/v1/users/me/tags", json!({"tags": ["a"]})),
        ("DELETE", "/front/v1/users/me/tags", json!({"tags": ["a"]})),
        ("POST", "/front/v1/events", json!({"events": [{"id": "1", "name": "A", "createdAt": NOW}]})),
        ("PUT", "/open/v5/users/@m", json!({"language": "ko"})),
        ("PATCH", "/open/v5/users/@m", json!({"language": "ja"})),
        ("POST", "/open/v5/users/@m/events", json!({"name": "A"})),
        ("POST", "/open/v5/users", json!({"profile": {"email": "lead@example.com"}})),
        ("PUT", "/open/v4/users/@m", json!({"language": "ko"})),
        ("PATCH", "/open/v4/users/@m", json!({"language": "ja"})),
        ("POST", "/open/v4/users/@m/events", json!({"name": "A"})),
    ]
}

/// A shop with a visitor's session and a member `m`.
struct Desk {
    shop: Shop,
    token: String,
}

impl Desk {
    async fn open() -> Self {
        let shop = Shop::open().await;
        let token = shop.boot(json!({})).await.str("/sessionToken").to_owned();
        shop.server("PUT", "/open/v5/users/@m").json(json!({})).await.expect(200);
        Self { shop, token }
    }

    /// Sends a body with the credentials of a server and of a page.
    async fn send(&self, method: &str, path: &str, kind: &str, body: impl Into<bytes::Bytes>) -> Answer {
        let request = self.shop.server(method, path).header("x-session", &self.token);
        request.header("content-type", kind).bytes(body).await
    }

    async fn json(&self, method: &str, path: &str, mut body: Value) -> Answer {
        if path == "/front/v1/boot" && body.get("pluginKey").is_none() {
            body["pluginKey"] = json!(dev::PLUGIN_KEY);
        }
        self.send(method, path, "application/json", body.to_string()).await
    }

    /// Expects a refusal that names `field`, says nothing of the value, and left the table as it was.
    #[track_caller]
    fn refused(&self, answer: &Answer, status: u16, field: &str) {
        assert_eq!(answer.status, status, "{field}: {}", answer.body);
        let fields = answer.fields();
        assert!(fields.iter().any(|named| named == field), "{field} in {fields:?}");
        assert_eq!(answer.body["message"], answer.body["errors"][0]["message"]);
        silent(answer);
    }
}

/// Every wrong value in these tests has this word or number in it: no answer may.
const CANARY: &str = "kanarienvogel";
const CANARY_NUMBER: i64 = 770_077_007;

#[track_caller]
fn silent(answer: &Answer) {
    let text = answer.text();
    assert!(!text.contains(CANARY) && !text.contains(&CANARY_NUMBER.to_string()), "{text}");
}

#[tokio::test]
async fn body_other_than_a_json_object_is_400_and_stores_nothing() {
    let desk = Desk::open().await;
    let before = desk.shop.dump().await;
    let (deep, digits) = ("[".repeat(200), "7".repeat(400));
    let canary = |text: &str| format!(r#"{{"profile":{{"name":"{CANARY}{text}"}}}}"#).into_bytes();
    let bodies: Vec<(Vec<u8>, &str)> = vec![
        (b"".into(), "body"),
        (b"  \n".into(), "body"),
        (b"{".into(), "body"),
        (CANARY.into(), "body"),
        (format!(r#"["{CANARY}"]"#).into(), "body"),
        (format!(r#""{CANARY}""#).into(), "body"),
        (b"null".into(), "body"),
        (b"770077007".into(), "body"),
        (format!("{{}}{CANARY}").into(), "body"),
        (format!(r#"{{}}{{"a":"{CANARY}"}}"#).into(), "body"),
        (format!("a={CANARY}&b=770077007").into(), "body"),
        (b"{\"a\":NaN}".into(), "a"),
        (b"{'a':1}".into(), "body"),
        (b"{\"a\":1,}".into(), "body"),
        (b"{\"a\":\"\x01\"}".into(), "a"),
        (b"{\"a\":\"\xff\xfe\"}".into(), "a"),
        (b"{\"\xff\":1}".into(), "body"),
        (canary("\\ud8"), "profile.name"),
        (canary("\\ud800\\x"), "profile.name"),
        (canary("\\x"), "profile.name"),
        (format!(r#"{{"profile":{{"age":{digits}}}}}"#).into(), "profile.age"),
        (format!(r#"{{"events":[{{"createdAt":-{digits}.5}}]}}"#).into(), "events[0].createdAt"),
        (br#"{"property":{"n":1e999}}"#.into(), "property.n"),
        (format!(r#"{{"a":{deep}"#).into(), "a"),
    ];
    for (method, path, _) in routes() {
        for (body, field) in &bodies {
            for kind in ["application/json", "text/plain", "application/x-www-form-urlencoded"] {
                let answer = desk.send(method, path, kind, body.clone()).await;
                // A lead may come as a form. This form has no field of a lead.
                if kind.ends_with("urlencoded") && path == "/open/v5/users" && body.starts_with(b"a=") {
                    assert_eq!((answer.status, answer.fields()[0].as_str()), (422, "profile"));
                    silent(&answer);
                    continue;
                }
                assert_eq!(answer.status, 400, "{method} {path} {}", String::from_utf8_lossy(body));
                assert_eq!(answer.body["commonErrorCode"], "BAD_REQUEST");
                let named = &answer.fields()[0];
                assert!(named.starts_with(field), "{named} for {}", String::from_utf8_lossy(body));
                silent(&answer);
            }
        }
    }
    assert_eq!(desk.shop.dump().await, before);
    let answer = desk.send("PUT", "/open/v5/users/@m", "", canary("\\x")).await;
    insta::assert_snapshot!(answer.text(), @r#"
    400 {
      "commonErrorCode": "BAD_REQUEST",
      "details": [
        {
          "field": "profile.name",
          "message": "is not valid JSON at line 1 column 35"
        }
      ],
      "errors": [
        {
          "message": "profile.name: is not valid JSON at line 1 column 35"
        }
      ],
      "message": "profile.name: is not valid JSON at line 1 column 35",
      "status": 400
    }
    "#);
}

#[tokio::test]
async fn json_is_read_under_any_content_type_and_in_base64() {
    for kind in
        ["application/json", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "image/png", ""]
    {
        let desk = Desk::open().await;
        for (method, path, body) in routes() {
            let answer = desk.send(method, path, kind, body.to_string()).await;
            assert_eq!(answer.status, 200, "{method} {path} {kind}: {}", answer.body);
        }
    }
    let desk = Desk::open().await;
    let mut event: Value =
        serde_json::from_str(include_str!("../../events/boot-post-front-v1-boot.json")).unwrap();
    event["isBase64Encoded"] = json!(true);
    event["headers"]["origin"] = json!("http://localhost");
    for body in [
        json!({"pluginKey": dev::PLUGIN_KEY}).to_string().into_bytes(),
        gzip(br#"{"pluginKey":"dev-plugin-key"}"#),
    ] {
        event["body"] = json!(base64(&body));
        assert_eq!(desk.shop.gateway.invoke(event.clone()).await.unwrap()["statusCode"], 200);
    }
}

#[tokio::test]
async fn gzip_bomb_is_413_at_once_and_broken_gzip_400() {
    let desk = Desk::open().await;
    let before = desk.shop.dump().await;
    let whole = gzip(format!(r#"{{"name":"{}"}}"#, CANARY.repeat(1000)).as_bytes());
    let (bomb, small_bomb) = (gzip_bomb(1024), gzip_bomb(512));
    assert!(small_bomb.len() < 1024 * 1024);
    let mut flipped = whole.clone();
    let at = flipped.len() - 6;
    flipped[at] ^= 0xff;
    let cases: Vec<(&[u8], u16)> = vec![
        (&bomb, 413),
        (&small_bomb, 413),
        (&whole[..whole.len() / 2], 400),
        (&whole[..whole.len() - 1], 400),
        (&whole[..2], 400),
        (&flipped, 400),
    ];
    for (method, path, _) in routes() {
        for (body, status) in &cases {
            let start = Instant::now();
            let answer = desk.send(method, path, "application/json", body.to_vec()).await;
            desk.refused(&answer, *status, "body");
            assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
        }
        // Said to be compressed, and not.
        let request = desk.shop.server(method, path).header("content-encoding", "gzip");
        desk.refused(&request.header("x-session", &desk.token).bytes("{}").await, 400, "body");
    }
    assert_eq!(desk.shop.dump().await, before);
}

#[tokio::test]
async fn flood_of_keys_or_a_very_long_one_is_answered_briefly() {
    let desk = Desk::open().await;
    let many: String = (0..2_000).map(|at| format!(r#","{at}":0"#)).collect();
    let long = "\\\"".repeat(3_000);
    for (method, path, _) in routes() {
        let key = format!(r#""pluginKey":"{}""#, dev::PLUGIN_KEY);
        for body in [format!("{{{key}{many}}}"), format!(r#"{{{key},"{long}":0}}"#)] {
            let answer = desk.send(method, path, "application/json", body).await;
            assert!([200, 413, 422].contains(&answer.status), "{method} {path} {}", answer.status);
            assert!(answer.text().len() < 10_000, "{method} {path} {}", answer.text().len());
        }
    }
}

#[tokio::test]
async fn repeated_key_takes_its_last_value() {
    let desk = Desk::open().await;
    let body = r#"{"profile":{"name":"One"},"profile":{"name":"Two","name":"Three"}}"#;
    let put = desk.send("PUT", "/open/v5/users/@m", "", body).await;
    assert_eq!(put.expect(200)["user"]["profile"], json!({"name": "Three"}));
}
