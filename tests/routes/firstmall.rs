//! On a channel that is connected to Firstmall a page says what Firstmall supplies, and nothing else (R13).

use serde_json::{Value, json};
use support::{Channel, NOW, Shop};

async fn connected(shop: &Shop) -> Channel {
    let made = shop.admin(json!({"action": "createChannel", "name": "Mall"})).await.unwrap();
    let text = |at: &str| made.pointer(at).and_then(Value::as_str).unwrap().to_owned();
    set(shop, &text("/channel/id"), true).await;
    Channel {
        id: text("/channel/id"),
        plugin_key: text("/pluginKey"),
        access_key: text("/accessKey"),
        access_secret: text("/accessSecret"),
        member_hash_secret: text("/memberHashSecret"),
    }
}

async fn set(shop: &Shop, channel: &str, enabled: bool) {
    let command = json!({"action": "setBuilder", "channelId": channel, "builder": "firstmall", "shop": "mall.example.com", "enabled": enabled});
    shop.admin(command).await.unwrap();
}

fn profile() -> Value {
    json!({
        "name": "이서윤", "email": "lee@example.com", "mobileNumber": "010-2468-2468", "wishCount": "3", "cartCount": 2,
        "cartPrice": "12,000", "totalPurchasedCount": "7", "totalPurchasedAmount": "350000.00",
        "lastCheckoutCompletedAt": "2026-11-20 10:00:00", "couponCount": "1", "availableMileage": "1,500", "totalDeposit": "0",
        "groupName": "VIP", "memberType": "개인",
    })
}

#[tokio::test]
async fn fifteen_values_are_kept_typed_and_others_are_reported() {
    let shop = Shop::open().await;
    let channel = connected(&shop).await;
    let mut said = profile();
    said["grade"] = json!("x");
    said["utmSource"] = json!("mail");
    let booted =
        channel.boot(&shop, json!({"memberId": "lee01", "profile": said, "profileOnce": {"foo": 1}})).await;
    let dropped = &booted.expect(200)["dropped"];
    let fields: Vec<&str> =
        dropped.as_array().unwrap().iter().map(|drop| drop["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["profile.grade", "profileOnce.foo"]);
    assert_eq!(dropped[0]["message"], "is not a value that Firstmall supplies");
    let user =
        channel.server(&shop, "GET", "/open/v5/users/@lee01", &json!(null)).await.expect(200)["user"].clone();
    insta::assert_snapshot!(serde_json::to_string_pretty(&user["profile"]).unwrap(), @r#"
    {
      "availableMileage": 1500,
      "cartCount": 2,
      "cartPrice": 12000,
      "couponCount": 1,
      "email": "lee@example.com",
      "groupName": "VIP",
      "lastCheckoutCompletedAt": 1795136400000,
      "memberType": "개인",
      "mobileNumber": "+821024682468",
      "name": "이서윤",
      "totalDeposit": 0,
      "totalPurchaseAmount": 350000,
      "totalPurchaseCount": 7,
      "totalPurchasedAmount": 350000,
      "totalPurchasedCount": 7,
      "utmSource": "mail",
      "wishCount": 3
    }
    "#);
    assert_eq!((&user["memberId"], &user["name"]), (&json!("lee01"), &json!("이서윤")));
}

#[tokio::test]
async fn six_events_are_accepted_and_others_rejected() {
    let shop = Shop::open().await;
    let channel = connected(&shop).await;
    let booted = channel.boot(&shop, json!({"memberId": "lee01"})).await;
    let names = [
        "SignUp",
        "ProductView",
        "AddToWish",
        "AddToCart",
        "CheckoutBegin",
        "CheckoutComplete",
        "PageView",
        "Searched",
        "signUp",
    ];
    let events: Vec<Value> =
        names.iter().map(|name| json!({"id": name, "name": name, "createdAt": NOW})).collect();
    let body = json!({ "events": events });
    let answer = shop.page("POST", "/front/v1/events", booted.str("/sessionToken")).json(body).await;
    let results = answer.expect(200)["results"].as_array().unwrap().clone();
    let statuses: Vec<&str> = results.iter().map(|result| result["status"].as_str().unwrap()).collect();
    assert_eq!(statuses[..7], ["accepted"; 7]);
    assert_eq!(statuses[7..], ["rejected"; 2]);
    assert_eq!(results[7]["message"], "name: is not an event that Firstmall supplies");
}

#[tokio::test]
async fn open_api_is_not_restricted_and_switching_off_opens_nothing_new() {
    let shop = Shop::open().await;
    let channel = connected(&shop).await;
    let path = "/open/v5/users/@lee01";
    channel.server(&shop, "PUT", path, &json!({"profile": {"grade": "x"}})).await.expect(200);
    let booted = channel.boot(&shop, json!({"memberId": "lee01", "profile": profile()})).await;
    assert_eq!(booted.expect(200)["dropped"], json!([]));
    set(&shop, &channel.id, false).await;
    let shop = shop.another_instance();
    let kept = channel.server(&shop, "GET", path, &json!(null)).await;
    let profile = &kept.expect(200)["user"]["profile"];
    assert_eq!((&profile["grade"], &profile["wishCount"]), (&json!("x"), &json!(3)));
    // The list stays in force: with the connection off, any page with any key would write what it likes.
    let later =
        channel.boot(&shop, json!({"memberId": "lee01", "profile": {"grade": "y", "wishCount": "4"}})).await;
    assert_eq!(later.expect(200)["dropped"][0]["field"], "profile.grade");
    let kept = channel.server(&shop, "GET", path, &json!(null)).await;
    assert_eq!(kept.body["user"]["profile"]["wishCount"], 4);
    let event = json!({"events": [{"id": "1", "name": "Searched", "createdAt": NOW}]});
    let answer = shop.page("POST", "/front/v1/events", later.str("/sessionToken")).json(event).await;
    assert_eq!(answer.expect(200)["results"][0]["status"], "rejected");
}
