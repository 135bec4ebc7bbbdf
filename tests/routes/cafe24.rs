//! Cafe24 keeps a member right by itself (R13): sign-up, cart, orders, and the withdrawal of several at once.

use serde_json::{Value, json};
use support::Shop;

const LEE: &str = "@lee01";

/// The example of an event, as the mall sends it.
fn example(number: u32) -> Value {
    let path = format!("{}/../events/deliveries/cafe24/{number}.json", env!("CARGO_MANIFEST_DIR"));
    let example: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    example["body"].clone()
}

async fn taken(shop: &Shop, body: &Value) {
    assert_eq!(shop.cafe24(body).await.expect(200)["dropped"], json!([]), "{body}");
}

#[tokio::test]
async fn sign_up_is_a_member_with_its_consents_and_korean_number() {
    let shop = Shop::open().await;
    taken(&shop, &example(90032)).await;
    let user = shop.customer(LEE).await.expect(200)["user"].clone();
    assert_eq!(
        (&user["name"], &user["mobileNumber"], &user["email"]),
        (&json!("이서윤"), &json!("+821024682468"), &json!("lee@example.com"))
    );
    assert_eq!((&user["unsubscribeEmail"], &user["unsubscribeTexting"]), (&json!(true), &json!(false)));
    assert_eq!(user["profile"]["availableMileage"], 3000);
    let events = shop.events(LEE).await;
    assert_eq!((events.len(), &events[0]["name"]), (1, &json!("SignUp")));
    taken(&shop, &example(90032)).await;
    assert_eq!(shop.events(LEE).await.len(), 1, "told twice, happened once");
}

#[tokio::test]
async fn cart_order_and_cancellation_commute() {
    let stories: [&[u32]; 4] = [
        &[90032, 90084, 90023, 90025],
        &[90025, 90023, 90084, 90032],
        &[90023, 90026, 90025, 90023],
        &[90026, 90025, 90023],
    ];
    for story in stories {
        let shop = Shop::open().await;
        for number in story {
            let answer = shop.cafe24(&example(*number)).await;
            let dropped = &answer.expect(200)["dropped"];
            // Only an earlier version that comes late is left out.
            let late = json!([{"field": "events", "reason": "outdated"}]);
            assert!(*dropped == json!([]) || *dropped == late, "{story:?}: {dropped}");
        }
        let profile = shop.customer(LEE).await.body["user"]["profile"].clone();
        let names: Vec<Value> = shop.events(LEE).await.iter().map(|event| event["name"].clone()).collect();
        let has = |name: &str| names.contains(&json!(name));
        assert!(
            has("CheckoutComplete") && has("AddToCart") == story.contains(&90084),
            "{story:?}: {names:?}"
        );
        if story.contains(&90026) {
            assert_eq!(profile["totalPurchaseCount"], json!(null), "{story:?}");
        } else {
            let figures = (
                &profile["totalPurchaseCount"],
                &profile["totalPurchaseAmount"],
                &profile["purchaseCurrency"],
            );
            assert_eq!(figures, (&json!(1), &json!(29800), &json!("KRW")), "{story:?}");
        }
    }
}

#[tokio::test]
async fn deletion_of_three_members_erases_three() {
    let shop = Shop::open().await;
    taken(&shop, &example(90032)).await;
    for member in ["kim02", "park03", "choi04"] {
        let mut body = example(90032);
        body["resource"]["member_id"] = json!(member);
        body["resource"]["name"] = json!(member);
        body["resource"]["email"] = json!(format!("{member}@example.com"));
        taken(&shop, &body).await;
    }
    let gone = json!({"mall_id": "devmall", "event_shop_no": "90147", "member_id": "lee01, kim02, park03"});
    assert_eq!(shop.cafe24(&gone).await.expect(200)["applied"], 3);
    for (member, status) in [("lee01", 404), ("kim02", 404), ("park03", 404), ("choi04", 200)] {
        shop.customer(&format!("@{member}")).await.expect(status);
    }
    shop.sweep().await;
    shop.clock.advance(71_000);
    assert_eq!(shop.sweep().await.finished, 3);
    let dump = shop.dump().await;
    assert!(!dump.contains("lee@example.com") && !dump.contains("이서윤") && !dump.contains("kim02"));
    // A blank among them costs nobody else.
    let gone = json!({"mall_id": "devmall", "event_shop_no": "90147", "member_id": "choi04, , "});
    let answer = shop.cafe24(&gone).await;
    assert_eq!((&answer.expect(200)["applied"], answer.body["dropped"].is_array()), (&json!(1), true));
    shop.customer("@choi04").await.expect(404);
}

#[tokio::test]
async fn sign_up_after_an_erasure_is_a_new_person() {
    let shop = Shop::open().await;
    taken(&shop, &example(90032)).await;
    taken(&shop, &example(90147)).await;
    assert_eq!(
        shop.cafe24(&example(90032)).await.expect(200)["dropped"][0]["reason"],
        "erased",
        "the old sign-up, late"
    );
    shop.clock.advance(3_600_000);
    let mut anew = example(90032);
    anew["resource"]["created_date"] = json!("2026-11-22T21:30:00+09:00");
    anew["resource"]["name"] = json!("이서윤 둘");
    taken(&shop, &anew).await;
    let user = shop.customer(LEE).await.expect(200)["user"].clone();
    assert_eq!((&user["name"], shop.events(LEE).await.len()), (&json!("이서윤 둘"), 1));
}

#[tokio::test]
async fn change_given_by_its_keys_only_marks_the_member_stale() {
    let shop = Shop::open().await;
    taken(&shop, &example(90032)).await;
    assert_eq!(shop.customer(LEE).await.body["user"]["staleSince"], json!(null));
    taken(&shop, &example(90080)).await;
    assert_eq!(shop.customer(LEE).await.body["user"]["staleSince"], support::NOW);
}
