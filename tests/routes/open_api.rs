//! The Open API: its envelopes, the v5 user, and the life after an erasure (R3, R4, R12).

use okyaku_engine::Settings;
use serde_json::{Value, json};
use support::{Answer, NOW, Shop, dev, hash_of};

async fn send(shop: &Shop, method: &str, path: &str, body: Value) -> Answer {
    shop.server(method, path).json(body).await
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn full_user_is_the_v5_user_with_times_in_epoch_milliseconds() {
    let shop = Shop::open_with(Settings {
        allow_development: true,
        origin_secret: Some("vouched".into()),
        ..Settings::default()
    })
    .await;
    let agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 \
                 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1";
    let body = json!({"pluginKey": dev::PLUGIN_KEY, "memberId": "m-1", "memberHash": hash_of("m-1"),
        "language": "ko",
        "profile": {"email": "mina@example.com", "grade": "gold"}, "tags": ["new"]});
    let page = shop
        .request("POST", "/front/v1/boot")
        .header("user-agent", agent)
        .header("x-okyaku-origin", "vouched");
    let page = page.header("cloudfront-viewer-country", "KR").header("cloudfront-viewer-city", "Seoul");
    page.json(body).await.expect(200);
    shop.clock.set(NOW + 1000);
    let app = json!({"name": "Shop", "version": "3.1.0", "os": "iOS 17.0", "osName": "iOS",
        "device": "iPhone16,2", "pushToken": "t"});
    shop.boot_member("m-1", json!({ "app": app })).await.expect(200);
    shop.clock.set(NOW + 2000);
    let said = json!({"profile": {"name": "Mina", "mobileNumber": "010-1234-5678",
        "landlineNumber": "02-123-4567", "avatarUrl": "https://shop.example.com/m.png",
        "description": "pays late"}, "tags": ["new", "VIP"], "unsubscribeTexting": true});
    send(&shop, "PATCH", "/open/v5/users/@m-1", said).await.expect(200);
    let mut read = shop.customer("@m-1").await;
    read.body["user"]["id"] = json!("[id]");
    insta::assert_snapshot!(read.text(), @r#"
    200 {
      "user": {
        "alert": 0,
        "avatarUrl": "https://shop.example.com/m.png",
        "blocked": false,
        "channelId": "dec0de00000000000000",
        "city": "Seoul",
        "constrainted": false,
        "country": "KR",
        "createdAt": 1795348800000,
        "email": "mina@example.com",
        "emailQualified": false,
        "hasChat": false,
        "hasPushToken": true,
        "id": "[id]",
        "landlineNumber": "02-123-4567",
        "language": "ko",
        "lastSeenAt": 1795348801000,
        "member": true,
        "memberId": "m-1",
        "mobile": {
          "appName": "Shop",
          "appVersion": "3.1.0",
          "device": "iPhone16,2",
          "lastSeenAt": 1795348801000,
          "os": "iOS 17.0",
          "osName": "iOS",
          "sessionsCount": 1
        },
        "mobileNumber": "+821012345678",
        "mobileNumberQualified": true,
        "name": "Mina",
        "named": true,
        "profile": {
          "avatarUrl": "https://shop.example.com/m.png",
          "description": "pays late",
          "email": "mina@example.com",
          "grade": "gold",
          "landlineNumber": "02-123-4567",
          "mobileNumber": "+821012345678",
          "name": "Mina"
        },
        "sessionsCount": 2,
        "systemLanguage": "ko",
        "tags": [
          "new",
          "vip"
        ],
        "type": "member",
        "unread": 0,
        "unsubscribeAppPush": false,
        "unsubscribeEmail": false,
        "unsubscribeTexting": true,
        "updatedAt": 1795348802000,
        "userImportTags": [],
        "web": {
          "browser": "Safari 17.0",
          "browserName": "Safari",
          "device": "smartphone",
          "lastSeenAt": 1795348800000,
          "os": "iPhone 17.0",
          "osName": "iPhone",
          "sessionsCount": 1
        }
      }
    }
    "#);
}

#[tokio::test]
async fn every_answer_has_its_envelope() {
    let shop = Shop::open().await;
    let put = send(&shop, "PUT", "/open/v5/users/@m-1", json!({})).await;
    let path = format!("/open/v5/users/{}", put.str("/user/id"));
    assert_eq!(keys(put.expect(200)), ["user"]);
    let patch = send(&shop, "PATCH", &path, json!({"language": "ja"})).await;
    assert_eq!(keys(patch.expect(200)), ["user"]);
    let get = shop.server("GET", &path).send().await;
    assert_eq!(keys(get.expect(200)), ["user"]);
    assert_eq!(get.headers["content-type"], "application/json");
    assert_eq!(get.headers["cache-control"], "no-store");
    for (method, route) in [("POST", "touch"), ("POST", "block"), ("DELETE", "block")] {
        assert_eq!(keys(shop.server(method, &format!("{path}/{route}")).send().await.expect(200)), ["user"]);
    }
    let event = send(&shop, "POST", &format!("{path}/events"), json!({"name": "x"})).await;
    assert_eq!(keys(event.expect(200)), ["event"]);
    let wanted = ["channelId", "createdAt", "expireAt", "id", "name", "property", "userId"];
    assert_eq!(keys(&event.body["event"]), wanted);
    assert_eq!(event.body["event"]["createdAt"], NOW);
    let timeline = shop.server("GET", &format!("{path}/events")).send().await;
    assert_eq!(keys(timeline.expect(200)), ["events"]);
    assert_eq!(timeline.body["events"], json!([event.body["event"]]));
    let glance = shop.server("GET", &path.replace("/open/v5/users", "/okyaku/v1/contacts")).send().await;
    assert_eq!(keys(glance.expect(200)), ["events", "user"]);
    let deleted = shop.server("DELETE", &path).send().await;
    assert_eq!(deleted.expect(204), &Value::Null);
}

#[tokio::test]
async fn put_creates_then_patches_and_an_id_is_only_patched() {
    let shop = Shop::open().await;
    let made = send(&shop, "PUT", "/open/v5/users/@m-1", json!({"profile": {"grade": "gold"}})).await;
    assert_eq!(made.expect(200)["user"]["profile"], json!({"grade": "gold"}));
    let id = made.str("/user/id").to_owned();
    shop.clock.advance(1);
    let again = send(&shop, "PUT", "/open/v5/users/@m-1", json!({"profile": {"size": "s"}})).await;
    assert_eq!(again.expect(200)["user"]["profile"], json!({"grade": "gold", "size": "s"}));
    assert_eq!(
        (&again.body["user"]["createdAt"], &again.body["user"]["updatedAt"]),
        (&json!(NOW), &json!(NOW + 1))
    );
    let by_id = send(&shop, "PUT", &format!("/open/v5/users/{id}"), json!({"profile": {"size": "m"}})).await;
    assert_eq!(by_id.expect(200)["user"]["profile"]["size"], "m");
    send(&shop, "PUT", "/open/v5/users/0123456789abcdef0123", json!({})).await.expect(404);
    // The page's first boot meets the same customer.
    let booted = shop.boot_member("m-1", json!({})).await;
    assert_eq!(booted.str("/user/id"), id);
}

#[tokio::test]
async fn unchanged_write_does_not_move_updated_at() {
    let shop = Shop::open().await;
    let body = json!({"profile": {"grade": "gold"}, "tags": ["vip"], "blocked": true});
    let made = send(&shop, "PUT", "/open/v5/users/@m-1", body.clone()).await;
    shop.clock.advance(60_000);
    for method in ["PUT", "PATCH"] {
        assert_eq!(send(&shop, method, "/open/v5/users/@m-1", body.clone()).await.expect(200), &made.body);
    }
}

#[tokio::test]
async fn customer_is_blocked_and_unblocked() {
    let shop = Shop::open().await;
    shop.boot_member("m-1", json!({})).await.expect(200);
    let blocked = shop.server("POST", "/open/v5/users/@m-1/block").send().await;
    assert_eq!(blocked.expect(200)["user"]["blocked"], true);
    assert_eq!(shop.customer("@m-1").await.expect(200)["user"]["blocked"], true);
    let refused = shop.boot_member("m-1", json!({})).await;
    assert_eq!(refused.expect(403)["commonErrorCode"], "BLOCKED");
    let free = shop.server("DELETE", "/open/v5/users/@m-1/block").send().await;
    assert_eq!(free.expect(200)["user"]["blocked"], false);
    let patched = send(&shop, "PATCH", "/open/v5/users/@m-1", json!({"blocked": true})).await;
    assert_eq!(patched.expect(200)["user"]["blocked"], true);
}

#[tokio::test]
async fn v4_answers_as_v5() {
    let shop = Shop::open().await;
    let put = send(&shop, "PUT", "/open/v4/users/@m-1", json!({"profile": {"name": "Mina"}})).await;
    // Three keys are v4's own.
    let as_v5 = |answer: &Value| {
        let mut answer = answer.clone();
        for key in ["userId", "managed", "unsubscribed"] {
            answer.get_mut("user").map(|user| user.as_object_mut().unwrap().remove(key).unwrap());
        }
        answer
    };
    assert_eq!(as_v5(put.expect(200)), shop.customer("@m-1").await.body);
    let id = put.str("/user/id").to_owned();
    let event = send(&shop, "POST", &format!("/open/v4/users/{id}/events"), json!({"name": "x"})).await;
    let event = event.expect(200)["event"]["id"].as_str().unwrap().to_owned();
    for path in
        [format!("users/{id}"), "users/@m-1".into(), format!("users/{id}/events?sortOrder=asc&limit=1")]
    {
        let answer =
            async |version: &str| shop.server("GET", &format!("/open/{version}/{path}")).send().await;
        assert_eq!(as_v5(answer("v4").await.expect(200)), answer("v5").await.body, "{path}");
    }
    let patch = send(&shop, "PATCH", &format!("/open/v4/users/{id}"), json!({"language": "ja"})).await;
    assert_eq!(patch.expect(200)["user"]["language"], "ja");
    let block = shop.server("POST", &format!("/open/v4/users/{id}/block")).send().await;
    assert_eq!(block.expect(200)["user"]["blocked"], true);
    let free = shop.server("DELETE", "/open/v4/users/@m-1/block").send().await;
    assert_eq!(free.expect(200)["user"]["blocked"], false);
    shop.server("DELETE", &format!("/open/v4/users/{id}/events/{event}")).send().await.expect(204);
    shop.server("DELETE", &format!("/open/v4/users/{id}")).send().await.expect(204);
    shop.server("GET", &format!("/open/v4/users/{id}")).send().await.expect(404);
}

#[tokio::test]
async fn erased_member_is_409_until_a_put_revives_an_empty_record() {
    let shop = Shop::open().await;
    let path = "/open/v5/users/@m-1";
    let said = json!({"profile": {"name": "Mina", "email": "mina@example.com"}, "tags": ["vip"]});
    let first = send(&shop, "PUT", path, said).await.str("/user/id").to_owned();
    shop.server("DELETE", path).send().await.expect(204);
    for (method, body) in
        [("PUT", json!({})), ("PUT", json!({"revive": false})), ("PATCH", json!({"language": "ja"}))]
    {
        assert_eq!(send(&shop, method, path, body).await.expect(409)["commonErrorCode"], "ERASED");
    }
    let refused = send(&shop, "PUT", path, json!({"revive": "yes"})).await;
    refused.expect(422);
    assert_eq!(refused.fields(), ["revive"]);
    send(&shop, "PATCH", path, json!({"revive": true})).await.expect(422);
    shop.customer("@m-1").await.expect(404);

    let second = send(&shop, "PUT", path, json!({"revive": true, "profile": {"grade": "new"}})).await;
    let user = &second.expect(200)["user"];
    assert_eq!(
        (&user["name"], &user["tags"], &user["profile"]),
        (&Value::Null, &json!([]), &json!({"grade": "new"}))
    );
    assert_ne!(user["id"], first.as_str());
    assert_eq!(&shop.customer("@m-1").await.expect(200)["user"], user);
    shop.customer(&first).await.expect(404);
    // On who lives, the flag means nothing; on who never was, it creates.
    let third = send(&shop, "PUT", path, json!({"revive": true})).await;
    assert_eq!(third.expect(200), &second.body);
    send(&shop, "PUT", "/open/v5/users/@m-2", json!({"revive": true})).await.expect(200);
}
