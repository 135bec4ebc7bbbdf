//! Start-up of a function on Lambda: logs, keys, table.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use okyaku_engine::app::{App, Base, Settings};
use okyaku_engine::metrics::Metrics;
use okyaku_store::Table;
use okyaku_store::access::Read;
use okyaku_store::clock::Clock;
use okyaku_store::keyring::{KeyError, Keys};
use okyaku_store::table::client::{connect, is_loopback};

/// Writes JSON log lines to standard output, as CloudWatch reads them, down to the level in `RUST_LOG` (`INFO` without
/// it). A filter by module would link a regex engine into every function. Call once.
pub fn logs() {
    let level = std::env::var("RUST_LOG").ok().and_then(|level| level.parse().ok());
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_max_level(level.unwrap_or(tracing::Level::INFO))
        .without_time()
        .init();
}

/// The application of a function, from its environment: `OKYAKU_TABLE`, `OKYAKU_HASH_KEY`, `OKYAKU_TOKEN_KEY`, and
/// optionally `OKYAKU_ORIGIN_SECRET`, `OKYAKU_STACK` (no metrics without it) and `AWS_ENDPOINT_URL_DYNAMODB`; and what
/// [`connect`] needs.
///
/// # Errors
/// [`KeyError`] if a variable is missing or malformed; the function must not start then.
pub fn app<A>() -> Result<App<A>, KeyError> {
    let keys = Keys::from_env()?;
    let name = std::env::var("OKYAKU_TABLE").map_err(|_| KeyError::Missing("OKYAKU_TABLE"))?;
    let given = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let endpoint = given("AWS_ENDPOINT_URL_DYNAMODB");
    let settings = Settings {
        // The development channel's secrets are public: it is answered from this machine's own engine only.
        allow_development: endpoint.as_deref().is_some_and(is_loopback),
        origin_secret: given("OKYAKU_ORIGIN_SECRET"),
        metrics: given("OKYAKU_STACK")
            .map(|stack| Metrics::new(&stack, Arc::new(Mutex::new(std::io::stdout()))))
            .unwrap_or_default(),
    };
    let table = Table::new(connect(endpoint.as_deref())?, name);
    Ok(Base::new(table, keys, Clock::system(), settings).app())
}

/// As [`app`], with the connection to the table open: Lambda gives a starting function a whole core, so that the
/// handshake costs less there than in the first request. `OKYAKU_WARM=0` leaves it out.
///
/// # Errors
/// As [`app`]. A table that does not answer within a second is no error: the first request will tell.
pub async fn connected<A: Read>() -> Result<App<A>, KeyError> {
    let app = app::<A>()?;
    if std::env::var("OKYAKU_WARM").as_deref() != Ok("0") {
        tokio::time::timeout(Duration::from_secs(1), app.store.warm_up()).await.ok();
    }
    Ok(app)
}
