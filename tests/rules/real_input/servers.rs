//! Bodies as shops' servers write them.

use serde_json::{Value, json};
use support::people::{profile, put};
use support::{Answer, Shop};

fn fields(answer: &Answer, list: &str) -> Vec<String> {
    let list = answer.body[list].as_array().unwrap();
    list.iter().map(|detail| detail["field"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn partial_stores_the_rest_and_names_what_was_dropped() {
    let shop = Shop::open().await;
    let body = json!({"profile": {"name": "Kim", "mobileNumber": "12", "email": "kim@example.com", "grade": {"a": 1}},
        "language": "not a language", "tags": ["vip", 7], "unknown": 1, "unsubscribeEmail": "yes"});
    // Without the word the whole is refused, and every wrong field is named.
    let refused = put(&shop, "m", body.clone()).await;
    refused.expect(422);
    let wrong =
        ["language", "profile.grade", "profile.mobileNumber", "tags[1]", "unknown", "unsubscribeEmail"];
    let mut named = refused.fields();
    named.sort_unstable();
    assert_eq!(named, wrong);
    shop.customer("@m").await.expect(404);
    let with = |mut body: Value| {
        body["partial"] = json!(true);
        body
    };
    let stored = put(&shop, "m", with(body.clone())).await;
    stored.expect(200);
    let mut named = fields(&stored, "dropped");
    named.sort_unstable();
    assert_eq!(named, wrong);
    assert_eq!(profile(&shop, "@m").await, json!({"name": "Kim", "email": "kim@example.com"}));
    let patched = shop.server("PATCH", "/open/v5/users/@m").json(with(body)).await;
    assert_eq!(fields(&patched, "dropped").len(), wrong.len());
    // A reply without anything dropped lacks the key.
    assert_eq!(put(&shop, "m", json!({"partial": true})).await.expect(200).get("dropped"), None);
    put(&shop, "m", json!({"partial": "true"})).await.expect(422);
    // What it dropped is counted for the shop.
    let log = shop.server("GET", "/okyaku/v1/rejections").send().await;
    assert!(log.expect(200).to_string().contains("profile.mobileNumber"), "{}", log.body);
}

#[tokio::test]
async fn partial_lead_needs_one_address_that_can_be_read() {
    let shop = Shop::open().await;
    let lead = |profile: Value| {
        shop.server("POST", "/open/v5/users").json(json!({"profile": profile, "partial": true}))
    };
    let stored = lead(json!({"email": "kim@example.com", "mobileNumber": "12"})).await;
    stored.expect(200);
    assert_eq!(fields(&stored, "dropped"), ["profile.mobileNumber"]);
    let refused = lead(json!({"email": "kim@", "mobileNumber": "12"})).await;
    refused.expect(422);
}

#[tokio::test]
async fn partial_stores_what_fits_beside_a_full_profile() {
    let shop = Shop::open().await;
    let full: Value =
        (0..200).map(|n| (format!("k{n:03}"), json!(n))).collect::<serde_json::Map<_, _>>().into();
    put(&shop, "m", json!({"profile": full})).await.expect(200);
    let more = json!({"profile": {"k000": "changed", "new": 1}, "tags": ["vip"]});
    put(&shop, "m", more.clone()).await.expect(422);
    assert_eq!(profile(&shop, "@m").await["k000"], 0);
    let mut partial = more;
    partial["partial"] = json!(true);
    let stored = put(&shop, "m", partial).await;
    stored.expect(200);
    assert_eq!(fields(&stored, "dropped"), ["profile.new"]);
    let user = shop.customer("@m").await.expect(200)["user"].clone();
    assert_eq!((&user["profile"]["k000"], &user["tags"]), (&json!("changed"), &json!(["vip"])));
}

#[tokio::test]
async fn empty_text_clears_an_address() {
    let shop = Shop::open().await;
    for blank in ["", "  ", "\u{3000}", "\u{200b}"] {
        put(&shop, "m", json!({"profile": {"email": "kim@example.com", "mobileNumber": "010-1234-5678"}}))
            .await
            .expect(200);
        put(&shop, "m", json!({"profile": {"email": blank, "mobileNumber": blank}})).await.expect(200);
        assert_eq!(profile(&shop, "@m").await, json!({}), "{blank:?}");
        // The address is free: a lead may have it.
        let lead =
            shop.server("POST", "/open/v5/users").json(json!({"profile": {"email": "kim@example.com"}}));
        let id = lead.await.str("/user/id").to_owned();
        shop.server("DELETE", &format!("/open/v5/users/{id}")).send().await.expect(204);
    }
    // `profileOnce` writes empty fields alone, so an empty text there says nothing.
    put(&shop, "m", json!({"profileOnce": {"email": ""}})).await.expect(200);
    // Every other text may be empty.
    put(&shop, "m", json!({"profile": {"name": ""}})).await.expect(200);
    assert_eq!(profile(&shop, "@m").await, json!({"name": ""}));
}

#[tokio::test]
async fn customer_that_was_read_can_be_put_back_whole() {
    let shop = Shop::open().await;
    put(
        &shop,
        "m",
        json!({"profile": {"name": "Kim", "email": "kim@example.com", "grade": "gold"}, "tags": ["vip"]}),
    )
    .await
    .expect(200);
    let booted = shop.boot_member("m", json!({})).await;
    booted.expect(200);
    let before = shop.customer("@m").await.expect(200)["user"].clone();
    let mut whole = before.clone();
    whole["profile"]["grade"] = json!("silver");
    // A read-only key has changed meanwhile.
    whole["sessionsCount"] = json!(99);
    let stored = put(&shop, "m", whole).await;
    let ignored = stored.expect(200)["ignored"].as_array().unwrap().clone();
    for key in ["id", "memberId", "createdAt", "sessionsCount", "web", "mobile", "channelId", "email"] {
        assert!(ignored.contains(&json!(key)), "{key}: {ignored:?}");
    }
    let after = shop.customer("@m").await.expect(200)["user"].clone();
    assert_eq!(after["profile"]["grade"], "silver");
    for key in ["id", "memberId", "createdAt", "sessionsCount", "tags", "name"] {
        assert_eq!(after[key], before[key], "{key}");
    }
    // The glance names every key of the customer, also those without a value.
    let glance = shop.server("GET", "/okyaku/v1/contacts/@m").send().await.expect(200)["user"].clone();
    let ignored = put(&shop, "m", glance).await.expect(200)["ignored"].clone();
    for key in ["named", "unifiedId", "veilId", "timeZone", "mainChatId", "landlineNumber"] {
        assert!(ignored.as_array().unwrap().contains(&json!(key)), "{key}: {ignored}");
    }
    // A key that nobody knows stays an error.
    put(&shop, "m", json!({"grade": "silver"})).await.expect(422);
}

#[tokio::test]
async fn one_flag_of_v4_is_both_consents() {
    for (path, body, flags) in [
        ("/open/v4/users/@m", json!({"profile": {"grade": 1}, "unsubscribed": true}), [true, true]),
        ("/open/v4/users/@m", json!({"unsubscribed": false}), [false, false]),
        ("/open/v5/users/@m", json!({"unsubscribed": true, "unsubscribeEmail": false}), [false, true]),
        ("/open/v5/users/@m", json!({"unsubscribed": null}), [false, false]),
    ] {
        let shop = Shop::open().await;
        put(&shop, "m", json!({"unsubscribeEmail": !flags[0], "unsubscribeTexting": !flags[1]}))
            .await
            .expect(200);
        shop.server("PUT", path).json(body.clone()).await.expect(200);
        let user = shop.customer("@m").await.expect(200)["user"].clone();
        assert_eq!(json!([user["unsubscribeEmail"], user["unsubscribeTexting"]]), json!(flags), "{body}");
    }
    let shop = Shop::open().await;
    assert_eq!(put(&shop, "m", json!({"unsubscribed": "no"})).await.fields(), ["unsubscribed"]);
}

#[tokio::test]
async fn qualified_decides_which_addresses_are_verified() {
    let shop = Shop::open().await;
    let both = json!({"email": "kim@example.com", "mobileNumber": "010-1234-5678"});
    let lead = shop.server("POST", "/open/v5/users").json(json!({"profile": both})).await;
    let path = format!("/open/v5/users/{}", lead.str("/user/id"));
    let verified = |answer: &Answer| {
        let user = &answer.expect(200)["user"];
        json!([user["emailQualified"], user["mobileNumberQualified"]])
    };
    assert_eq!(verified(&lead), json!([false, false]));
    for (body, expected) in [
        (json!({"qualified": ["email"]}), [true, false]),
        (json!({"qualified": ["mobileNumber"]}), [false, true]),
        (json!({"qualified": ["email", "mobileNumber"], "language": "ko"}), [true, true]),
        (json!({"qualified": []}), [false, false]),
        // Without the list a server vouches for what it writes, and leaves the rest.
        (json!({"profile": {"email": "lee@example.com"}}), [true, false]),
        (json!({"profile": {"mobileNumber": "010-8765-4321"}, "qualified": ["email"]}), [true, false]),
    ] {
        let patched = shop.server("PATCH", &path).json(body.clone()).await;
        assert_eq!(verified(&patched), json!(expected), "{body}");
    }
    // The list decides who is found first by an erasure.
    let erased = shop
        .server("POST", "/okyaku/v1/erasures")
        .json(json!({"by": {"mobileNumber": "010-8765-4321"}}))
        .await;
    erased.expect(409);
    shop.server("PATCH", &path).json(json!({"qualified": ["mobileNumber"]})).await.expect(200);
    let erased = shop
        .server("POST", "/okyaku/v1/erasures")
        .json(json!({"by": {"mobileNumber": "010-8765-4321"}}))
        .await;
    erased.expect(202);
    for wrong in [json!("email"), json!(["name"]), json!([1]), json!({})] {
        let refused = put(&shop, "m", json!({"qualified": wrong})).await;
        refused.expect(422);
        assert_eq!(refused.fields(), ["qualified"], "{wrong}");
    }
}
