//! Profile fields: declared types, contacts in their normal form, what is wrong is named (R5).

use serde_json::{Value, json};
use support::people::{profile, put, update, visitor};
use support::{NOW, Shop};

/// A key, right values with what they are stored as, and wrong ones.
type Declared = (&'static str, Vec<(Value, Value)>, Vec<Value>);

fn declared() -> Vec<Declared> {
    let same =
        |values: Vec<Value>| values.into_iter().map(|value| (value.clone(), value)).collect::<Vec<_>>();
    let not_text = || vec![json!(5), json!(true), json!(["a"]), json!({"a": 1})];
    let texts = [
        "name",
        "firstName",
        "lastName",
        "avatarUrl",
        "landlineNumber",
        "referrer",
        "utmCampaign",
        "utmMedium",
        "utmSource",
        "utmContent",
        "utmTerm",
    ];
    let mut all: Vec<_> =
        texts.into_iter().map(|key| (key, same(vec![json!("text 텍스트\n")]), not_text())).collect();
    all.push((
        "email",
        vec![(json!("  A.Lee+Shop@Example.COM "), json!("a.lee+shop@example.com"))],
        vec![json!("a"), json!("a@"), json!("a b@example.com"), json!(7), json!(["a@example.com"])],
    ));
    all.push((
        "mobileNumber",
        vec![
            (json!("+82 10-1234-5678"), json!("+821012345678")),
            (json!("010-1234-5678"), json!("+821012345678")),
        ],
        vec![
            json!("12"),
            json!("abc"),
            json!("+0123456789"),
            json!(1_012_345_678),
            json!("+1234567890123456"),
        ],
    ));
    all.push((
        "lastCheckoutCompletedAt",
        same(vec![json!(NOW), json!(0)]),
        vec![json!("2026-11-22"), json!(1.5), json!(1e300), json!(true)],
    ));
    all.push((
        "recentPurchaseCount",
        same(vec![json!(3), json!(0)]),
        vec![json!("3"), json!(true), json!([3])],
    ));
    all.push((
        "recentPurchaseAmount",
        same(vec![json!(12.5), json!(-1)]),
        vec![json!("12.5"), json!({"krw": 1})],
    ));
    all.push((
        "undeclared",
        same(vec![json!(true), json!(1.5), json!("x"), json!(["a", "b"]), json!([1, 2])]),
        vec![json!({"a": 1}), json!(["a", 1]), json!([["a"]]), json!([null]), json!([true]), json!("\u{1}")],
    ));
    all
}

#[tokio::test]
async fn wrong_type_is_dropped_with_a_reason_on_a_page() {
    let shop = Shop::open().await;
    for (key, right, wrong) in declared() {
        for (said, stored) in right {
            let (id, token) = visitor(&shop).await;
            let answer = update(&shop, &token, json!({"profile": {key: said}})).await;
            assert_eq!(answer.expect(200)["dropped"], json!([]), "{key} {said}");
            assert_eq!(profile(&shop, &id).await[key], stored);
        }
        let (id, token) = visitor(&shop).await;
        for value in wrong {
            for within in ["profile", "profileOnce"] {
                let mut body = json!({"profile": {"beside": "it"}});
                body[within][key] = value.clone();
                let answer = update(&shop, &token, body).await;
                assert_eq!(answer.expect(200)["dropped"][0]["field"], format!("{within}.{key}"), "{value}");
                assert!(!answer.str("/dropped/0/message").is_empty());
                assert_eq!(profile(&shop, &id).await, json!({"beside": "it"}), "{key} {value}");
            }
        }
    }
}

#[tokio::test]
async fn wrong_type_is_422_naming_the_field_on_the_open_api() {
    let shop = Shop::open().await;
    for (at, (key, right, wrong)) in declared().into_iter().enumerate() {
        for (said, stored) in right {
            let answer =
                put(&shop, &format!("m-{at}-{key}"), json!({"profile": {key: said, "x": null}})).await;
            let once = matches!(key, "referrer") || key.starts_with("utm");
            assert!(answer.expect(200)["user"]["profile"][key] == stored || once, "{key} {said}");
        }
        for value in wrong {
            for within in ["profile", "profileOnce"] {
                let answer = put(&shop, "wrong", json!({within: {key: value, "beside": "it"}})).await;
                answer.expect(422);
                assert_eq!(answer.fields(), [format!("{within}.{key}")], "{value}");
                shop.customer("@wrong").await.expect(404);
            }
        }
    }
}

#[tokio::test]
async fn every_wrong_field_is_named_and_no_value_is_echoed() {
    let shop = Shop::open().await;
    let body = json!({"profile": {"email": "secret-address", "name": 5, "mobileNumber": "secret-number"},
        "language": "secret language"});
    let answer = put(&shop, "m-1", body).await;
    answer.expect(422);
    assert_eq!(answer.fields(), ["language", "profile.email", "profile.mobileNumber", "profile.name"]);
    assert!(!answer.text().contains("secret"));
}

#[tokio::test]
async fn national_phone_number_is_read_by_the_region_of_the_channel() {
    let shop = Shop::open().await;
    let command = json!({"action": "createChannel", "name": "Tokyo", "region": "JP"});
    let japan = okyaku_admin::handle(&shop.base.app(), command).await.unwrap();
    let (key, secret) = (japan["accessKey"].as_str().unwrap(), japan["accessSecret"].as_str().unwrap());
    for (number, korea_reads, japan_reads) in [
        ("010-1234-5678", Some("+821012345678"), None),
        ("090-1234-5678", None, Some("+819012345678")),
        ("+82 10 1234 5678", Some("+821012345678"), Some("+821012345678")),
        ("+81-90-1234-5678", Some("+819012345678"), Some("+819012345678")),
    ] {
        let body = json!({"profile": {"mobileNumber": number}});
        let here = put(&shop, "m-1", body.clone()).await;
        let there = shop
            .request("PUT", "/open/v5/users/@m-1")
            .header("x-access-key", key)
            .header("x-access-secret", secret);
        let there = there.json(body).await;
        for (answer, wanted) in [(here, korea_reads), (there, japan_reads)] {
            match wanted {
                Some(number) => assert_eq!(answer.expect(200)["user"]["mobileNumber"], number),
                None => assert_eq!(answer.expect(422)["details"][0]["field"], "profile.mobileNumber"),
            }
        }
    }
}

#[tokio::test]
async fn kept_set_once_field_is_in_the_servers_reply() {
    let shop = Shop::open().await;
    let put =
        async |body: Value| shop.server("PUT", "/open/v5/users/@lee").json(body).await.expect(200).clone();
    let first = put(json!({"profile": {"utmSource": "google"}, "profileOnce": {"grade": "gold"}})).await;
    assert_eq!(first["kept"], Value::Null);
    let second =
        put(json!({"profile": {"utmSource": "naver"}, "profileOnce": {"grade": "silver", "size": "M"}}))
            .await;
    let kept = second["kept"].as_array().unwrap();
    let fields: Vec<_> = kept.iter().map(|detail| detail["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["profile.utmSource", "profileOnce.grade"]);
    assert_eq!(second["user"]["profile"]["utmSource"], "google");
    // The same value again is no news.
    let same = put(json!({"profile": {"utmSource": "google"}, "profileOnce": {"grade": "gold"}})).await;
    assert_eq!(same["kept"], Value::Null);
}

#[tokio::test]
async fn page_hears_of_every_dropped_field() {
    let shop = Shop::open().await;
    let body = json!({"veilId": 7, "app": 7, "page": 7, "tags": 7, "memberId": [], "unsubscribeEmail": "no"});
    let booted = shop.boot(body).await;
    let token = booted.str("/sessionToken");
    let body = json!({"profile": 7, "tags": 7, "unsubscribeEmail": "no", "web": 7, "more": 1});
    let updated = update(&shop, token, body).await;
    for (answer, fields) in [
        (&booted, ["memberId", "veilId", "app", "page", "tags", "unsubscribeEmail"].as_slice()),
        (&updated, &["more", "profile", "tags", "unsubscribeEmail", "web"]),
    ] {
        let dropped = answer.expect(200)["dropped"].as_array().unwrap();
        let named: Vec<_> = dropped.iter().map(|detail| detail["field"].as_str().unwrap()).collect();
        assert_eq!(named, fields);
    }
}

#[tokio::test]
async fn every_route_names_all_wrong_fields() {
    let shop = Shop::open().await;
    let page = shop.boot(json!({})).await;
    let token = page.str("/sessionToken").to_owned();
    for (method, path, body, fields) in [
        ("PATCH", "/front/v1/users/me/tags", json!({"tags": [], "more": 1}), vec!["more", "tags"]),
        (
            "POST",
            "/front/v1/events",
            json!({"events": 7, "attempt": 0, "more": 1}),
            vec!["more", "attempt", "events"],
        ),
        (
            "PUT",
            "/open/v5/users/@null",
            json!({"revive": 7, "language": 7, "partial": 7}),
            vec!["memberId", "revive", "language", "partial"],
        ),
        ("PATCH", "/open/v5/users/@lee", json!({"tags": 7, "blocked": 7}), vec!["blocked", "tags"]),
        ("POST", "/open/v5/users", json!({"profile": 7, "qualified": 7}), vec!["profile", "qualified"]),
        (
            "POST",
            "/open/v5/users",
            json!({"language": 7, "qualified": ["name"]}),
            vec!["profile", "language", "qualified"],
        ),
        (
            "POST",
            "/open/v5/users/@lee/events",
            json!({"name": "", "id": 7, "property": 7, "more": 1}),
            vec!["more", "id", "name", "property"],
        ),
        (
            "GET",
            "/open/v5/users/@lee/events?limit=0&since=x&sortOrder=up",
            Value::Null,
            vec!["since", "limit", "sortOrder"],
        ),
        (
            "POST",
            "/okyaku/v1/erasures",
            json!({"by": {"email": "x"}, "all": 7, "more": 1}),
            vec!["more", "all", "by.email"],
        ),
    ] {
        let request = match path.starts_with("/front") {
            true => shop.request(method, path).header("x-session", &token),
            false => shop.server(method, path),
        };
        let answer = if body.is_null() { request.send().await } else { request.json(body).await };
        let answer = answer.expect(422);
        let named: Vec<_> = answer["details"]
            .as_array()
            .unwrap()
            .iter()
            .map(|detail| detail["field"].as_str().unwrap())
            .collect();
        assert_eq!(named, fields, "{method} {path}");
    }
}
