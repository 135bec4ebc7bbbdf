//! After an erasure no planted byte is anywhere: not in the table, the logs, the answers or the metrics (R12, R15).

use std::sync::{Arc, Mutex};
use std::time::Instant;

use okyaku_engine::Settings;
use okyaku_engine::metrics::Metrics;
use serde_json::{Value, json};
use support::canary::{EMAIL, MEMBER, Search, VEILS, plant, planted};
use support::log::Log;
use support::{Answer, NOW, Shop};

/// A shop and the lines of its metrics.
async fn open() -> (Shop, Arc<Mutex<Vec<u8>>>) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let settings = Settings {
        allow_development: true,
        origin_secret: Some("vouched".into()),
        require_origin: false,
        budgets: okyaku_engine::budgets::Budgets::default(),
        metrics: Metrics::new("test", lines.clone()),
    };
    (Shop::open_with(settings).await, lines)
}

async fn erase(shop: &Shop, by: Value) -> Answer {
    shop.server("POST", "/okyaku/v1/erasures").json(json!({ "by": by })).await
}

#[tokio::test]
async fn every_planted_canary_is_found_in_every_form() {
    let (shop, _) = open().await;
    plant(&shop).await;
    let found = Search::default().in_table(&shop).await;
    // What is never stored as it was said: hashes are, and of a User-Agent only what is read of it.
    let hashed = ["zqeventid", "zqpush", "zqagent", "zqpage", "zqtime", "zqhost7.example"];
    for canary in planted() {
        let stored = found.iter().any(|place| place.starts_with(&format!("{canary} ")));
        let veil = VEILS.iter().any(|veil| *veil == canary || veil.replace('-', "") == canary);
        if !stored && !veil && !hashed.contains(&canary.as_str()) {
            println!("canary {canary} is nowhere in the table, also before");
        }
    }
    assert!(found.len() > 40, "{found:#?}");
    println!("canary: {} planted, {} places in the table before", planted().len(), found.len());
    let search = Search::default();
    for form in ["xxZQMEMBER7xx".to_owned(), hex::encode("azqmember7"), hex::encode("ZQMEMBER7")] {
        assert_eq!(search.find(form.as_bytes()), ["zqmember7"]);
    }
    for text in ["zqmember7", "azqmember7", "abzqmember7c", "abczqmember7cd"] {
        assert_eq!(search.find(support::shop::base64(text.as_bytes()).as_bytes()), ["zqmember7"], "{text}");
    }
}

#[tokio::test]
async fn erasure_by_email_leaves_no_byte_of_a_member() {
    let (log, guard) = Log::capture();
    let (shop, metrics) = open().await;
    let begun = Instant::now();
    let (id, devices) = plant(&shop).await;
    for n in 0..100 {
        let event = |at: usize| {
            json!({"id": format!("zqeventid-{n}-{at}"), "name": "zqevent", "createdAt": NOW - at as i64,
            "property": {"zqproperty": "zqdeep"}})
        };
        let batch: Vec<Value> = (0..100).map(event).collect();
        shop.track(&devices[n % 3].token, batch.into()).await.expect(200);
    }
    let planted_in = begun.elapsed();
    let search = Search::default();
    assert!(search.in_table(&shop).await.len() > 10_000);
    let begun = Instant::now();
    let answer = erase(&shop, json!({ "email": EMAIL })).await;
    let answered_in = begun.elapsed();
    let receipt = answer.str("/erasure/id").to_owned();
    let mut answers = vec![answer];
    answers[0].expect(202);
    let begun = Instant::now();
    shop.sweep().await;
    shop.clock.advance(71_000);
    shop.sweep().await;
    let swept_in = begun.elapsed();
    let read = shop.server("GET", &format!("/okyaku/v1/erasures/{receipt}")).send().await;
    let deleted = json!({"customers": 4, "events": 10_004, "links": 3, "contacts": 8, "markers": 4});
    assert_eq!(read.expect(200)["erasure"]["status"], "done");
    assert_eq!(read.body["erasure"]["deleted"], deleted);
    assert_eq!(search.in_table(&shop).await, Vec::<String>::new());
    let left = shop.dump().await;

    // Who is late: the pages of every device, the server by each id, an older upsert.
    let late = json!([{"id": "zqeventid-late", "name": "zqevent", "createdAt": NOW}]);
    for token in devices.iter().flat_map(|device| [&device.visitor_token, &device.token]) {
        let refused = shop.track(token, late.clone()).await;
        assert_eq!(refused.expect(409)["commonErrorCode"], "ERASED");
        answers.push(refused);
    }
    let member = format!("@{MEMBER}");
    for user in devices.iter().map(|device| &device.visitor).chain([&id, &member]) {
        let event = json!({"name": "zqserverevent", "id": "zqeventid-late", "createdAt": NOW});
        let refused = shop.server("POST", &format!("/open/v5/users/{user}/events")).json(event).await;
        assert_eq!(refused.expect(409)["commonErrorCode"], "ERASED");
        answers.push(refused);
        for path in ["/open/v5/users/{}", "/open/v5/users/{}/events", "/okyaku/v1/contacts/{}"] {
            let gone = shop.server("GET", &path.replace("{}", user)).send().await;
            gone.expect(404);
            answers.push(gone);
        }
    }
    for who in [MEMBER, "another-member"] {
        let upsert = json!({"profile": {"email": EMAIL, "name": "zqname"}, "tags": ["zqtag"]});
        let refused = shop.server("PUT", &format!("/open/v5/users/@{who}")).json(upsert).await;
        assert_eq!(refused.expect(409)["commonErrorCode"], "ERASED");
        answers.push(refused);
    }
    assert_eq!(shop.dump().await, left, "what was refused left nothing");
    answers.push(read);
    for answer in &answers {
        assert_eq!(
            search.find(format!("{:?} {}", answer.headers, answer.text()).as_bytes()),
            Vec::<String>::new()
        );
    }
    drop(guard);
    let (logged, measured) = (log.text(), metrics.lock().unwrap().clone());
    assert!(logged.lines().count() > 100 && !measured.is_empty());
    assert_eq!(search.find(logged.as_bytes()), Vec::<String>::new(), "{logged}");
    assert_eq!(search.find(&measured), Vec::<String>::new());

    let again = shop.boot_member(MEMBER, json!({"veilId": VEILS[0]})).await;
    let user = &again.expect(200)["user"];
    assert_eq!((&user["profile"], &user["tags"], &user["name"]), (&json!({}), &json!([]), &Value::Null));
    assert_ne!(user["id"], id);
    assert_ne!(again.str("/veilId"), VEILS[0]);
    assert_eq!(shop.events(&member).await.len(), 0);
    println!(
        "canary: planted in {planted_in:?}, answered in {answered_in:?}, swept in {swept_in:?}, {} answers and {} bytes of \
         log searched",
        answers.len(),
        logged.len()
    );
}
