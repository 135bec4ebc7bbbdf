//! Channels (R14): created, listed, and their keys rotated, by direct invocation.

use serde_json::{Value, json};
use support::Shop;

async fn admin(shop: &Shop, command: Value) -> Result<Value, okyaku_domain::error::Error> {
    okyaku_admin::handle(&shop.base.app(), command).await
}

fn signed<'a>(request: support::Request<'a>, made: &Value) -> support::Request<'a> {
    let text = |key: &str| made[key].as_str().unwrap().to_owned();
    request.header("x-access-key", &text("accessKey")).header("x-access-secret", &text("accessSecret"))
}

#[tokio::test]
async fn new_channel_works_with_the_keys_that_are_shown_once() {
    let shop = Shop::open().await;
    let command = json!({"action": "createChannel", "name": "My shop", "region": "JP", "origins": ["https://shop.example.com"]});
    let made = admin(&shop, command).await.unwrap();
    let hash =
        okyaku_domain::member_hash::member_hash(made["memberHashSecret"].as_str().unwrap(), "lee").unwrap();
    let body = json!({"pluginKey": made["pluginKey"], "memberId": "lee", "memberHash": hash});
    let boot =
        shop.request("POST", "/front/v1/boot").header("origin", "https://shop.example.com").json(body).await;
    boot.expect(200);
    let read = shop
        .request("GET", "/open/v5/users/@lee")
        .header("x-access-key", made["accessKey"].as_str().unwrap())
        .header("x-access-secret", made["accessSecret"].as_str().unwrap());
    read.send().await.expect(200);

    let listed = admin(&shop, json!({"action": "listChannels"})).await.unwrap();
    assert_eq!(listed["channels"].as_array().unwrap().len(), 2);
    let text = listed.to_string();
    for secret in ["accessSecret", "memberHashSecret", "pluginKey"] {
        let secret = made[secret].as_str().unwrap();
        assert!(!text.contains(secret));
    }
}

#[tokio::test]
async fn secrets_are_not_readable_in_the_table() {
    let shop = Shop::open().await;
    let made = admin(&shop, json!({"action": "createChannel", "name": "My shop"})).await.unwrap();
    let table = format!("{:?}", shop.items().await);
    for secret in ["accessSecret", "memberHashSecret"] {
        assert!(!table.contains(made[secret].as_str().unwrap()), "{secret}");
    }
}

#[tokio::test]
async fn rotated_access_key_works_beside_the_old_one_in_its_grace() {
    let shop = Shop::open().await;
    let made = admin(&shop, json!({"action": "createChannel", "name": "My shop"})).await.unwrap();
    let command = json!({
        "action": "rotateKey", "channelId": made["channel"]["id"], "kind": "access", "key": made["accessKey"], "graceHours": 2,
    });
    let new = admin(&shop, command).await.unwrap();
    let status = async |keys: &Value| {
        let request = shop
            .request("GET", "/open/v5/users/@nobody")
            .header("x-access-key", keys["accessKey"].as_str().unwrap())
            .header("x-access-secret", keys["accessSecret"].as_str().unwrap());
        request.send().await.status
    };
    assert_eq!((status(&made).await, status(&new).await), (404, 404));
    shop.clock.advance(2 * 60 * 60_000 + 2_000);
    assert_eq!((status(&made).await, status(&new).await), (401, 404));
}

#[tokio::test]
async fn channel_cannot_end_the_key_of_another() {
    let shop = Shop::open().await;
    let made = admin(&shop, json!({"action": "createChannel", "name": "My shop"})).await.unwrap();
    let command = json!({
        "action": "rotateKey", "channelId": made["channel"]["id"], "kind": "plugin", "key": "dev-plugin-key", "graceHours": 0,
    });
    assert!(matches!(admin(&shop, command).await, Err(okyaku_domain::error::Error::NotFound(_))));
    shop.another_instance().boot(json!({})).await.expect(200);
}

#[tokio::test]
async fn origins_and_the_member_hash_secret_can_be_replaced() {
    let shop = Shop::open().await;
    let made = admin(&shop, json!({"action": "createChannel", "name": "My shop"})).await.unwrap();
    let id = &made["channel"]["id"];
    let command = json!({"action": "setOrigins", "channelId": id, "origins": ["https://new.example.com"]});
    assert_eq!(
        admin(&shop, command).await.unwrap()["channel"]["origins"],
        json!(["https://new.example.com"])
    );
    let command = json!({"action": "setSecret", "channelId": id, "secret": support::dev::MEMBER_HASH_SECRET});
    admin(&shop, command).await.unwrap();
    let body =
        json!({"pluginKey": made["pluginKey"], "memberId": "lucas", "memberHash": support::dev::LUCAS_HASH});
    let shop = shop.another_instance();
    let boot = shop
        .request("POST", "/front/v1/boot")
        .header("origin", "https://new.example.com")
        .json(body.clone())
        .await;
    boot.expect(200);
    let foreign =
        shop.request("POST", "/front/v1/boot").header("origin", "https://old.example.com").json(body).await;
    assert_eq!(foreign.status, 403);
}

#[tokio::test]
async fn invalid_command_is_refused_by_field() {
    let shop = Shop::open().await;
    let before = shop.items().await.len();
    for (command, field) in [
        (json!({}), "action"),
        (json!({"action": "dropTable"}), "action"),
        (json!([]), "command"),
        (json!({"action": "createChannel"}), "name"),
        (json!({"action": "createChannel", "name": null}), "name"),
        (json!({"action": "createChannel", "name": 7}), "name"),
        (json!({"action": "createChannel", "name": "x", "origins": [7]}), "origins[0]"),
        (json!({"action": "setRegion", "channelId": "dec0de00000000000000", "region": "kr"}), "region"),
        (
            json!({"action": "setEventDays", "channelId": "dec0de00000000000000", "eventDays": 3651}),
            "eventDays",
        ),
        (json!({"action": "setName", "channelId": "dec0de00000000000000", "name": " "}), "name"),
        (json!({"action": "rotateKey", "channelId": "dec0de00000000000000", "kind": "master"}), "kind"),
        (
            json!({"action": "setBuilder", "channelId": "dec0de00000000000000", "builder": "shopify",
                "shop": "shop.example.com", "secret": "long-enough"}),
            "shop",
        ),
        (json!({"action": "createChannel", "name": ""}), "name"),
        (json!({"action": "createChannel", "name": "x", "region": "Korea"}), "region"),
        (json!({"action": "createChannel", "name": "x", "eventDays": 0}), "eventDays"),
        (json!({"action": "createChannel", "name": "x", "origins": ["shop.example.com"]}), "origins[0]"),
        (
            json!({"action": "createChannel", "name": "x", "origins": ["https://shop.example.com/"]}),
            "origins[0]",
        ),
        (
            json!({"action": "createChannel", "name": "x", "origins": ["https://Shop.example.com"]}),
            "origins[0]",
        ),
        (
            json!({"action": "createChannel", "name": "x", "origins": ["https://shop.example.com:443"]}),
            "origins[0]",
        ),
        (
            json!({"action": "createChannel", "name": "x", "origins": ["https://a@shop.example.com"]}),
            "origins[0]",
        ),
        (json!({"action": "setSecret", "channelId": "dec0de00000000000000", "secret": "not hex"}), "secret"),
        (json!({"action": "createChannel", "name": "x", "unknown": 1}), "unknown"),
    ] {
        match admin(&shop, command.clone()).await {
            Err(okyaku_domain::error::Error::Invalid(details)) => {
                assert_eq!(details[0].field, field, "{command}")
            }
            other => panic!("{command}: {other:?}"),
        }
    }
    assert_eq!(shop.items().await.len(), before);
}

#[tokio::test]
async fn ended_key_is_not_given_more_time() {
    let shop = Shop::open().await;
    let made = admin(&shop, json!({"action": "createChannel", "name": "My shop"})).await.unwrap();
    let rotate = async |hours: u32| {
        let command = json!({"action": "rotateKey", "channelId": made["channel"]["id"], "kind": "plugin",
            "key": made["pluginKey"], "graceHours": hours});
        admin(&shop, command).await.unwrap()
    };
    rotate(0).await;
    shop.clock.advance(2_000);
    let again = rotate(24).await;
    let status = async |key: &Value| {
        let boot = shop.another_instance();
        boot.request("POST", "/front/v1/boot").json(json!({ "pluginKey": key })).await.status
    };
    assert_eq!((status(&made["pluginKey"]).await, status(&again["pluginKey"]).await), (401, 200));
}

#[tokio::test]
async fn refusal_names_every_missing_and_unknown_field() {
    let shop = Shop::open().await;
    let command = json!({"action": "setBuilder", "builder": "shopify", "secrets": []});
    let Err(okyaku_domain::error::Error::Invalid(details)) = admin(&shop, command).await else { panic!() };
    let fields: Vec<&str> = details.iter().map(|detail| detail.field.as_str()).collect();
    assert_eq!(fields, ["channelId", "shop", "secrets"]);
    assert_eq!(details[0].message, "is required by setBuilder");
}

#[tokio::test]
async fn every_listed_action_is_parsed() {
    let shop = Shop::open().await;
    let value = |field: &str| match field {
        "channelId" => json!("00000000000000000000"),
        "origins" | "erasures" => json!([]),
        "scopes" => json!(["read"]),
        "eventDays" | "months" | "since" | "graceHours" => json!(1),
        "memberHash" | "enabled" => json!(true),
        "kind" => json!("plugin"),
        "region" => json!("KR"),
        "builder" => json!("firstmall"),
        "secret" | "pluginKey" | "accessKey" | "accessSecret" => json!("00".repeat(16)),
        _ => json!("x"),
    };
    for action in &okyaku_admin::actions::ACTIONS {
        let mut command = json!({ "action": action.name });
        for field in action.required.iter().chain(action.optional) {
            command[*field] = value(field);
        }
        let answer = admin(&shop, command).await;
        let known = matches!(answer, Ok(_) | Err(okyaku_domain::error::Error::NotFound("the channel")));
        assert!(known, "{}: {answer:?}", action.name);
    }
}

#[tokio::test]
async fn name_region_and_event_days_can_be_changed() {
    let shop = Shop::open().await;
    let made = admin(&shop, json!({"action": "createChannel", "name": " My shop "})).await.unwrap();
    assert_eq!(made["channel"]["name"], "My shop");
    let id = &made["channel"]["id"];
    for (action, field, value) in [
        ("setName", "name", json!("Our shop")),
        ("setRegion", "region", json!("JP")),
        ("setEventDays", "eventDays", json!(3650)),
    ] {
        let done = admin(&shop, json!({"action": action, "channelId": id, field: value})).await.unwrap();
        assert_eq!(done["channel"][field], value);
    }
    // A national number is now read as one of Japan.
    let instance = shop.another_instance();
    let body = json!({"profile": {"mobileNumber": "090-1234-5678"}});
    let put = signed(instance.request("PUT", "/open/v5/users/@lee"), &made).json(body).await;
    assert_eq!(put.expect(200)["user"]["profile"]["mobileNumber"], "+819012345678");
}

#[tokio::test]
async fn list_of_keys_has_no_secret_and_no_ended_key() {
    let shop = Shop::open().await;
    let made = admin(&shop, json!({"action": "createChannel", "name": "My shop"})).await.unwrap();
    let id = &made["channel"]["id"];
    let rotate = json!({"action": "rotateKey", "channelId": id, "kind": "plugin", "key": made["pluginKey"], "graceHours": 1});
    let new = admin(&shop, rotate).await.unwrap();
    let list = async || admin(&shop, json!({"action": "listKeys", "channelId": id})).await.unwrap();
    let listed = list().await;
    let keys = listed["keys"].as_array().unwrap();
    let of = |kind: &str| keys.iter().filter(|key| key["kind"] == kind).count();
    assert_eq!((of("access"), of("plugin"), of("webhook")), (1, 2, 1));
    let access = keys.iter().find(|key| key["kind"] == "access").unwrap();
    assert_eq!(
        *access,
        json!({"kind": "access", "key": made["accessKey"], "scopes": ["read", "write", "erase"]})
    );
    let old = keys.iter().find(|key| key["key"] == made["pluginKey"]).unwrap();
    assert!(old["until"].as_i64().unwrap() > shop.clock.now_ms());
    assert!(!listed.to_string().contains(made["accessSecret"].as_str().unwrap()));
    // An hour later only the new plugin key is left.
    shop.clock.advance(60 * 60_000 + 2_000);
    let listed = list().await;
    let plugin: Vec<&Value> =
        listed["keys"].as_array().unwrap().iter().filter(|key| key["kind"] == "plugin").collect();
    assert_eq!(plugin, [&json!({"kind": "plugin", "key": new["pluginKey"]})]);
}

#[tokio::test]
async fn deleted_channel_ends_at_once_and_leaves_no_item() {
    let shop = Shop::open().await;
    let made = admin(&shop, json!({"action": "createChannel", "name": "My shop"})).await.unwrap();
    let before = shop.items().await.len();
    let id = &made["channel"]["id"];
    let put = signed(shop.request("PUT", "/open/v5/users/@lee"), &made);
    put.json(json!({"profile": {"email": "lee@example.com"}})).await.expect(200);
    assert!(shop.items().await.len() > before);

    let wrong = json!({"action": "deleteChannel", "channelId": id, "name": "my shop"});
    let Err(okyaku_domain::error::Error::Invalid(details)) = admin(&shop, wrong).await else { panic!() };
    assert_eq!(details[0].field, "name");
    let development =
        json!({"action": "deleteChannel", "channelId": "dec0de00000000000000", "name": "Development"});
    assert!(admin(&shop, development).await.is_err());

    let done =
        admin(&shop, json!({"action": "deleteChannel", "channelId": id, "name": "My shop"})).await.unwrap();
    assert!(done["channel"]["erasedAt"].is_i64());
    let boot = shop
        .another_instance()
        .request("POST", "/front/v1/boot")
        .json(json!({"pluginKey": made["pluginKey"]}))
        .await;
    assert_eq!(boot.status, 401);
    shop.clock.advance(24 * 60 * 60 * 1000);
    shop.sweep().await;
    shop.clock.advance(131_000);
    assert_eq!(shop.sweep().await.finished, 1);
    // The receipt and the ended channel stay, without an address, a key or a secret.
    let dump = shop.dump().await;
    for gone in ["lee@example.com", made["pluginKey"].as_str().unwrap(), made["accessKey"].as_str().unwrap()]
    {
        assert!(!dump.contains(gone), "{gone}");
    }
    assert_eq!(shop.items().await.len(), before - 3 + 1);
    let listed = admin(&shop, json!({"action": "listKeys", "channelId": id})).await.unwrap();
    assert_eq!(listed["keys"], json!([]));
}

#[tokio::test]
async fn ended_channel_is_reopened_within_a_day_as_it_was() {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let shop = Shop::open().await;
    let made = admin(&shop, json!({"action": "createChannel", "name": "My shop"})).await.unwrap();
    let id = &made["channel"]["id"];
    let reopen = json!({"action": "reopenChannel", "channelId": id});
    let end = json!({"action": "deleteChannel", "channelId": id, "name": "My shop"});
    let builder = json!({"action": "setBuilder", "channelId": id, "builder": "shopify", "shop": "my.myshopify.com",
        "secret": "a-secret-of-the-shop"});
    admin(&shop, builder).await.unwrap();
    let put = signed(shop.request("PUT", "/open/v5/users/@lee"), &made);
    put.json(json!({"profile": {"email": "lee@example.com"}})).await.expect(200);
    // Nothing ended yet.
    assert!(admin(&shop, reopen.clone()).await.is_err());
    let before =
        (shop.dump().await, admin(&shop, json!({"action": "listKeys", "channelId": id})).await.unwrap());
    for wait in [0, DAY - 1] {
        let ended = admin(&shop, end.clone()).await.unwrap();
        assert!(ended["channel"]["erasedAt"].is_i64());
        let read = async || {
            let elsewhere = shop.another_instance();
            signed(elsewhere.request("GET", "/open/v5/users/@lee"), &made).send().await.status
        };
        assert_eq!(read().await, 401);
        shop.clock.advance(wait);
        shop.sweep().await;
        let opened = admin(&shop, reopen.clone()).await.unwrap();
        assert_eq!(
            (&opened["channel"]["erasedAt"], &opened["channel"]["builders"]),
            (&Value::Null, &ended["channel"]["builders"])
        );
        assert_eq!(read().await, 200);
        // The job finds the channel open, and goes.
        shop.clock.advance(2 * DAY);
        shop.sweep().await;
        assert_eq!(before.0, shop.dump().await);
        assert_eq!(before.1, admin(&shop, json!({"action": "listKeys", "channelId": id})).await.unwrap());
    }
    // A day later it is too late, whether the sweep has begun or not.
    admin(&shop, end).await.unwrap();
    shop.clock.advance(DAY);
    let Err(okyaku_domain::error::Error::Invalid(details)) = admin(&shop, reopen.clone()).await else {
        panic!()
    };
    assert_eq!(details[0].field, "channelId");
    shop.sweep().await;
    assert!(admin(&shop, reopen).await.is_err());
    assert!(!shop.dump().await.contains("lee@example.com"));
}

#[tokio::test]
async fn channel_that_ends_again_is_emptied_by_its_second_end() {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let shop = Shop::open().await;
    let made = admin(&shop, json!({"action": "createChannel", "name": "My shop"})).await.unwrap();
    let id = &made["channel"]["id"];
    let end = json!({"action": "deleteChannel", "channelId": id, "name": "My shop"});
    let put = signed(shop.request("PUT", "/open/v5/users/@lee"), &made);
    put.json(json!({"profile": {"email": "lee@example.com"}})).await.expect(200);
    admin(&shop, end.clone()).await.unwrap();
    shop.clock.advance(DAY / 2);
    admin(&shop, json!({"action": "reopenChannel", "channelId": id})).await.unwrap();
    admin(&shop, end).await.unwrap();
    let ended = shop.items().await.len();
    // The first end's day is over, the second end's is not.
    shop.clock.advance(DAY / 2);
    shop.sweep().await;
    assert_eq!(shop.items().await.len(), ended - 1, "the first job");
    shop.clock.advance(DAY / 2);
    shop.sweep().await;
    shop.clock.advance(131_000);
    assert_eq!(shop.sweep().await.finished, 1);
    assert!(shop.items().await.len() < ended - 5);
}
