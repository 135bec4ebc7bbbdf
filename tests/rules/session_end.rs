//! Sessions end (R4): with their plugin key, with a block, with an erasure and after 90 days. The token of a visitor that
//! became a member finishes the visitor's story only.

use serde_json::{Value, json};
use support::{Answer, NOW, Shop, dev};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// Every call that a page makes with its session.
async fn every_call(shop: &Shop, token: &str) -> Vec<Answer> {
    let page = |method, path| shop.page(method, path, token);
    let event = json!({"id": "1", "name": "Look", "createdAt": shop.clock.now_ms()});
    let single = json!({"sessionToken": token, "events": [event]});
    vec![
        page("POST", "/front/v1/touch").send().await,
        page("PATCH", "/front/v1/users/me").json(json!({"profile": {"size": "L"}})).await,
        page("PATCH", "/front/v1/users/me/tags").json(json!({"tags": ["tea"]})).await,
        page("DELETE", "/front/v1/users/me/tags").json(json!({"tags": ["tea"]})).await,
        page("POST", "/front/v1/events").json(json!({"events": [event]})).await,
        shop.request("POST", "/front/v1/events").json(single).await,
    ]
}

async fn each_is(shop: &Shop, token: &str, status: u16, code: &str) {
    for answer in every_call(shop, token).await {
        assert_eq!(answer.expect(status)["commonErrorCode"], code, "{}", answer.body);
    }
}

async fn each_is_served(shop: &Shop, token: &str) {
    for answer in every_call(shop, token).await {
        answer.expect(200);
    }
}

fn token(answer: &Answer) -> String {
    answer.str("/sessionToken").to_owned()
}

async fn rotate(shop: &Shop, grace_hours: u32) -> String {
    let command = json!({"action": "rotateKey", "channelId": "dec0de00000000000000", "kind": "plugin",
        "key": dev::PLUGIN_KEY, "graceHours": grace_hours});
    shop.admin(command).await.unwrap()["pluginKey"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn rotation_without_grace_ends_the_sessions_of_the_key_within_a_minute() {
    let shop = Shop::open().await;
    let visitor = token(&shop.boot(json!({})).await);
    let member = token(&shop.boot_member("lee", json!({})).await);
    each_is_served(&shop, &visitor).await;
    let new = rotate(&shop, 0).await;
    // Another instance knows at once. This one knows the channel for a minute.
    each_is(&shop.another_instance(), &visitor, 401, "UNAUTHORIZED").await;
    each_is(&shop.another_instance(), &member, 401, "UNAUTHORIZED").await;
    shop.clock.advance(MINUTE);
    let before = shop.dump().await;
    each_is(&shop, &visitor, 401, "UNAUTHORIZED").await;
    each_is(&shop, &member, 401, "UNAUTHORIZED").await;
    assert_eq!(before, shop.dump().await);
    // The new key opens sessions of its own.
    let booted = shop.request("POST", "/front/v1/boot").json(json!({"pluginKey": new})).await;
    each_is_served(&shop, &token(&booted)).await;
}

#[tokio::test]
async fn rotation_with_grace_ends_the_sessions_after_the_grace() {
    let shop = Shop::open().await;
    let old = token(&shop.boot(json!({})).await);
    rotate(&shop, 2).await;
    shop.clock.advance(2 * 60 * MINUTE - 1);
    each_is_served(&shop.another_instance(), &old).await;
    shop.clock.advance(1);
    each_is(&shop.another_instance(), &old, 401, "UNAUTHORIZED").await;
}

#[tokio::test]
async fn rotation_of_one_key_leaves_the_sessions_of_another() {
    let shop = Shop::open().await;
    let command = json!({"action": "rotateKey", "channelId": "dec0de00000000000000", "kind": "plugin", "graceHours": 0});
    let second = shop.admin(command).await.unwrap()["pluginKey"].as_str().unwrap().to_owned();
    let booted = shop.request("POST", "/front/v1/boot").json(json!({"pluginKey": second})).await;
    rotate(&shop, 0).await;
    each_is_served(&shop.another_instance(), &token(&booted)).await;
}

#[tokio::test]
async fn second_rotation_cannot_lengthen_the_end() {
    let shop = Shop::open().await;
    let old = token(&shop.boot(json!({})).await);
    rotate(&shop, 0).await;
    rotate(&shop, 24).await;
    each_is(&shop.another_instance(), &old, 401, "UNAUTHORIZED").await;
}

#[tokio::test]
async fn block_refuses_every_call_of_the_page_and_unblock_serves_again() {
    let shop = Shop::open().await;
    let visitor = shop.boot(json!({})).await;
    let member = shop.boot_member("lee", json!({})).await;
    for (booted, again) in [
        (&visitor, json!({"veilId": visitor.str("/veilId")})),
        (&member, json!({"memberId": "lee", "memberHash": support::hash_of("lee")})),
    ] {
        let path = format!("/open/v5/users/{}/block", booted.str("/user/id"));
        shop.server("POST", &path).send().await.expect(200);
        let before = shop.dump().await;
        each_is(&shop, &token(booted), 403, "BLOCKED").await;
        let refused = shop.boot(again.clone()).await;
        assert_eq!(refused.expect(403)["commonErrorCode"], "BLOCKED");
        assert_eq!(before, shop.dump().await);
        // The shop's server and the list go on.
        shop.customer(booted.str("/user/id")).await.expect(200);
        shop.server("DELETE", &path).send().await.expect(200);
        each_is_served(&shop, &token(booted)).await;
        shop.boot(again).await.expect(200);
    }
}

#[tokio::test]
async fn erasure_ends_the_sessions_of_every_linked_browser() {
    let shop = Shop::open().await;
    let visitor = shop.boot(json!({})).await;
    let member = shop.boot_member("lee", json!({"veilId": visitor.str("/veilId")})).await;
    shop.server("DELETE", "/open/v5/users/@lee").send().await.expect(204);
    each_is(&shop, &token(&visitor), 409, "ERASED").await;
    each_is(&shop, &token(&member), 409, "ERASED").await;
}

#[tokio::test]
async fn session_is_renewed_for_90_days_and_no_longer() {
    let shop = Shop::open().await;
    let mut session = token(&shop.boot_member("lee", json!({})).await);
    for day in 1..=90 {
        // To the last moment of each token.
        shop.clock.advance(DAY);
        let touched = shop.page("POST", "/front/v1/touch", &session).send().await;
        assert_eq!(touched.expect(200)["expiresAt"], NOW + DAY * (day + 1).min(90), "day {day}");
        session = token(&touched);
    }
    shop.clock.advance(1);
    for answer in every_call(&shop, &session).await.drain(..4) {
        answer.expect(401);
    }
    // A queue of a closed tab still has its 30 days.
    let event = json!([{"id": "late", "name": "Look", "createdAt": NOW + 90 * DAY}]);
    shop.clock.advance(30 * DAY - 1);
    shop.track(&session, event.clone()).await.expect(200);
    shop.clock.advance(1);
    shop.track(&session, event).await.expect(401);
}

#[tokio::test]
async fn old_visitors_token_adds_only_events_from_before_the_link() {
    let shop = Shop::open().await;
    let visitor = shop.boot(json!({})).await;
    shop.clock.advance(MINUTE);
    let linked_at = shop.clock.now_ms();
    let member = shop.boot_member("lee", json!({"veilId": visitor.str("/veilId")})).await;
    shop.clock.advance(10 * DAY);
    let event = |id: &str, at: i64| json!({"id": id, "name": "CheckoutComplete", "createdAt": at});
    let events = json!([
        event("before", linked_at - 1),
        event("at", linked_at),
        event("after", linked_at + 1),
        event("now", shop.clock.now_ms())
    ]);
    let answer = shop.track(&token(&visitor), events).await;
    let verdicts: Vec<&Value> =
        answer.expect(200)["results"].as_array().unwrap().iter().map(|result| &result["status"]).collect();
    assert_eq!(json!(verdicts), json!(["accepted", "rejected", "rejected", "rejected"]));
    assert_eq!(answer.body["results"][1]["message"], "createdAt: lies after the visitor became a member");
    let stored = shop.events(member.str("/user/id")).await;
    assert_eq!(stored.len(), 1, "{stored:?}");
    assert_eq!(stored[0]["createdAt"], linked_at - 1);
    // The three are counted for the shop.
    let drops = shop.server("GET", "/okyaku/v1/rejections").send().await;
    assert!(drops.expect(200).to_string().contains("foreign"), "{}", drops.body);
    // One at a time, and in a beacon, they are refused too.
    let single = json!({"sessionToken": token(&visitor), "events": [event("one", linked_at)]});
    let answer = shop.request("POST", "/front/v1/events").json(single).await;
    assert_eq!(answer.expect(200)["results"][0]["status"], "rejected");
    // The proven session goes on.
    let answer = shop.track(&token(&member), json!([event("own", shop.clock.now_ms())])).await;
    assert_eq!(answer.expect(200)["results"][0]["status"], "accepted");
}

#[tokio::test]
async fn server_and_builder_still_write_events_of_the_linked_visitor() {
    let shop = Shop::open().await;
    let visitor = shop.boot(json!({})).await;
    shop.boot_member("lee", json!({"veilId": visitor.str("/veilId")})).await;
    let path = format!("/open/v5/users/{}/events", visitor.str("/user/id"));
    shop.clock.advance(MINUTE);
    shop.server("POST", &path).json(json!({"name": "Call"})).await.expect(200);
}
