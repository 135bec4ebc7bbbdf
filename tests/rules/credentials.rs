//! Who may call what (R1, R14): keys, secrets, scopes, session tokens, origins.

mod pages;

use okyaku_domain::time::MINUTE;
use okyaku_engine::Settings;
use serde_json::{Value, json};
use support::{Channel, Request, Shop, dev};

/// Every route of a server: method, path, body, scope.
fn server_routes() -> Vec<(&'static str, String, Value, &'static str)> {
    let mut routes = vec![
        ("GET", "/okyaku/v1/contacts/@m".to_owned(), json!({}), "read"),
        ("GET", "/okyaku/v1/contacts/@m/export".into(), json!({}), "read"),
        ("GET", "/okyaku/v1/actives?month=2026-11".into(), json!({}), "read"),
        ("GET", "/okyaku/v1/rejections".into(), json!({}), "read"),
        ("POST", "/open/v5/users".into(), json!({"profile": {"email": "a@example.com"}}), "write"),
        ("POST", "/open/v5/users/@m/touch".into(), json!({}), "write"),
    ];
    for version in ["v4", "v5"] {
        let user = format!("/open/{version}/users/@m");
        let property = json!({"language": "ko"});
        routes.extend([
            ("GET", user.clone(), json!({}), "read"),
            ("GET", format!("{user}/events"), json!({}), "read"),
            ("PUT", user.clone(), property.clone(), "write"),
            ("PATCH", user.clone(), property, "write"),
            ("POST", format!("{user}/block"), json!({}), "write"),
            ("DELETE", format!("{user}/block"), json!({}), "write"),
            ("POST", format!("{user}/events"), json!({"name": "A"}), "write"),
            ("DELETE", format!("{user}/events/{}", "0".repeat(51)), json!({}), "erase"),
            ("DELETE", user, json!({}), "erase"),
        ]);
    }
    routes
}

fn with<'a>(request: Request<'a>, key: &str, secret: &str) -> Request<'a> {
    request.header("x-access-key", key).header("x-access-secret", secret)
}

#[tokio::test]
async fn access_key_needs_its_secret_and_every_refusal_is_alike() {
    let shop = Shop::open().await;
    shop.server("PUT", "/open/v5/users/@m").json(json!({})).await.expect(200);
    let other = Channel::create(&shop, "Other", &[]).await;
    let before = shop.dump().await;
    let mut answers = std::collections::BTreeSet::new();
    for (method, path, body, _) in server_routes() {
        let long = "k".repeat(3000);
        for (key, secret) in [
            (dev::ACCESS_KEY, "wrong"),
            (dev::ACCESS_KEY, ""),
            (dev::ACCESS_KEY, &other.access_secret),
            (&other.access_key, dev::ACCESS_SECRET),
            ("unknown", dev::ACCESS_SECRET),
            ("", dev::ACCESS_SECRET),
            (dev::PLUGIN_KEY, dev::ACCESS_SECRET),
            (&long, dev::ACCESS_SECRET),
            ("dev-access-key ", &dev::ACCESS_SECRET.to_uppercase()),
        ] {
            answers.insert(with(shop.request(method, &path), key, secret).json(body.clone()).await.text());
        }
        for (header, value) in [("x-access-key", dev::ACCESS_KEY), ("x-access-secret", dev::ACCESS_SECRET)] {
            let request = shop.request(method, &path).header(header, value);
            answers.insert(request.json(body.clone()).await.text());
        }
        answers.insert(shop.request(method, &path).json(body).await.text());
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    insta::assert_snapshot!(answers.first().unwrap(), @r#"
    401 {
      "commonErrorCode": "UNAUTHORIZED",
      "details": [],
      "errors": [
        {
          "message": "the access key or its secret is missing or wrong"
        }
      ],
      "message": "the access key or its secret is missing or wrong",
      "status": 401
    }
    "#);
    assert_eq!(shop.dump().await, before);
}

#[tokio::test]
async fn every_route_needs_its_scope_and_no_other() {
    let shop = Shop::open().await;
    let channel = Channel::create(&shop, "Shop", &[]).await;
    let key = async |scopes: Value| {
        let command =
            json!({"action": "rotateKey", "channelId": channel.id, "kind": "access", "scopes": scopes});
        let made = shop.admin(command).await.unwrap();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        Channel { access_key: text("accessKey"), access_secret: text("accessSecret"), ..channel.clone() }
    };
    for (scope, others) in
        [("read", ["write", "erase"]), ("write", ["read", "erase"]), ("erase", ["read", "write"])]
    {
        let (only, lacking) = (key(json!([scope])).await, key(json!(others)).await);
        for (method, path, body, _) in server_routes().iter().filter(|route| route.3 == scope) {
            let revived = json!({"revive": true, "language": "ja"});
            channel.server(&shop, "PUT", "/open/v5/users/@m", &revived).await.expect(200);
            let before = shop.dump().await;
            for key in [&lacking, &key(json!([])).await] {
                let refused = key.server(&shop, method, path, body).await;
                let message = format!("the access key lacks the scope {scope}");
                assert_eq!(refused.expect(403)["message"], message.as_str(), "{method} {path}");
                assert_eq!(refused.body["commonErrorCode"], "FORBIDDEN");
            }
            assert_eq!(shop.dump().await, before);
            let done = only.server(&shop, method, path, body).await.status;
            assert!(matches!(done, 200 | 204 | 404), "{method} {path} {done}");
        }
    }
}

#[tokio::test]
async fn boot_needs_a_known_plugin_key() {
    let shop = Shop::open().await;
    let long = "k".repeat(3000);
    for key in [
        json!(null),
        json!(""),
        json!("unknown"),
        json!(dev::ACCESS_KEY),
        json!("dev-plugin-key "),
        json!(long),
    ] {
        let refused = shop.request("POST", "/front/v1/boot").json(json!({"pluginKey": key})).await;
        assert_eq!(refused.expect(401)["message"], "the plugin key is missing or unknown");
    }
    shop.request("POST", "/front/v1/boot").json(json!({})).await.expect(401);
    assert_eq!(shop.dump().await, "");
}

#[tokio::test]
async fn rotated_key_ends_after_its_grace() {
    let shop = Shop::open().await;
    let channel = Channel::create(&shop, "Shop", &[]).await;
    channel.server(&shop, "PUT", "/open/v5/users/@m", &json!({})).await.expect(200);
    let statuses = async |channel: &Channel| {
        // Another instance has nothing cached.
        let shop = shop.another_instance();
        let booted = channel.boot(&shop, json!({})).await.status;
        (channel.server(&shop, "GET", "/open/v5/users/@m", &json!({})).await.status, booted)
    };
    let mut fresh = channel.clone();
    for (kind, key) in [("access", &channel.access_key), ("plugin", &channel.plugin_key)] {
        let command = json!({"action": "rotateKey", "channelId": channel.id, "kind": kind, "key": key, "graceHours": 1});
        let made = shop.admin(command).await.unwrap();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        match kind {
            "plugin" => fresh.plugin_key = text("pluginKey"),
            _ => (fresh.access_key, fresh.access_secret) = (text("accessKey"), text("accessSecret")),
        }
    }
    shop.clock.advance(60 * MINUTE);
    assert_eq!((statuses(&channel).await, statuses(&fresh).await), ((200, 200), (200, 200)));
    channel.boot(&shop, json!({})).await.expect(200);
    shop.clock.advance(1000);
    assert_eq!((statuses(&channel).await, statuses(&fresh).await), ((401, 401), (200, 200)));
    // An instance that had seen the key believes it a minute at most.
    channel.boot(&shop, json!({})).await.expect(200);
    shop.clock.advance(MINUTE);
    channel.boot(&shop, json!({})).await.expect(401);
}

#[tokio::test]
async fn development_channel_is_401_where_it_is_not_allowed() {
    let open = Shop::open().await;
    let booted = open.boot(json!({})).await;
    let closed = Shop::open_with(Settings::default()).await;
    for (method, path, body, _) in server_routes() {
        closed.server(method, &path).json(body).await.expect(401);
    }
    closed.boot(json!({})).await.expect(401);
    // Not even with a token that it signed before.
    for answer in pages::all(&closed, booted.str("/sessionToken")).await {
        answer.expect(401);
    }
    assert_eq!(closed.dump().await, "");
    // Another channel of the same table is answered.
    let channel = Channel::create(&closed, "Shop", &[]).await;
    channel.boot(&closed, json!({})).await.expect(200);
}
