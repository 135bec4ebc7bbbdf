//! Channels (R14): created, listed, and their keys rotated, by direct invocation.

use serde_json::{Value, json};
use support::Shop;

async fn admin(shop: &Shop, command: Value) -> Result<Value, okyaku_domain::error::Error> {
    okyaku_admin::handle(&shop.base.app(), command).await
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
        (json!({"action": "createChannel"}), "action"),
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
        (json!({"action": "createChannel", "name": "x", "unknown": 1}), "action"),
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
