//! Boot: whose page it is, what it says of itself, what it is told (R1, R2, R4, R6).

use okyaku_engine::Settings;
use serde_json::{Value, json};
use support::{Answer, NOW, Shop, dev};

const UUID: &str = "5f0f2a4e-0b5d-4a57-9f0e-6c1d2e3f4a5b";

fn is_veil(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// The customer that a boot answered, as the Open API shows it.
async fn stored(shop: &Shop, booted: &Answer) -> Value {
    booted.expect(200);
    shop.customer(booted.str("/user/id")).await.expect(200)["user"].clone()
}

/// The fields that a boot dropped.
fn dropped(booted: &Answer) -> Vec<&str> {
    booted.expect(200)["dropped"]
        .as_array()
        .unwrap()
        .iter()
        .map(|drop| drop["field"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn official_hash_boots_lucas_and_one_changed_digit_is_401() {
    let shop = Shop::open().await;
    let body = json!({"memberId": "lucas", "memberHash": dev::LUCAS_HASH, "profile": {"name": "Lucas",
        "email": "Lucas@Example.com"}});
    let booted = shop.boot(body).await;
    let user = &booted.expect(200)["user"];
    assert_eq!(user["memberId"], "lucas");
    assert_eq!(user["type"], "member");
    assert_eq!(user["name"], "Lucas");
    assert_eq!(user["profile"]["email"], "lucas@example.com");
    assert_eq!(user["sessionsCount"], 1);

    let wrong = dev::LUCAS_HASH.replace("9942", "9943");
    let refused = shop.boot(json!({"memberId": "lucas", "memberHash": wrong})).await;
    assert_eq!(refused.status, 401);
}

#[tokio::test]
async fn member_without_a_hash_is_401_and_stores_nothing() {
    let shop = Shop::open().await;
    for body in [
        json!({"memberId": "lucas"}),
        json!({"memberId": "lucas", "memberHash": null}),
        json!({"memberId": "lucas", "memberHash": ""}),
        json!({"memberId": "lucas", "memberHash": dev::LUCAS_HASH.to_uppercase()}),
        json!({"memberId": "Lucas", "memberHash": dev::LUCAS_HASH}),
    ] {
        shop.boot(body).await.expect(401);
    }
    assert_eq!(shop.dump().await, "");
}

#[tokio::test]
async fn placeholder_member_id_boots_a_visitor_and_is_reported() {
    let shop = Shop::open().await;
    for id in
        ["", " ", "null", "undefined", "[object Object]", "0", "-1", "NaN", "guest", "a b", "a/b", "a%b"]
    {
        let booted = shop.boot(json!({"memberId": id, "memberHash": "x"})).await;
        assert_eq!(booted.expect(200)["user"]["type"], "anonymous", "{id}");
        assert_eq!(dropped(&booted), ["memberId"], "{id}");
    }
    shop.boot(json!({"memberId": 7})).await.expect(401);
}

#[tokio::test]
async fn boot_without_a_veil_id_mints_one_and_the_next_keeps_it() {
    let shop = Shop::open().await;
    let first = shop.boot(json!({})).await;
    assert_eq!(first.expect(200)["user"]["type"], "anonymous");
    let veil = first.str("/veilId");
    assert!(is_veil(veil), "{veil}");
    let second = shop.boot(json!({"veilId": veil})).await;
    assert_eq!(second.expect(200)["veilId"], veil);
    assert_eq!(second.str("/user/id"), first.str("/user/id"));
    assert_ne!(shop.boot(json!({})).await.str("/veilId"), veil);
}

#[tokio::test]
async fn unknown_veil_id_is_adopted_and_a_malformed_one_replaced() {
    let shop = Shop::open().await;
    let own = "0123456789abcdef0123456789abcdef";
    for veil in [UUID, own] {
        let booted = shop.boot(json!({"veilId": veil})).await;
        assert_eq!(booted.expect(200)["veilId"], veil);
        assert_eq!(stored(&shop, &booted).await["veilId"], veil);
    }
    for veil in
        ["", "guest", "0123456789ABCDEF0123456789ABCDEF", &UUID[1..], &format!("{own}0"), "../../etc/passwd"]
    {
        let booted = shop.boot(json!({"veilId": veil})).await;
        assert_ne!(booted.expect(200)["veilId"], veil);
        assert!(is_veil(booted.str("/veilId")), "{veil}");
    }
}

#[tokio::test]
async fn reply_has_exactly_these_keys() {
    let shop = Shop::open_with(Settings {
        allow_development: true,
        origin_secret: Some("vouched".into()),
        ..Settings::default()
    })
    .await;
    let member = shop.boot_member("m-1", json!({})).await;
    let id = member.str("/user/id").to_owned();
    let memo = json!({"profile": {"description": "pays late"}, "tags": ["退会"]});
    shop.server("PATCH", &format!("/open/v5/users/{id}")).json(memo).await.expect(200);
    let body = json!({"pluginKey": dev::PLUGIN_KEY, "memberId": "m-1",
        "memberHash": support::hash_of("m-1"), "veilId": UUID,
        "language": "ja", "profile": {"name": "Mina", "avatarUrl": "https://shop.example.com/m.png"}});
    let request = shop
        .request("POST", "/front/v1/boot")
        .header("x-okyaku-origin", "vouched")
        .header("cloudfront-viewer-country", "KR")
        .header("cloudfront-viewer-city", "Seoul");
    let mut booted = request.json(body).await;
    assert_eq!(booted.str("/sessionToken").split('.').count(), 3);
    booted.body["sessionToken"] = json!("[token]");
    let wanted = json!({
        "user": {
            "id": id, "memberId": "m-1", "name": "Mina", "avatarUrl": "https://shop.example.com/m.png",
            "profile": {"name": "Mina", "avatarUrl": "https://shop.example.com/m.png"},
            "tags": [], "language": "ja", "alert": 0, "unread": 0,
            "unsubscribeEmail": false, "unsubscribeTexting": false,
            "member": true, "type": "member", "sessionsCount": 1
        },
        "veilId": UUID, "sessionToken": "[token]", "expiresAt": NOW + 86_400_000, "now": NOW, "dropped": []
    });
    assert_eq!(booted.expect(200), &wanted);
}

#[tokio::test]
async fn page_without_member_hash_reads_only_what_it_sent() {
    let shop = Shop::open().await;
    let command = json!({"action": "createChannel", "name": "Trusting", "memberHash": false});
    let made = okyaku_admin::handle(&shop.base.app(), command).await.unwrap();
    let text = |key: &str| made[key].as_str().unwrap().to_owned();
    let (plugin, key, secret) = (text("pluginKey"), text("accessKey"), text("accessSecret"));
    let known = json!({"profile": {"name": "Mina", "email": "mina@example.com", "grade": "gold"},
        "tags": ["vip"], "language": "ko",
        "unsubscribeEmail": true});
    let put = shop
        .request("PUT", "/open/v5/users/@m-1")
        .header("x-access-key", &key)
        .header("x-access-secret", &secret);
    put.json(known).await.expect(200);

    let body = json!({"pluginKey": plugin, "memberId": "m-1", "profile": {"city": "Busan"}});
    let booted = shop.request("POST", "/front/v1/boot").json(body).await;
    let user = &booted.expect(200)["user"];
    let shown = json!({
        "id": user["id"], "memberId": "m-1", "name": null, "avatarUrl": null, "profile": {"city": "Busan"},
        "tags": [],
        "language": null, "alert": 0, "unread": 0, "unsubscribeEmail": false, "unsubscribeTexting": false,
        "member": true, "type": "member", "sessionsCount": null
    });
    assert_eq!(user, &shown);

    let token = booted.str("/sessionToken");
    let touched = shop.page("POST", "/front/v1/touch", token).send().await;
    let patched = shop.page("PATCH", "/front/v1/users/me", token).json(json!({"tags": ["a"]})).await;
    let once =
        shop.page("PATCH", "/front/v1/users/me", token).json(json!({"profileOnce": {"name": "Guess"}})).await;
    for answer in [touched, patched, once] {
        let shown = answer.expect(200).to_string();
        for secret in ["Mina", "mina@example.com", "gold", "vip", "ko"] {
            assert!(!shown.contains(&format!("\"{secret}\"")), "{shown}");
        }
        assert_eq!(answer.body["user"]["unsubscribeEmail"], false);
        assert_eq!(answer.body["user"]["sessionsCount"], Value::Null);
    }
}

#[tokio::test]
async fn name_of_the_site_and_typed_name_are_two() {
    let shop = Shop::open().await;
    let visitor = shop.boot(json!({"profile": {"name": "typed"}})).await;
    assert_eq!(visitor.expect(200)["user"]["name"], Value::Null);
    assert_eq!(visitor.body["user"]["profile"]["name"], "typed");

    let member = shop.boot_member("m-1", json!({"profile": {"name": "Site"}})).await;
    assert_eq!(member.expect(200)["user"]["name"], "Site");
    let typed = json!({"profile": {"name": "typed"}});
    let patched = shop.page("PATCH", "/front/v1/users/me", member.str("/sessionToken")).json(typed).await;
    assert_eq!(patched.expect(200)["user"]["name"], "Site");
    assert_eq!(patched.body["user"]["profile"]["name"], "typed");
    // What was typed does not become the site's word by the back door of `profileOnce` either.
    let again = shop.boot_member("m-1", json!({"profileOnce": {"name": "Other"}})).await;
    assert_eq!(again.expect(200)["user"]["name"], "Site");
    assert_eq!(again.body["user"]["profile"]["name"], "typed");
    let renamed = shop.boot_member("m-1", json!({"profile": {"name": "New"}})).await;
    assert_eq!(renamed.expect(200)["user"]["name"], "New");
}

#[tokio::test]
async fn null_at_boot_is_absent() {
    let shop = Shop::open().await;
    let said = json!({"veilId": UUID, "profile": {"grade": "gold"}, "tags": ["vip"], "language": "ja",
        "unsubscribeEmail": true});
    let first = shop.boot(said).await.expect(200)["user"].clone();
    let nulls = json!({"veilId": UUID, "memberId": null, "memberHash": null, "profile": null,
        "profileOnce": null, "tags": null,
        "language": null, "unsubscribeEmail": null, "unsubscribeTexting": null, "page": null, "app": null,
        "what": null});
    let again = shop.boot(nulls).await;
    assert_eq!(again.expect(200)["user"], first);
    assert_eq!(again.body["dropped"], json!([]));
}

#[tokio::test]
async fn unknown_keys_and_basic_keys_are_dropped_by_name() {
    let shop = Shop::open().await;
    let booted = shop.boot(json!({"zIndex": 10, "hidePopup": true, "profile": {"grade": "gold"}})).await;
    assert_eq!(dropped(&booted), ["hidePopup", "zIndex"]);
    assert_eq!(booted.body["user"]["profile"], json!({"grade": "gold"}));
    for key in ["id", "city", "member", "createdAt", "web.device", "sessionsCount", "blocked", "hasPushToken"]
    {
        let booted = shop.boot(json!({key: "x", "profile": {"grade": "gold"}})).await;
        assert_eq!(dropped(&booted), [key]);
        assert_eq!(booted.body["user"]["profile"], json!({"grade": "gold"}));
    }
}
