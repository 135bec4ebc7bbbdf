//! A delivery is proven before it is read (R13): a wrong or missing token, signature or shop is 401 and touches nothing;
//! what is proven is answered 200, whatever is in it.

use serde_json::{Value, json};
use support::{Shop, dev};

const PATH: &str = "/webhooks/shopify/dev-webhook-token";

fn sign(secret: &str, body: &str) -> String {
    okyaku_builders::signature::shopify(secret, body.as_bytes())
}

fn body() -> String {
    json!({"id": 7064055069_u64, "email": "lee@example.com", "updated_at": "2026-11-20T10:00:00Z"})
        .to_string()
}

async fn send(shop: &Shop, path: &str, headers: &[(&str, &str)], body: &str) -> support::Answer {
    let mut request = shop.request("POST", path);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.bytes(body.to_owned()).await
}

#[tokio::test]
async fn forged_or_missing_proof_is_401_and_changes_nothing() {
    let shop = Shop::open().await;
    let before = shop.dump().await;
    let body = body();
    let right = sign(dev::SHOPIFY_SECRET, &body);
    let hex =
        hex::encode(base64::Engine::decode(&base64::engine::general_purpose::STANDARD, &right).unwrap());
    let topic = ("x-shopify-topic", "customers/create");
    let domain = ("x-shopify-shop-domain", dev::SHOPIFY_SHOP);
    let other = sign("another-secret-of-another-shop", &body);
    let truncated = &right[..right.len() - 1];
    let extended = format!("{right}A");
    for signature in ["", " ", truncated, &extended, &hex, &other, &right.to_lowercase(), "null"] {
        send(&shop, PATH, &[topic, domain, ("x-shopify-hmac-sha256", signature)], &body).await.expect(401);
    }
    let signed = ("x-shopify-hmac-sha256", right.as_str());
    send(&shop, PATH, &[topic, domain], &body).await.expect(401);
    send(&shop, PATH, &[topic, signed], &body).await.expect(401);
    send(&shop, PATH, &[topic, ("x-shopify-shop-domain", "other.myshopify.com"), signed], &body)
        .await
        .expect(401);
    send(&shop, PATH, &[topic, domain, signed], &format!("{body} ")).await.expect(401);
    for path in [
        "/webhooks/shopify/another-token",
        "/webhooks/shopify/dev-plugin-key",
        "/webhooks/cafe24/dev-webhook-token",
        "/webhooks/firstmall/dev-webhook-token",
        "/webhooks/Shopify/dev-webhook-token",
        "/webhooks/wix/dev-webhook-token",
    ] {
        send(&shop, path, &[topic, domain, signed], &body).await.expect(401);
    }
    for key in ["", "dev-cafe24-ke", "dev-cafe24-keys", dev::SHOPIFY_SECRET] {
        let body =
            json!({"event_no": 90032, "resource": {"mall_id": "devmall", "member_id": "lee01"}}).to_string();
        send(&shop, "/webhooks/cafe24/dev-webhook-token", &[("x-api-key", key)], &body).await.expect(401);
    }
    let body = json!({"event_no": 90032, "resource": {"mall_id": "another", "member_id": "lee01"}});
    shop.cafe24(&body).await.expect(401);
    assert_eq!(shop.dump().await, before);
}

#[tokio::test]
async fn both_families_of_headers_are_read() {
    let shop = Shop::open().await;
    let body = body();
    let signed = sign(dev::SHOPIFY_SECRET, &body);
    let headers = [
        ("shopify-hmac-sha256", signed.as_str()),
        ("shopify-topic", "customers/create"),
        ("shopify-shop-domain", "DEV-shop.myshopify.com"),
    ];
    assert_eq!(send(&shop, PATH, &headers, &body).await.expect(200)["applied"], 1);
    shop.customer("@7064055069").await.expect(200);
}

#[tokio::test]
async fn delivery_of_one_shop_is_refused_at_another_channel() {
    let shop = Shop::open().await;
    let made = shop.admin(json!({"action": "createChannel", "name": "Other"})).await.unwrap();
    let (id, token) = (made["channel"]["id"].as_str().unwrap(), made["webhookToken"].as_str().unwrap());
    let connect = |name: &str| json!({"action": "setBuilder", "channelId": id, "builder": "shopify", "shop": name, "secret": "another-secret"});
    shop.admin(connect("other.myshopify.com")).await.unwrap();
    let taken = shop.admin(connect(dev::SHOPIFY_SHOP)).await.unwrap_err();
    assert!(taken.explained().contains("shop"), "{}", taken.explained());
    let (body, path) = (body(), format!("/webhooks/shopify/{token}"));
    let topic = ("x-shopify-topic", "customers/create");
    for (secret, domain, status) in [
        (dev::SHOPIFY_SECRET, dev::SHOPIFY_SHOP, 401),
        (dev::SHOPIFY_SECRET, "other.myshopify.com", 401),
        ("another-secret", dev::SHOPIFY_SHOP, 401),
        ("another-secret", "other.myshopify.com", 200),
    ] {
        let signed = sign(secret, &body);
        let headers = [topic, ("x-shopify-shop-domain", domain), ("x-shopify-hmac-sha256", &signed)];
        send(&shop, &path, &headers, &body).await.expect(status);
    }
    shop.customer("@7064055069").await.expect(404);
}

#[tokio::test]
async fn two_secrets_are_valid_at_once_and_a_third_ends_the_first() {
    let shop = Shop::open().await;
    let made = shop.admin(json!({"action": "createChannel", "name": "Rotating"})).await.unwrap();
    let (id, token) = (made["channel"]["id"].clone(), made["webhookToken"].as_str().unwrap().to_owned());
    let set = |changes: Value| {
        let mut command =
            json!({"action": "setBuilder", "channelId": id, "builder": "shopify", "shop": "r.myshopify.com"});
        command.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        command
    };
    assert!(shop.admin(set(json!({}))).await.is_err(), "without a secret nothing is proven");
    assert!(shop.admin(set(json!({"secret": "short77"}))).await.is_err());
    for secret in ["secret-1", "secret-2", "secret-3"] {
        shop.admin(set(json!({ "secret": secret }))).await.unwrap();
    }
    let (body, path) = (body(), format!("/webhooks/shopify/{token}"));
    let ask = async |secret: &str| {
        let signed = sign(secret, &body);
        let headers = [
            ("x-shopify-topic", "customers/create"),
            ("x-shopify-shop-domain", "r.myshopify.com"),
            ("x-shopify-hmac-sha256", signed.as_str()),
        ];
        send(&shop.another_instance(), &path, &headers, &body).await.status
    };
    assert_eq!((ask("secret-1").await, ask("secret-2").await, ask("secret-3").await), (401, 200, 200));
    shop.admin(set(json!({"enabled": false}))).await.unwrap();
    assert_eq!(ask("secret-3").await, 401, "switched off");
    shop.admin(set(json!({"enabled": true}))).await.unwrap();
    assert_eq!(ask("secret-3").await, 200, "switched on with its old secrets");
}

#[tokio::test]
async fn unreadable_part_is_200_with_its_reason_and_keeps_the_rest() {
    let shop = Shop::open().await;
    let mut answers = Vec::new();
    for (topic, body) in [
        ("customers/create", "not json"),
        ("customers/create", "[]"),
        ("customers/create", "{}"),
        ("customers/create", r#"{"id":null}"#),
        ("customers/create", r#"{"id":{"a":[1,null,""]},"email":7}"#),
        ("customers/create", r#"{"id":"gid://shopify/Order/1"}"#),
        (
            "orders/create",
            r#"{"id":1,"customer":{"id":7},"total_price":"1,000.00","currency":"USD","created_at":"x"}"#,
        ),
        ("orders/create", r#"{"id":1,"customer":{"id":7},"total_price":"NaN","line_items":[null,7,""]}"#),
        ("orders/create", r#"{"id":1,"total_price":""}"#),
        ("customers/redact", r#"{"customer":{}}"#),
        ("customers/redact", r#"{"customer":null}"#),
        ("refunds/create", r#"{"id":1,"order_id":null}"#),
        ("inventory_levels/update", "{}"),
        ("", "{}"),
    ] {
        let signed = sign(dev::SHOPIFY_SECRET, body);
        let headers = [
            ("x-shopify-topic", topic),
            ("x-shopify-shop-domain", dev::SHOPIFY_SHOP),
            ("x-shopify-hmac-sha256", signed.as_str()),
        ];
        let answer = send(&shop, PATH, &headers, body).await;
        assert_ne!(answer.expect(200)["dropped"], json!([]), "{topic} {body}");
        answers.push(answer.body["dropped"].to_string());
    }
    assert!(answers.iter().all(|answer| !answer.contains("1,000") && !answer.contains("gid")), "{answers:?}");
    let log = shop.server("GET", "/okyaku/v1/rejections").send().await;
    let counted = log.expect(200)["rejections"].as_array().unwrap().clone();
    let unknown = counted.iter().find(|drop| drop["reason"] == "unknownTopic").expect("counted");
    assert_eq!(
        (&unknown["sender"], &unknown["field"]),
        (&json!("shopify"), &json!("inventory_levels/update"))
    );
    // A field that cannot be read leaves the others.
    let body =
        json!({"id": 7, "email": "no address", "first_name": "Haneul", "updated_at": "2026-11-20T10:00:00Z"});
    let answer = shop.shopify("customers/update", &body).await;
    assert_eq!(answer.expect(200)["applied"], 1);
    assert_eq!(shop.customer("@7").await.expect(200)["user"]["profile"]["firstName"], "Haneul");
}

#[tokio::test]
async fn delivery_has_at_most_4_mb() {
    let shop = Shop::open().await;
    for (bytes, status) in [(4 * 1024 * 1024, 200), (4 * 1024 * 1024 + 1, 413)] {
        let front = r#"{"id":7,"note":""#;
        let text = format!("{front}{}\"}}", "x".repeat(bytes - front.len() - 2));
        assert_eq!(text.len(), bytes);
        let signed = sign(dev::SHOPIFY_SECRET, &text);
        let headers = [
            ("x-shopify-topic", "customers/create"),
            ("x-shopify-shop-domain", dev::SHOPIFY_SHOP),
            ("x-shopify-hmac-sha256", signed.as_str()),
        ];
        send(&shop, PATH, &headers, &text).await.expect(status);
    }
}

#[tokio::test]
async fn direct_invocation_delivers_to_the_own_channel_of_the_shop() {
    let shop = Shop::open().await;
    let event = |domain: &str| {
        json!({
            "version": "0", "detail-type": "shopifyWebhook", "source": "aws.partner/shopify.com/1/okyaku",
            "detail": {
                "payload": {"id": 7, "first_name": "Haneul", "updated_at": "2026-11-20T10:00:00Z"},
                "metadata": {"X-Shopify-Topic": "customers/create", "X-Shopify-Shop-Domain": domain,
                    "X-Shopify-Triggered-At": "2026-11-20T10:00:01Z"},
            },
        })
    };
    let answer = shop.gateway.invoke_function("WebhookFunction", event(dev::SHOPIFY_SHOP)).await.unwrap();
    assert_eq!(answer, json!({"statusCode": 200, "body": {"applied": 1, "dropped": []}}));
    shop.customer("@7").await.expect(200);
    for foreign in ["other.myshopify.com", "", "dev-shop.myshopify.com.example.com"] {
        shop.gateway.invoke_function("WebhookFunction", event(foreign)).await.unwrap_err();
    }
}

#[tokio::test]
async fn common_delivery_is_one_read_one_write_and_one_of_the_index() {
    let shop = Shop::open().await;
    let body = |minute: u32, name: &str| json!({"id": 7, "first_name": name, "email": "lee@example.com", "updated_at": format!("2026-11-20T10:{minute:02}:00Z")});
    shop.shopify("customers/create", &body(1, "Haneul")).await.expect(200);
    // The name changes, and with it the document in the index. An older delivery changes nothing.
    for (minute, trips, reads, writes) in [(2, 2, 1.0, 2.0), (1, 1, 1.0, 0.0)] {
        shop.recorder.reset();
        shop.shopify("customers/update", &body(minute, "Hana")).await.expect(200);
        assert_eq!(
            (shop.recorder.trips(), shop.recorder.units()),
            (trips, (reads, writes)),
            "{}",
            shop.recorder.cost()
        );
    }
}

#[test]
fn forged_signatures_are_refused() {
    use okyaku_builders::signature::is_shopifys;
    let mut rng = support::fault::Rng::new(7);
    let secrets = [dev::SHOPIFY_SECRET.to_owned(), "the-one-before".to_owned()];
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    let letter =
        |rng: &mut support::fault::Rng| char::from(letters[rng.below(letters.len() as u64) as usize]);
    let mut accepted = 0;
    for n in 0..12_000_u64 {
        let body = json!({"id": n, "email": format!("p{n}@example.com")}).to_string();
        let right = sign(&secrets[(n % 2) as usize], &body);
        accepted += u32::from(is_shopifys(&secrets, body.as_bytes(), &right));
        let mut forged: Vec<char> = right.chars().collect();
        let at = rng.below(forged.len() as u64 - 1) as usize;
        match n % 6 {
            0 => forged[at] = if forged[at] == 'A' { 'B' } else { 'A' },
            1 => forged.truncate(at),
            2 => forged.push(letter(&mut rng)),
            3 => forged.swap(at, at + 1),
            4 => forged = (0..44).map(|_| letter(&mut rng)).collect(),
            _ => forged = sign(&format!("guess-{n}"), &body).chars().collect(),
        }
        let forged: String = forged.into_iter().collect();
        if forged != right {
            assert!(!is_shopifys(&secrets, body.as_bytes(), &forged), "{forged} for {body}");
        }
        assert!(!is_shopifys(&secrets, format!("{body}\n").as_bytes(), &right));
    }
    assert_eq!(accepted, 12_000, "and the right ones are taken");
}

#[tokio::test]
async fn order_and_refund_cost_what_is_documented() {
    let shop = Shop::open().await;
    let customer = json!({"id": 7, "updated_at": "2026-11-20T09:00:00Z"});
    let order = |id: u64, minute: u32| {
        json!({"id": id, "created_at": "2026-11-20T10:00:00Z", "updated_at": format!("2026-11-20T10:{minute:02}:00Z"),
            "currency": "USD", "total_price": "59.90", "line_items": [], "customer": customer})
    };
    let refund = |id: u64| json!({"id": id, "order_id": 2, "transactions": [{"kind": "refund", "status": "success", "amount": "9.90"}]});
    let eight = json!({"id": 8, "updated_at": "2026-11-20T09:00:00Z"});
    let of = |customer: &Value, minute| {
        let mut order = order(1, minute);
        order["customer"] = customer.clone();
        order
    };
    shop.shopify("customers/create", &customer).await.expect(200);
    for (topic, body, cost) in [
        ("orders/create", order(1, 1), (3, (3.0, 8.0))),
        ("orders/updated", order(1, 2), (3, (3.0, 5.0))),
        // The same again: only the event is tried, in case it was lost.
        ("orders/updated", order(1, 2), (2, (3.0, 1.0))),
        // A refund waits for its order.
        ("refunds/create", refund(9), (2, (1.0, 1.0))),
        ("orders/create", order(2, 1), (3, (3.0, 8.0))),
        ("refunds/create", refund(8), (3, (3.0, 5.0))),
        // The order moves to a customer who is there, and later to nobody.
        ("customers/create", eight.clone(), (2, (1.0, 5.0))),
        ("orders/updated", of(&eight, 3), (7, (7.0, 15.0))),
        // An earlier version changes nothing of the order.
        ("orders/updated", order(1, 2), (5, (7.0, 1.0))),
        ("orders/updated", of(&json!(null), 4), (3, (3.0, 7.0))),
        ("orders/updated", of(&eight, 5), (3, (3.0, 8.0))),
        ("orders/delete", json!({"id": 1}), (3, (3.0, 5.0))),
        ("orders/delete", json!({"id": 3}), (2, (1.0, 1.0))),
        ("customers/redact", json!({"customer": {"id": 7}}), (2, (1.0, 5.0))),
    ] {
        shop.recorder.reset();
        assert_eq!(shop.shopify(topic, &body).await.expect(200)["dropped"], json!([]), "{topic}");
        assert_eq!((shop.recorder.trips(), shop.recorder.units()), cost, "{topic}: {}", shop.recorder.cost());
    }
}
