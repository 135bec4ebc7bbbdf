//! Leads: a phone or an e-mail is enough, and one that is registered already is not added (R10).

use serde_json::{Value, json};
use support::{Answer, NOW, Shop};

async fn lead(shop: &Shop, profile: Value) -> Answer {
    shop.server("POST", "/open/v5/users").json(json!({ "profile": profile })).await
}

/// The id of whom the address belongs to already.
async fn registrant(shop: &Shop, profile: Value) -> String {
    let taken = lead(shop, profile).await;
    assert_eq!(taken.expect(409)["commonErrorCode"], "ALREADY_EXISTS");
    taken.str("/userId").to_owned()
}

#[tokio::test]
async fn phone_or_email_is_enough() {
    let shop = Shop::open().await;
    for profile in [
        json!({"email": " A@Example.com"}),
        json!({"mobileNumber": "010-1234-5678"}),
        json!({"email": "b@example.com", "mobileNumber": "+82 10-2222-3333", "name": "Mina", "grade": "gold"}),
    ] {
        let made = lead(&shop, profile).await;
        let user = &made.expect(200)["user"];
        assert_eq!((&user["type"], &user["member"]), (&json!("lead"), &json!(false)));
        assert_eq!((&user["memberId"], &user["veilId"]), (&Value::Null, &Value::Null));
        assert_eq!(
            (&user["createdAt"], &user["updatedAt"], &user["sessionsCount"]),
            (&json!(NOW), &json!(NOW), &json!(0))
        );
        let id = made.str("/user/id");
        assert!(id.len() == 20 && id.bytes().all(|b| b.is_ascii_hexdigit()));
        assert_eq!(shop.customer(id).await.expect(200)["user"], *user);
    }
}

#[tokio::test]
async fn lead_without_contact_point_is_422_and_stores_nothing() {
    let shop = Shop::open().await;
    for profile in [
        json!({}),
        json!({"name": "Mina"}),
        json!({"email": null, "mobileNumber": null}),
        json!(null),
        json!("x"),
        json!([]),
        json!({"email": "", "mobileNumber": " "}),
    ] {
        let refused = lead(&shop, profile).await;
        refused.expect(422);
        assert_eq!(refused.fields(), ["profile"]);
    }
    for (profile, field) in [
        (json!({"email": "no address"}), "profile.email"),
        (json!({"mobileNumber": 1012345678}), "profile.mobileNumber"),
        (json!({"email": "a@example.com", "name": 5}), "profile.name"),
    ] {
        let refused = lead(&shop, profile).await;
        refused.expect(422);
        assert_eq!(refused.fields(), [field]);
    }
    let refused = shop
        .server("POST", "/open/v5/users")
        .json(json!({"profile": {"email": "a@example.com"}, "memberId": "m-1"}))
        .await;
    refused.expect(422);
    assert_eq!(refused.fields(), ["memberId"]);
    assert_eq!(shop.dump().await, "");
}

#[tokio::test]
async fn contact_point_is_verified_only_if_qualified() {
    let shop = Shop::open().await;
    let post = async |qualified: Value| {
        let at = shop.items().await.len();
        let profile = json!({"email": format!("a{at}@example.com"),
            "mobileNumber": format!("010-1234-{:04}", 1000 + at)});
        shop.server("POST", "/open/v5/users").json(json!({"profile": profile, "qualified": qualified})).await
    };
    for (qualified, email, phone) in [
        (json!(null), false, false),
        (json!([]), false, false),
        (json!(["email"]), true, false),
        (json!(["mobileNumber", "email"]), true, true),
    ] {
        let user = post(qualified).await.expect(200)["user"].clone();
        assert_eq!((&user["emailQualified"], &user["mobileNumberQualified"]), (&json!(email), &json!(phone)));
    }
    for wrong in [json!("email"), json!(["name"]), json!([1]), json!(true)] {
        let refused = post(wrong).await;
        refused.expect(422);
        assert_eq!(refused.fields(), ["qualified"]);
    }
}

#[tokio::test]
async fn contact_point_of_a_lead_is_not_added_in_any_spelling() {
    let shop = Shop::open().await;
    let made = lead(&shop, json!({"email": "a@example.com", "mobileNumber": "010-1234-5678"})).await;
    let id = made.str("/user/id");
    assert_eq!(registrant(&shop, json!({"email": "A@EXAMPLE.com "})).await, id);
    assert_eq!(registrant(&shop, json!({"mobileNumber": "+82-10-1234-5678"})).await, id);
    assert_eq!(registrant(&shop, json!({"email": "a@example.com", "name": "Other"})).await, id);
    assert_eq!(
        shop.customer(id).await.expect(200)["user"],
        made.body["user"],
        "and the one that is there stays"
    );
}

#[tokio::test]
async fn contact_point_of_a_member_is_not_added() {
    let shop = Shop::open().await;
    let put =
        shop.server("PUT", "/open/v5/users/@m-1").json(json!({"profile": {"email": "a@example.com"}})).await;
    assert_eq!(registrant(&shop, json!({"email": "a@example.com"})).await, put.str("/user/id"));
    let booted = shop.boot_member("m-2", json!({"profile": {"mobileNumber": "010-1234-5678"}})).await;
    assert_eq!(registrant(&shop, json!({"mobileNumber": "010-1234-5678"})).await, booted.str("/user/id"));
}

#[tokio::test]
async fn contact_point_typed_on_a_page_is_found_and_unverified() {
    let shop = Shop::open().await;
    let booted = shop.boot(json!({"profile": {"email": "a@example.com"}})).await;
    assert_eq!(booted.expect(200)["user"]["type"], "lead");
    let id = booted.str("/user/id");
    assert_eq!(
        registrant(&shop, json!({"email": "a@example.com", "mobileNumber": "010-1234-5678"})).await,
        id
    );
    assert_eq!(shop.customer(id).await.expect(200)["user"]["emailQualified"], false);
    // The server says the same address: now somebody vouches for it.
    let said = json!({"profile": {"email": "a@example.com"}});
    let vouched = shop.server("PATCH", &format!("/open/v5/users/{id}")).json(said.clone()).await;
    assert_eq!(vouched.expect(200)["user"]["emailQualified"], true);
    shop.page("PATCH", "/front/v1/users/me", booted.str("/sessionToken")).json(said).await.expect(200);
    assert_eq!(shop.customer(id).await.expect(200)["user"]["emailQualified"], true);
}

#[tokio::test]
async fn contact_point_of_a_linked_visitor_answers_with_the_member() {
    let shop = Shop::open().await;
    let typed = shop.boot(json!({"profile": {"mobileNumber": "010-1234-5678"}})).await;
    let member = shop.boot_member("m-1", json!({"veilId": typed.str("/veilId")})).await;
    assert_eq!(registrant(&shop, json!({"mobileNumber": "010-1234-5678"})).await, member.str("/user/id"));
}

#[tokio::test]
async fn crossed_phone_and_email_add_nobody() {
    let shop = Shop::open().await;
    let one = lead(&shop, json!({"email": "a@example.com", "mobileNumber": "010-1111-1111"})).await;
    let two = lead(&shop, json!({"email": "b@example.com", "mobileNumber": "010-2222-2222"})).await;
    let ids = [one.str("/user/id"), two.str("/user/id")];
    for (email, phone) in [("a@example.com", "010-2222-2222"), ("b@example.com", "010-1111-1111")] {
        let registrant = registrant(&shop, json!({"email": email, "mobileNumber": phone})).await;
        assert!(ids.contains(&registrant.as_str()));
    }
    assert_eq!(
        registrant(&shop, json!({"email": "new@example.com", "mobileNumber": "010-2222-2222"})).await,
        ids[1]
    );
    lead(&shop, json!({"email": "new@example.com"})).await.expect(200);
}

#[tokio::test]
async fn changed_contact_point_frees_the_old_and_takes_the_new_one() {
    let shop = Shop::open().await;
    let made = lead(&shop, json!({"email": "old@example.com", "mobileNumber": "010-1111-1111"})).await;
    let id = made.str("/user/id");
    let changed = json!({"profile": {"email": "new@example.com", "mobileNumber": null}});
    let changed = shop.server("PATCH", &format!("/open/v5/users/{id}")).json(changed).await;
    assert_eq!(changed.expect(200)["user"]["email"], "new@example.com");
    assert_eq!(changed.body["user"]["mobileNumber"], Value::Null);
    assert_eq!(registrant(&shop, json!({"email": "new@example.com"})).await, id);
    for freed in [json!({"email": "old@example.com"}), json!({"mobileNumber": "010-1111-1111"})] {
        let other = lead(&shop, freed).await;
        assert_eq!(other.expect(200)["user"]["type"], "lead");
        assert_ne!(other.str("/user/id"), id);
    }
}

#[tokio::test]
async fn lead_with_cleared_contact_points_is_still_a_lead() {
    let shop = Shop::open().await;
    let made = lead(&shop, json!({"email": "a@example.com"})).await;
    let path = format!("/open/v5/users/{}", made.str("/user/id"));
    let cleared = shop.server("PATCH", &path).json(json!({"profile": {"email": null}})).await;
    assert_eq!(cleared.expect(200)["user"]["type"], "lead");
}

#[tokio::test]
async fn members_may_share_an_address() {
    let shop = Shop::open().await;
    let shared = json!({"profile": {"email": "family@example.com"}});
    let mut ids = Vec::new();
    for at in 0..3 {
        let member = shop.server("PUT", &format!("/open/v5/users/@m-{at}")).json(shared.clone()).await;
        assert_eq!(member.expect(200)["user"]["email"], "family@example.com");
        ids.push(member.str("/user/id").to_owned());
    }
    assert!(ids.contains(&registrant(&shop, json!({"email": "family@example.com"})).await));
    // Only when the last of them gave it up is it nobody's.
    for at in 0..3 {
        assert_eq!(lead(&shop, json!({"email": "family@example.com"})).await.status, 409);
        let cleared = json!({"profile": {"email": null}});
        shop.server("PATCH", &format!("/open/v5/users/@m-{at}")).json(cleared).await.expect(200);
    }
    lead(&shop, json!({"email": "family@example.com"})).await.expect(200);
}

#[tokio::test]
async fn page_is_answered_alike_for_known_and_unknown_addresses() {
    let shop = Shop::open().await;
    lead(&shop, json!({"email": "a@known.example", "mobileNumber": "010-1111-1111"})).await.expect(200);
    shop.boot_member("m-1", json!({"profile": {"email": "b@known.example"}})).await.expect(200);
    let mut answers = Vec::new();
    for (email, phone) in [
        ("a@known.example", "+821011111111"),
        ("b@known.example", "+821022222222"),
        ("c@quite.unknown", "+821033333333"),
    ] {
        let contacts = json!({"profile": {"email": email, "mobileNumber": phone}});
        let booted = shop.boot(contacts.clone()).await;
        let other = shop.boot(json!({})).await;
        let patched =
            shop.page("PATCH", "/front/v1/users/me", other.str("/sessionToken")).json(contacts).await;
        let mut text = String::new();
        for mut answer in [booted, patched] {
            answer.body["user"]["id"] = json!("[id]");
            answer.body["veilId"] = json!("[veil]");
            answer.body["sessionToken"] = json!("[token]");
            text += &answer.text().replace(email, "[email]").replace(phone, "[phone]");
        }
        answers.push(text);
    }
    assert!(answers[0].starts_with("200"));
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[tokio::test]
async fn phone_in_three_spellings_is_one_contact_point() {
    let shop = Shop::open().await;
    let lead = async |phone: &str| {
        shop.server("POST", "/open/v5/users").json(json!({"profile": {"mobileNumber": phone}})).await.status
    };
    assert_eq!(lead("+82 010-2468-2468").await, 200);
    assert_eq!(lead("010-2468-2468").await, 409);
    assert_eq!(lead("+821024682468").await, 409);
}
