//! The route of monthly actives and the totals of closed months (R7). What is marked when is in `months.rs`.

use futures_util::future::join_all;
use serde_json::{Value, json};
use support::{Channel, NOW, Shop, hash_of};

const DAY: i64 = 24 * 60 * 60 * 1000;
/// 2026-12-01T00:00:00Z.
const DECEMBER: i64 = NOW + 8 * DAY + DAY / 2;
const DEVELOPMENT: &str = "dec0de00000000000000";
const VEIL: &str = "5f0f2a4e-0b5d-4a57-9f0e-6c1d2e3f4a5b";

async fn ask(shop: &Shop, month: &str) -> Value {
    shop.server("GET", &format!("/okyaku/v1/actives?month={month}")).send().await.expect(200).clone()
}

async fn count(shop: &Shop, month: &str) -> u64 {
    let answer = ask(shop, month).await;
    assert_eq!(answer["final"], false, "{answer}");
    answer["actives"].as_u64().unwrap()
}

fn total(month: &str, actives: u64) -> Value {
    json!({"month": month, "actives": actives, "final": true})
}

/// Removes every marker, as time does.
async fn expire(shop: &Shop) {
    let table = &shop.base.backend.table;
    for mut item in shop.items().await {
        // `M#CHANNEL#YYYYMM#S`; a total's key has no month.
        if item["pk"].as_s().unwrap().split('#').count() == 4 && item["pk"].as_s().unwrap().starts_with("M#")
        {
            item.retain(|name, _| name == "pk" || name == "sk");
            table.client.delete_item().table_name(&table.name).set_key(Some(item)).send().await.unwrap();
        }
    }
}

async fn boots(shop: &Shop, members: std::ops::Range<u32>) {
    for member in members {
        shop.boot_member(&format!("m-{member}"), json!({})).await.expect(200);
    }
}

#[tokio::test]
async fn month_is_counted_and_a_future_one_is_empty() {
    let shop = Shop::open().await;
    assert_eq!(ask(&shop, "2026-11").await, json!({"month": "2026-11", "actives": 0, "final": false}));
    boots(&shop, 0..3).await;
    assert_eq!(ask(&shop, "2026-11").await, json!({"month": "2026-11", "actives": 3, "final": false}));
    for other in ["2026-10", "2000-01", "2026-12", "2999-12"] {
        assert_eq!(ask(&shop, other).await, json!({"month": other, "actives": 0, "final": false}));
    }
}

#[tokio::test]
async fn invalid_month_is_422_by_name() {
    let shop = Shop::open().await;
    for query in [
        "",
        "?month=",
        "?month=2026-13",
        "?month=2026-00",
        "?month=202611",
        "?month=2026-11-01",
        "?month=1999-12",
        "?month=3000-01",
        "?month=november",
        "?months=2026-11",
        "?month=%F0%9F%99%82",
    ] {
        let refused = shop.server("GET", &format!("/okyaku/v1/actives{query}")).send().await;
        refused.expect(422);
        assert_eq!(refused.fields(), ["month"], "{query}");
    }
    shop.request("GET", "/okyaku/v1/actives?month=2026-11").send().await.expect(401);
}

#[tokio::test]
async fn concurrent_boots_count_each_customer_once() {
    let shop = Shop::open().await;
    // One known member, a member who comes for the first time, a visitor with a veilId, and forty-seven others.
    shop.boot_member("known", json!({})).await.expect(200);
    shop.clock.set(DECEMBER);
    let body = |n: u32| match n % 5 {
        0 => json!({"memberId": "known", "memberHash": hash_of("known"), "profile": {"n": n}}),
        1 => json!({"memberId": "new", "memberHash": hash_of("new"), "profile": {"n": n}}),
        2 => json!({"veilId": VEIL, "profile": {"n": n}}),
        3 => json!({"memberId": format!("m-{n}"), "memberHash": hash_of(&format!("m-{n}"))}),
        _ => json!({}),
    };
    for answer in join_all((0..50).map(|n| shop.boot(body(n)))).await {
        answer.expect(200);
    }
    assert_eq!(count(&shop, "2026-12").await, 3 + 20);
    assert_eq!(count(&shop, "2026-11").await, 1);
}

#[tokio::test]
async fn write_with_a_lost_reply_counts_once() {
    let shop = Shop::open().await;
    for operation in ["TransactWriteItems", "PutItem"] {
        shop.recorder.lose_reply(operation);
        shop.boot_member("lee", json!({})).await.expect(200);
        shop.recorder.lose_reply(operation);
        shop.boot(json!({ "veilId": VEIL })).await.expect(200);
    }
    shop.recorder.lose_reply("PutItem");
    shop.boot(json!({})).await.expect(200);
    assert_eq!(count(&shop, "2026-11").await, 3);
}

#[tokio::test]
async fn visitor_and_its_member_count_as_one_from_the_next_month_on() {
    let shop = Shop::open().await;
    shop.boot(json!({ "veilId": VEIL })).await.expect(200);
    shop.boot_member("lee", json!({ "veilId": VEIL })).await.expect(200);
    assert_eq!(count(&shop, "2026-11").await, 2);
    shop.clock.set(DECEMBER);
    shop.boot_member("lee", json!({ "veilId": VEIL })).await.expect(200);
    assert_eq!(count(&shop, "2026-12").await, 1);
    assert_eq!(count(&shop, "2026-11").await, 2);
}

#[tokio::test]
async fn erasure_changes_no_count_and_a_new_record_counts_anew() {
    let shop = Shop::open().await;
    shop.boot(json!({ "veilId": VEIL })).await.expect(200);
    boots(&shop, 0..3).await;
    shop.boot_member("m-0", json!({ "veilId": VEIL })).await.expect(200);
    shop.server("DELETE", "/open/v5/users/@m-0").send().await.expect(204);
    assert_eq!(count(&shop, "2026-11").await, 4);
    shop.clock.advance(71_000);
    shop.sweep().await;
    assert_eq!(count(&shop, "2026-11").await, 4);
    shop.boot_member("m-0", json!({})).await.expect(200);
    assert_eq!(count(&shop, "2026-11").await, 5);
    shop.server("DELETE", "/open/v5/users/@m-0").send().await.expect(204);
    shop.clock.set(DECEMBER + DAY);
    shop.sweep().await;
    assert_eq!(ask(&shop, "2026-11").await, total("2026-11", 5));
}

#[tokio::test]
async fn month_total_is_put_a_day_after_its_end_and_outlives_markers() {
    let shop = Shop::open().await;
    boots(&shop, 0..3).await;
    shop.clock.set(DECEMBER + DAY - 1);
    boots(&shop, 3..4).await;
    shop.sweep().await;
    assert_eq!((count(&shop, "2026-11").await, count(&shop, "2026-12").await), (3, 1));
    shop.clock.set(DECEMBER + DAY);
    shop.sweep().await;
    assert_eq!(ask(&shop, "2026-11").await, total("2026-11", 3));
    shop.clock.set(DECEMBER + 40 * DAY);
    shop.sweep().await;
    expire(&shop).await;
    shop.clock.set(DECEMBER + 500 * DAY);
    shop.sweep().await;
    assert_eq!(ask(&shop, "2026-11").await, total("2026-11", 3));
    assert_eq!(ask(&shop, "2026-12").await, total("2026-12", 1));
    // Nobody came in the months after: that is a total too.
    assert_eq!(ask(&shop, "2027-06").await, total("2027-06", 0));
}

#[tokio::test]
async fn total_is_put_once_and_never_again() {
    let shop = Shop::open().await;
    boots(&shop, 0..2).await;
    shop.clock.set(DECEMBER + DAY);
    shop.sweep().await;
    expire(&shop).await;
    let dump = shop.dump().await;
    for _ in 0..3 {
        shop.sweep().await;
    }
    // As if the run had ended before it noted what it had done.
    let (table, note) = (&shop.base.backend.table, okyaku_store::items::marker::closed().attributes());
    table.client.delete_item().table_name(&table.name).set_key(Some(note)).send().await.unwrap();
    shop.sweep().await;
    assert_eq!(shop.dump().await, dump);
    assert_eq!(ask(&shop, "2026-11").await, total("2026-11", 2));
}

#[tokio::test]
async fn concurrent_sweeps_put_the_same_total() {
    let shop = Shop::open().await;
    boots(&shop, 0..5).await;
    shop.clock.set(DECEMBER + 33 * DAY);
    let all: Vec<_> = (0..10).map(|_| shop.another_instance()).collect();
    join_all(all.iter().map(Shop::sweep)).await;
    assert_eq!(ask(&shop, "2026-11").await, total("2026-11", 5));
    assert_eq!(ask(&shop, "2026-12").await, total("2026-12", 0));
}

#[tokio::test]
async fn sweep_closes_all_missed_months_of_each_channel() {
    let shop = Shop::open().await;
    shop.sweep().await;
    boots(&shop, 0..2).await;
    shop.clock.set(DECEMBER + 5 * DAY);
    boots(&shop, 0..1).await;
    let later = Channel::create(&shop, "Later", &[]).await;
    for _ in 0..4 {
        later.boot(&shop, json!({})).await.expect(200);
    }
    shop.clock.set(DECEMBER + 33 * DAY);
    boots(&shop, 0..2).await;
    shop.sweep().await;
    expire(&shop).await;
    assert_eq!(ask(&shop, "2026-11").await, total("2026-11", 2));
    assert_eq!(ask(&shop, "2026-12").await, total("2026-12", 1));
    let path = "/okyaku/v1/actives?month=2026-12";
    assert_eq!(later.server(&shop, "GET", path, &json!({})).await.body, total("2026-12", 4));
    // Before it was there, nobody came, and nothing was put.
    let path = "/okyaku/v1/actives?month=2026-11";
    let before = later.server(&shop, "GET", path, &json!({})).await;
    assert_eq!(before.body, json!({"month": "2026-11", "actives": 0, "final": false}));
}

#[tokio::test]
async fn month_with_expired_markers_gets_no_total() {
    for closed_before in [false, true] {
        let shop = Shop::open().await;
        if closed_before {
            shop.clock.set(DECEMBER + DAY);
            shop.sweep().await;
            assert_eq!(ask(&shop, "2026-11").await, total("2026-11", 0));
        }
        shop.clock.set(DECEMBER + DAY);
        boots(&shop, 0..2).await;
        shop.clock.set(DECEMBER + 31 * DAY);
        boots(&shop, 0..1).await;
        // The sweep was off for a year and more: December's first markers are 400 days old, January's are not.
        shop.clock.set(DECEMBER + DAY + 400 * DAY);
        shop.sweep().await;
        assert_eq!(count(&shop, "2026-12").await, 2);
        assert_eq!(ask(&shop, "2027-01").await, total("2027-01", 1));
    }
}

#[tokio::test]
async fn count_disturbed_by_an_erasure_is_taken_again() {
    let shop = Shop::open().await;
    boots(&shop, 0..5).await;
    shop.clock.set(DECEMBER + DAY);
    let disturbed = std::sync::atomic::AtomicU32::new(0);
    shop.recorder.inject(move |operation, request| {
        let counts = operation == "Query" && request["Select"] == "COUNT";
        let first = counts && disturbed.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
        first.then(|| (200, json!({"Count": 40, "ScannedCount": 40})))
    });
    shop.sweep().await;
    shop.recorder.heal();
    assert_eq!(ask(&shop, "2026-11").await, total("2026-11", 5));
}

#[tokio::test]
async fn month_that_cannot_be_closed_does_not_delay_an_erasure() {
    let shop = Shop::open().await;
    boots(&shop, 0..2).await;
    shop.server("DELETE", "/open/v5/users/@m-0").send().await.expect(204);
    shop.clock.set(DECEMBER + DAY);
    shop.recorder.inject(|operation, request| {
        let error =
            json!({"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "slow down"});
        (operation == "Query" && request["Select"] == "COUNT").then_some((400, error))
    });
    okyaku_engine::sweep::run(&shop.base.app::<okyaku_sweep::Access>()).await.unwrap_err();
    shop.recorder.heal();
    assert!(!shop.dump().await.contains("X#"), "the erasure is finished");
    assert_eq!(count(&shop, "2026-11").await, 2);
    shop.sweep().await;
    assert_eq!(ask(&shop, "2026-11").await, total("2026-11", 2));
}

#[tokio::test]
async fn total_names_nobody_and_belongs_to_its_channel() {
    let shop = Shop::open().await;
    boots(&shop, 0..2).await;
    let other = Channel::create(&shop, "Other", &[]).await;
    other.boot(&shop, json!({"memberId": "m-0"})).await.expect(200);
    shop.clock.set(DECEMBER + DAY);
    shop.sweep().await;
    expire(&shop).await;
    let path = "/okyaku/v1/actives?month=2026-11";
    assert_eq!(other.server(&shop, "GET", path, &json!({})).await.body, total("2026-11", 1));
    assert_eq!(ask(&shop, "2026-11").await, total("2026-11", 2));
    let totals = shop.items().await.into_iter().filter(|item| item.contains_key("actives"));
    for item in totals {
        let mut names: Vec<_> = item.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["actives", "f", "pk", "sk"]);
    }
}

/// Operations by name, in the order of the alphabet, and their units of reading and writing.
fn calls(shop: &Shop) -> (Vec<String>, (f64, f64)) {
    let mut names: Vec<String> = shop.recorder.calls().into_iter().map(|call| call.operation).collect();
    names.sort_unstable();
    (names, shop.recorder.units())
}

#[tokio::test]
async fn total_costs_1_r_a_count_16_queries_and_an_idle_sweep_1_r() {
    let shop = Shop::open().await;
    boots(&shop, 0..30).await;
    ask(&shop, "2026-11").await;
    shop.recorder.reset();
    ask(&shop, "2026-11").await;
    let (names, (read, write)) = calls(&shop);
    assert_eq!(names, vec!["Query"; 16]);
    assert!((8.0..=16.0).contains(&read) && write == 0.0, "{read} R, {write} W");
    assert!(shop.recorder.calls().iter().all(|call| call.request["ConsistentRead"] == true));
    shop.recorder.reset();
    ask(&shop, "2027-01").await;
    assert_eq!(calls(&shop).0, Vec::<String>::new());

    // A shop's first month: there is no note yet, and the channels say that there is nothing to close.
    shop.recorder.reset();
    shop.sweep().await;
    assert_eq!(calls(&shop).0, ["GetItem", "Query", "Query", "Query", "Query", "Query", "Query"]);

    shop.clock.set(DECEMBER + DAY);
    shop.recorder.reset();
    shop.sweep().await;
    let (names, (_, write)) = calls(&shop);
    // The erasure jobs and the other jobs; the note; the channels; the total that is not there, two counts, the total and the note.
    assert_eq!((names.iter().filter(|name| *name == "Query").count(), write), (5 + 1 + 32, 2.0), "{names:?}");

    shop.recorder.reset();
    shop.sweep().await;
    let (names, (_, write)) = calls(&shop);
    assert_eq!(
        (names, write),
        (["GetItem", "Query", "Query", "Query", "Query", "Query"].map(String::from).to_vec(), 0.0)
    );
    ask(&shop, "2026-11").await;
    shop.recorder.reset();
    assert_eq!(ask(&shop, "2026-11").await, total("2026-11", 30));
    assert_eq!(calls(&shop), (vec!["GetItem".to_owned()], (1.0, 0.0)));
}

#[tokio::test]
async fn closed_months_note_never_goes_back() {
    let shop = Shop::open().await;
    let closed = async || {
        let items = shop.items().await;
        let note = items.into_iter().find(|item| item["sk"].as_s().is_ok_and(|sk| sk == "closed"));
        note.unwrap()["month"].as_s().unwrap().clone()
    };
    shop.clock.set(DECEMBER + 40 * DAY);
    shop.sweep().await;
    assert_eq!(closed().await, "202612");
    shop.clock.set(DECEMBER + DAY);
    shop.sweep().await;
    assert_eq!(closed().await, "202612");
    let partition = format!("M#{DEVELOPMENT}");
    assert_eq!(shop.dump().await.matches(&partition).count(), 2, "November and December");
}
