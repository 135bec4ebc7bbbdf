//! The engine that the tests run on: the embedded one, or another one that `OKYAKU_TEST_DYNAMODB` names.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::TimeToLiveSpecification;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use okyaku_local::engine::Engine;
use okyaku_store::key::TTL;
use okyaku_store::table::{client, schema};

/// The URL of another engine, such as `http://127.0.0.1:4566`. It must be this machine's own: the tests create tables
/// and do not delete them.
const OTHER: &str = "OKYAKU_TEST_DYNAMODB";

/// An HTTP client of the engine: the inner end of a recorder, say.
///
/// One engine serves the whole test run; every shop has a table of its own in it.
pub fn http() -> SharedHttpClient {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    match other() {
        Some(_) => client::http_client(),
        None => ENGINE.get_or_init(|| Engine::memory().unwrap()).http(),
    }
}

/// A client of the engine, whose calls go through `http`.
pub fn client(http: SharedHttpClient) -> Client {
    match other() {
        Some(url) => client::loopback(&url, client::PLACEHOLDER, http),
        None => client::unsigned(http),
    }
}

/// Creates a table under a name that nobody had before: the other engine may still have those of an earlier run.
///
/// There it is without time to live: an engine that deletes by its own clock would delete what a shop's clock, which
/// stands at a fixed time, still keeps.
pub async fn fresh_table(client: &Client) -> String {
    static TABLES: AtomicU64 = AtomicU64::new(0);
    let number = TABLES.fetch_add(1, Ordering::SeqCst);
    let name = format!("shop-{}-{number}", std::process::id());
    schema::create_table(client, &name).await.unwrap();
    if other().is_some() {
        let none = TimeToLiveSpecification::builder().attribute_name(TTL).enabled(false).build().unwrap();
        client.update_time_to_live().table_name(&name).time_to_live_specification(none).send().await.unwrap();
    }
    name
}

fn other() -> Option<String> {
    let url = std::env::var(OTHER).ok().filter(|url| !url.is_empty())?;
    assert!(client::is_loopback(&url), "{OTHER} must be on this machine");
    Some(url)
}
