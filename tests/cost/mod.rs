//! The cost ceilings: sequential round trips and capacity units per operation, indexes included, with the channel
//! cached and customers of at most 1 KB. `docs/reference/TABLE.md` and `docs/reference/COST.md` quote these figures.

use serde_json::{Value, json};
use support::{NOW, Shop};

/// What an operation cost: trips, read units, write units.
type Cost = (usize, f64, f64);

async fn cost<T>(shop: &Shop, operation: impl Future<Output = T>) -> (T, Cost) {
    shop.recorder.reset();
    let done = operation.await;
    let (read, write) = shop.recorder.units();
    (done, (shop.recorder.trips(), read, write))
}

/// A shop whose channel is cached by plugin key, access key and id.
async fn warm() -> Shop {
    let shop = Shop::open().await;
    let booted = shop.boot(json!({})).await;
    shop.track(booted.str("/sessionToken"), json!([event("warm", "PageView", NOW)])).await.expect(200);
    shop.customer("@nobody").await.expect(404);
    shop
}

fn event(id: &str, name: &str, at: i64) -> Value {
    json!({"id": id, "name": name, "createdAt": at, "property": {"url": "https://shop.example.com/mug", "title": "Mug"}})
}

fn batch(count: usize) -> Value {
    (0..count).map(|n| event(&format!("e{n}"), "PageView", NOW - n as i64)).collect()
}

#[tokio::test]
async fn visitor_first_boot_is_2_trips_and_2_w() {
    let shop = warm().await;
    let (_, cost) = cost(&shop, shop.boot(json!({}))).await;
    assert_eq!(cost, (2, 0.0, 2.0));
}

#[tokio::test]
async fn visitor_first_boot_with_own_veil_id_is_2_trips_1_r_and_4_w() {
    let shop = warm().await;
    let veil = json!({"veilId": "5f0f2a4e-0b5d-4a57-9f0e-6c1d2e3f4a5b"});
    let (_, cost) = cost(&shop, shop.boot(veil)).await;
    assert_eq!(cost, (2, 1.0, 4.0));
}

#[tokio::test]
async fn visitor_boot_with_nothing_new_is_1_trip_and_1_r() {
    let shop = warm().await;
    let veil = shop.boot(json!({})).await.str("/veilId").to_owned();
    let (_, cost) = cost(&shop, shop.boot(json!({"veilId": veil}))).await;
    assert_eq!(cost, (1, 1.0, 0.0));
}

#[tokio::test]
async fn member_boot_with_nothing_new_is_1_trip_and_2_r() {
    let shop = warm().await;
    let body = json!({"profile": {"email": "lee@example.com", "mobileNumber": "+821024682468"}});
    let mut body = body;
    body["veilId"] = shop.boot_member("lee", body.clone()).await.body["veilId"].clone();
    let (_, cost) = cost(&shop, shop.boot_member("lee", body)).await;
    assert_eq!(cost, (1, 2.0, 0.0));
}

#[tokio::test]
async fn boot_that_stores_something_adds_1_trip_and_1_w() {
    let shop = warm().await;
    let veil = shop.boot_member("lee", json!({})).await.body["veilId"].clone();
    let body = json!({"veilId": veil, "profile": {"grade": "gold"}});
    let (_, cost) = cost(&shop, shop.boot_member("lee", body)).await;
    assert_eq!(cost, (2, 2.0, 1.0));
}

#[tokio::test]
async fn member_first_boot_is_2_trips_and_at_most_3_r_and_11_w() {
    let shop = warm().await;
    let body =
        json!({"profile": {"email": "lee@example.com", "mobileNumber": "+821024682468", "name": "Lee"}});
    let (booted, cost) = cost(&shop, shop.boot_member("lee", body)).await;
    booted.expect(200);
    assert_eq!(cost, (2, 1.0, 9.0));
}

#[tokio::test]
async fn linking_in_a_first_boot_adds_at_most_6_w() {
    let shop = warm().await;
    let veil = shop.boot(json!({})).await.body["veilId"].clone();
    let body =
        json!({"veilId": veil, "profile": {"email": "lee@example.com", "mobileNumber": "+821024682468"}});
    let (booted, cost) = cost(&shop, shop.boot_member("lee", body)).await;
    booted.expect(200);
    assert_eq!(cost, (2, 2.0, 13.0));
}

#[tokio::test]
async fn linking_to_a_known_member_is_at_most_3_trips_2_r_and_13_w() {
    let shop = warm().await;
    shop.boot_member("lee", json!({"profile": {"email": "lee@example.com"}})).await.expect(200);
    let veil = shop.boot(json!({})).await.body["veilId"].clone();
    let (booted, cost) = cost(&shop, shop.boot_member("lee", json!({"veilId": veil}))).await;
    booted.expect(200);
    assert_eq!(cost, (2, 2.0, 6.0));
}

#[tokio::test]
async fn first_boot_of_a_month_is_3_trips_and_2_w_more() {
    let shop = warm().await;
    let veil = shop.boot_member("lee", json!({})).await.body["veilId"].clone();
    shop.clock.advance(20 * 24 * 60 * 60 * 1000);
    // The channel is cached anew.
    shop.boot(json!({})).await.expect(200);
    let (_, cost) = cost(&shop, shop.boot_member("lee", json!({"veilId": veil}))).await;
    // The customer, the month's marker, and the document in the index, which is more than a day old.
    assert_eq!(cost, (3, 2.0, 3.0));
}

/// A member with 16 profile keys, as a shop at the 90th percentile has them.
async fn reference_customer(shop: &Shop) -> String {
    let profile = json!({"name": "佐藤 美奈子", "email": "minako.sato-2026@example.com", "mobileNumber": "+819012345678",
        "utmSource": "google", "utmMedium": "cpc", "utmCampaign": "spring-sale-2026", "utmContent": "banner-a",
        "utmTerm": "running shoes", "referrer": "https://www.google.example.com/search", "grade": "gold", "points": 18250,
        "birthday": "1990-05-03", "memberSince": 1_690_000_000_000_i64, "favouriteStore": "Shibuya", "size": "M", "newsletter": true});
    let agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1";
    let body = json!({"pluginKey": support::dev::PLUGIN_KEY, "memberId": "member-20260001", "memberHash": support::hash_of("member-20260001"),
        "profile": profile, "tags": ["vip", "newsletter"], "language": "ja"});
    let booted = shop.request("POST", "/front/v1/boot").header("user-agent", agent).json(body).await;
    booted.expect(200);
    booted.str("/sessionToken").to_owned()
}

#[tokio::test]
async fn reference_customer_touches_for_1_w_and_begins_a_session_for_2_w() {
    let shop = warm().await;
    let token = reference_customer(&shop).await;
    let other = shop.boot(json!({})).await.str("/sessionToken").to_owned();
    let touch = || shop.page("POST", "/front/v1/touch", &token).json(json!({}));
    let minute = 60_000;
    // Within a session only the time of the last use moves, and the index stays as it is.
    shop.clock.advance(2 * minute);
    // The channel is cached anew.
    shop.track(&other, json!([])).await;
    let (_, touched) = cost(&shop, touch()).await;
    assert_eq!(touched, (2, 1.0, 1.0));
    // A new session moves the number of sessions, for which a filter may ask.
    shop.clock.advance(31 * minute);
    shop.track(&other, json!([])).await;
    let (_, began) = cost(&shop, touch()).await;
    assert_eq!(began, (2, 1.0, 2.0));
}

#[tokio::test]
async fn one_event_is_2_trips_1_r_and_1_w() {
    let shop = warm().await;
    let token = shop.boot(json!({})).await.str("/sessionToken").to_owned();
    let (_, cost) = cost(&shop, shop.track(&token, batch(1))).await;
    assert_eq!(cost, (2, 1.0, 1.0));
}

#[tokio::test]
async fn batch_is_2_trips_1_r_and_1_w_an_event() {
    let shop = warm().await;
    let token = shop.boot(json!({})).await.str("/sessionToken").to_owned();
    let (_, few) = cost(&shop, shop.track(&token, batch(25))).await;
    assert_eq!(few, (2, 1.0, 25.0));
    let (_, many) = cost(&shop, shop.track(&token, batch(100))).await;
    assert_eq!(many, (2, 1.0, 100.0));
}

#[tokio::test]
async fn retried_batch_adds_1_trip_and_1_r_an_event() {
    let shop = warm().await;
    let token = shop.boot(json!({})).await.str("/sessionToken").to_owned();
    shop.track(&token, batch(40)).await.expect(200);
    let body = json!({"events": batch(100), "attempt": 2});
    let (_, cost) = cost(&shop, shop.page("POST", "/front/v1/events", &token).json(body)).await;
    // Of the 60 that are not there half a unit a key is billed by the engine, as on AWS one.
    assert_eq!((cost.0, cost.2), (3, 60.0));
    assert!(cost.1 <= 101.0, "{cost:?}");
}

#[tokio::test]
async fn checkout_is_at_most_4_trips_1_r_and_3_w() {
    let shop = warm().await;
    let token = shop.boot(json!({})).await.str("/sessionToken").to_owned();
    let checkout = json!([event("order-1", "CheckoutComplete", NOW)]);
    let (_, in_month) = cost(&shop, shop.track(&token, checkout)).await;
    assert_eq!(in_month, (3, 1.0, 2.0));
    shop.clock.advance(20 * 24 * 60 * 60 * 1000);
    shop.track(shop.boot(json!({})).await.str("/sessionToken"), batch(1)).await;
    let checkout = json!([event("order-2", "CheckoutComplete", shop.clock.now_ms())]);
    let (_, first_of_month) = cost(&shop, shop.track(&token, checkout)).await;
    assert_eq!(first_of_month, (4, 1.0, 3.0));
}

#[tokio::test]
async fn lead_with_email_and_phone_is_1_trip_and_at_most_10_w() {
    let shop = warm().await;
    let lead = json!({"profile": {"email": "lead@example.com", "mobileNumber": "+821024682468"}});
    let (created, cost) = cost(&shop, shop.server("POST", "/open/v5/users").json(lead)).await;
    created.expect(200);
    assert_eq!(cost, (1, 0.0, 9.0));
}

#[tokio::test]
async fn forced_lead_beside_a_claim_is_3_trips_2_r_and_7_w() {
    let shop = warm().await;
    let email = json!({"email": "lead@example.com"});
    shop.boot(json!({"profile": email})).await.expect(200);
    let lead =
        |force: bool| shop.server("POST", "/open/v5/users").json(json!({"profile": email, "force": force}));
    let (refused, cost_refused) = cost(&shop, lead(false)).await;
    assert_eq!(refused.expect(409)["claimed"], true);
    let (created, cost_created) = cost(&shop, lead(true)).await;
    created.expect(200);
    assert_eq!((cost_refused, cost_created), ((4, 3.0, 0.0), (3, 2.0, 7.0)));
}

#[tokio::test]
async fn erasure_answers_after_2_trips_4_r_10_w_and_2_w_a_link() {
    let shop = warm().await;
    let body = json!({"profile": {"email": "lee@example.com", "mobileNumber": "+821024682468"}});
    shop.boot_member("lee", body.clone()).await.expect(200);
    let answering = async |member: &str| {
        shop.recorder.reset();
        shop.server("DELETE", &format!("/open/v5/users/@{member}")).send().await.expect(204);
        // Up to and with the transaction, which is when the person is gone.
        let calls = shop.recorder.calls();
        let end = calls.iter().position(|call| call.operation == "TransactWriteItems").unwrap();
        let sum = |reads| {
            calls[..=end].iter().filter(|call| call.reads() == reads).map(|call| call.units).sum::<f64>()
        };
        (end + 1, sum(true), sum(false))
    };
    assert_eq!(answering("lee").await, (2, 1.0, 9.0));

    for _ in 0..3 {
        let veil = shop.boot(json!({})).await.body["veilId"].clone();
        shop.boot_member("kim", json!({"veilId": veil, "profile": body["profile"]})).await.expect(200);
    }
    assert_eq!(answering("kim").await, (2, 1.0, 9.0 + 6.0));
}

#[tokio::test]
async fn erasure_by_address_answers_after_3_trips_at_the_same_units() {
    let shop = warm().await;
    let profile = json!({"profile": {"email": "lee@example.com", "mobileNumber": "+821024682468"}});
    shop.server("PUT", "/open/v5/users/@lee").json(profile).await.expect(200);
    shop.recorder.reset();
    let by = json!({"by": {"email": "lee@example.com"}});
    shop.server("POST", "/okyaku/v1/erasures").json(by).await.expect(202);
    let calls = shop.recorder.calls();
    let end = calls.iter().position(|call| call.operation == "TransactWriteItems").unwrap();
    let sum =
        |reads| calls[..=end].iter().filter(|call| call.reads() == reads).map(|call| call.units).sum::<f64>();
    assert_eq!((end + 1, sum(true), sum(false)), (3, 2.0, 9.0));
}

#[tokio::test]
async fn erasure_deletes_at_1_w_an_item() {
    let shop = warm().await;
    let token = shop.boot_member("lee", json!({})).await.str("/sessionToken").to_owned();
    for n in 0..5 {
        let events: Value = (0..100).map(|m| event(&format!("{n}-{m}"), "PageView", NOW - m)).collect();
        shop.track(&token, events).await.expect(200);
    }
    shop.recorder.reset();
    shop.server("DELETE", "/open/v5/users/@lee").send().await.expect(204);
    shop.sweep().await;
    let deletes = shop.recorder.calls().into_iter().filter(|call| call.operation == "BatchWriteItem");
    assert_eq!(deletes.map(|call| call.units).sum::<f64>(), 500.0);
}

#[tokio::test]
async fn key_check_is_one_read_of_half_an_r() {
    let shop = Shop::open().await;
    let app = shop.base.app::<okyaku_track::Access>();
    shop.recorder.reset();
    app.store.check_key().await.unwrap();
    // Without `ReturnConsumedCapacity`: a read of up to 4 KB that is not consistent is half an R.
    let calls: Vec<String> = shop.recorder.calls().into_iter().map(|call| call.operation).collect();
    assert_eq!(calls, ["GetItem"]);
    assert_eq!(shop.recorder.calls()[0].request["ConsistentRead"], Value::Null);
    // A table that is not there is the first request's business.
    shop.recorder.inject(|_, _| Some((500, json!({"__type": "InternalServerError", "message": "gone"}))));
    app.store.check_key().await.unwrap();
}
