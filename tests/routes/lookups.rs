//! Whom the Open API means: an id or `@memberId`, decoded once, in any script (R1).

use serde_json::{Value, json};
use support::{Answer, Shop};

/// Percent-encodes everything but letters and digits.
fn encoded(text: &str) -> String {
    let plain =
        |b: u8| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") };
    text.bytes().map(plain).collect()
}

async fn send(shop: &Shop, method: &str, path: &str, body: Value) -> Answer {
    shop.server(method, path).json(body).await
}

#[tokio::test]
async fn unknown_user_is_404_on_every_route_and_creates_nothing() {
    let shop = Shop::open().await;
    for who in
        ["0123456789abcdef0123", "@nobody", "nobody", "@a%20b", "@null", "@", "0123456789ABCDEF0123", "%2541"]
    {
        let path = format!("/open/v5/users/{who}");
        for (method, rest, body) in [
            ("GET", "", json!(null)),
            ("GET", "/events", json!(null)),
            ("PATCH", "", json!({"language": "ja"})),
            ("POST", "/touch", json!(null)),
            ("POST", "/block", json!(null)),
            ("DELETE", "/block", json!(null)),
            ("POST", "/events", json!({"name": "x"})),
            ("DELETE", "", json!(null)),
        ] {
            let request = shop.server(method, &format!("{path}{rest}"));
            let answer = if body.is_null() { request.send().await } else { request.json(body).await };
            let body = answer.expect(404);
            assert_eq!(body["commonErrorCode"], "ENTITY_NOT_FOUND", "{method} {path}{rest}");
            assert_eq!((&body["status"], &body["errors"][0]["message"]), (&json!(404), &body["message"]));
        }
    }
    assert_eq!(shop.dump().await, "");
}

#[tokio::test]
async fn member_id_of_any_script_is_found_in_any_encoding() {
    let shop = Shop::open().await;
    let members = [
        "회원",
        "会員-1",
        "a+b",
        "user@example.com",
        "@at",
        "a:b",
        "a&b=c;d",
        "🙂",
        "0815",
        "it's",
        "A",
        "a",
    ];
    let mut ids = std::collections::BTreeSet::new();
    for member in members {
        let path = format!("/open/v5/users/@{}", encoded(member));
        let put = send(&shop, "PUT", &path, json!({})).await;
        assert_eq!(put.expect(200)["user"]["memberId"], member);
        let all = format!("/open/v5/users/%40{}", encoded(member));
        assert_eq!(shop.server("GET", &all).send().await.expect(200), &put.body);
        let booted = shop.boot_member(member, json!({})).await;
        assert_eq!(booted.str("/user/id"), put.str("/user/id"), "{member}");
        let events = format!("{path}/events");
        send(&shop, "POST", &events, json!({"name": "x"})).await.expect(200);
        assert_eq!(
            shop.server("GET", &events).send().await.expect(200)["events"].as_array().unwrap().len(),
            1
        );
        ids.insert(put.str("/user/id").to_owned());
    }
    assert_eq!(ids.len(), members.len());
    // A plus is a plus in a path, and what is encoded twice is not decoded twice.
    assert_eq!(shop.customer("@a+b").await.expect(200)["user"]["memberId"], "a+b");
    shop.customer("@%2541").await.expect(404);
    for wrong in ["@a%20b", "@a%2Fb", "@a%2541", "@null", "@%20", "@a%5Cb", "@a%23b", "@a%3Fb"] {
        let refused = send(&shop, "PUT", &format!("/open/v5/users/{wrong}"), json!({})).await;
        refused.expect(422);
        assert_eq!(refused.fields(), ["memberId"], "{wrong}");
    }
}
