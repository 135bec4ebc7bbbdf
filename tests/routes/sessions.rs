//! Sessions: 30 minutes of silence, web and mobile, and how far `lastSeenAt` may lag (R6).

use serde_json::{Value, json};
use support::{NOW, Shop};

const UUID: &str = "5f0f2a4e-0b5d-4a57-9f0e-6c1d2e3f4a5b";
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// A visitor's id, from a boot of the browser with this veilId.
async fn boot(shop: &Shop) -> String {
    shop.boot(json!({"veilId": UUID})).await.str("/user/id").to_owned()
}

/// `[sessionsCount, web's, mobile's]`.
async fn counts(shop: &Shop, id: &str) -> Value {
    let user = shop.customer(id).await.expect(200)["user"].clone();
    json!([user["sessionsCount"], user["web"]["sessionsCount"], user["mobile"]["sessionsCount"]])
}

/// Writes since the recorder was reset.
fn writes(shop: &Shop) -> usize {
    shop.recorder.calls().iter().filter(|call| !call.reads()).count()
}

#[tokio::test]
async fn ten_page_loads_are_one_session() {
    let shop = Shop::open().await;
    for _ in 0..10 {
        boot(&shop).await;
        shop.clock.advance(29 * MINUTE);
    }
    assert_eq!(counts(&shop, &boot(&shop).await).await, json!([1, 1, 0]));
}

#[tokio::test]
async fn session_ends_only_after_more_than_thirty_minutes() {
    let shop = Shop::open().await;
    let id = boot(&shop).await;
    shop.clock.set(NOW + 30 * MINUTE);
    boot(&shop).await;
    assert_eq!(counts(&shop, &id).await, json!([1, 1, 0]));
    shop.clock.set(NOW + 60 * MINUTE + 1);
    boot(&shop).await;
    assert_eq!(counts(&shop, &id).await, json!([2, 2, 0]));
}

#[tokio::test]
async fn silence_counts_from_the_stored_last_seen_at() {
    let shop = Shop::open().await;
    let id = boot(&shop).await;
    // Seen within the minute, so not written: the stored time stays the first one.
    shop.clock.set(NOW + MINUTE);
    boot(&shop).await;
    shop.clock.set(NOW + 30 * MINUTE + 1);
    boot(&shop).await;
    assert_eq!(counts(&shop, &id).await, json!([2, 2, 0]));
}

#[tokio::test]
async fn touch_counts_as_a_boot_does() {
    let shop = Shop::open().await;
    let booted = shop.boot(json!({"veilId": UUID})).await;
    let token = booted.str("/sessionToken");
    for _ in 0..12 {
        shop.clock.advance(5 * MINUTE);
        shop.page("POST", "/front/v1/touch", token).send().await.expect(200);
    }
    assert_eq!(counts(&shop, booted.str("/user/id")).await, json!([1, 1, 0]));
    shop.clock.advance(30 * MINUTE + 1);
    let touched = shop.page("POST", "/front/v1/touch", token).send().await;
    assert_eq!(touched.expect(200)["user"]["sessionsCount"], 2);
    assert_eq!(counts(&shop, booted.str("/user/id")).await, json!([2, 2, 0]));
}

#[tokio::test]
async fn touch_answers_as_boot_does_and_renews_the_token() {
    let shop = Shop::open().await;
    let booted = shop.boot(json!({"veilId": UUID, "profile": {"grade": "gold"}})).await;
    let first = booted.str("/sessionToken");
    shop.clock.set(NOW + DAY);
    let touched = shop.page("POST", "/front/v1/touch", first).send().await;
    let keys = |answer: &Value| answer.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(touched.expect(200)), keys(&booted.body));
    assert_eq!(touched.body["veilId"], UUID);
    assert_eq!(touched.body["expiresAt"], NOW + 2 * DAY);
    assert_eq!(touched.body["user"]["profile"], json!({"grade": "gold"}));

    shop.clock.set(NOW + DAY + 1);
    shop.page("POST", "/front/v1/touch", first).send().await.expect(401);
    shop.clock.set(NOW + 2 * DAY);
    shop.page("POST", "/front/v1/touch", touched.str("/sessionToken")).send().await.expect(200);
}

#[tokio::test]
async fn last_seen_at_is_written_at_most_once_a_minute() {
    let shop = Shop::open().await;
    let booted = shop.boot(json!({"veilId": UUID})).await;
    let (id, token) = (booted.str("/user/id"), booted.str("/sessionToken"));
    shop.recorder.reset();
    for seconds in [0, 1, 30, 59, 60] {
        shop.clock.set(NOW + seconds * 1000);
        boot(&shop).await;
        shop.page("POST", "/front/v1/touch", token).send().await.expect(200);
    }
    assert_eq!(writes(&shop), 0);

    shop.clock.set(NOW + MINUTE + 1);
    boot(&shop).await;
    assert_eq!(writes(&shop), 1);
    let user = shop.customer(id).await.expect(200)["user"].clone();
    assert_eq!(user["lastSeenAt"], NOW + MINUTE + 1);
    assert_eq!(user["web"]["lastSeenAt"], NOW + MINUTE + 1);
    assert_eq!(user["updatedAt"], NOW + MINUTE + 1);
}

#[tokio::test]
async fn boot_with_new_values_writes_also_within_the_minute() {
    let shop = Shop::open().await;
    let id = boot(&shop).await;
    shop.recorder.reset();
    let said = json!({"veilId": UUID, "profile": {"grade": "gold"}});
    shop.boot(said.clone()).await.expect(200);
    assert_eq!(writes(&shop), 1);
    shop.boot(said).await.expect(200);
    assert_eq!(writes(&shop), 1, "said again, it is not news");
    assert_eq!(counts(&shop, &id).await, json!([1, 1, 0]));
}

#[tokio::test]
async fn app_session_is_mobile_and_its_touches_too() {
    let shop = Shop::open().await;
    let booted = shop.boot(json!({"veilId": UUID, "app": {"name": "Shop"}})).await;
    let id = booted.str("/user/id");
    assert_eq!(counts(&shop, id).await, json!([1, 0, 1]));
    shop.clock.advance(31 * MINUTE);
    shop.page("POST", "/front/v1/touch", booted.str("/sessionToken")).send().await.expect(200);
    assert_eq!(counts(&shop, id).await, json!([2, 0, 2]));
    shop.clock.advance(31 * MINUTE);
    boot(&shop).await;
    assert_eq!(counts(&shop, id).await, json!([3, 1, 2]));
    let user = shop.customer(id).await.expect(200)["user"].clone();
    assert_eq!(user["mobile"]["lastSeenAt"], NOW + 31 * MINUTE);
    assert_eq!(user["web"]["lastSeenAt"], NOW + 62 * MINUTE);
    assert_eq!(user["lastSeenAt"], NOW + 62 * MINUTE);
}

#[tokio::test]
async fn silence_is_counted_for_app_and_browser_apart() {
    let shop = Shop::open().await;
    let id = boot(&shop).await;
    shop.clock.advance(5 * MINUTE);
    let app = json!({"veilId": UUID, "app": {"name": "Shop"}});
    shop.boot(app.clone()).await.expect(200);
    assert_eq!(counts(&shop, &id).await, json!([2, 1, 1]));
    // The app keeps the customer busy for 40 minutes. The browser was silent.
    for _ in 0..8 {
        shop.clock.advance(5 * MINUTE);
        shop.boot(app.clone()).await.expect(200);
    }
    assert_eq!(counts(&shop, &id).await, json!([2, 1, 1]));
    boot(&shop).await;
    assert_eq!(counts(&shop, &id).await, json!([3, 2, 1]));
}

#[tokio::test]
async fn app_and_browser_have_times_of_their_own() {
    let shop = Shop::open().await;
    let id = boot(&shop).await;
    shop.clock.advance(10 * MINUTE);
    shop.boot(json!({"veilId": UUID, "app": {"name": "Shop"}})).await.expect(200);
    let user = shop.customer(&id).await.expect(200)["user"].clone();
    assert_eq!(user["mobile"]["lastSeenAt"], NOW + 10 * MINUTE);
    assert_eq!(user["web"]["lastSeenAt"], NOW);
}

#[tokio::test]
async fn open_api_touch_opens_a_session_after_the_same_silence() {
    let shop = Shop::open().await;
    let user = shop.server("PUT", "/open/v5/users/@m-1").json(json!({})).await;
    assert_eq!(user.expect(200)["user"]["sessionsCount"], 0);
    assert_eq!(user.body["user"]["lastSeenAt"], Value::Null);
    let path = "/open/v5/users/@m-1/touch";
    let touched = shop.server("POST", path).send().await;
    assert_eq!(touched.expect(200)["user"]["sessionsCount"], 1);
    assert_eq!(touched.body["user"]["lastSeenAt"], NOW);
    shop.clock.set(NOW + 30 * MINUTE);
    assert_eq!(shop.server("POST", path).send().await.expect(200)["user"]["sessionsCount"], 1);
    shop.clock.set(NOW + 60 * MINUTE + 1);
    assert_eq!(shop.server("POST", path).send().await.expect(200)["user"]["sessionsCount"], 2);
}

#[tokio::test]
async fn racing_boots_open_one_session() {
    let shop = Shop::open().await;
    let id = boot(&shop).await;
    shop.clock.advance(31 * MINUTE);
    futures_util::future::join_all((0..20).map(|_| boot(&shop))).await;
    assert_eq!(counts(&shop, &id).await, json!([2, 2, 0]));
}

#[tokio::test]
async fn clock_that_steps_back_opens_no_session() {
    let shop = Shop::open().await;
    let id = boot(&shop).await;
    shop.clock.set(NOW - 45 * MINUTE);
    boot(&shop).await;
    assert_eq!(counts(&shop, &id).await, json!([1, 1, 0]));
    assert_eq!(shop.customer(&id).await.expect(200)["user"]["lastSeenAt"], NOW);
}
