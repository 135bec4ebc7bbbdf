//! Moving from Channel Talk by changing a host name: keys, clients that are generated from its description, and the reads
//! that integrations try first.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::people::{put, visitor};
use support::{Answer, NOW, Shop};

const DAY: i64 = 86_400_000;
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

#[tokio::test]
async fn v4_has_keys_of_its_own() {
    let shop = Shop::open().await;
    let (visitor, _) = visitor(&shop).await;
    put(&shop, "m", json!({"profile": {"email": "mina@example.com"}})).await.expect(200);
    let keys = async |path: &str| {
        let user = shop.server("GET", path).send().await.expect(200)["user"].clone();
        ["unsubscribed", "userId", "managed", "expireAt"].map(|key| user[key].clone())
    };
    let null = Value::Null;
    assert_eq!(keys("/open/v4/users/@m").await, [json!(false), json!("m"), json!(true), null.clone()]);
    let expires = json!(NOW + 90 * DAY);
    let path = format!("/open/v4/users/{visitor}");
    assert_eq!(keys(&path).await, [json!(false), null.clone(), json!(false), expires]);
    assert_eq!(keys("/open/v5/users/@m").await, [null.clone(), null.clone(), null.clone(), null.clone()]);
    // One flag stands for both consents, when it is written and when it is read.
    let patch =
        async |body: Value| shop.server("PATCH", "/open/v4/users/@m").json(body).await.expect(200).clone();
    assert_eq!(patch(json!({"unsubscribeEmail": true})).await["user"]["unsubscribed"], false);
    assert_eq!(patch(json!({"unsubscribed": true})).await["user"]["unsubscribed"], true);
    let user = patch(json!({"unsubscribed": false})).await["user"].clone();
    assert_eq!([&user["unsubscribeEmail"], &user["unsubscribeTexting"]], [false, false]);
}

#[tokio::test]
async fn clients_that_are_generated_send_what_they_were_shown() {
    let shop = Shop::open().await;
    put(&shop, "m", json!({})).await.expect(200);
    // The constructor of a generated client fills in the examples of Channel Talk's description.
    let body = json!({"tags": ["vip"], "language": "en", "systemLanguage": "en", "mobileNumber": "+18004424000",
        "landlineNumber": "+18004424000", "version": 1});
    let patched = shop.server("PATCH", "/open/v5/users/@m").json(body).await;
    let answer = patched.expect(200);
    assert_eq!((&answer["user"]["tags"], answer["user"].get("mobileNumber")), (&json!(["vip"]), None));
    let ignored = json!(["landlineNumber", "mobileNumber", "systemLanguage", "version"]);
    assert_eq!(answer["ignored"], ignored);
    // A time is a double in JavaScript and Python.
    let event = json!({"name": "A", "id": "1", "createdAt": NOW as f64});
    let shown =
        shop.server("POST", "/open/v5/users/@m/events").json(event).await.expect(200)["event"].clone();
    assert_eq!(shown["createdAt"], NOW);
    let mut again = json!({"name": "A", "version": 1, "managed": false, "nameI18nMap": {}});
    for key in ["userId", "channelId", "expireAt"] {
        again[key] = shown[key].clone();
    }
    shop.server("POST", "/open/v5/users/@m/events").json(again).await.expect(200);
}

/// A lead as an HTML form sends it.
async fn form(shop: &Shop, body: &str) -> Answer {
    let request = shop.server("POST", "/open/v5/users");
    request
        .header("content-type", "application/x-www-form-urlencoded; charset=UTF-8")
        .bytes(body.as_bytes().to_vec())
        .await
}

#[tokio::test]
async fn lead_may_come_as_a_form() {
    for body in [
        "profile=%7B%22email%22%3A%22kim%40example.com%22%2C%22name%22%3A%22Kim+Mina%22%7D",
        "profile[email]=kim%40example.com&profile[name]=Kim%20Mina",
        "profile%5Bemail%5D=kim%40example.com&profile%5Bname%5D=Kim+Mina",
        "email=kim%40example.com&name=Kim+Mina",
        // JSON under the name of a form, as curl sends it.
        r#"{"profile":{"email":"kim@example.com","name":"Kim Mina"}}"#,
    ] {
        let shop = Shop::open().await;
        let user = form(&shop, body).await.expect(200)["user"].clone();
        assert_eq!(
            (&user["email"], &user["profile"]["name"]),
            (&json!("kim@example.com"), &json!("Kim Mina")),
            "{body}"
        );
    }
    // A phone number stays a text, and a flag is a flag.
    let shop = Shop::open().await;
    let body = "mobileNumber=010-2468-2468&unsubscribeEmail=true&tags[]=a&tags[]=b";
    let user = form(&shop, body).await.expect(200)["user"].clone();
    assert_eq!(
        (&user["mobileNumber"], &user["unsubscribeEmail"], &user["tags"]),
        (&json!("+821024682468"), &json!(true), &json!(["a", "b"]))
    );
    for (body, field) in [
        ("profile[email]=nobody", "profile.email"),
        ("profile[email]=kim%40example.com&colour=red", "colour"),
        ("profile=hello", "profile"),
        ("", "body"),
        ("hello", "body"),
        ("%ff=%fe", "body"),
        (r#"{"profile":{"email":"a=b"}"#, "body"),
    ] {
        let refused = form(&shop, body).await;
        assert_eq!(refused.fields(), [field], "{body}: {}", refused.body);
    }
    // Without the name of a form, a form is no JSON.
    let request = shop.server("POST", "/open/v5/users").header("content-type", "application/json");
    request.bytes(b"profile[email]=kim%40example.com".to_vec()).await.expect(400);
}

#[tokio::test]
async fn server_issues_a_session_for_a_page() {
    let shop = Shop::open().await;
    put(&shop, "m", json!({"profile": {"email": "mina@example.com", "grade": "gold"}})).await.expect(200);
    let issue = async |path: &str| shop.server("PUT", &format!("/open/v5/users/{path}")).send().await;
    for (path, token, end, length) in [
        ("@m/session-jwt/issue", "/sessionJWT", "expiresAt", 60_000),
        ("@m/session-jwt/issue?expiration=PT1M", "/sessionJWT", "expiresAt", 60_000),
        ("@m/session-jwt/issue?expiration=P30D", "/sessionJWT", "expiresAt", 30 * DAY),
        ("@m/user-token/issue", "/token", "disableAt", DAY),
    ] {
        let issued = issue(path).await;
        assert_eq!(issued.expect(200)[end], json!(shop.clock.now_ms() + length), "{path}");
        let token = issued.str(token).to_owned();
        // The page sees what the shop knows, and tracks.
        let seen = shop.page("POST", "/front/v1/touch", &token).json(json!({})).await;
        assert_eq!(seen.expect(200)["user"]["profile"]["grade"], "gold");
        shop.track(&token, json!([{"id": "1", "name": "A", "createdAt": shop.clock.now_ms()}]))
            .await
            .expect(200);
        // A renewed session ends no later.
        let renewed = seen.str("/sessionToken").to_owned();
        shop.clock.advance(length - 1000);
        for token in [&token, &renewed] {
            shop.page("POST", "/front/v1/touch", token).json(json!({})).await.expect(200);
        }
        shop.clock.advance(2000);
        for token in [&token, &renewed] {
            shop.page("POST", "/front/v1/touch", token).json(json!({})).await.expect(401);
            shop.track(token, json!([{"id": "2", "name": "A", "createdAt": shop.clock.now_ms()}]))
                .await
                .expect(401);
        }
    }
    for wrong in ["PT59S", "P31D", "1h", "3600", "PT", "-PT5M", "%F0%9F%99%82"] {
        let refused = issue(&format!("@m/session-jwt/issue?expiration={wrong}")).await;
        assert_eq!(refused.fields(), ["expiration"], "{wrong}");
    }
    issue("@nobody/session-jwt/issue").await.expect(404);
    issue("nobody/user-token/issue").await.expect(404);
    // A session ends as any session does.
    let token = issue("@m/user-token/issue").await.str("/token").to_owned();
    shop.server("POST", "/open/v5/users/@m/block").send().await.expect(200);
    shop.page("POST", "/front/v1/touch", &token).json(json!({})).await.expect(403);
    issue("@m/session-jwt/issue").await.expect(403);
    shop.server("DELETE", "/open/v5/users/@m").send().await.expect(204);
    issue("@m/user-token/issue").await.expect(409);
}

#[tokio::test]
async fn every_wrong_field_is_named_on_every_route() {
    let shop = Shop::open().await;
    let (_, token) = visitor(&shop).await;
    let wrong =
        json!({"profile": {"email": "nobody", "mobileNumber": 7}, "tags": [7], "language": 7, "colour": 1});
    let event = json!({"name": 7, "property": 7, "id": 7, "createdAt": "x", "colour": 1});
    let server = |method: &'static str, path: &'static str| (shop.server(method, path), path);
    let page = |method: &'static str, path: &'static str| (shop.page(method, path, &token), path);
    for ((request, path), body, fields) in [
        (
            page("POST", "/front/v1/boot"),
            json!({"pluginKey": "dev-plugin-key", "veilId": 7, "language": 7, "tags": [7, "ok"], "unsubscribeEmail": "x"}),
            &["veilId", "language", "tags[0]", "unsubscribeEmail"][..],
        ),
        (
            page("PATCH", "/front/v1/users/me/tags"),
            json!({"tags": [7, "ok", ""], "colour": 1}),
            &["tags[0]", "tags[2]", "colour"],
        ),
        (page("DELETE", "/front/v1/users/me/tags"), json!({"tags": 7, "colour": 1}), &["tags", "colour"]),
        (page("POST", "/front/v1/events"), json!({"events": 7, "colour": 1}), &["events", "colour"]),
        (
            server("PUT", "/open/v5/users/@m"),
            wrong.clone(),
            &["profile.email", "profile.mobileNumber", "tags[0]", "language", "colour"],
        ),
        (
            server("PATCH", "/open/v4/users/@m"),
            wrong.clone(),
            &["profile.email", "profile.mobileNumber", "tags[0]", "language", "colour"],
        ),
        (
            server("POST", "/open/v5/users"),
            wrong,
            &["profile.email", "profile.mobileNumber", "tags[0]", "language", "colour"],
        ),
        (
            server("POST", "/open/v5/users/@m/events"),
            event,
            &["name", "property", "id", "createdAt", "colour"],
        ),
        (
            server("GET", "/open/v5/users/@m/events?since=x&limit=0&sortOrder=up"),
            json!({}),
            &["since", "limit", "sortOrder"],
        ),
        (server("GET", "/okyaku/v1/actives?month=13&from=x&to=x"), json!({}), &["month"]),
        (server("GET", "/okyaku/v1/rejections?days=0&limit=0"), json!({}), &["days"]),
        (
            server("POST", "/okyaku/v1/erasures"),
            json!({"by": {"email": 7}, "all": 7, "colour": 1}),
            &["by.email", "all", "colour"],
        ),
    ] {
        let answer = request.json(body).await;
        // A page's boot drops what it cannot read, and names it all the same.
        let dropped = answer.body["dropped"].as_array().cloned().unwrap_or_default();
        let dropped = dropped.iter().map(|detail| detail["field"].as_str().unwrap().to_owned());
        let named: BTreeSet<String> = answer.fields().into_iter().chain(dropped).collect();
        let expected: BTreeSet<String> = fields.iter().map(|field| (*field).to_owned()).collect();
        assert_eq!(named, expected, "{path} {}", answer.body);
    }
}
