//! The profile: absent, null and empty; set once; whose the keys are (R2, R3, R4).

use serde_json::{Value, json};
use support::people::{profile, put, update, visitor};
use support::{Answer, NOW, Shop};

#[tokio::test]
async fn absent_key_stays_null_clears_and_empty_text_is_a_value() {
    let shop = Shop::open().await;
    let (id, token) = visitor(&shop).await;
    let said =
        json!({"grade": "gold", "points": 3, "city": "Seoul", "active": true, "sizes": ["s"], "lucky": [7]});
    update(&shop, &token, json!({"profile": said})).await.expect(200);
    let next = json!({"grade": null, "points": 0, "city": "", "active": false, "sizes": [], "unknown": null});
    update(&shop, &token, json!({"profile": next})).await.expect(200);
    let wanted = json!({"points": 0, "city": "", "active": false, "sizes": [], "lucky": [7]});
    assert_eq!(profile(&shop, &id).await, wanted);
    let again = shop
        .server("PATCH", &format!("/open/v5/users/{id}"))
        .json(json!({"profile": {"points": null}}))
        .await;
    assert_eq!(
        again.expect(200)["user"]["profile"],
        json!({"city": "", "active": false, "sizes": [], "lucky": [7]})
    );
}

#[tokio::test]
async fn null_profile_of_a_page_keeps_set_once_and_server_fields() {
    let shop = Shop::open().await;
    let (id, token) = visitor(&shop).await;
    let said = json!({"profile": {"grade": "gold", "email": "a@example.com",
        "referrer": "https://example.net/", "utmTerm": "mug"}});
    update(&shop, &token, said).await.expect(200);
    let memo = json!({"profile": {"description": "pays late", "points": 7}});
    shop.server("PATCH", &format!("/open/v5/users/{id}")).json(memo).await.expect(200);
    let checkout = json!([{"id": "1", "name": "CheckoutComplete", "createdAt": NOW}]);
    shop.track(&token, checkout).await.expect(200);

    let reset = update(&shop, &token, json!({"profile": null})).await;
    let stays = json!({"referrer": "https://example.net/", "utmTerm": "mug"});
    assert_eq!(reset.expect(200)["user"]["profile"], stays);
    let mut all = stays;
    all["lastCheckoutCompletedAt"] = json!(NOW);
    all["description"] = json!("pays late");
    assert_eq!(profile(&shop, &id).await, all);

    let reset = shop.server("PATCH", &format!("/open/v5/users/{id}")).json(json!({"profile": null})).await;
    let stays = json!({"referrer": "https://example.net/", "utmTerm": "mug"});
    assert_eq!(reset.expect(200)["user"]["profile"], stays);
}

#[tokio::test]
async fn reset_frees_the_contact_point() {
    let shop = Shop::open().await;
    let (_, token) = visitor(&shop).await;
    update(&shop, &token, json!({"profile": {"email": "a@example.com"}})).await.expect(200);
    let lead = json!({"profile": {"email": "a@example.com"}});
    shop.server("POST", "/open/v5/users").json(lead.clone()).await.expect(409);
    update(&shop, &token, json!({"profile": null})).await.expect(200);
    shop.server("POST", "/open/v5/users").json(lead).await.expect(200);
}

#[tokio::test]
async fn profile_once_writes_only_where_nothing_is() {
    let shop = Shop::open().await;
    let (id, token) = visitor(&shop).await;
    let body =
        json!({"profile": {"grade": "gold"}, "profileOnce": {"grade": "silver", "size": "s", "none": null}});
    update(&shop, &token, body).await.expect(200);
    assert_eq!(profile(&shop, &id).await, json!({"grade": "gold", "size": "s"}));
    let path = format!("/open/v5/users/{id}");
    let once = json!({"profileOnce": {"size": "m", "fit": "slim"}});
    let patched = shop.server("PATCH", &path).json(once).await;
    assert_eq!(patched.expect(200)["user"]["profile"], json!({"grade": "gold", "size": "s", "fit": "slim"}));
    // What was cleared is nothing again.
    update(&shop, &token, json!({"profile": {"size": null}, "profileOnce": {"size": "l"}})).await.expect(200);
    assert_eq!(profile(&shop, &id).await["size"], "l");
}

#[tokio::test]
async fn set_once_keys_keep_their_first_value_for_any_sender() {
    let shop = Shop::open().await;
    let keys = ["referrer", "utmCampaign", "utmMedium", "utmSource", "utmContent", "utmTerm"];
    let all = |value: Value| {
        keys.iter().map(|key| ((*key).to_owned(), value.clone())).collect::<serde_json::Map<_, _>>()
    };
    let first = Value::Object(all(json!("first")));
    put(&shop, "m-1", json!({"profile": first})).await.expect(200);
    for later in [json!("second"), json!(null), json!("")] {
        let body = json!({"profile": all(later)});
        assert_eq!(put(&shop, "m-1", body.clone()).await.expect(200)["user"]["profile"], first);
        let booted = shop.boot_member("m-1", body.clone()).await;
        assert_eq!(booted.expect(200)["user"]["profile"], first);
        update(&shop, booted.str("/sessionToken"), body).await.expect(200);
        assert_eq!(profile(&shop, "@m-1").await, first);
    }
}

#[tokio::test]
async fn empty_patch_of_a_server_is_422_and_an_empty_put_creates() {
    let shop = Shop::open().await;
    let (id, token) = visitor(&shop).await;
    for body in [
        json!({}),
        json!({"profile": {}}),
        json!({"profileOnce": {}}),
        json!({"profile": {}, "profileOnce": {}}),
    ] {
        update(&shop, &token, body.clone()).await.expect(200);
        shop.server("PATCH", &format!("/open/v5/users/{id}")).json(body).await.expect(422);
    }
    let created = put(&shop, "m-1", json!({})).await;
    assert_eq!(created.expect(200)["user"]["memberId"], "m-1");
    assert_eq!(created.body["user"]["profile"], json!({}));
    assert_eq!(put(&shop, "m-1", json!({})).await.expect(200), &created.body);
}

#[tokio::test]
async fn consent_flags_are_set_cleared_and_left_alone() {
    let shop = Shop::open().await;
    let flags = |answer: &Answer| {
        let user = &answer.expect(200)["user"];
        json!([user["unsubscribeEmail"], user["unsubscribeTexting"]])
    };
    let booted = shop.boot(json!({"unsubscribeTexting": true})).await;
    assert_eq!(flags(&booted), json!([false, true]));
    let token = booted.str("/sessionToken");
    assert_eq!(flags(&update(&shop, token, json!({"unsubscribeEmail": true})).await), json!([true, true]));
    assert_eq!(flags(&update(&shop, token, json!({"unsubscribeTexting": null})).await), json!([true, false]));
    let path = format!("/open/v5/users/{}", booted.str("/user/id"));
    let patched = shop
        .server("PATCH", &path)
        .json(json!({"unsubscribeEmail": false, "unsubscribeTexting": true}))
        .await;
    assert_eq!(flags(&patched), json!([false, true]));
    for wrong in [json!("true"), json!(1), json!([])] {
        let refused = shop.server("PATCH", &path).json(json!({"unsubscribeEmail": wrong})).await;
        refused.expect(422);
        assert_eq!(refused.fields(), ["unsubscribeEmail"]);
        let updated = update(&shop, token, json!({"unsubscribeEmail": wrong})).await;
        assert_eq!(updated.expect(200)["dropped"][0]["field"], "unsubscribeEmail");
    }
    assert_eq!(flags(&shop.customer(booted.str("/user/id")).await), json!([false, true]));
}

#[tokio::test]
async fn basic_keys_are_not_writable_and_the_memo_only_by_servers() {
    let shop = Shop::open().await;
    let (id, token) = visitor(&shop).await;
    let path = format!("/open/v5/users/{id}");
    let basic = [
        "lastSeenAt",
        "memberId",
        "city",
        "country",
        "member",
        "sessionsCount",
        "hasPushToken",
        "createdAt",
        "id",
        "name",
        "updatedAt",
        "web",
        "mobile",
        "web.os",
        "mobile.appName",
    ];
    for key in basic {
        let patched = shop.server("PATCH", &path).json(json!({key: "x", "language": "ko"})).await;
        patched.expect(422);
        assert_eq!(patched.fields(), [key]);
        assert_eq!(put(&shop, "new", json!({key: "x"})).await.expect(200)["ignored"], json!([key]));
        // A page's name is a name in the profile.
        if key != "name" {
            let updated = update(&shop, &token, json!({key: "x"})).await;
            assert_eq!(updated.expect(200)["dropped"][0]["field"], key);
        }
    }
    assert_eq!(
        update(&shop, &token, json!({"blocked": true})).await.expect(200)["dropped"][0]["field"],
        "blocked"
    );
    shop.server("PATCH", &path).json(json!({"profile": {"description": "pays late"}})).await.expect(200);
    for value in [json!("nice"), json!(null)] {
        let answer = update(&shop, &token, json!({"profile": {"description": value, "beside": "it"}})).await;
        assert_eq!(answer.expect(200)["dropped"][0]["field"], "profile.description");
        assert_eq!(answer.body["user"]["profile"], json!({"beside": "it"}));
        assert_eq!(profile(&shop, &id).await["description"], "pays late");
    }
}

#[tokio::test]
async fn profile_once_beside_a_profile_names_a_member_too() {
    let shop = Shop::open().await;
    let body = json!({"profile": {"grade": "gold"}, "profileOnce": {"name": "Mina"}});
    assert_eq!(put(&shop, "m-1", body).await.expect(200)["user"]["name"], "Mina");
    let again = put(&shop, "m-1", json!({"profileOnce": {"name": "Other"}})).await;
    assert_eq!(again.expect(200)["user"]["name"], "Mina");
    assert_eq!(
        put(&shop, "m-1", json!({"profile": {"name": null}})).await.expect(200)["user"]["name"],
        Value::Null
    );
}

#[tokio::test]
async fn oversized_profile_of_many_fields_is_refused_quickly() {
    let shop = Shop::open().await;
    let mut profile = json!({"big": "x".repeat(32_000)});
    for n in 0..20_000 {
        profile[format!("k{n}")] = json!(n);
    }
    let answer = shop.server("PUT", "/open/v5/users/@lee").json(json!({ "profile": profile })).await;
    assert_eq!(answer.expect(422)["details"].as_array().unwrap().len(), 50);
    assert_eq!(shop.customer("@lee").await.status, 404);
}
