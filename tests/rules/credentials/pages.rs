//! A page's session token and its origin.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use okyaku_api::session_token::{Claims, sign};
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::time::DAY;
use okyaku_store::keyring::Keys;
use serde_json::{Value, json};
use support::{Answer, Channel, NOW, Shop, dev};

/// Every route of a page with a session.
fn page_routes() -> [(&'static str, &'static str, Value); 5] {
    [
        ("POST", "/front/v1/touch", json!({})),
        ("PATCH", "/front/v1/users/me", json!({"language": "ko"})),
        ("PATCH", "/front/v1/users/me/tags", json!({"tags": ["a"]})),
        ("DELETE", "/front/v1/users/me/tags", json!({"tags": ["a"]})),
        ("POST", "/front/v1/events", json!({"events": [{"id": "1", "name": "A", "createdAt": NOW}]})),
    ]
}

/// Sends every request of a page with this token and returns the answers.
pub async fn all(shop: &Shop, token: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    for (method, path, body) in page_routes() {
        answers.push(shop.page(method, path, token).json(body).await);
    }
    answers
}

#[tokio::test]
async fn session_lasts_24_hours_and_its_events_30_days_more() {
    let shop = Shop::open().await;
    let booted = shop.boot(json!({})).await;
    let token = booted.str("/sessionToken");
    assert_eq!(booted.body["expiresAt"], NOW + DAY);
    shop.clock.set(NOW + DAY);
    let renewed = all(&shop, token).await;
    assert!(renewed.iter().all(|answer| answer.status == 200));
    assert_eq!(renewed[0].body["expiresAt"], NOW + 2 * DAY);
    let statuses = async || all(&shop, token).await.iter().map(|answer| answer.status).collect::<Vec<_>>();
    shop.clock.advance(1);
    assert_eq!(statuses().await, [401, 401, 401, 401, 200]);
    shop.clock.set(NOW + 31 * DAY);
    assert_eq!(statuses().await, [401, 401, 401, 401, 200]);
    shop.clock.advance(1);
    let over = all(&shop, token).await;
    assert!(over.iter().all(|answer| answer.status == 401), "{over:?}");
    assert_eq!(over[4].body["message"], "the session is over; boot again");
    let beacon = json!({"events": page_routes()[4].2["events"], "sessionToken": token});
    shop.request("POST", "/front/v1/events").json(beacon).await.expect(401);
}

#[tokio::test]
async fn altered_foreign_or_unsigned_token_is_401_and_stores_nothing() {
    let shop = Shop::open().await;
    let booted = shop.boot(json!({})).await;
    let token = booted.str("/sessionToken");
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let mut other: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    other["exp"] = json!(NOW);
    let mut tokens: Vec<String> = ["", "a", "..", "a.b.c", "null", claims].map(str::to_owned).into();
    tokens.extend([
        token[..token.len() - 2].to_owned(),
        format!("{token}A"),
        format!("{header}.{}.{signature}", encode(other.clone())),
        format!("{header}.{claims}."),
        format!("{header}.{claims}"),
    ]);
    for algorithm in ["none", "None", "HS384", "HS512", "RS256", "ES256"] {
        let header = encode(json!({"alg": algorithm, "typ": "JWT", "kid": "t"}));
        tokens.extend(["", signature].map(|signature| format!("{header}.{claims}.{signature}")));
    }
    let claims = Claims {
        aud: ChannelId::parse(other["aud"].as_str().unwrap()).unwrap(),
        sub: CustomerId::parse(booted.str("/user/id")).unwrap(),
        iat: NOW / 1000,
        key: dev::PLUGIN_KEY.into(),
        exp: NOW / 1000 + 60,
        veil_id: booted.str("/veilId").into(),
        may_see: true,
        mobile: false,
        until: None,
    };
    for keys in ["t:another-token-key-for-tests-of-32-letters", "u:a-token-key-for-tests-of-32-letters"] {
        let keys = Keys::new("a-hash-key-for-tests-of-32-letters", keys).unwrap();
        tokens.push(sign(&keys, &claims).unwrap());
    }
    // Rightly signed, but of a channel that is not, or a customer that is not.
    let aud = ChannelId::from_bytes([0; 10]);
    tokens.push(sign(&shop.base.backend.keys, &Claims { aud, ..claims.clone() }).unwrap());
    let sub = CustomerId::parse("00000000000000000000").unwrap();
    tokens.push(sign(&shop.base.backend.keys, &Claims { sub, ..claims.clone() }).unwrap());
    assert!(
        all(&shop, &sign(&shop.base.backend.keys, &claims).unwrap()).await.iter().all(|a| a.status == 200)
    );

    let before = shop.dump().await;
    for token in tokens {
        for answer in all(&shop, &token).await {
            assert_eq!(answer.expect(401)["commonErrorCode"], "UNAUTHORIZED", "{token}");
            assert!(token.len() < 10 || !answer.text().contains(&token));
        }
        let beacon = json!({"events": page_routes()[4].2["events"], "sessionToken": token});
        shop.request("POST", "/front/v1/events").json(beacon).await.expect(401);
    }
    for (method, path, body) in page_routes() {
        shop.server(method, path).json(body).await.expect(401);
    }
    assert_eq!(shop.dump().await, before);
}

#[tokio::test]
async fn foreign_origin_is_403_and_an_absent_or_allowed_one_is_not() {
    let shop = Shop::open().await;
    let own = ["https://shop.example.com", "https://m.shop.example.com:8443"];
    let channel = Channel::create(&shop, "Shop", &own).await;
    let token = channel.boot(&shop, json!({})).await.str("/sessionToken").to_owned();
    let boot = ("POST", "/front/v1/boot", json!({"pluginKey": channel.plugin_key}));
    let before = shop.dump().await;
    for (method, path, body) in page_routes().into_iter().chain([boot.clone()]) {
        for origin in [
            "https://evil.example.com",
            "http://shop.example.com",
            "https://shop.example.com:443",
            "https://shop.example.com.evil.example",
            "https://shop.example.com/",
            "https://m.shop.example.com",
            "http://localhost:8787",
            "null",
            "",
            "*",
        ] {
            let request = shop.page(method, path, &token).header("origin", origin);
            let refused = request.json(body.clone()).await;
            assert_eq!(refused.expect(403)["commonErrorCode"], "FORBIDDEN", "{path} {origin}");
        }
    }
    assert_eq!(shop.dump().await, before);
    for (method, path, body) in page_routes().into_iter().chain([boot]) {
        for origin in own {
            let request = shop.page(method, path, &token).header("origin", origin);
            request.json(body.clone()).await.expect(200);
        }
        shop.page(method, path, &token).json(body).await.expect(200);
    }
}
