//! Shopify keeps a member right by itself (R13): created, ordering, disabled, deleted, redacted, in any order.

use insta::assert_snapshot;
use serde_json::{Value, json};
use support::{NOW, Shop};

const ID: u64 = 7_064_055_069;
const LEE: &str = "@7064055069";

/// RFC 3339 of so many minutes before now.
fn ago(minutes: i64) -> String {
    chrono::DateTime::from_timestamp_millis(NOW - minutes * 60_000).unwrap().to_rfc3339()
}

/// Lee as Shopify tells her, changed so many minutes ago; created ten hours ago.
fn lee(minutes: i64) -> Value {
    json!({
        "id": ID, "email": "Lee@example.com", "first_name": "Haneul", "last_name": "Lee", "phone": "+82 10-2468-2468",
        "state": "enabled", "created_at": ago(600), "updated_at": ago(minutes),
        "default_address": {"city": "Seoul", "province": "Seoul", "country": "South Korea", "zip": "04524"},
    })
}

/// An order of 59.90 of Lee's, placed five hours ago and changed so many minutes ago.
fn order(id: u64, minutes: i64) -> Value {
    json!({
        "id": id, "created_at": ago(300), "updated_at": ago(minutes), "currency": "USD", "total_price": "59.90",
        "total_shipping_price_set": {"shop_money": {"amount": "5.00", "currency_code": "USD"}},
        "cancelled_at": null, "financial_status": "paid", "refunds": [],
        "line_items": [{"id": 1, "product_id": 11, "title": "Mug", "quantity": 2, "price": "27.45"}],
        "customer": lee(310),
    })
}

fn with(mut body: Value, changes: Value) -> Value {
    body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    body
}

#[track_caller]
fn taken(answer: &support::Answer) {
    assert_eq!(answer.expect(200)["dropped"], json!([]));
}

#[tokio::test]
async fn created_customer_is_a_member_with_the_channel_talk_keys() {
    let shop = Shop::open().await;
    let answer = shop.shopify("customers/create", &lee(600)).await;
    assert_snapshot!(answer.text(), @r#"
    200 {
      "applied": 1,
      "dropped": []
    }
    "#);
    let user = shop.customer(LEE).await.expect(200)["user"].clone();
    assert_snapshot!(serde_json::to_string_pretty(&user["profile"]).unwrap(), @r#"
    {
      "email": "lee@example.com",
      "extMember": true,
      "firstName": "Haneul",
      "lastName": "Lee",
      "mobileNumber": "+821024682468",
      "shippingCity": "Seoul",
      "shippingCountry": "South Korea",
      "shippingProvince": "Seoul",
      "shippingZipCode": "04524"
    }
    "#);
    assert_eq!(
        (&user["name"], &user["type"], &user["memberId"]),
        (&json!("Lee Haneul"), &json!("member"), &json!("7064055069"))
    );
    assert_eq!(user["emailQualified"], true);
}

#[tokio::test]
async fn order_is_an_event_and_counts_once_however_often_delivered() {
    let shop = Shop::open().await;
    let outdated = json!([{"field": "events", "reason": "outdated"}]);
    for (topic, body, dropped) in [
        ("orders/paid", order(5501, 299), json!([])),
        ("orders/create", order(5501, 300), outdated.clone()),
        ("orders/create", order(5501, 300), outdated),
        ("orders/updated", order(5501, 200), json!([])),
        ("orders/updated", order(5501, 200), json!([])),
        ("orders/paid", order(5502, 290), json!([])),
    ] {
        assert_eq!(shop.shopify(topic, &body).await.expect(200)["dropped"], dropped, "{topic}");
    }
    let profile = shop.customer(LEE).await.body["user"]["profile"].clone();
    let figures = |key: &str| profile[key].clone();
    assert_eq!((figures("totalPurchaseCount"), figures("totalPurchaseAmount")), (json!(2), json!(119.8)));
    assert_eq!((figures("recentPurchaseCount"), figures("purchaseCurrency")), (json!(2), json!("USD")));
    assert_eq!(figures("lastCheckoutCompletedAt"), json!(NOW - 300 * 60_000));
    let events = shop.events(LEE).await;
    assert_eq!(events.len(), 2);
    assert_eq!(events[0]["name"], "CheckoutComplete");
    assert_eq!(events[0]["property"]["totalAmount"], 59.9);
    assert_eq!(events[0]["property"]["products"][0]["name"], "Mug");
}

#[tokio::test]
async fn refund_and_cancellation_commute() {
    let refund = json!({"id": 91, "order_id": 5501, "created_at": ago(100), "transactions": [
        {"id": 1, "kind": "refund", "status": "success", "amount": "9.90"}]});
    let cancelled = with(order(5502, 50), json!({"cancelled_at": ago(50)}));
    let story = [
        ("orders/create", order(5501, 300)),
        ("refunds/create", refund),
        ("orders/create", order(5502, 300)),
        ("orders/cancelled", cancelled),
    ];
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]] {
        let shop = Shop::open().await;
        for at in order {
            let (topic, body) = &story[at];
            let answer = shop.shopify(topic, body).await;
            let dropped = &answer.expect(200)["dropped"];
            // Only an earlier version that comes late is left out.
            let late = json!([{"field": "events", "reason": "outdated"}]);
            assert!(*dropped == json!([]) || *dropped == late, "{topic}: {dropped}");
        }
        let profile = shop.customer(LEE).await.body["user"]["profile"].clone();
        assert_eq!(
            (&profile["totalPurchaseCount"], &profile["totalPurchaseAmount"]),
            (&json!(1), &json!(50)),
            "{order:?}"
        );
    }
}

#[tokio::test]
async fn purchase_window_takes_effect_at_once_and_keeps_all_orders() {
    let shop = Shop::open().await;
    let old = with(order(5501, 300), json!({"created_at": ago(60 * 24 * 100)}));
    taken(&shop.shopify("orders/create", &old).await);
    taken(&shop.shopify("orders/create", &order(5502, 300)).await);
    let recent = async || {
        shop.another_instance().customer(LEE).await.body["user"]["profile"]["recentPurchaseCount"].clone()
    };
    assert_eq!(recent().await, 1);
    let set = |months: u32| json!({"action": "setPurchaseWindow", "channelId": "dec0de00000000000000", "months": months});
    shop.recorder.reset();
    shop.admin(set(4)).await.unwrap();
    assert_eq!(shop.recorder.calls().len(), 2, "one write, and the channel read for the answer");
    assert_eq!(recent().await, 2);
    for wrong in [0, 13] {
        assert!(shop.admin(set(wrong)).await.is_err(), "{wrong}");
    }
    shop.admin(set(12)).await.unwrap();
    shop.admin(set(1)).await.unwrap();
    assert_eq!(recent().await, 1);
    shop.clock.advance(32 * 24 * 60 * 60 * 1000);
    assert_eq!(recent().await, 0, "time passes without a delivery");
}

#[tokio::test]
async fn disabled_customer_is_not_erased() {
    let shop = Shop::open().await;
    taken(&shop.shopify("customers/create", &lee(600)).await);
    taken(&shop.shopify("customers/disable", &with(lee(10), json!({"state": "disabled"}))).await);
    let profile = shop.customer(LEE).await.expect(200)["user"]["profile"].clone();
    assert_eq!((&profile["extMember"], &profile["email"]), (&json!(false), &json!("lee@example.com")));
}

#[tokio::test]
async fn absent_field_stays_and_a_late_retry_undoes_nothing() {
    let shop = Shop::open().await;
    taken(&shop.shopify("customers/create", &with(lee(600), json!({"tags": "vip, gold"}))).await);
    // Since 2025-01 neither tags nor consents are in it.
    taken(
        &shop.shopify("customers/update", &with(lee(60), json!({"first_name": "Hana", "phone": null}))).await,
    );
    taken(&shop.shopify("customers/create", &with(lee(600), json!({"tags": "vip, gold"}))).await);
    let user = shop.customer(LEE).await.body["user"].clone();
    assert_eq!(
        (&user["profile"]["firstName"], &user["profile"]["mobileNumber"]),
        (&json!("Hana"), &json!(null))
    );
    assert_eq!(user["tags"], json!(["gold", "vip"]));
}

#[tokio::test]
async fn deleted_customer_is_erased_with_orders_and_their_owners() {
    for topic in ["customers/delete", "customers/redact"] {
        let shop = Shop::open().await;
        taken(&shop.shopify("orders/create", &order(5501, 300)).await);
        let body = match topic {
            "customers/delete" => json!({"id": ID}),
            _ => {
                json!({"shop_id": 1, "shop_domain": "dev-shop.myshopify.com", "customer": {"id": ID, "email": "lee@example.com"},
                "orders_to_redact": [5501]})
            }
        };
        taken(&shop.shopify(topic, &body).await);
        shop.customer(LEE).await.expect(404);
        shop.sweep().await;
        shop.clock.advance(71_000);
        assert_eq!(shop.sweep().await.finished, 1);
        let dump = shop.dump().await.to_lowercase();
        for canary in ["haneul", "lee@example.com", "24682468", "5501", "59.9", "seoul"] {
            assert!(!dump.contains(canary), "{topic} left {canary}");
        }
        // Late, doubled, or told again with everything: nobody comes back.
        for (topic, body) in [
            ("customers/update", lee(5)),
            ("orders/updated", order(5501, 5)),
            ("orders/paid", order(5503, 5)),
        ] {
            assert_eq!(
                shop.shopify(topic, &body).await.expect(200)["dropped"][0]["reason"],
                "erased",
                "{topic}"
            );
        }
        shop.customer(LEE).await.expect(404);
    }
}

#[tokio::test]
async fn redact_by_address_alone_erases_the_verified_customer_only() {
    let shop = Shop::open().await;
    taken(&shop.shopify("customers/create", &lee(600)).await);
    let visitor = shop.boot(json!({"profile": {"email": "lee@example.com"}})).await;
    let redact = json!({"shop_domain": "dev-shop.myshopify.com", "customer": {"email": "lee@example.com"}, "orders_to_redact": []});
    taken(&shop.shopify("customers/redact", &redact).await);
    shop.customer(LEE).await.expect(404);
    // A visitor typed it: whose it is nobody knows.
    shop.customer(visitor.str("/user/id")).await.expect(200);
    taken(&shop.shopify("customers/redact", &redact).await);
    shop.customer(visitor.str("/user/id")).await.expect(200);
    // Of an address with claims alone, nobody is erased.
    let other = shop.boot(json!({"profile": {"email": "other@example.com"}})).await;
    let redact = json!({"customer": {"email": "other@example.com"}, "orders_to_redact": []});
    let refused = shop.shopify("customers/redact", &redact).await;
    assert_eq!(refused.expect(200)["dropped"][0]["reason"], "ambiguous");
    shop.customer(other.str("/user/id")).await.expect(200);
}

#[tokio::test]
async fn early_redact_refuses_the_older_creation_and_not_a_later_one() {
    for by in [json!({"id": ID}), json!({"email": "lee@example.com"})] {
        let shop = Shop::open().await;
        let redact = json!({"customer": by, "orders_to_redact": []});
        taken(&shop.shopify_at("customers/redact", &redact, Some(&ago(30))).await);
        let early = shop.shopify("customers/create", &lee(600)).await;
        assert_eq!(early.expect(200)["dropped"][0]["reason"], "erased", "{by}");
        // Created again, after the redact by Shopify's clock and before it by ours.
        let anew = with(lee(20), json!({"created_at": ago(20)}));
        taken(&shop.shopify("customers/create", &anew).await);
        assert_eq!(shop.customer(LEE).await.expect(200)["user"]["name"], "Lee Haneul");
        // The redact told again, late: it does not mean her new life.
        taken(&shop.shopify_at("customers/redact", &redact, Some(&ago(30))).await);
        shop.customer(LEE).await.expect(200);
    }
}

#[tokio::test]
async fn tags_and_consents_have_topics_of_their_own() {
    let shop = Shop::open().await;
    taken(&shop.shopify("customers/create", &lee(600)).await);
    let tags = |minutes: i64, tags: Value| json!({"customerId": format!("gid://shopify/Customer/{ID}"), "tags": tags, "occurredAt": ago(minutes)});
    taken(&shop.shopify("customer.tags_removed", &tags(10, json!(["gold"]))).await);
    taken(&shop.shopify("customer.tags_added", &tags(20, json!(["gold", "VIP"]))).await);
    let consent = json!({"customer_id": ID, "email_marketing_consent": {"state": "unsubscribed", "consent_updated_at": ago(9)}});
    taken(&shop.shopify("customers_email_marketing_consent/update", &consent).await);
    let sms =
        json!({"id": ID, "sms_marketing_consent": {"state": "subscribed", "consent_updated_at": ago(9)}});
    taken(&shop.shopify("customers_marketing_consent/update", &sms).await);
    let user = shop.customer(LEE).await.body["user"].clone();
    assert_eq!(user["tags"], json!(["vip"]));
    assert_eq!((&user["unsubscribeEmail"], &user["unsubscribeTexting"]), (&json!(true), &json!(false)));
}

#[tokio::test]
async fn data_request_is_listed_with_the_path_of_its_export() {
    let shop = Shop::open().await;
    taken(&shop.shopify("customers/create", &lee(600)).await);
    let request = json!({"shop_domain": "dev-shop.myshopify.com", "customer": {"id": ID, "email": "lee@example.com"},
        "orders_requested": [], "data_request": {"id": 9999}});
    for _ in 0..2 {
        taken(&shop.shopify_at("customers/data_request", &request, Some(&ago(5))).await);
    }
    let list = json!({"action": "listDataRequests", "channelId": "dec0de00000000000000"});
    let listed = shop.admin(list).await.unwrap()["dataRequests"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    let export = listed[0]["customers"][0]["export"].as_str().unwrap().to_owned();
    let export = shop.server("GET", &export).send().await;
    assert_eq!(export.expect(200)["customer"]["memberId"], "7064055069");
}

#[tokio::test]
async fn export_has_the_orders() {
    let shop = Shop::open().await;
    taken(&shop.shopify("orders/create", &order(5501, 300)).await);
    let export =
        shop.server("GET", &format!("/okyaku/v1/contacts/{LEE}/export")).send().await.expect(200).clone();
    assert_eq!(export["orders"][0]["total"], "59.9");
    let schema: Value =
        serde_json::from_str(include_str!("../../docs/reference/export.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    assert!(
        schema.is_valid(&export),
        "{:?}",
        schema.iter_errors(&export).map(|error| error.to_string()).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn shop_redact_erases_the_whole_shop_and_not_its_neighbour() {
    let shop = Shop::open().await;
    let other = shop.admin(json!({"action": "createChannel", "name": "Other"})).await.unwrap();
    let server = |method: &str, path: &str| {
        shop.request(method, path)
            .header("x-access-key", other["accessKey"].as_str().unwrap())
            .header("x-access-secret", other["accessSecret"].as_str().unwrap())
    };
    server("PUT", "/open/v5/users/@kim")
        .json(json!({"profile": {"email": "kim@example.com"}}))
        .await
        .expect(200);
    taken(&shop.shopify("orders/create", &order(5501, 300)).await);
    let visitor = shop.boot(json!({"profile": {"note": "anonymous-canary"}})).await;
    let event = json!([{"id": "1", "name": "event-canary", "createdAt": NOW}]);
    shop.track(visitor.str("/sessionToken"), event).await.expect(200);
    taken(
        &shop.shopify("shop/redact", &json!({"shop_id": 1, "shop_domain": "dev-shop.myshopify.com"})).await,
    );

    let later = shop.another_instance();
    later.server("GET", "/open/v5/users/@7064055069").send().await.expect(401);
    later.boot(json!({})).await.expect(401);
    // For a day the end can be taken back, and nothing is deleted.
    let ended = shop.dump().await;
    shop.clock.advance(24 * 60 * 60 * 1000 - 1);
    assert_eq!(shop.sweep().await.open, 0);
    assert_eq!(ended, shop.dump().await);
    shop.clock.advance(1);
    assert_eq!(shop.sweep().await.open, 1);
    shop.clock.advance(131_000);
    assert_eq!(shop.sweep().await.finished, 1);
    let dump = shop.dump().await.to_lowercase();
    for canary in [
        "haneul",
        "lee@example.com",
        "anonymous-canary",
        "event-canary",
        "dev-plugin-key",
        "dev-webhook-token",
    ] {
        assert!(!dump.contains(canary), "{canary}");
    }
    let kept = shop.items().await;
    let receipt = kept.iter().find(|item| item["pk"].as_s().unwrap().starts_with("R#")).expect("a receipt");
    let counts = receipt["counts"].as_m().unwrap();
    let count = |name: &str| counts[name].as_n().unwrap().as_str();
    assert_eq!(
        (count("customers"), count("events"), count("orders"), count("contacts")),
        ("2", "2", "1", "2")
    );
    server("GET", "/open/v5/users/@kim").send().await.expect(200);
}

#[tokio::test]
async fn refund_waits_30_days_for_its_order_and_a_data_request_60() {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let refund = json!({"id": 91, "order_id": 5501, "transactions": [{"kind": "refund", "status": "success", "amount": "9.90"}]});
    for (days, amount) in [(30 * DAY, 50.0), (30 * DAY + 1001, 59.9)] {
        let shop = Shop::open().await;
        taken(&shop.shopify("refunds/create", &refund).await);
        shop.clock.advance(days);
        taken(&shop.shopify("orders/create", &order(5501, 300)).await);
        let profile = shop.customer(LEE).await.body["user"]["profile"].clone();
        assert_eq!(profile["totalPurchaseAmount"].as_f64(), Some(amount), "{days}");
    }
    let shop = Shop::open().await;
    let request = json!({"customer": {"id": ID}, "data_request": {"id": 1}});
    taken(&shop.shopify("customers/data_request", &request).await);
    let list = async || {
        let list = json!({"action": "listDataRequests", "channelId": "dec0de00000000000000"});
        shop.admin(list).await.unwrap()["dataRequests"].as_array().unwrap().len()
    };
    shop.clock.advance(60 * DAY);
    assert_eq!(list().await, 1);
    shop.clock.advance(1001);
    assert_eq!(list().await, 0);
}
