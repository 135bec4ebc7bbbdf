//! Shopify's deliveries about money, in the shop's currency, and about people's names and consents.

use serde_json::{Value, json};
use support::Shop;

/// An order of a shop that sells in Canadian dollars, bought in US dollars.
fn order(total: &str, change: Value) -> Value {
    let mut order = json!({"id": 5501, "created_at": "2026-11-20T10:15:00+09:00", "updated_at": "2026-11-20T10:15:00+09:00",
        "currency": "CAD", "presentment_currency": "USD", "total_price": total, "taxes_included": false,
        "financial_status": "paid", "line_items": [], "customer": {"id": 9010}});
    order.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    order
}

fn money(amount: &str, currency: &str) -> Value {
    json!({"shop_money": {"amount": amount, "currency_code": currency}})
}

/// A transaction in the buyer's currency.
fn transaction(status: &str, amount: &str) -> Value {
    json!({"id": 1, "kind": "refund", "status": status, "amount": amount, "currency": "USD"})
}

fn adjustment(kind: &str, amount: &str) -> Value {
    json!({"id": 2, "kind": kind, "amount": amount, "amount_set": money(amount, "CAD")})
}

fn line(subtotal: &str, tax: &str, currency: &str) -> Value {
    json!({"id": 3, "subtotal": subtotal, "total_tax": tax, "subtotal_set": money(subtotal, currency), "total_tax_set": money(tax, currency)})
}

/// `[totalPurchaseAmount, totalPurchaseCount]`.
async fn figures(shop: &Shop) -> Value {
    let user = shop.customer("@9010").await.expect(200)["user"].clone();
    json!([user["profile"]["totalPurchaseAmount"], user["profile"]["totalPurchaseCount"]])
}

/// The figures after an order and a refund, told alone and within the order.
async fn after(total: &str, refund: Value) -> [Value; 2] {
    let mut found = [Value::Null, Value::Null];
    let mut refund = refund;
    refund["id"] = json!(9301);
    refund["order_id"] = json!(5501);
    for (at, found) in found.iter_mut().enumerate() {
        let shop = Shop::open().await;
        shop.shopify("orders/create", &order(total, json!({}))).await.expect(200);
        let told = match at {
            0 => shop.shopify("refunds/create", &refund).await,
            _ => {
                let change = json!({"refunds": [refund], "updated_at": "2026-11-20T11:00:00+09:00"});
                shop.shopify("orders/updated", &order(total, change)).await
            }
        };
        assert_eq!(told.expect(200)["dropped"], json!([]), "{refund}");
        *found = figures(&shop).await;
    }
    found
}

#[tokio::test]
async fn pending_refund_in_another_currency_gave_nothing_back_yet() {
    let refund = json!({"transactions": [transaction("pending", "1012.70")],
        "refund_line_items": [line("1240.71", "125.31", "CAD")],
        "order_adjustments": [adjustment("refund_discrepancy", "1366.02")]});
    assert_eq!(after("2276.73", refund).await, [json!([2276.73, 1]), json!([2276.73, 1])]);
}

#[tokio::test]
async fn shipping_given_back_without_lines_is_in_the_adjustment() {
    let refund = json!({"transactions": [transaction("success", "7.30")], "refund_line_items": [],
        "order_adjustments": [adjustment("shipping_refund", "-10.00")]});
    assert_eq!(after("100.00", refund).await, [json!([90, 1]), json!([90, 1])]);
}

#[tokio::test]
async fn fee_that_the_shop_kept_stays_in_the_sum() {
    let refund = json!({"transactions": [transaction("success", "58.40")],
        "refund_line_items": [line("100.00", "0.00", "CAD")],
        "order_adjustments": [adjustment("refund_discrepancy", "20.00")]});
    assert_eq!(after("100.00", refund).await, [json!([20, 1]), json!([20, 1])]);
}

#[tokio::test]
async fn order_of_a_test_does_not_count() {
    let shop = Shop::open().await;
    shop.shopify("orders/create", &order("100.00", json!({"test": true}))).await.expect(200);
    assert_eq!(figures(&shop).await, json!([null, null]));
    let real = json!({"test": false, "updated_at": "2026-11-20T11:00:00+09:00"});
    shop.shopify("orders/updated", &order("100.00", real)).await.expect(200);
    assert_eq!(figures(&shop).await, json!([100, 1]));
}

#[tokio::test]
async fn tax_within_the_price_is_given_back_once() {
    let shop = Shop::open().await;
    let yen = json!({"currency": "JPY", "taxes_included": true, "financial_status": "pending"});
    shop.shopify("orders/create", &order("2200", yen.clone())).await.expect(200);
    let refund = json!({"id": 9301, "order_id": 5501, "transactions": [], "order_adjustments": [],
        "refund_line_items": [line("1100", "100", "JPY")]});
    shop.shopify("refunds/create", &refund).await.expect(200);
    assert_eq!(figures(&shop).await, json!([1100, 1]));
    let mut later = yen;
    later["refunds"] = json!([refund]);
    later["updated_at"] = json!("2026-11-20T11:00:00+09:00");
    later["current_total_price"] = json!("1100");
    shop.shopify("orders/updated", &order("2200", later)).await.expect(200);
    assert_eq!(figures(&shop).await, json!([1100, 1]));
}

#[tokio::test]
async fn family_name_comes_first_in_japan() {
    for (region, name) in [("JP", "山田 太郎"), ("KR", "山田 太郎"), ("US", "太郎 山田")] {
        let shop = Shop::in_region(region).await;
        let body = json!({"id": 9010, "first_name": "太郎", "last_name": "山田", "updated_at": "2026-11-20T10:15:00+09:00"});
        shop.shopify("customers/create", &body).await.expect(200);
        assert_eq!(shop.customer("@9010").await.expect(200)["user"]["name"], name);
    }
}

#[tokio::test]
async fn consent_without_a_state_says_nothing() {
    let shop = Shop::open().await;
    let consent = json!({"state": null, "opt_in_level": null, "consent_updated_at": null});
    let body = json!({"id": 9010, "updated_at": "2026-11-20T10:15:00+09:00", "email_marketing_consent": consent, "sms_marketing_consent": consent});
    assert_eq!(shop.shopify("customers/update", &body).await.expect(200)["dropped"], json!([]));
    let body = json!({"id": 9010, "phone": null, "sms_marketing_consent": consent});
    let told = shop.shopify("customers_marketing_consent/update", &body).await;
    assert_eq!(told.expect(200), &json!({"applied": 0, "dropped": []}));
}

/// The figures of a member, and whether the member is there.
async fn figures_of(shop: &Shop, member: &str) -> Value {
    let reply = shop.customer(&format!("@{member}")).await;
    if reply.status == 404 {
        return json!("gone");
    }
    let profile = &reply.expect(200)["user"]["profile"];
    json!([profile["totalPurchaseAmount"], profile["totalPurchaseCount"]])
}

fn of(customer: Value, id: u64, total: &str, updated: &str) -> Value {
    order(
        total,
        json!({"id": id, "customer": customer, "updated_at": format!("2026-11-20T{updated}:00+09:00")}),
    )
}

#[tokio::test]
async fn orders_of_a_merged_customer_move_to_the_kept_one() {
    let merge = |status: &str| {
        json!({"admin_graphql_api_customer_kept_id": "gid://shopify/Customer/9010",
            "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/9011",
            "admin_graphql_api_job_id": null, "status": status, "errors": []})
    };
    let moved = of(json!({"id": 9010}), 5502, "40.00", "12:00");
    let deleted = json!({"id": 9011, "phone": null, "addresses": [], "tax_exemptions": []});
    let told =
        [("customers/merge", merge("completed")), ("orders/updated", moved), ("customers/delete", deleted)];
    // In any order, each once or twice.
    for (round, order) in
        [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]].into_iter().enumerate()
    {
        let shop = Shop::open().await;
        shop.shopify("orders/create", &of(json!({"id": 9010}), 5501, "100.00", "10:15")).await.expect(200);
        shop.shopify("orders/create", &of(json!({"id": 9011}), 5502, "40.00", "10:15")).await.expect(200);
        shop.shopify("customers/merge", &merge("failed")).await.expect(200);
        assert_eq!(figures_of(&shop, "9010").await, json!([100, 1]));
        for at in order {
            let (topic, body) = &told[at];
            for _ in 0..=(round % 2) {
                let answer = shop.shopify(topic, body).await.expect(200).clone();
                assert_eq!(answer["dropped"], json!([]), "{topic} {order:?}");
            }
        }
        assert_eq!(figures_of(&shop, "9010").await, json!([140, 2]), "{order:?}");
        assert_eq!(figures_of(&shop, "9011").await, json!("gone"), "{order:?}");
        // The erasure of the former owner leaves the order, and a refund still finds the order.
        shop.sweep().await;
        let refund = json!({"id": 9301, "order_id": 5502, "transactions": [
            {"id": 1, "kind": "refund", "status": "success", "amount": "15.00", "currency": "CAD"}]});
        shop.shopify("refunds/create", &refund).await.expect(200);
        assert_eq!(figures_of(&shop, "9010").await, json!([125, 2]), "{order:?}");
    }
}

#[tokio::test]
async fn merge_alone_moves_every_order_with_its_refunds() {
    let shop = Shop::open().await;
    for id in 5501..5504 {
        shop.shopify("orders/create", &of(json!({"id": 9011}), id, "40.00", "10:15")).await.expect(200);
    }
    let refund = json!({"id": 9301, "order_id": 5502, "transactions": [
        {"id": 1, "kind": "refund", "status": "success", "amount": "15.00", "currency": "CAD"}]});
    shop.shopify("refunds/create", &refund).await.expect(200);
    let merge = json!({"admin_graphql_api_customer_kept_id": "gid://shopify/Customer/9010",
        "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/9011", "status": "completed"});
    shop.shopify("customers/merge", &merge).await.expect(200);
    assert_eq!(figures_of(&shop, "9010").await, json!([105, 3]));
    assert_eq!(figures_of(&shop, "9011").await, json!([null, null]));
    // The last version before the merge comes late, and changes nothing.
    shop.shopify("orders/updated", &of(json!({"id": 9011}), 5502, "40.00", "10:20")).await.expect(200);
    assert_eq!(figures_of(&shop, "9010").await, json!([105, 3]));
    assert_eq!(figures_of(&shop, "9011").await, json!([null, null]));
    // A merge of a customer with itself, and of nobody, moves nothing.
    for (kept, gone) in [("9010", "9010"), ("9010", "9999")] {
        let merge = json!({"admin_graphql_api_customer_kept_id": format!("gid://shopify/Customer/{kept}"),
            "admin_graphql_api_customer_deleted_id": format!("gid://shopify/Customer/{gone}"), "status": "completed"});
        assert_eq!(shop.shopify("customers/merge", &merge).await.expect(200)["dropped"], json!([]));
        assert_eq!(figures_of(&shop, "9010").await, json!([105, 3]));
    }
}

#[tokio::test]
async fn order_moves_with_the_latest_version_that_names_a_customer() {
    let versions = [
        ("10:15", json!({"id": 9010}), "100.00"),
        ("10:30", json!({"id": 9011}), "100.00"),
        ("10:45", json!({"id": 9010}), "90.00"),
        ("11:00", json!({"id": 9011}), "80.00"),
    ];
    for start in 0..versions.len() {
        let shop = Shop::open().await;
        for at in (0..versions.len()).map(|at| (start + at) % versions.len()).chain([0]) {
            let (updated, customer, total) = &versions[at];
            shop.shopify("orders/updated", &of(customer.clone(), 5501, total, updated)).await.expect(200);
        }
        assert_eq!(figures_of(&shop, "9011").await, json!([80, 1]), "{start}");
        assert_eq!(figures_of(&shop, "9010").await, json!([null, null]), "{start}");
    }
}

#[tokio::test]
async fn order_without_a_customer_leaves_its_owner_and_an_untold_one_stays() {
    let mut untold = of(json!(null), 5501, "70.00", "10:20");
    untold.as_object_mut().unwrap().remove("customer");
    let first = of(json!({"id": 9010}), 5501, "100.00", "10:15");
    for late in [false, true] {
        let shop = Shop::open().await;
        shop.shopify("orders/create", &first).await.expect(200);
        shop.shopify("orders/updated", &untold).await.expect(200);
        assert_eq!(figures(&shop).await, json!([70, 1]));
        let nobody = of(json!(null), 5501, "70.00", "10:30");
        assert_eq!(shop.shopify("orders/updated", &nobody).await.expect(200)["dropped"], json!([]));
        assert_eq!(figures(&shop).await, json!([null, null]));
        if late {
            // A version from before comes late.
            shop.shopify("orders/create", &first).await.expect(200);
            assert_eq!(figures(&shop).await, json!([null, null]));
        }
        // The order gets a customer again.
        let again = of(json!({"id": 9010}), 5501, "60.00", "10:40");
        shop.shopify("orders/updated", &again).await.expect(200);
        assert_eq!(figures(&shop).await, json!([60, 1]));
    }
}

#[tokio::test]
async fn order_of_an_erased_owner_goes_to_the_customer_that_the_builder_names() {
    for swept in [false, true] {
        let shop = Shop::open().await;
        shop.shopify("orders/create", &of(json!({"id": 9011}), 5501, "100.00", "10:15")).await.expect(200);
        shop.shopify("customers/delete", &json!({"id": 9011, "addresses": []})).await.expect(200);
        if swept {
            shop.sweep().await;
        }
        let given = of(json!({"id": 9010}), 5501, "100.00", "10:30");
        assert_eq!(shop.shopify("orders/updated", &given).await.expect(200)["dropped"], json!([]));
        assert_eq!(figures(&shop).await, json!([100, 1]));
        // The erasure's work afterwards leaves the order.
        shop.sweep().await;
        shop.shopify("orders/delete", &json!({"id": 5501})).await.expect(200);
        assert_eq!(figures(&shop).await, json!([null, null]), "{swept}");
    }
}

#[tokio::test]
async fn deleted_and_expired_orders_do_not_count() {
    let shop = Shop::open().await;
    shop.shopify("orders/create", &of(json!({"id": 9010}), 5501, "100.00", "10:15")).await.expect(200);
    assert_eq!(shop.shopify("orders/delete", &json!({"id": 5501})).await.expect(200)["dropped"], json!([]));
    assert_eq!(figures(&shop).await, json!([null, null]));
    // A version from before the deletion comes late.
    shop.shopify("orders/updated", &of(json!({"id": 9010}), 5501, "100.00", "10:30")).await.expect(200);
    assert_eq!(figures(&shop).await, json!([null, null]));
    // The deletion comes first.
    shop.shopify("orders/delete", &json!({"id": 5502})).await.expect(200);
    shop.shopify("orders/create", &of(json!({"id": 9010}), 5502, "100.00", "10:15")).await.expect(200);
    assert_eq!(figures(&shop).await, json!([null, null]));
    let expired = json!({"id": 5503, "financial_status": "expired"});
    shop.shopify("orders/create", &order("100.00", expired)).await.expect(200);
    assert_eq!(figures(&shop).await, json!([null, null]));
}

#[tokio::test]
async fn redact_with_an_id_and_an_address_erases_both() {
    let redact = json!({"shop_id": 1, "shop_domain": "dev-shop.myshopify.com", "orders_to_redact": [],
        "customer": {"id": 9010, "email": "mina@example.com", "phone": "+82 10-2468-2468"}});
    let lead = json!({"profile": {"name": "Mina", "email": "mina@example.com"}, "qualified": ["email"]});
    for member in [true, false] {
        let shop = Shop::open().await;
        if member {
            let body = json!({"id": 9010, "created_at": "2026-11-01T00:00:00Z", "updated_at": "2026-11-01T00:00:00Z"});
            shop.shopify("customers/create", &body).await.expect(200);
        }
        let made = shop.server("POST", "/open/v5/users").json(lead.clone()).await;
        let held = made.expect(200)["user"]["id"].as_str().unwrap().to_owned();
        shop.shopify("customers/redact", &redact).await.expect(200);
        // Told again, nothing changes.
        assert_eq!(shop.shopify("customers/redact", &redact).await.expect(200)["dropped"], json!([]));
        assert_eq!(figures_of(&shop, "9010").await, json!("gone"));
        assert_eq!(shop.customer(&held).await.status, 404, "the lead is the same person");
    }
}

#[tokio::test]
async fn redact_spares_a_lead_that_came_after_the_deletion() {
    const DAY: i64 = 86_400_000;
    let redact = json!({"shop_id": 1, "shop_domain": "dev-shop.myshopify.com", "orders_to_redact": [],
        "customer": {"id": 9010, "email": "mina@example.com"}});
    let shop = Shop::open().await;
    let body = json!({"id": 9010, "email": "mina@example.com", "created_at": "2026-11-01T00:00:00Z", "updated_at": "2026-11-01T00:00:00Z"});
    shop.shopify("customers/create", &body).await.expect(200);
    shop.shopify("customers/delete", &json!({"id": 9010, "addresses": []})).await.expect(200);
    shop.sweep().await;
    shop.clock.advance(4 * DAY);
    let lead = json!({"profile": {"email": "mina@example.com"}, "qualified": ["email"]});
    let made = shop.server("POST", "/open/v5/users").json(lead).await;
    let held = made.expect(200)["user"]["id"].as_str().unwrap().to_owned();
    shop.clock.advance(6 * DAY);
    // Shopify tells an erasure ten days after the deletion, and more than once.
    for _ in 0..3 {
        assert_eq!(shop.shopify("customers/redact", &redact).await.expect(200)["dropped"], json!([]));
        assert_eq!(shop.customer(&held).await.status, 200, "a new life");
    }
    assert_eq!(figures_of(&shop, "9010").await, json!("gone"));
}
