//! Contact points, identifiers and bodies as people and programs write them.

use serde_json::{Value, json};
use support::people::{profile, put};
use support::{NOW, Shop, hash_of};

async fn stored(region: &str, number: &str) -> Value {
    let shop = Shop::in_region(region).await;
    put(&shop, "m", json!({"profile": {"mobileNumber": number}})).await.expect(200);
    profile(&shop, "@m").await["mobileNumber"].clone()
}

#[tokio::test]
async fn full_width_number_is_a_number() {
    for number in [
        "０９０－１２３４－５６７８",
        "０９０ー１２３４ー５６７８",
        "０９０　１２３４　５６７８",
        "090ｰ1234ｰ5678",
    ] {
        assert_eq!(stored("JP", number).await, "+819012345678", "{number}");
    }
}

#[tokio::test]
async fn dashes_and_invisible_characters_are_separators() {
    for number in [
        "+82 10–1234–5678",
        "+82\u{a0}10\u{a0}1234\u{a0}5678",
        "+82\u{200b}10-1234-5678",
        "\u{202a}+82 10-1234-5678\u{202c}",
        "＋８２　１０—１２３４—５６７８",
        "+82\u{2009}10\u{2011}1234\u{2212}5678\u{fe0d}",
    ] {
        assert_eq!(stored("JP", number).await, "+821012345678", "{number}");
    }
}

#[tokio::test]
async fn addresses_of_japanese_carriers_are_stored() {
    let shop = Shop::open().await;
    for address in
        ["aaa..bbbb@docomo.ne.jp", ".aaa@docomo.ne.jp", "aaa.@ezweb.ne.jp", "a...b..@softbank.ne.jp"]
    {
        let lead = shop.server("POST", "/open/v5/users").json(json!({"profile": {"email": address}})).await;
        assert_eq!(lead.expect(200)["user"]["profile"]["email"], address);
        let by =
            shop.server("POST", "/okyaku/v1/erasures").json(json!({"by": {"email": address}, "all": true}));
        by.await.expect(202);
        shop.customer(lead.str("/user/id")).await.expect(404);
    }
}

#[tokio::test]
async fn domain_in_letters_and_in_punycode_is_one_address() {
    for (typed, asked) in [
        ("user@münchen.example", "user@xn--mnchen-3ya.example"),
        ("user@xn--mnchen-3ya.example", "USER@MÜNCHEN.example"),
        ("user@한국.example", "user@xn--3e0b707e.example"),
        ("user@日本語。example", "user@xn--wgv71a119e.example"),
    ] {
        let shop = Shop::open().await;
        put(&shop, "m", json!({"profile": {"email": typed}})).await.expect(200);
        // Shown as typed, compared in ASCII: a lead by the other form is the same person.
        assert_eq!(profile(&shop, "@m").await["email"], typed.replace('。', "."), "{typed}");
        let lead = shop.server("POST", "/open/v5/users").json(json!({"profile": {"email": asked}})).await;
        lead.expect(409);
        // The other form in place of the first changes no registration.
        put(&shop, "m", json!({"profile": {"email": asked}})).await.expect(200);
        let erased = shop.server("POST", "/okyaku/v1/erasures").json(json!({"by": {"email": typed}})).await;
        erased.expect(202);
        shop.customer("@m").await.expect(404);
    }
}

#[tokio::test]
async fn member_id_in_two_forms_is_one_member() {
    for (one, other) in [
        ("홍길동", "\u{1112}\u{1169}\u{11bc}\u{1100}\u{1175}\u{11af}\u{1103}\u{1169}\u{11bc}"),
        ("が", "か\u{3099}"),
        ("josé", "jose\u{301}"),
        ("Å", "\u{212b}"),
    ] {
        let shop = Shop::open().await;
        let id = put(&shop, &urlencoding(one), json!({})).await.str("/user/id").to_owned();
        assert_eq!(put(&shop, &urlencoding(other), json!({})).await.str("/user/id"), id, "{one}");
        // A page's hash is over the bytes as sent.
        let body = json!({"memberId": other, "memberHash": hash_of(other)});
        assert_eq!(shop.boot(body).await.str("/user/id"), id, "{one}");
        let body = json!({"memberId": other, "memberHash": hash_of(one)});
        shop.boot(body).await.expect(401);
    }
}

#[tokio::test]
async fn tags_and_profile_keys_in_two_forms_are_one() {
    let shop = Shop::open().await;
    let (one, other) = ("포인트", "\u{1111}\u{1169}\u{110b}\u{1175}\u{11ab}\u{1110}\u{1173}");
    put(&shop, "m", json!({"profile": {one: 1}, "tags": [one]})).await.expect(200);
    put(&shop, "m", json!({"profile": {other: 2}, "tags": [other, one]})).await.expect(200);
    let user = shop.customer("@m").await.expect(200)["user"].clone();
    assert_eq!((&user["profile"], &user["tags"]), (&json!({one: 2}), &json!([one])));
    put(&shop, "m", json!({"profile": {other: null}})).await.expect(200);
    assert_eq!(profile(&shop, "@m").await, json!({}));
}

#[tokio::test]
async fn half_an_emoji_or_a_mark_before_the_body_loses_nothing() {
    let shop = Shop::open().await;
    for (body, note) in [
        (r#"{"profile":{"note":"thanks \ud83d"}}"#, "thanks \u{fffd}"),
        (r#"{"profile":{"note":"\udc4d!"}}"#, "\u{fffd}!"),
        (r#"{"profile":{"note":"\ud83d\ud83d\udc4d"}}"#, "\u{fffd}\u{1f44d}"),
        (r#"{"profile":{"note":"\\ud83d"}}"#, r"\ud83d"),
        ("\u{feff}{\"profile\":{\"note\":\"marked\"}}", "marked"),
    ] {
        shop.server("PUT", "/open/v5/users/@m").bytes(body).await.expect(200);
        assert_eq!(profile(&shop, "@m").await["note"], note);
    }
    // In a page's batch the event beside it is stored too.
    let token = shop.boot(json!({})).await.str("/sessionToken").to_owned();
    let batch = format!(
        r#"{{"events":[{{"id":"1","name":"A","createdAt":{NOW},"property":{{"q":"\ud83d"}}}},{{"id":"2","name":"B","createdAt":{NOW}}}]}}"#
    );
    let tracked = shop.page("POST", "/front/v1/events", &token).bytes(batch).await;
    assert_eq!(tracked.expect(200)["results"].as_array().unwrap().len(), 2);
    // What is no JSON stays an error that names the place.
    let wrong = shop.server("PUT", "/open/v5/users/@m").bytes(r#"{"profile":{"note":"\ud83d}}"#).await;
    assert!(wrong.expect(400)["message"].as_str().unwrap().contains("line 1"));
}

/// The path segment of a memberId.
fn urlencoding(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
