//! The local files forget (R12): after an erasure is done, no file of the data folder has a byte of the person.

use std::path::Path;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use okyaku_engine::{Base, Settings};
use okyaku_local::engine::Engine;
use okyaku_local::gateway::Gateway;
use okyaku_local::sweep;
use okyaku_store::Table;
use okyaku_store::clock::Clock;
use okyaku_store::keyring::Keys;
use okyaku_store::table::{client, schema};
use serde_json::{Value, json};
use support::people::put;
use support::{NOW, Recorder, Shop};

/// What is looked for: in the profile, an address, a tag, an event's name and property, and an order.
const MARKS: [&str; 5] = ["zqprofilezq", "zqaddresszq", "zqtagzq", "zqeventzq", "zqpropertyzq"];

/// A shop on a data folder.
async fn shop_of(engine: &Engine) -> Shop {
    let recorder = Recorder::new(engine.http());
    let client = client::unsigned(SharedHttpClient::new(recorder.clone()));
    schema::create_table(&client, "okyaku").await.unwrap();
    let keys =
        Keys::new("a-hash-key-for-tests-of-32-letters", "t:a-token-key-for-tests-of-32-letters").unwrap();
    let clock = Clock::fixed(NOW);
    let settings = Settings { allow_development: true, ..Settings::default() };
    let base = Base::new(Table::new(client, "okyaku"), keys, clock.clone(), settings);
    okyaku_admin::create_development_channel(&base.app()).await.unwrap();
    Shop { gateway: Gateway::new(base.clone()), base, clock, recorder }
}

/// How a file may spell a mark: as it is, or in Base64, at each of the three places where it may begin.
fn spellings(mark: &str) -> Vec<String> {
    let inside = |before: usize| {
        let text = support::shop::base64(format!("{}{mark}", "x".repeat(before)).as_bytes());
        // The characters that depend on the neighbours are left out.
        text[(before * 8).div_ceil(6)..(before + mark.len()) * 8 / 6].to_owned()
    };
    vec![mark.to_owned(), inside(0), inside(1), inside(2)]
}

/// The marks in the files of the folder.
fn found(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for mark in MARKS {
            let is_there = |text: &String| bytes.windows(text.len()).any(|window| window == text.as_bytes());
            if spellings(mark).iter().any(is_there) {
                found.push(format!("{mark} in {}", path.file_name().unwrap().to_string_lossy()));
            }
        }
    }
    found
}

#[tokio::test]
async fn erased_person_is_in_no_file_of_the_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::file(folder.path()).unwrap();
    let shop = shop_of(&engine).await;
    let body =
        json!({"profile": {"note": "zqprofilezq", "email": "zqaddresszq@example.com"}, "tags": ["zqtagzq"]});
    put(&shop, "lee", body.clone()).await.expect(200);
    let token = shop.boot_member("lee", json!({})).await.str("/sessionToken").to_owned();
    for number in 0..20 {
        let event = |at: i64| {
            json!({"id": format!("{number}-{at}"), "name": "zqeventzq", "createdAt": NOW - at,
            "property": {"p": "zqpropertyzq".repeat(20)}})
        };
        let events: Vec<Value> = (0..100).map(event).collect();
        shop.track(&token, json!(events)).await.expect(200);
    }
    // Without the flag, a file that is too large to be written anew would keep what was deleted.
    let other = rusqlite::Connection::open_in_memory().unwrap();
    let secure: i64 = other.query_row("PRAGMA secure_delete", [], |row| row.get(0)).unwrap();
    assert_eq!(secure, 1, "SQLite must be built with SQLITE_SECURE_DELETE (.cargo/config.toml)");
    // Others stay, and keep the file from shrinking.
    for number in 0..50 {
        put(&shop, &format!("m{number}"), json!({"profile": {"note": "other".repeat(50)}})).await.expect(200);
    }
    let before = found(folder.path());
    for mark in MARKS {
        assert!(before.iter().any(|found| found.starts_with(mark)), "{mark} in {before:?}");
    }
    let by = json!({"by": {"memberId": "lee"}});
    let erasure = shop.server("POST", "/okyaku/v1/erasures").json(by).await;
    shop.clock.advance(71_000);
    let forget = engine.forget();
    assert!(!sweep::turn(&shop.gateway, &forget, false).await);
    let receipt =
        shop.server("GET", &format!("/okyaku/v1/erasures/{}", erasure.str("/erasure/id"))).send().await;
    assert_eq!(receipt.expect(200)["erasure"]["status"], "done");
    assert_eq!(found(folder.path()), Vec::<String>::new());
    // The others are there, and the engine goes on.
    shop.customer("@m7").await.expect(200);
    put(&shop, "m7", json!({"tags": ["still"]})).await.expect(200);
}

#[tokio::test]
async fn log_in_use_is_emptied_by_a_later_turn() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::file(folder.path()).unwrap();
    let shop = shop_of(&engine).await;
    put(&shop, "lee", json!({"profile": {"note": "zqprofilezq"}})).await.expect(200);
    shop.server("DELETE", "/open/v5/users/@lee").send().await.expect(204);
    shop.clock.advance(71_000);
    // A reader of the file holds the log.
    let reader = rusqlite::Connection::open(folder.path().join("okyaku.db")).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM sqlite_master").unwrap();
    let forget = engine.forget();
    assert!(sweep::turn(&shop.gateway, &forget, false).await, "it must be tried again");
    reader.execute_batch("COMMIT").unwrap();
    assert!(!sweep::turn(&shop.gateway, &forget, true).await);
    assert_eq!(found(folder.path()), Vec::<String>::new());
}
