//! How long things are kept: silent visitors 90 days, events the channel's period (365 days here), and what is linked to
//! a member as long as the member. Past it they are invisible, whether the engine has removed them or not: in these
//! tests it removes nothing.

use serde_json::json;
use support::{NOW, Shop};

const DAY: i64 = 86_400_000;

#[tokio::test]
async fn visitor_is_kept_for_90_days_of_silence_and_no_longer() {
    let shop = Shop::open().await;
    let visitor = shop.boot(json!({"profile": {"grade": "gold"}})).await;
    let id = visitor.str("/user/id");
    shop.clock.advance(90 * DAY);
    shop.customer(id).await.expect(200);
    // The time to live has whole seconds.
    shop.clock.advance(1000);
    shop.customer(id).await.expect(404);
    assert_eq!(shop.server("GET", &format!("/open/v5/users/{id}/events")).send().await.status, 404);
    let again = shop.boot(json!({"veilId": visitor.str("/veilId")})).await;
    assert_eq!(again.expect(200)["user"]["profile"], json!({}));
    assert_eq!(again.body["user"]["sessionsCount"], 1);
}

#[tokio::test]
async fn visit_begins_the_90_days_anew() {
    let shop = Shop::open().await;
    let visitor = shop.boot(json!({})).await;
    for _ in 0..3 {
        shop.clock.advance(89 * DAY);
        shop.boot(json!({"veilId": visitor.str("/veilId")})).await.expect(200);
    }
    assert_eq!(shop.customer(visitor.str("/user/id")).await.expect(200)["user"]["sessionsCount"], 4);
}

#[tokio::test]
async fn event_is_visible_for_the_period_of_the_channel_only() {
    let shop = Shop::open().await;
    let member = shop.boot_member("lee", json!({})).await;
    let event = json!([{"id": "e", "name": "PageView", "createdAt": NOW}]);
    shop.track(member.str("/sessionToken"), event).await.expect(200);
    shop.clock.advance(365 * DAY);
    assert_eq!(shop.events("@lee").await.len(), 1);
    shop.clock.advance(1000);
    assert_eq!(shop.events("@lee").await.len(), 0);
    let glance = shop.server("GET", "/okyaku/v1/contacts/@lee").send().await;
    assert_eq!(glance.expect(200)["events"]["counts"], json!({}));
    let export = shop.server("GET", "/okyaku/v1/contacts/@lee/export").send().await;
    assert_eq!(export.expect(200)["events"], json!([]));
}

#[tokio::test]
async fn linked_visitors_and_leads_never_expire() {
    let shop = Shop::open().await;
    let visitor = shop.boot(json!({})).await;
    let event = json!([{"id": "e", "name": "PageView", "createdAt": NOW}]);
    shop.track(visitor.str("/sessionToken"), event).await.expect(200);
    let member = shop.boot_member("lee", json!({"veilId": visitor.str("/veilId")})).await;
    let lead = shop.boot(json!({"profile": {"email": "lead@example.com"}})).await;
    shop.clock.advance(300 * DAY);
    let read = shop.customer(visitor.str("/user/id")).await;
    assert_eq!(read.expect(200)["user"]["id"], member.body["user"]["id"]);
    assert_eq!(shop.events("@lee").await.len(), 1);
    shop.customer(lead.str("/user/id")).await.expect(200);
    shop.clock.advance(3000 * DAY);
    shop.customer("@lee").await.expect(200);
    shop.customer(lead.str("/user/id")).await.expect(200);
}

#[tokio::test]
async fn erasure_of_an_expired_visitor_deletes_its_remaining_events() {
    let shop = Shop::open().await;
    let visitor = shop.boot(json!({})).await;
    let events = json!([{"id": "e", "name": "canary", "createdAt": NOW}]);
    shop.track(visitor.str("/sessionToken"), events).await.expect(200);
    shop.clock.advance(91 * DAY);
    let by = json!({"by": {"veilId": visitor.str("/veilId")}});
    let erased = shop.server("POST", "/okyaku/v1/erasures").json(by).await;
    assert_eq!(erased.expect(202)["erasure"]["deleted"]["events"], 1);
    assert!(!shop.dump().await.contains("canary"));
}
