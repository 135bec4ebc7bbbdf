//! Budgets (R21) and the way in: how much a page, a network and a guesser may cost, and who passes beside them.

use std::collections::HashMap;

use okyaku_domain::budget::Rate;
use okyaku_engine::Settings;
use okyaku_engine::budgets::Budgets;
use serde_json::{Value, json};
use support::{Answer, NOW, Shop, dev};

const SECOND: i64 = 1_000;

fn settings() -> Settings {
    Settings { allow_development: true, budgets: Budgets::standard(), ..Settings::default() }
}

/// A hundred tiny events that no one sent before: 100 W.
fn batch(number: usize) -> Value {
    let event = |event| json!({"id": format!("{number}-{event}"), "name": "Look", "createdAt": NOW});
    (0..100).map(event).collect()
}

async fn token(shop: &Shop, address: &str) -> String {
    let boot = shop.request("POST", "/front/v1/boot").from(address);
    boot.json(json!({"pluginKey": dev::PLUGIN_KEY})).await.str("/sessionToken").to_owned()
}

async fn track(shop: &Shop, token: &str, address: &str, number: usize) -> Answer {
    let request = shop.page("POST", "/front/v1/events", token).from(address);
    request.json(json!({"events": batch(number)})).await
}

/// Sends batches until one is refused. Returns the number of the stored ones and the refusal.
async fn until_refused(shop: &Shop, token: &str, address: &str, from: usize) -> (usize, Answer) {
    for number in 0..400 {
        let answer = track(shop, token, address, from + number).await;
        if answer.status != 200 {
            return (number, answer);
        }
    }
    panic!("a page without end");
}

#[tokio::test]
async fn session_spends_its_burst_is_refused_and_refills() {
    let shop = Shop::open_with(settings()).await;
    let page = token(&shop, "192.0.2.1").await;
    let (stored, refused) = until_refused(&shop, &page, "192.0.2.1", 0).await;
    // 300 units at once, and 20 ms of another batch for the reads.
    assert_eq!(stored, 3);
    assert_eq!(refused.expect(429)["commonErrorCode"], "TOO_MANY_REQUESTS");
    assert_eq!(refused.header("retry-after"), Some("1"));
    // Nothing is stored of a refused batch, and the refusal costs no call.
    shop.recorder.reset();
    track(&shop, &page, "192.0.2.1", 3).await.expect(429);
    assert!(shop.recorder.calls().is_empty());
    // The same batch a little later is stored, and leaves a debt.
    shop.clock.advance(2 * SECOND);
    track(&shop, &page, "192.0.2.1", 3).await.expect(200);
    let refused = track(&shop, &page, "192.0.2.1", 4).await;
    refused.expect(429);
    let wait: i64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((15..=20).contains(&wait), "{wait}");
    shop.clock.advance(wait * SECOND);
    track(&shop, &page, "192.0.2.1", 4).await.expect(200);
}

#[tokio::test]
async fn every_call_of_the_session_is_refused_and_nobody_elses() {
    let shop = Shop::open_with(settings()).await;
    let (hostile, honest) = (token(&shop, "192.0.2.1").await, token(&shop, "192.0.2.2").await);
    until_refused(&shop, &hostile, "192.0.2.1", 0).await;
    let from = |method, path| shop.page(method, path, &hostile).from("192.0.2.9");
    from("POST", "/front/v1/touch").send().await.expect(429);
    from("PATCH", "/front/v1/users/me").json(json!({"profile": {"a": 1}})).await.expect(429);
    from("PATCH", "/front/v1/users/me/tags").json(json!({"tags": ["a"]})).await.expect(429);
    // Another page, also from the same address, and a new visitor, a server and a builder pass.
    track(&shop, &honest, "192.0.2.1", 900).await.expect(200);
    token(&shop, "192.0.2.1").await;
    shop.server("PUT", "/open/v5/users/@lee").from("192.0.2.1").json(json!({})).await.expect(200);
    let order =
        json!({"id": 1, "created_at": "2026-11-22T11:00:00Z", "customer": {"id": 7}, "line_items": []});
    shop.shopify("orders/create", &order).await.expect(200);
    shop.server("DELETE", "/open/v5/users/@lee").from("192.0.2.1").send().await.expect(204);
}

#[tokio::test]
async fn full_profile_cannot_be_tagged_without_end() {
    let shop = Shop::open_with(settings()).await;
    let page = token(&shop, "192.0.2.1").await;
    let long = "x".repeat(900);
    let profile: serde_json::Map<_, _> = (0..4).map(|key| (format!("k{key}"), json!(long))).collect();
    shop.page("PATCH", "/front/v1/users/me", &page).json(json!({"profile": profile})).await.expect(200);
    shop.recorder.reset();
    let mut refused = 0;
    for number in 0..60 {
        for method in ["PATCH", "DELETE"] {
            let request = shop.page(method, "/front/v1/users/me/tags", &page);
            let answer = request.json(json!({"tags": [format!("t{}", number % 10)]})).await;
            refused += usize::from(answer.status == 429);
        }
    }
    // What is stored costs the burst, and at most one call more.
    let (_, written) = shop.recorder.units();
    assert!(refused > 0 && written < 310.0, "{refused} {written}");
}

#[tokio::test]
async fn network_has_the_budget_of_fifty_sessions_and_boots_count() {
    let shop =
        Shop::open_with(Settings { budgets: Budgets::new(Rate::new(0.1).unwrap()), ..settings() }).await;
    // A session has 6 units, a network 300. A boot of a new visitor costs 3 or more.
    let mut boots = 0;
    let refused = loop {
        let boot = shop.request("POST", "/front/v1/boot").from("2001:db8::1");
        let answer = boot.json(json!({"pluginKey": dev::PLUGIN_KEY})).await;
        if answer.status != 200 {
            break answer;
        }
        boots += 1;
    };
    refused.expect(429);
    assert!((50..=300).contains(&boots), "{boots}");
    // Another address of the same /64 is the same network. The next /64 is another.
    let boot = |address| shop.request("POST", "/front/v1/boot").from(address);
    let body = json!({"pluginKey": dev::PLUGIN_KEY});
    boot("2001:db8::ffff:1").json(body.clone()).await.expect(429);
    boot("2001:db8:0:1::1").json(body.clone()).await.expect(200);
    boot("192.0.2.7").json(body).await.expect(200);
}

#[tokio::test]
async fn viewer_header_counts_only_with_the_origin_secret() {
    let secret = "0123456789abcdef0123456789abcdef";
    let budgets = Budgets::new(Rate::new(0.1).unwrap());
    let shop = Shop::open_with(Settings { origin_secret: Some(secret.into()), budgets, ..settings() }).await;
    let boot = async |viewer: &str, secret: Option<&str>| {
        let mut request = shop.request("POST", "/front/v1/boot").from("203.0.113.1");
        request = request.header("cloudfront-viewer-address", viewer);
        if let Some(secret) = secret {
            request = request.header("x-okyaku-origin", secret);
        }
        request.json(json!({"pluginKey": dev::PLUGIN_KEY})).await.status
    };
    // Two viewers behind the proxy have a budget each.
    while boot("198.51.100.1:1000", Some(secret)).await == 200 {}
    assert_eq!(boot("198.51.100.2:1000", Some(secret)).await, 200);
    // Without the secret the header is anybody's word: every viewer is the one address.
    while boot("198.51.100.3:1000", Some("guessed")).await == 200 {}
    assert_eq!(boot("198.51.100.4:1000", None).await, 429);
    assert_eq!(boot("198.51.100.2:1000", Some(secret)).await, 200);
}

#[tokio::test]
async fn guesser_is_refused_before_a_look_up_and_the_shops_server_passes() {
    let budgets = Budgets::new(Rate::new(0.1).unwrap());
    let shop = Shop::open_with(Settings { budgets, ..settings() }).await;
    shop.server("GET", "/open/v5/users/@nobody").send().await.expect(404);
    let guess = async |number: usize| {
        let request = shop.request("GET", "/open/v5/users/@nobody").from("127.0.0.1");
        let request = request.header("x-access-key", &format!("guess-{number}"));
        request.header("x-access-secret", "x").send().await
    };
    let mut guesses = 0;
    while guess(guesses).await.status == 401 {
        guesses += 1;
    }
    // Fifty sessions' six units.
    assert_eq!(guesses, 300);
    shop.recorder.reset();
    guess(1_000).await.expect(429);
    assert!(shop.recorder.calls().is_empty());
    // The right key from the same address is known here. So is the plugin key after a boot.
    shop.server("GET", "/open/v5/users/@nobody").send().await.expect(404);
    // Guessed plugin keys and webhook tokens are the same guesser's.
    let boot = shop.request("POST", "/front/v1/boot").json(json!({"pluginKey": "guessed"})).await;
    boot.expect(429);
    let order = json!({"id": 1});
    shop.request("POST", "/webhooks/shopify/guessed").json(order).await.expect(429);
}

/// `--budgets` means what a stack has by default.
#[test]
fn standard_budget_is_the_default_of_the_template() {
    let template: Value = serde_saphyr::from_str(include_str!("../../template.yaml")).unwrap();
    let default = template["Parameters"]["PageBudget"]["Default"].as_f64().unwrap();
    assert_eq!(Rate::new(default), Some(Rate::STANDARD));
}

#[tokio::test]
async fn no_budget_refuses_nobody() {
    let shop = Shop::open().await;
    let page = token(&shop, "192.0.2.1").await;
    for number in 0..10 {
        track(&shop, &page, "192.0.2.1", number).await.expect(200);
    }
}

#[tokio::test]
async fn every_route_is_refused_without_the_origin_secret() {
    let secret = "0123456789abcdef0123456789abcdef";
    let settings = Settings { origin_secret: Some(secret.into()), require_origin: true, ..settings() };
    let shop = Shop::open_with(settings).await;
    let before = shop.dump().await;
    shop.recorder.reset();
    let body = json!({"pluginKey": dev::PLUGIN_KEY});
    for given in [None, Some("guessed"), Some(""), Some(&secret[1..])] {
        for (method, path) in [
            ("POST", "/front/v1/boot"),
            ("POST", "/front/v1/touch"),
            ("POST", "/front/v1/events"),
            ("POST", "/open/v5/users"),
            ("GET", "/open/v5/users/@lee"),
            ("DELETE", "/open/v5/users/@lee"),
            ("POST", "/okyaku/v1/erasures"),
            ("POST", "/webhooks/shopify/dev-webhook-token"),
            ("GET", "/okyaku/v1/health"),
            ("GET", "/okyaku.js"),
        ] {
            let mut request = shop.server(method, path);
            if let Some(given) = given {
                request = request.header("x-okyaku-origin", given);
            }
            let answer = request.json(body.clone()).await;
            assert_eq!(answer.expect(403)["commonErrorCode"], "FORBIDDEN", "{method} {path}");
        }
    }
    assert!(shop.recorder.calls().is_empty());
    assert_eq!(before, shop.dump().await);
    let boot = shop.request("POST", "/front/v1/boot").header("x-okyaku-origin", secret);
    boot.json(body).await.expect(200);
}

/// By tokio's own clock, which jumps from one wait to the next once it is paused.
#[tokio::test]
async fn throttled_table_is_answered_503_within_a_second() {
    let shop = Shop::open().await;
    let page = token(&shop, "192.0.2.1").await;
    shop.server("PUT", "/open/v5/users/@lee").json(json!({})).await.expect(200);
    // What the reads answer, so that the engine itself is not asked while the clock jumps.
    shop.recorder.reset();
    shop.page("PATCH", "/front/v1/users/me", &page).json(json!({"profile": {"a": 0}})).await.expect(200);
    shop.server("PUT", "/open/v5/users/@lee").json(json!({"tags": ["b"]})).await.expect(200);
    let reads = shop.recorder.calls().into_iter().filter(|call| call.operation == "GetItem");
    let reads: HashMap<String, Value> =
        reads.map(|call| (call.request["Key"].to_string(), call.response)).collect();
    tokio::time::pause();
    for partly in [false, true] {
        let reads = reads.clone();
        shop.recorder.inject(move |operation, request| {
            let error =
                json!({"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "slow"});
            let known = reads.get(&request["Key"].to_string()).filter(|_| operation == "GetItem");
            Some(match (operation, known) {
                ("BatchWriteItem", _) if partly => {
                    (200, json!({"UnprocessedItems": request["RequestItems"]}))
                }
                (_, Some(known)) if partly => (200, known.clone()),
                _ => (400, error),
            })
        });
        let calls: [(&str, &str, Value); 4] = [
            ("POST", "/front/v1/events", json!({"events": batch(1)})),
            ("POST", "/front/v1/events", json!({"events": [{"id": "1", "name": "Look", "createdAt": NOW}]})),
            ("PATCH", "/front/v1/users/me", json!({"profile": {"a": 1}})),
            ("PATCH", "/front/v1/users/me/tags", json!({"tags": ["a"]})),
        ];
        for (method, path, body) in calls {
            let begun = tokio::time::Instant::now();
            let answer = shop.page(method, path, &page).json(body).await;
            assert_eq!(answer.expect(503)["commonErrorCode"], "UNAVAILABLE");
            assert_eq!(answer.header("retry-after"), Some("1"));
            assert!(begun.elapsed().as_millis() <= 1_000, "{method} {path}: {:?}", begun.elapsed());
        }
        for (method, path) in [("PUT", "/open/v5/users/@lee"), ("DELETE", "/open/v5/users/@lee")] {
            let begun = tokio::time::Instant::now();
            shop.server(method, path).json(json!({"tags": ["a"]})).await.expect(503);
            assert!(begun.elapsed().as_millis() <= 1_000, "{method} {path}: {:?}", begun.elapsed());
        }
    }
}
