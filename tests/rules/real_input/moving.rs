//! Moving from Channel Talk by changing a host name: keys, clients that are generated from its description, and the reads
//! that integrations try first.

use serde_json::{Value, json};
use support::people::{put, visitor};
use support::{Answer, NOW, Shop};

const PLUGIN_KEY: &str = "0f5c3c1e-9d0c-4f6a-8f0d-2b6f0e7a1c11";
const ACCESS_KEY: &str = "5f0f2a4e0b5d4a579f0e";
const ACCESS_SECRET: &str = "6c1d2e3f4a5b6c7d8e9f0a1b2c3d4e5f";

fn own_keys() -> Value {
    json!({"action": "createChannel", "name": "Tea shop", "pluginKey": PLUGIN_KEY, "accessKey": ACCESS_KEY, "accessSecret": ACCESS_SECRET})
}

/// A read of the channel with these keys.
async fn channel_of(shop: &Shop, key: &str, secret: &str, version: &str) -> Answer {
    let request = shop.request("GET", &format!("/open/{version}/channel"));
    request.header("x-access-key", key).header("x-access-secret", secret).send().await
}

#[tokio::test]
async fn channel_takes_the_keys_that_the_shop_has() {
    let shop = Shop::open().await;
    let made = shop.admin(own_keys()).await.unwrap();
    assert_eq!((&made["pluginKey"], &made["accessKey"]), (&json!(PLUGIN_KEY), &json!(ACCESS_KEY)));
    // Pages and servers change nothing but the host.
    let booted = shop.request("POST", "/front/v1/boot").json(json!({"pluginKey": PLUGIN_KEY})).await;
    booted.expect(200);
    let channel = channel_of(&shop, ACCESS_KEY, ACCESS_SECRET, "v5").await;
    assert_eq!(channel.expect(200)["channel"]["id"], made["channel"]["id"]);
    channel_of(&shop, ACCESS_KEY, "another-secret-of-32-letters-0000", "v5").await.expect(401);
    // The table has the secret's hash alone.
    let table: String = shop.items().await.iter().map(|item| format!("{item:?}")).collect();
    assert!(table.contains(PLUGIN_KEY) && !table.contains(ACCESS_SECRET));
    // Another channel cannot have the same keys, and a refused channel leaves nothing.
    let before = shop.items().await.len();
    for taken in [
        own_keys(),
        json!({"action": "createChannel", "name": "Other", "pluginKey": PLUGIN_KEY}),
        json!({"action": "createChannel", "name": "Other", "accessKey": ACCESS_KEY, "accessSecret": ACCESS_SECRET}),
    ] {
        assert!(shop.admin(taken.clone()).await.is_err(), "{taken}");
    }
    assert_eq!(shop.items().await.len(), before);
}

#[tokio::test]
async fn own_keys_have_16_to_200_signs_and_a_secret_each() {
    let shop = Shop::open().await;
    let create = async |change: Value| {
        let mut command = own_keys();
        command.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        shop.admin(command).await
    };
    for (change, field) in [
        (json!({"pluginKey": "k".repeat(15)}), "pluginKey"),
        (json!({"pluginKey": "k".repeat(201)}), "pluginKey"),
        (json!({"accessKey": "a key with some blanks"}), "accessKey"),
        (json!({"accessSecret": "비밀비밀비밀비밀비밀비밀비밀비밀"}), "accessSecret"),
        (json!({"accessSecret": null}), "accessSecret"),
        (json!({"accessKey": null}), "accessKey"),
        (json!({"pluginKey": 7}), "pluginKey"),
    ] {
        let error = create(change.clone()).await.unwrap_err();
        assert!(format!("{error:?}").contains(field), "{change}: {error:?}");
    }
    for (plugin, access) in [("k".repeat(16), "a".repeat(200)), ("k".repeat(200), "a".repeat(16))] {
        create(json!({"pluginKey": plugin, "accessKey": access})).await.unwrap();
    }
}

#[tokio::test]
async fn open_api_never_answers_null() {
    let shop = Shop::open().await;
    let (id, token) = visitor(&shop).await;
    put(&shop, "m", json!({})).await.expect(200);
    let lead =
        shop.server("POST", "/open/v5/users").json(json!({"profile": {"email": "kim@example.com"}})).await;
    let event = json!([{"id": "1", "name": "A", "createdAt": NOW}]);
    shop.track(&token, event).await.expect(200);
    let mut answers = vec![lead];
    for version in ["v4", "v5"] {
        for path in
            ["users/@m".to_owned(), format!("users/{id}"), format!("users/{id}/events"), "channel".to_owned()]
        {
            answers.push(shop.server("GET", &format!("/open/{version}/{path}")).send().await);
        }
        let path = format!("/open/{version}/users/@m");
        answers.push(shop.server("PUT", &path).json(json!({"tags": ["vip"]})).await);
        answers.push(shop.server("PATCH", &path).json(json!({"language": null})).await);
    }
    for answer in &answers {
        answer.expect(200);
        assert!(!answer.body.to_string().contains("null"), "{}", answer.body);
        assert_eq!(answer.body.get("online"), None);
    }
}

#[tokio::test]
async fn visitor_has_no_type_of_channel_talk() {
    let shop = Shop::open().await;
    let (id, _) = visitor(&shop).await;
    let user = shop.customer(&id).await.expect(200)["user"].clone();
    assert_eq!((user.get("type"), &user["member"]), (None, &json!(false)));
    let glance = shop.server("GET", &format!("/okyaku/v1/contacts/{id}")).send().await;
    assert_eq!(glance.expect(200)["user"]["type"], "anonymous");
    put(&shop, "m", json!({})).await.expect(200);
    assert_eq!(shop.customer("@m").await.expect(200)["user"]["type"], "member");
}

#[tokio::test]
async fn channel_of_a_key_is_answered() {
    let shop = Shop::in_region("JP").await;
    for version in ["v5", "v4"] {
        let channel = shop.server("GET", &format!("/open/{version}/channel")).send().await;
        let channel = &channel.expect(200)["channel"];
        assert_eq!((&channel["id"], &channel["country"]), (&json!("dec0de00000000000000"), &json!("JP")));
        channel_of(&shop, "nobody", "nothing", version).await.expect(401);
    }
}
