//! Erasing a list by direct invocation, and erasing again what a restored table has forgotten (R12).

use serde_json::{Value, json};
use support::{NOW, Shop};

const CHANNEL: &str = "dec0de00000000000000";

async fn bulk(shop: &Shop, by: &str, values: Value, dry_run: bool) -> Value {
    let command =
        json!({"action": "erase", "channelId": CHANNEL, "by": by, "values": values, "dryRun": dry_run});
    okyaku_sweep::handle(&shop.base.app(), command).await.unwrap()
}

async fn put(shop: &Shop, member: &str, profile: Value) -> u16 {
    let path = format!("/open/v5/users/@{member}");
    shop.server("PUT", &path).json(json!({ "profile": profile })).await.status
}

async fn admin(shop: &Shop, mut command: Value) -> Value {
    command["channelId"] = json!(CHANNEL);
    okyaku_admin::handle(&shop.base.app(), command).await.unwrap()
}

#[tokio::test]
async fn list_is_erased_and_each_outcome_is_counted() {
    let shop = Shop::open().await;
    for n in 0..60 {
        assert_eq!(put(&shop, &format!("m{n}"), json!({"email": format!("m{n}@example.com")})).await, 200);
    }
    let list = |n: usize| (0..n).map(|n| json!(format!("m{n}"))).collect::<Value>();
    let mut values = list(60).as_array().unwrap().clone();
    values.extend([json!("ghost"), json!("m0"), json!("a b"), json!(null)]);
    let expected = |erased: usize, already: usize, unknown: usize, dry: bool| {
        json!({"handled": 64, "erased": erased, "already": already, "unknown": unknown, "invalid": [62, 63],
               "ambiguous": [], "dryRun": dry})
    };
    let before = shop.dump().await;
    let dry = bulk(&shop, "memberId", json!(values), true).await;
    assert_eq!(dry, expected(61, 0, 1, true));
    assert_eq!(shop.dump().await, before, "a dry run changes nothing");

    let done = bulk(&shop, "memberId", json!(values), false).await;
    assert_eq!(done, expected(60, 1, 1, false));
    for member in ["@m0", "@m59"] {
        shop.customer(member).await.expect(404);
    }
    assert_eq!(put(&shop, "ghost", json!({})).await, 409);
    // Sent again, as after an invocation that was cut off.
    assert_eq!(bulk(&shop, "memberId", json!(values), false).await, expected(0, 62, 0, false));
    shop.clock.advance(70_000);
    shop.sweep().await;
    assert!(!shop.dump().await.contains("example.com"));
}

#[tokio::test]
async fn address_list_skips_ambiguous_addresses() {
    let shop = Shop::open().await;
    put(&shop, "one", json!({"email": "one@example.com"})).await;
    for member in ["two", "three"] {
        put(&shop, member, json!({"email": "both@example.com"})).await;
    }
    let values = json!(["both@example.com", "one@example.com", "none@example.com", "not an address"]);
    for dry in [true, false] {
        let done = bulk(&shop, "email", values.clone(), dry).await;
        let expected = json!({"handled": 4, "erased": 1, "already": 0, "unknown": 1, "invalid": [3], "ambiguous": [0],
                              "dryRun": dry});
        assert_eq!(done, expected);
    }
    shop.customer("@one").await.expect(404);
    shop.customer("@two").await.expect(200);
}

#[tokio::test]
async fn invalid_list_is_refused() {
    let shop = Shop::open().await;
    let refused = |command: Value| {
        let app = shop.base.app();
        async move { okyaku_sweep::handle(&app, command).await.unwrap_err().explained() }
    };
    let command = |by: &str, values: Value, channel: &str| json!({"action": "erase", "channelId": channel, "by": by, "values": values});
    insta::assert_snapshot!(refused(json!({"action": "delete"})).await, @"action: must be erase, with channelId, by, values and, if you like, dryRun");
    insta::assert_snapshot!(refused(command("name", json!(["a"]), CHANNEL)).await, @"by: must be one of id, memberId, email, mobileNumber, veilId, shopify, cafe24, firstmall");
    insta::assert_snapshot!(refused(command("memberId", json!([]), CHANNEL)).await, @"values: must hold 1 to 100000");
    let many: Value = (0..100_001).map(Value::from).collect();
    insta::assert_snapshot!(refused(command("memberId", many, CHANNEL)).await, @"values: must hold 1 to 100000");
    insta::assert_snapshot!(refused(command("memberId", json!(["a"]), "nowhere")).await, @"the channel was not found");
}

#[tokio::test]
async fn restored_table_repeats_the_erasures_it_is_given() {
    // The table as it was before the erasures, which a restore brings back.
    let (old, restored) = (Shop::open().await, Shop::open().await);
    let mut ids = Vec::new();
    for shop in [&old, &restored] {
        let veil = "00112233445566778899aabbccddeeff";
        shop.boot(json!({ "veilId": veil })).await.expect(200);
        let member =
            shop.boot_member("lee", json!({"veilId": veil, "profile": {"email": "lee@example.com"}})).await;
        let batch = json!([{"id": "e", "name": "Order", "createdAt": NOW}]);
        shop.track(member.str("/sessionToken"), batch).await.expect(200);
        put(shop, "kim", json!({"email": "kim@example.com"})).await;
        put(shop, "park", json!({})).await;
        ids.push(member.str("/user/id").to_owned());
    }
    assert_eq!(ids[0], ids[1], "the same keys");
    old.clock.advance(1000);
    old.server("DELETE", "/open/v5/users/@lee").send().await.expect(204);
    old.clock.advance(70_000);
    old.sweep().await;
    let by = json!({"by": {"email": "kim@example.com"}});
    old.server("POST", "/okyaku/v1/erasures").json(by).await.expect(202);

    let kept = admin(&old, json!({"action": "listErasures", "since": NOW})).await;
    assert_eq!(kept["erasures"].as_array().unwrap().len(), 2, "one done, one open");
    assert_eq!(kept["next"], Value::Null);
    for person in ["lee", "kim", "example.com"] {
        assert!(!kept.to_string().contains(person), "{person}");
    }
    restored.clock.advance(3_600_000);
    let replay = json!({"action": "replayErasures", "erasures": kept["erasures"]});
    assert_eq!(admin(&restored, replay.clone()).await, json!({"replayed": 2, "already": 0}));
    for member in ["@lee", "@kim"] {
        restored.customer(member).await.expect(404);
    }
    restored.customer("@park").await.expect(200);
    assert_eq!(put(&restored, "lee", json!({})).await, 409);
    assert_eq!(put(&restored, "other", json!({"email": "kim@example.com"})).await, 409);
    restored.sweep().await;
    let dump = restored.dump().await;
    assert!(!dump.contains("lee") && !dump.contains("kim") && !dump.contains("Order"));
    // Twice does no harm, and the receipts are found under their own ids.
    assert_eq!(admin(&restored, replay).await, json!({"replayed": 0, "already": 2}));
    let id = kept["erasures"][0]["id"].as_str().unwrap();
    let receipt = restored.server("GET", &format!("/okyaku/v1/erasures/{id}")).send().await;
    assert_eq!(receipt.expect(200)["erasure"]["deleted"]["events"], 1);
    assert_eq!(receipt.body["erasure"]["erasedAt"], NOW + 1000);
}

#[tokio::test]
async fn erasure_list_begins_where_asked() {
    let shop = Shop::open().await;
    for n in 0..3 {
        let by = json!({"by": {"memberId": format!("m{n}")}});
        shop.server("POST", "/okyaku/v1/erasures").json(by).await.expect(202);
        shop.clock.advance(1000);
    }
    let all = admin(&shop, json!({"action": "listErasures", "since": NOW})).await;
    let late = admin(&shop, json!({"action": "listErasures", "since": NOW + 1000})).await;
    let after = json!({"action": "listErasures", "since": NOW, "after": all["erasures"][1]["id"]});
    let after = admin(&shop, after).await;
    assert_eq!(all["erasures"].as_array().unwrap().len(), 3);
    assert_eq!(late["erasures"].as_array().unwrap().len(), 2);
    assert_eq!(after["erasures"], json!([all["erasures"][2]]));
}

#[tokio::test]
async fn erasure_list_goes_on_after_500() {
    let shop = Shop::open().await;
    let gone = async |n: usize| {
        let by = json!({"by": {"memberId": format!("m{n}")}});
        shop.server("POST", "/okyaku/v1/erasures").json(by).await.expect(202);
    };
    for n in 0..500 {
        gone(n).await;
    }
    let list = json!({"action": "listErasures", "since": NOW});
    let full = admin(&shop, list.clone()).await;
    assert_eq!((full["erasures"].as_array().unwrap().len(), &full["next"]), (500, &Value::Null));
    gone(500).await;
    let first = admin(&shop, list).await;
    assert_eq!(first["erasures"].as_array().unwrap().len(), 500);
    let rest = admin(&shop, json!({"action": "listErasures", "since": NOW, "after": first["next"]})).await;
    assert_eq!((rest["erasures"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
}

#[test]
fn list_has_at_most_100_000_identifiers() {
    let list = |n: usize| {
        let values: Vec<String> = (0..n).map(|n| n.to_string()).collect();
        okyaku_sweep::command::parse(
            json!({"action": "erase", "channelId": CHANNEL, "by": "memberId", "values": values}),
        )
    };
    assert!(list(100_000).is_ok());
    for wrong in [0, 100_001] {
        assert!(list(wrong).unwrap_err().explained().starts_with("values"), "{wrong}");
    }
}
