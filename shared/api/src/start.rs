//! The start-up of a function on Lambda: logs, keys and table.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use okyaku_domain::budget::Rate;
use okyaku_engine::app::{App, Base, Settings};
use okyaku_engine::budgets::Budgets;
use okyaku_engine::metrics::Metrics;
use okyaku_store::Table;
use okyaku_store::access::Read;
use okyaku_store::clock::Clock;
use okyaku_store::keyring::{KeyError, Keys};
use okyaku_store::table::client::{connect, is_container_host, is_loopback};

/// The variable with the rate of a page session.
const PAGE_BUDGET: &str = "OKYAKU_PAGE_BUDGET";

/// Writes JSON log lines to standard output for CloudWatch. Call once.
///
/// The level comes from `RUST_LOG`, and is `INFO` by default. Only the level can be set, because a filter by
/// module would link a regex engine into every function.
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

/// Returns the application of a function, from the function's environment.
///
/// - `OKYAKU_TABLE`, `OKYAKU_HASH_KEY` and `OKYAKU_TOKEN_KEY` are needed.
/// - `OKYAKU_ORIGIN_SECRET`, `OKYAKU_STACK`, `OKYAKU_PAGE_BUDGET` and `AWS_ENDPOINT_URL_DYNAMODB` are optional.
///   Metrics need `OKYAKU_STACK`. `OKYAKU_REQUIRE_ORIGIN=yes` needs the origin secret.
/// - [`connect`] needs further variables.
///
/// # Errors
/// [`KeyError`] if a variable is missing or malformed. The function must not start then.
pub fn app<A>() -> Result<App<A>, KeyError> {
    let keys = Keys::from_env()?;
    let name = std::env::var("OKYAKU_TABLE").map_err(|_| KeyError::Missing("OKYAKU_TABLE"))?;
    let settings = settings()?;
    let endpoint = given("AWS_ENDPOINT_URL_DYNAMODB");
    let table = Table::new(connect(endpoint.as_deref())?, name);
    Ok(Base::new(table, keys, Clock::system(), settings).app())
}

/// Returns the settings from the environment: the variables of [`app`], keys and table left out.
///
/// # Errors
/// [`KeyError`] if a variable is malformed, or missing beside another one.
pub fn settings() -> Result<Settings, KeyError> {
    let endpoint = given("AWS_ENDPOINT_URL_DYNAMODB");
    let origin_secret = given("OKYAKU_ORIGIN_SECRET");
    let require_origin = given("OKYAKU_REQUIRE_ORIGIN").as_deref() == Some("yes");
    if require_origin && origin_secret.is_none() {
        return Err(KeyError::Missing("OKYAKU_ORIGIN_SECRET"));
    }
    Ok(Settings {
        // The development channel's secrets are public, so only this machine's own engine may serve that
        // channel. `sam local` runs the function in a container, where this machine has another name.
        allow_development: endpoint.as_deref().is_some_and(|url| is_loopback(url) || is_container_host(url)),
        origin_secret,
        require_origin,
        budgets: budgets(given(PAGE_BUDGET).as_deref())?,
        metrics: given("OKYAKU_STACK")
            .map(|stack| Metrics::new(&stack, Arc::new(Mutex::new(std::io::stdout()))))
            .unwrap_or_default(),
    })
}

/// Returns a variable of the environment that is not empty.
fn given(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Reads the rate of a session, in write units a second. 0 is no budget.
fn budgets(rate: Option<&str>) -> Result<Budgets, KeyError> {
    let Some(rate) = rate else { return Ok(Budgets::default()) };
    let rate: f64 = rate.parse().map_err(|_| KeyError::Number(PAGE_BUDGET))?;
    match (rate == 0.0, Rate::new(rate)) {
        (true, _) => Ok(Budgets::default()),
        (false, Some(rate)) => Ok(Budgets::new(rate)),
        (false, None) => Err(KeyError::Number(PAGE_BUDGET)),
    }
}

/// Returns the application like [`app`], with an open connection to the table.
///
/// Lambda gives a starting function a whole core. So the handshake is cheaper at the start than in the first
/// request. `OKYAKU_WARM=0` skips the handshake.
///
/// # Errors
/// The errors of [`app`], and [`KeyError::OtherTable`]. If the table is silent for a second, the start goes on. The first request will
/// report the error.
pub async fn connected<A: Read>() -> Result<App<A>, KeyError> {
    let app = app::<A>()?;
    if std::env::var("OKYAKU_WARM").as_deref() != Ok("0") {
        tokio::time::timeout(Duration::from_secs(1), app.store.check_key()).await.unwrap_or(Ok(()))?;
    }
    Ok(app)
}
