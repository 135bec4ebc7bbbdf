//! Bodies as pages write them.

use serde_json::{Value, json};
use support::people::{profile, update, visitor};
use support::{Answer, NOW, Shop};

fn dropped(answer: &Answer) -> Vec<String> {
    let list = answer.body["dropped"].as_array().unwrap();
    list.iter().map(|detail| detail["field"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn profile_is_stored_although_a_member_id_is_beside_it() {
    let shop = Shop::open().await;
    let (id, token) = visitor(&shop).await;
    let body = json!({"memberId": "b4", "profile": {"name": "Kim", "mobileNumber": "010-1234-5678"}});
    let updated = update(&shop, &token, body).await;
    updated.expect(200);
    assert_eq!(dropped(&updated), ["memberId"]);
    assert_eq!(profile(&shop, &id).await, json!({"name": "Kim", "mobileNumber": "+821012345678"}));
    assert_eq!(shop.customer(&id).await.body["user"]["memberId"], Value::Null);
}

#[tokio::test]
async fn name_and_addresses_on_the_first_level_go_into_the_profile() {
    for (body, stored) in [
        (
            json!({"name": "Kim", "email": "Kim@Example.com"}),
            json!({"name": "Kim", "email": "kim@example.com"}),
        ),
        (
            json!({"name": "Kim", "mobileNumber": "010-1234-5678", "profile": []}),
            json!({"name": "Kim", "mobileNumber": "+821012345678"}),
        ),
        (
            json!({"name": "outer", "profile": {"name": "inner", "grade": 1}}),
            json!({"name": "inner", "grade": 1}),
        ),
        (json!({"email": "no address", "name": "Kim"}), json!({"name": "Kim"})),
        (json!({"name": null, "profile": {"grade": 1}}), json!({"grade": 1})),
    ] {
        let shop = Shop::open().await;
        let (id, token) = visitor(&shop).await;
        update(&shop, &token, body.clone()).await.expect(200);
        assert_eq!(profile(&shop, &id).await, stored, "{body}");
        let booted = shop.boot(body.clone()).await;
        assert_eq!(profile(&shop, booted.str("/user/id")).await, stored, "boot {body}");
    }
}

#[tokio::test]
async fn empty_object_of_php_is_an_empty_object() {
    let shop = Shop::open().await;
    let booted = shop.boot(json!({"profile": [], "profileOnce": [], "page": [], "app": []})).await;
    booted.expect(200);
    assert_eq!(dropped(&booted), [""; 0]);
    assert_eq!(booted.body["user"]["profile"], json!({}));
    let token = booted.str("/sessionToken");
    update(&shop, token, json!({"profile": [], "language": "ja"})).await.expect(200);
    let event = json!([{"id": "1", "name": "A", "createdAt": NOW, "property": []}]);
    assert_eq!(shop.track(token, event).await.expect(200)["results"][0]["status"], "accepted");
    // For a server too: in a field, and as the whole body.
    for body in ["[]", r#"{"profile":[],"profileOnce":[]}"#] {
        shop.server("PUT", "/open/v5/users/@m").bytes(body.to_owned()).await.expect(200);
    }
    let event = json!({"name": "A", "property": []});
    shop.server("POST", "/open/v5/users/@m/events").json(event).await.expect(200);
    // A list with something in it is no object.
    shop.server("PUT", "/open/v5/users/@m").json(json!({"profile": [1]})).await.expect(422);
}

#[tokio::test]
async fn update_of_nothing_is_no_error_and_writes_nothing() {
    let shop = Shop::open().await;
    let (id, token) = visitor(&shop).await;
    shop.recorder.reset();
    for body in [json!({}), json!({"profile": {}}), json!([]), json!({"profileOnce": []})] {
        let updated = update(&shop, &token, body).await;
        assert_eq!(updated.expect(200)["user"]["id"], id.as_str());
        assert_eq!(dropped(&updated), [""; 0]);
    }
    assert!(shop.recorder.calls().iter().all(support::Call::reads));
}

#[tokio::test]
async fn unreadable_consent_is_reported_and_the_boot_goes_on() {
    for (key, value) in [
        ("unsubscribeEmail", json!("yes")),
        ("unsubscribeTexting", json!(1)),
        ("unsubscribeEmail", json!([])),
        ("unsubscribeTexting", json!({})),
    ] {
        let shop = Shop::open().await;
        let booted = shop.boot(json!({key: value, "profile": {"grade": "gold"}})).await;
        assert_eq!(booted.expect(200)["user"]["profile"], json!({"grade": "gold"}), "{key}: {value}");
        assert_eq!(booted.body["user"][key], false);
        assert_eq!(dropped(&booted), [key]);
    }
}

#[tokio::test]
async fn member_id_as_a_number_is_its_digits() {
    let shop = Shop::open().await;
    let hash = support::hash_of("815");
    let booted = shop.boot(json!({"memberId": 815, "memberHash": hash})).await;
    assert_eq!(booted.expect(200)["user"]["memberId"], "815");
    // No number of a member: the visitor stays one.
    for (number, field) in
        [(json!(0), "memberId"), (json!(1.5), "memberId"), (json!(true), "memberId"), (json!(-1), "memberId")]
    {
        let booted = shop.boot(json!({"memberId": number, "memberHash": hash})).await;
        assert_eq!(booted.expect(200)["user"]["memberId"], Value::Null, "{number}");
        assert_eq!(dropped(&booted), [field]);
    }
}

/// A page writes what it likes at the top, and Firstmall's list still holds.
#[tokio::test]
async fn keys_on_the_first_level_do_not_pass_by_the_list_of_a_builder() {
    let shop = Shop::open().await;
    let command = json!({"action": "setBuilder", "channelId": support::development_channel(), "builder": "firstmall", "shop": "mall.example.com", "enabled": true});
    shop.admin(command).await.unwrap();
    let shop = shop.another_instance();
    let (id, token) = visitor(&shop).await;
    let updated = update(&shop, &token, json!({"name": "Kim", "profile": {"secret": 1}})).await;
    updated.expect(200);
    assert_eq!(dropped(&updated), ["profile.secret"]);
    assert_eq!(profile(&shop, &id).await, json!({"name": "Kim"}));
}
