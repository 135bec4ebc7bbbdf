//! Every limit of `okyaku_domain::limit`, at the limit and one past it (R1, R5, R8–R11).

mod events;
mod replies;

use okyaku_domain::limit::{
    BODY_BYTES, LINKS, MEMBER_ID_CHARS, NAME_CHARS, PAGE_KEYS, PAGE_PATCH_BYTES, PAGE_TAGS, PROFILE_BYTES,
    PROFILE_KEY_CHARS, PROFILE_KEYS, REGISTRATIONS_INLINE, TAG_CHARS, TAGS,
};
use serde_json::{Map, Value, json};
use support::{Shop, dev, gzip, padded};

/// A profile of this many short fields.
fn fields(count: usize) -> Value {
    (0..count).map(|at| (format!("k{at:03}"), json!(at))).collect::<Map<_, _>>().into()
}

/// `{"a": "x…"}` of this many bytes as compact JSON.
fn profile_of(bytes: usize) -> Value {
    json!({ "a": "x".repeat(bytes - r#"{"a":""}"#.len()) })
}

#[tokio::test]
async fn body_has_at_most_1_mb_before_and_after_gunzip() {
    let shop = Shop::open().await;
    let token = shop.boot(json!({})).await.str("/sessionToken").to_owned();
    let user = shop.server("PUT", "/open/v5/users/@m").json(json!({})).await.str("/user/id").to_owned();
    let routes = [
        ("POST", "/front/v1/boot".to_owned(), json!({"pluginKey": dev::PLUGIN_KEY})),
        ("PATCH", "/front/v1/users/me".to_owned(), json!({"language": "ko"})),
        ("PATCH", "/front/v1/users/me/tags".to_owned(), json!({"tags": ["a"]})),
        ("DELETE", "/front/v1/users/me/tags".to_owned(), json!({"tags": ["a"]})),
        ("PUT", "/open/v5/users/@m".to_owned(), json!({})),
        ("PATCH", format!("/open/v5/users/{user}"), json!({"language": "ko"})),
        ("POST", format!("/open/v5/users/{user}/events"), json!({"name": "A"})),
        ("POST", "/open/v5/users".to_owned(), json!({"profile": {"email": "a@example.com"}})),
    ];
    for (method, path, body) in routes {
        for compressed in [false, true] {
            let (over, full) = (padded(&body, BODY_BYTES + 1), padded(&body, BODY_BYTES));
            let before = shop.dump().await;
            for (body, status) in [(over, 413), (full, 200)] {
                let body = if compressed { gzip(body.as_bytes()) } else { body.into_bytes() };
                let request = shop.server(method, &path).header("x-session", &token);
                let answer = request.header("content-type", "application/json").bytes(body).await;
                if status == 413 {
                    assert_eq!(shop.dump().await, before, "{method} {path}");
                    assert_eq!(answer.fields(), ["body"], "{method} {path}");
                } else if answer.status == 409 {
                    continue; // The lead of the uncompressed body is there already.
                }
                assert_eq!(answer.status, status, "{method} {path} {}", answer.body);
            }
        }
    }
    let over = shop.server("PUT", "/open/v5/users/@m").bytes(padded(&json!({}), BODY_BYTES + 1)).await;
    insta::assert_snapshot!(over.text(), @r#"
    413 {
      "commonErrorCode": "TOO_LARGE",
      "details": [
        {
          "field": "body",
          "message": "has at most 1048576 bytes"
        }
      ],
      "errors": [
        {
          "message": "body: has at most 1048576 bytes"
        }
      ],
      "message": "body: has at most 1048576 bytes",
      "status": 413
    }
    "#);
}

#[tokio::test]
async fn member_id_has_at_most_64_characters() {
    let shop = Shop::open().await;
    let (full, over) = ("あ".repeat(MEMBER_ID_CHARS), "あ".repeat(MEMBER_ID_CHARS + 1));
    let booted = shop.boot_member(&full, json!({})).await;
    assert_eq!(booted.expect(200)["user"]["memberId"], full.as_str());
    let anonymous = shop.boot_member(&over, json!({"profile": {"name": "Lee"}})).await;
    assert_eq!(anonymous.expect(200)["user"]["type"], "anonymous");
    assert_eq!(anonymous.body["user"]["profile"]["name"], "Lee");
    assert_eq!(
        anonymous.body["dropped"],
        json!([{"field": "memberId", "message": "must have at most 64 characters"}])
    );
    let path = |id: &str| format!("/open/v5/users/@{}", "%E3%81%82".repeat(id.chars().count()));
    shop.server("PUT", &path(&full)).json(json!({})).await.expect(200);
    let refused = shop.server("PUT", &path(&over)).json(json!({})).await;
    assert_eq!((refused.status, refused.fields()), (422, vec!["memberId".to_owned()]));
}

#[tokio::test]
async fn profile_has_at_most_200_keys() {
    let shop = Shop::open().await;
    let full = shop.server("PUT", "/open/v5/users/@m").json(json!({"profile": fields(PROFILE_KEYS)})).await;
    assert_eq!(full.expect(200)["user"]["profile"], fields(PROFILE_KEYS));
    let before = shop.dump().await;
    for (method, path, body) in [
        ("PUT", "/open/v5/users/@n", json!({"profile": fields(PROFILE_KEYS + 1)})),
        ("PATCH", "/open/v5/users/@m", json!({"profile": {"one": 1, "k000": 7}})),
        ("POST", "/open/v5/users", {
            let mut profile = fields(PROFILE_KEYS);
            profile["email"] = json!("a@example.com");
            json!({ "profile": profile })
        }),
    ] {
        let refused = shop.server(method, path).json(body).await;
        assert_eq!(refused.expect(422)["details"][0]["message"], "a profile has at most 200 keys", "{path}");
    }
    assert_eq!(shop.dump().await, before);

    // A page is told what it cannot have, and the rest is kept.
    let page = shop.boot(json!({"profile": fields(PAGE_KEYS + 1)})).await;
    assert_eq!(page.expect(200)["user"]["profile"], fields(PAGE_KEYS));
    assert_eq!(
        page.body["dropped"],
        json!([{"field": "profile.k100", "message": "pages set at most 100 keys of a profile"}])
    );
    let patch = json!({"profile": {"k000": 7}, "profileOnce": {"k201": 1}});
    let page = shop.page("PATCH", "/front/v1/users/me", page.str("/sessionToken")).json(patch).await;
    assert_eq!(page.expect(200)["user"]["profile"]["k000"], 7);
    assert_eq!(page.body["dropped"][0]["field"], "profileOnce.k201");
}

#[tokio::test]
async fn profile_has_at_most_32_kb() {
    let shop = Shop::open().await;
    let put =
        async |id: &str, bytes| shop.server("PUT", id).json(json!({"profile": profile_of(bytes)})).await;
    let refused = put("/open/v5/users/@n", PROFILE_BYTES + 1).await;
    assert_eq!((refused.status, refused.fields()), (422, vec!["profile.a".to_owned()]));
    assert_eq!(shop.dump().await, "");
    put("/open/v5/users/@m", PROFILE_BYTES).await.expect(200);
    // A full profile takes another value of the same size, and nothing more.
    put("/open/v5/users/@m", PROFILE_BYTES).await.expect(200);
    let page = shop.boot_member("m", json!({"profile": {"b": 1}, "language": "ko"})).await;
    assert_eq!(page.expect(200)["dropped"][0]["message"], "a profile has at most 32768 bytes");
    assert_eq!(page.body["user"]["language"], "ko");
}

#[tokio::test]
async fn page_patch_has_at_most_8_kb() {
    let shop = Shop::open().await;
    let token = shop.boot(json!({})).await.str("/sessionToken").to_owned();
    let half = PAGE_PATCH_BYTES / 2;
    for body in [
        (json!({"profile": profile_of(PAGE_PATCH_BYTES)}), 200),
        (json!({"profile": profile_of(PAGE_PATCH_BYTES + 1)}), 413),
        (json!({"profile": profile_of(half), "profileOnce": profile_of(half)}), 200),
        (json!({"profile": profile_of(half), "profileOnce": profile_of(half + 1)}), 413),
    ] {
        let (body, status) = body;
        let before = shop.dump().await;
        let patched = shop.page("PATCH", "/front/v1/users/me", &token).json(body.clone()).await;
        let booted = shop.boot(body).await;
        assert_eq!((patched.status, booted.status), (status, status));
        if status == 413 {
            assert_eq!(booted.fields(), ["profile"]);
            assert_eq!(shop.dump().await, before);
        }
    }
}

#[tokio::test]
async fn profile_key_has_at_most_64_characters() {
    let shop = Shop::open().await;
    let (full, over) = ("あ".repeat(PROFILE_KEY_CHARS), "あ".repeat(PROFILE_KEY_CHARS + 1));
    let booted = shop.boot(json!({"profile": {&full: 1, &over: 2}})).await;
    assert_eq!(booted.expect(200)["user"]["profile"], json!({&full: 1}));
    assert_eq!(booted.body["dropped"][0]["message"], "a key must have at most 64 characters");
    shop.server("PUT", "/open/v5/users/@m").json(json!({"profile": {&full: 1}})).await.expect(200);
    let refused = shop.server("PATCH", "/open/v5/users/@m").json(json!({"profile": {&over: 1}})).await;
    assert_eq!((refused.status, refused.fields()), (422, vec![format!("profile.{over}")]));
}

#[tokio::test]
async fn customer_has_at_most_20_tags_of_at_most_100_characters() {
    let shop = Shop::open().await;
    let tags = |count: usize| (0..count).map(|at| format!("tag{at}")).collect::<Vec<_>>();
    let token = shop.boot(json!({"tags": tags(PAGE_TAGS)})).await.str("/sessionToken").to_owned();
    let dropped = shop.boot(json!({"tags": tags(PAGE_TAGS + 1)})).await;
    assert_eq!(dropped.expect(200)["dropped"][0]["message"], "pages set at most 10 tags of a customer");
    let over = shop.boot(json!({"tags": tags(TAGS + 1)})).await;
    assert_eq!(over.expect(200)["dropped"][0]["message"], "must have at most 20 tags");
    let one_more = shop.page("PATCH", "/front/v1/users/me/tags", &token).json(json!({"tags": ["one"]})).await;
    assert_eq!(one_more.expect(422)["details"][0]["message"], "pages set at most 10 tags of a customer");
    let known = json!({"tags": ["tag0", "TAG1"]});
    shop.page("PATCH", "/front/v1/users/me/tags", &token).json(known).await.expect(200);

    shop.server("PUT", "/open/v5/users/@m").json(json!({"tags": tags(TAGS)})).await.expect(200);
    let over = shop.server("PUT", "/open/v5/users/@n").json(json!({"tags": tags(TAGS + 1)})).await;
    assert_eq!((over.status, over.fields()), (422, vec!["tags".to_owned()]));
    // A page keeps the manager's tags, so its own no longer fit: it is told, the rest is kept.
    let page = shop.boot_member("m", json!({"tags": ["mine"], "language": "ja"})).await;
    assert_eq!(page.expect(200)["dropped"][0]["field"], "tags");
    assert_eq!(page.body["user"]["language"], "ja");

    let (full, over) = ("あ".repeat(TAG_CHARS), "あ".repeat(TAG_CHARS + 1));
    let put = async |tag: &str| shop.server("PUT", "/open/v5/users/@o").json(json!({"tags": [tag]})).await;
    assert_eq!(put(&full).await.expect(200)["user"]["tags"], json!([full]));
    assert_eq!(put(&over).await.fields(), ["tags[0]"]);
}

#[tokio::test]
async fn app_texts_have_at_most_256_characters_and_a_language_35() {
    let shop = Shop::open().await;
    let (full, over) = ("あ".repeat(NAME_CHARS), "あ".repeat(NAME_CHARS + 1));
    let app = json!({"name": &full, "version": &over, "os": "iOS 20", "device": &over});
    let language = format!("en-{}", ["abcdefgh"; 4].join("-"));
    let booted = shop.boot(json!({"app": app, "language": format!("{}x", language)})).await;
    let fields: Vec<_> =
        booted.expect(200)["dropped"].as_array().unwrap().iter().map(|d| &d["field"]).collect();
    assert_eq!(fields, ["app.version", "app.device", "language"]);
    let user = shop.customer(booted.str("/user/id")).await.body["user"].clone();
    assert_eq!(user["mobile"]["appName"], full.as_str());
    assert_eq!((&user["mobile"]["appVersion"], &user["mobile"]["os"]), (&Value::Null, &json!("iOS 20")));
}

#[tokio::test]
async fn contact_point_lists_20_registrations_and_overflows_after() {
    let shop = Shop::open().await;
    let mut members = Vec::new();
    for at in 0..=REGISTRATIONS_INLINE {
        let path = format!("/open/v5/users/@m{at}");
        let put = shop.server("PUT", &path).json(json!({"profile": {"email": "a@example.com"}})).await;
        members.push(put.str("/user/id").to_owned());
        let items = shop.items().await;
        let inline = items.iter().find_map(|item| item.get("registered")?.as_ss().ok()).unwrap().len();
        let overflow = items.iter().filter(|item| item["pk"].as_s().unwrap().starts_with("A#")).count() - 1;
        let expected = if at < REGISTRATIONS_INLINE { (at + 1, 0) } else { (REGISTRATIONS_INLINE, 1) };
        assert_eq!((inline, overflow), expected);
    }
    let lead = async || {
        let body = json!({"profile": {"email": "A@example.com "}});
        shop.server("POST", "/open/v5/users").json(body).await
    };
    let taken = lead().await.expect(409)["userId"].clone();
    assert!(members.iter().any(|member| taken == member.as_str()));
    // Also when only the one apart is left, and free when nobody is.
    for at in 0..REGISTRATIONS_INLINE {
        let path = format!("/open/v5/users/@m{at}");
        shop.server("PATCH", &path).json(json!({"profile": {"email": null}})).await.expect(200);
    }
    assert_eq!(lead().await.expect(409)["userId"], members[REGISTRATIONS_INLINE].as_str());
    shop.server("DELETE", &format!("/open/v5/users/@m{REGISTRATIONS_INLINE}")).send().await.expect(204);
    lead().await.expect(200);
}

/// Links visitors to one member until one is refused; returns how many were linked.
async fn link_until_refused(shop: &Shop, profile: impl Fn(usize) -> Value) -> usize {
    for at in 0.. {
        let visitor = shop.boot(json!({"profile": profile(at)})).await;
        let boot = json!({"veilId": visitor.str("/veilId"), "profile": {"name": "Lee"}});
        let member = shop.boot_member("m", boot).await;
        if let Some(dropped) = member.expect(200)["dropped"].get(0) {
            let message = "not linked: a member has at most 40 linked visitors";
            assert_eq!(*dropped, json!({"field": "veilId", "message": message}));
            assert_eq!(member.body["user"]["name"], "Lee");
            assert_eq!(shop.customer(visitor.str("/user/id")).await.body["user"]["memberId"], Value::Null);
            // What was linked is erased in one transaction.
            shop.server("DELETE", "/open/v5/users/@m").send().await.expect(204);
            return at;
        }
    }
    unreachable!()
}

#[tokio::test]
async fn member_has_at_most_40_linked_visitors() {
    assert_eq!(link_until_refused(&Shop::open().await, |_| json!({})).await, LINKS);
}

#[tokio::test]
async fn links_with_contact_points_end_where_one_erasure_is_full() {
    let profile =
        |at: usize| json!({"email": format!("{at}@example.com"), "mobileNumber": format!("+8210{at:08}")});
    // A visitor's tombstone and its two contact points take three of a transaction's hundred writes. Six are the member's
    // own record and contact points, its first tombstone, the named address and the job.
    let full = (100 - 6) / 3;
    assert_eq!(link_until_refused(&Shop::open().await, profile).await, full);
}

#[tokio::test]
async fn server_and_builder_always_fit_beside_a_page() {
    let shop = Shop::open().await;
    // A page fills its half of the keys and of the tags.
    let tags = |letter: char, count: usize| (0..count).map(|at| format!("{letter}{at}")).collect::<Vec<_>>();
    let page =
        shop.boot_member("7", json!({"profile": fields(PAGE_KEYS), "tags": tags('p', PAGE_TAGS)})).await;
    page.expect(200);
    // The server's opt-out, all of its keys and all of its tags are stored.
    let mut profile = serde_json::Map::new();
    (0..PROFILE_KEYS - 1).for_each(|at| drop(profile.insert(format!("s{at}"), json!(at))));
    let body = json!({"profile": profile, "tags": tags('s', TAGS), "unsubscribeEmail": true});
    let put = shop.server("PUT", "/open/v5/users/@7").json(body).await;
    let user = &put.expect(200)["user"];
    assert_eq!((&user["unsubscribeEmail"], user["tags"].as_array().unwrap().len()), (&json!(true), TAGS));
    assert_eq!(user["profile"].as_object().unwrap().len(), PROFILE_KEYS);
    // A builder's address still fits, since one key of the page is left to push out.
    let customer = json!({"id": 7, "email": "lee@example.com", "updated_at": "2026-11-20T10:00:00Z"});
    assert_eq!(shop.shopify("customers/update", &customer).await.expect(200)["dropped"], json!([]));
    let read = shop.server("GET", "/open/v5/users/@7").send().await;
    assert_eq!(read.expect(200)["user"]["email"], "lee@example.com");
}
