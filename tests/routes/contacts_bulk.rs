//! Acts on many contacts: jobs that the request begins, and that `sweep` carries on whatever happens in between.

use std::sync::atomic::{AtomicU64, Ordering};

use okyaku_domain::limit::BULK_IDS;
use serde_json::{Value, json};
use support::people::put;
use support::{Answer, Channel, Shop};

async fn bulk(shop: &Shop, body: Value) -> Answer {
    shop.server("POST", "/okyaku/v1/contacts/bulk").json(body).await
}

async fn job(shop: &Shop, id: &str) -> Value {
    shop.server("GET", &format!("/okyaku/v1/jobs/{id}")).send().await.expect(200)["job"].clone()
}

fn vip() -> Value {
    json!({"key": "tags", "operator": "$in", "values": ["vip"]})
}

async fn crowd(shop: &Shop, count: usize) {
    for n in 0..count {
        put(shop, &format!("m{n:03}"), json!({"tags": ["vip"]})).await.expect(200);
    }
}

/// The members with a tag, by the list itself.
async fn tagged(shop: &Shop, tag: &str) -> usize {
    let body = json!({"filter": {"key": "tags", "operator": "$in", "values": [tag]}});
    let counted = shop.server("POST", "/okyaku/v1/contacts/count").json(body).await;
    usize::try_from(counted.expect(200)["count"].as_u64().unwrap()).unwrap()
}

#[tokio::test]
async fn act_on_a_filter_is_done_with_the_answer_where_it_is_short() {
    let shop = Shop::open().await;
    crowd(&shop, 20).await;
    put(&shop, "other", json!({})).await.expect(200);
    let dry = bulk(&shop, json!({"filter": vip(), "action": {"addTags": ["Sale"]}, "dryRun": true})).await;
    assert_eq!(dry.expect(200), &json!({"dryRun": true, "count": 20, "exact": true}));
    assert_eq!(tagged(&shop, "sale").await, 0);
    let begun = bulk(&shop, json!({"filter": vip(), "action": {"addTags": ["Sale"]}})).await;
    let done = begun.expect(202)["job"].clone();
    assert_eq!(
        (&done["kind"], &done["status"], &done["done"], &done["total"], &done["failed"]),
        (&json!("bulk"), &json!("done"), &json!(20), &json!(20), &json!(0))
    );
    assert_eq!(job(&shop, done["id"].as_str().unwrap()).await, done);
    assert_eq!(tagged(&shop, "sale").await, 20);
    // An act that takes people out of its own filter reaches everyone all the same.
    bulk(&shop, json!({"filter": vip(), "action": {"removeTags": ["vip"]}})).await.expect(202);
    assert_eq!((tagged(&shop, "vip").await, tagged(&shop, "sale").await), (0, 20));
}

#[tokio::test]
async fn act_on_ids_counts_who_is_unknown() {
    let shop = Shop::open().await;
    crowd(&shop, 3).await;
    let full: Vec<String> = (0..20).map(|n| format!("t{n}")).collect();
    put(&shop, "full", json!({ "tags": full })).await.expect(200);
    let id = shop.customer("@m002").await.str("/user/id").to_owned();
    let ids = json!(["@m000", "@m001", id, "@nobody", "@full"]);
    let dry = bulk(&shop, json!({"ids": ids, "action": {"block": true}, "dryRun": true})).await;
    assert_eq!(dry.expect(200)["count"], 4);
    let done = bulk(&shop, json!({"ids": ids, "action": {"addTags": ["sale"]}})).await;
    let done = &done.expect(202)["job"];
    assert_eq!((&done["done"], &done["total"], &done["failed"]), (&json!(5), &json!(5), &json!(2)));
    assert_eq!(tagged(&shop, "sale").await, 3);
    bulk(&shop, json!({"ids": ["@m000"], "action": {"block": true}})).await.expect(202);
    assert_eq!(shop.customer("@m000").await.body["user"]["blocked"], true);
    bulk(&shop, json!({"ids": ["@m000"], "action": {"block": false}})).await.expect(202);
    assert_eq!(shop.customer("@m000").await.body["user"]["blocked"], false);
    bulk(&shop, json!({"ids": ["@m000", id], "action": {"erase": true}})).await.expect(202);
    assert_eq!((shop.customer("@m000").await.status, shop.customer("@m002").await.status), (404, 404));
    shop.customer("@m001").await.expect(200);
}

/// The table fails again and again: in the request, and in every sweep.
#[tokio::test]
async fn interrupted_act_goes_on_and_reaches_everyone_once() {
    let shop = Shop::open().await;
    crowd(&shop, 40).await;
    let fail_after = |calls: u64| {
        let count = AtomicU64::new(0);
        shop.recorder.inject(move |operation, request| {
            let error =
                json!({"__type": "com.amazonaws.dynamodb.v20120810#ValidationException", "message": "no"});
            let call = count.fetch_add(1, Ordering::SeqCst);
            let of_customer = request["Item"]["sk"]["S"] == "P";
            (operation == "PutItem" && of_customer && call > calls).then_some((400, error))
        });
    };
    // Warm, so that the job itself is stored.
    tagged(&shop, "vip").await;
    fail_after(25);
    let begun = bulk(&shop, json!({"filter": vip(), "action": {"addTags": ["sale"]}})).await;
    shop.recorder.heal();
    let begun = begun.expect(202)["job"].clone();
    assert_eq!(begun["status"], "running");
    let id = begun["id"].as_str().unwrap();
    // Whoever comes later is not meant, and whoever is erased in between counts no more.
    shop.clock.advance(1);
    put(&shop, "later", json!({"tags": ["vip"]})).await.expect(200);
    shop.server("DELETE", "/open/v5/users/@m039").send().await.expect(204);
    let mut runs = 0;
    while job(&shop, id).await["status"] == "running" {
        fail_after(60);
        okyaku_engine::sweep::run(&shop.base.app::<okyaku_sweep::Access>()).await.ok();
        shop.recorder.heal();
        runs += 1;
        assert!(runs < 40, "no progress");
    }
    let tagged = tagged(&shop, "sale").await;
    assert!(tagged == 39, "{tagged}");
    assert_eq!(shop.customer("@later").await.body["user"]["tags"], json!(["vip"]));
    let open = shop.items().await.iter().filter(|item| item["pk"].as_s().unwrap() == "W").count();
    assert_eq!(open, 0);
}

#[tokio::test]
async fn job_is_kept_for_30_days_without_names_and_belongs_to_its_channel() {
    let shop = Shop::open().await;
    crowd(&shop, 1).await;
    let begun = bulk(&shop, json!({"ids": ["@m000"], "action": {"addTags": ["sale"]}})).await;
    let id = begun.str("/job/id").to_owned();
    shop.server("DELETE", "/open/v5/users/@m000").send().await.expect(204);
    assert!(!shop.dump().await.contains("m000"), "the job names somebody");
    let other = Channel::create(&shop, "Other", &[]).await;
    let path = format!("/okyaku/v1/jobs/{id}");
    other.server(&shop, "GET", &path, &json!({})).await.expect(404);
    shop.clock.advance(30 * 24 * 60 * 60 * 1000 - 2000);
    job(&shop, &id).await;
    shop.clock.advance(3000);
    shop.server("GET", &path).send().await.expect(404);
    for wrong in ["0".repeat(32), "x".into(), "W".into(), "0".repeat(31)] {
        shop.server("GET", &format!("/okyaku/v1/jobs/{wrong}")).send().await.expect(404);
    }
}

#[tokio::test]
async fn wrong_acts_are_named_and_change_nothing() {
    let shop = Shop::open().await;
    crowd(&shop, 2).await;
    let tag = || json!({"addTags": ["sale"]});
    let many = |count: usize| vec!["@m000"; count];
    for (body, fields) in [
        (json!({}), &["action", "ids"][..]),
        (json!({"action": tag()}), &["ids"]),
        (json!({"ids": null, "filter": null, "action": tag()}), &["ids"]),
        (json!({"ids": ["@m000"], "filter": vip(), "action": tag()}), &["ids"]),
        (json!({"ids": [], "action": tag()}), &["ids"]),
        (json!({"ids": many(BULK_IDS + 1), "action": tag()}), &["ids"]),
        (json!({"ids": ["@m000", 7, "m000"], "action": tag()}), &["ids[1]", "ids[2]"]),
        (json!({"filter": {"key": "x"}, "action": tag()}), &["/key"]),
        (json!({"filter": vip(), "action": {"addTags": ["a".repeat(101)]}}), &["action.addTags[0]"]),
        (json!({"filter": vip(), "action": tag(), "dryRun": "yes", "more": 1}), &["dryRun", "more"]),
    ] {
        let refused = bulk(&shop, body).await;
        let mut named = refused.fields();
        named.sort();
        assert_eq!((refused.status, named), (422, fields.iter().map(|field| (*field).to_owned()).collect()));
    }
    assert_eq!(tagged(&shop, "sale").await, 0);
    bulk(&shop, json!({"ids": many(BULK_IDS), "action": tag()})).await.expect(202);
}

#[tokio::test]
async fn erasing_many_needs_the_scope_to_erase() {
    let shop = Shop::open().await;
    crowd(&shop, 2).await;
    let keyed = async |scope: &str, action: Value| {
        let command = json!({"action": "rotateKey", "channelId": support::development_channel(), "kind": "access", "scopes": [scope]});
        let made = shop.admin(command).await.unwrap();
        let request = shop.request("POST", "/okyaku/v1/contacts/bulk");
        let request = request.header("x-access-key", made["accessKey"].as_str().unwrap());
        let request = request.header("x-access-secret", made["accessSecret"].as_str().unwrap());
        request.json(json!({"ids": ["@m000"], "action": action})).await.status
    };
    assert_eq!(keyed("read", json!({"block": true})).await, 403);
    assert_eq!(keyed("write", json!({"erase": true})).await, 403);
    assert_eq!(keyed("erase", json!({"block": true})).await, 403);
    assert_eq!(keyed("write", json!({"block": true})).await, 202);
    assert_eq!(keyed("erase", json!({"erase": true})).await, 202);
    let anonymous = shop
        .request("POST", "/okyaku/v1/contacts/bulk")
        .json(json!({"ids": ["@m001"], "action": {"erase": true}}))
        .await;
    assert_eq!(anonymous.status, 401);
}
