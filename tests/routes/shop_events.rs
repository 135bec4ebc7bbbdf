//! The six shop events: what they should have, and what a checkout does (R8).

use serde_json::{Value, json};
use support::{Answer, NOW, Shop};

/// A visitor's id and session.
async fn visitor(shop: &Shop) -> (String, String) {
    let booted = shop.boot(json!({})).await;
    (booted.str("/user/id").to_owned(), booted.str("/sessionToken").to_owned())
}

/// Sends one event; returns its verdict and, newest first, what is stored.
async fn tracked(shop: &Shop, name: &str, property: Value) -> (Value, Value) {
    let (id, token) = visitor(shop).await;
    let answer =
        shop.track(&token, json!([{"id": "1", "name": name, "createdAt": NOW, "property": property}])).await;
    let verdict = answer.expect(200)["results"][0].clone();
    (verdict, shop.events(&id).await[0]["property"].clone())
}

fn order() -> Value {
    json!({"id": "20261122-1", "totalAmount": 15_400, "shippingAmount": 2500,
        "products": [{"id": "7", "name": "Mug", "price": 12_900, "quantity": 1}]})
}

async fn checkout(shop: &Shop, token: &str, id: &str, at: i64) -> Answer {
    let event = json!({"id": id, "name": "CheckoutComplete", "createdAt": at, "property": order()});
    shop.track(token, json!([event])).await
}

async fn last_checkout(shop: &Shop, id: &str) -> Value {
    shop.customer(id).await.expect(200)["user"]["profile"]["lastCheckoutCompletedAt"].clone()
}

#[tokio::test]
async fn six_shop_events_with_full_properties_have_no_remark() {
    let shop = Shop::open().await;
    let product = json!({"id": "7", "name": "Mug", "amount": 12_900});
    let in_cart = json!({"id": "7", "name": "Mug", "quantity": 2, "amount": 12_900});
    for (name, property) in [
        ("SignUp", json!({})),
        ("ProductView", product.clone()),
        ("AddToWish", product),
        ("AddToCart", in_cart),
        ("CheckoutBegin", order()),
        ("CheckoutComplete", order()),
    ] {
        let (verdict, stored) = tracked(&shop, name, property.clone()).await;
        assert_eq!(verdict, json!({"id": "1", "status": "accepted"}), "{name}");
        assert_eq!(stored, property, "{name}");
    }
}

#[tokio::test]
async fn missing_or_mistyped_property_is_accepted_with_a_remark() {
    let shop = Shop::open().await;
    for (name, property, remark) in [
        (
            "ProductView",
            json!({}),
            "property.id is missing; property.name is missing; property.amount is missing",
        ),
        (
            "AddToWish",
            json!({"id": "7", "name": null, "amount": "12,900"}),
            "property.name is missing; property.amount should be a number",
        ),
        (
            "AddToCart",
            json!({"id": "7", "name": ["Mug"], "amount": true}),
            "property.name should be text; property.quantity is missing; property.amount should be a number",
        ),
        (
            "CheckoutBegin",
            json!({"id": "1", "totalAmount": 1, "shippingAmount": 0, "products": "Mug"}),
            "property.products should be a list of products",
        ),
        (
            "CheckoutComplete",
            json!({"id": "1", "totalAmount": 1, "products": [{"quantity": "many"}]}),
            "property.shippingAmount is missing; property.products should have numbers for quantity, price and amount",
        ),
    ] {
        let (verdict, stored) = tracked(&shop, name, property.clone()).await;
        assert_eq!(verdict, json!({"id": "1", "status": "accepted", "message": remark}), "{name}");
        assert_eq!(stored, property, "and stored as it came");
    }
    let (verdict, _) = tracked(&shop, "productview", json!({})).await;
    assert_eq!(verdict["message"], Value::Null, "another name is another event");
}

#[tokio::test]
async fn numeric_strings_become_numbers_and_extras_stay() {
    let shop = Shop::open().await;
    let sent = json!({"id": 7, "name": "Mug", "quantity": "2", "amount": "12.50", "colour": "red",
        "points": "5", "options": {"size": "1"}});
    let (verdict, stored) = tracked(&shop, "AddToCart", sent).await;
    assert_eq!(verdict, json!({"id": "1", "status": "accepted"}));
    let wanted = json!({"id": "7", "name": "Mug", "quantity": 2, "amount": 12.5, "colour": "red",
        "points": "5", "options": {"size": "1"}});
    assert_eq!(stored, wanted);
    let mut sent = order();
    sent["totalAmount"] = json!(" 15400 ");
    sent["products"][0]["price"] = json!("12900");
    sent["products"][0]["quantity"] = json!("1");
    assert_eq!(tracked(&shop, "CheckoutBegin", sent).await.1, order());
    let free = json!({"amount": "12.50"});
    assert_eq!(tracked(&shop, "Anything", free.clone()).await.1, free, "other events are left as they are");
}

#[tokio::test]
async fn server_shop_event_returns_its_remark_and_is_stored_too() {
    let shop = Shop::open().await;
    shop.server("PUT", "/open/v5/users/@m-1").json(json!({})).await.expect(200);
    let body = json!({"name": "ProductView", "property": {"id": 7, "amount": "12900"}});
    let sent = shop.server("POST", "/open/v5/users/@m-1/events").json(body).await;
    let event = &sent.expect(200)["event"];
    assert_eq!(event["property"], json!({"id": "7", "amount": 12_900}));
    assert_eq!(event["message"], "property.name is missing");
    assert_eq!(shop.events("@m-1").await[0]["id"], event["id"]);
}

#[tokio::test]
async fn checkout_moves_the_last_one_forward_and_never_back() {
    let shop = Shop::open().await;
    let (id, token) = visitor(&shop).await;
    assert_eq!(last_checkout(&shop, &id).await, Value::Null);
    for (event, at, wanted) in [
        ("a", NOW - 500, NOW - 500),
        ("b", NOW - 900, NOW - 500),
        ("c", NOW - 100, NOW - 100),
        ("d", NOW - 200, NOW - 100),
    ] {
        checkout(&shop, &token, event, at).await.expect(200);
        assert_eq!(last_checkout(&shop, &id).await, wanted, "{event}");
    }
    let begin = json!([{"id": "e", "name": "CheckoutBegin", "createdAt": NOW, "property": order()}]);
    shop.track(&token, begin).await.expect(200);
    assert_eq!(last_checkout(&shop, &id).await, NOW - 100);
    assert_eq!(shop.events(&id).await.len(), 5);
}

#[tokio::test]
async fn latest_accepted_checkout_of_a_batch_counts() {
    let shop = Shop::open().await;
    let (id, token) = visitor(&shop).await;
    let event = |id: &str, at: i64| {
        json!({"id": id, "name": "CheckoutComplete", "createdAt": at,
        "property": order()})
    };
    let batch =
        json!([event("a", NOW - 5), event("b", NOW - 1), event("c", NOW - 9), event("d", NOW + 600_001)]);
    shop.track(&token, batch).await.expect(200);
    assert_eq!(last_checkout(&shop, &id).await, NOW - 1);
    shop.server("PUT", "/open/v5/users/@m-1").json(json!({})).await.expect(200);
    let body = json!({"name": "CheckoutComplete", "property": order()});
    shop.server("POST", "/open/v5/users/@m-1/events").json(body).await.expect(200);
    assert_eq!(last_checkout(&shop, "@m-1").await, NOW);
}

#[tokio::test]
async fn duplicate_checkout_is_applied_again_in_case_of_a_crash() {
    let shop = Shop::open().await;
    let (id, token) = visitor(&shop).await;
    // The event lands, the customer's write does not.
    shop.recorder.inject(|operation, request| {
        let of_customer = operation == "PutItem" && request["Item"]["sk"]["S"] == "P";
        let body =
            json!({"__type": "com.amazonaws.dynamodb.v20120810#ValidationException", "message": "injected"});
        of_customer.then_some((400, body))
    });
    checkout(&shop, &token, "a", NOW - 5).await.expect(500);
    shop.recorder.heal();
    assert_eq!(shop.events(&id).await.len(), 1);
    assert_eq!(last_checkout(&shop, &id).await, Value::Null);
    let again = checkout(&shop, &token, "a", NOW - 5).await;
    assert_eq!(again.expect(200)["results"][0]["status"], "duplicate");
    assert_eq!(last_checkout(&shop, &id).await, NOW - 5);
    shop.recorder.reset();
    checkout(&shop, &token, "a", NOW - 5).await.expect(200);
    assert!(
        shop.recorder.calls().iter().all(|call| call.request["Item"]["sk"]["S"] != "P"),
        "nothing new, nothing written"
    );
}

#[tokio::test]
async fn racing_checkouts_end_at_the_latest() {
    let shop = Shop::open().await;
    let (id, token) = visitor(&shop).await;
    let all = (0..12).map(|at| {
        let (shop, token) = (&shop, &token);
        async move { checkout(shop, token, &at.to_string(), NOW - (at * 7) % 12).await.status }
    });
    let statuses = futures_util::future::join_all(all).await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert_eq!(last_checkout(&shop, &id).await, NOW);
}

#[tokio::test]
async fn page_moves_the_latest_order_forward_up_to_now_only() {
    let shop = Shop::open().await;
    let token = shop.boot_member("lee", json!({})).await.str("/sessionToken").to_owned();
    let said = async |at: Value| {
        let body = json!({"profile": {"lastCheckoutCompletedAt": at}});
        let answer = shop.page("PATCH", "/front/v1/users/me", &token).json(body).await;
        answer.expect(200)["dropped"].as_array().unwrap().len()
    };
    let stored =
        async || shop.customer("@lee").await.body["user"]["profile"]["lastCheckoutCompletedAt"].clone();
    assert_eq!(said(json!(NOW - 5000)).await, 0);
    assert_eq!(said(json!(NOW - 9000)).await, 0);
    assert_eq!(stored().await, NOW - 5000);
    assert_eq!(said(json!(8_640_000_000_000_000_i64)).await, 1);
    assert_eq!(said(Value::Null).await, 1);
    assert_eq!(stored().await, NOW - 5000);
}
