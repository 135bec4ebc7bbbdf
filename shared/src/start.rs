//! Start-up of a function on Lambda: logs, keys, table.

use crate::app::{App, Base, Settings};
use crate::clock::Clock;
use crate::keys::{KeyError, Keys};
use crate::store::Table;
use crate::store::client::{connect, is_loopback};

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
/// optionally `OKYAKU_ORIGIN_SECRET` and `AWS_ENDPOINT_URL_DYNAMODB`.
///
/// # Errors
/// [`KeyError`] if a variable is missing or malformed; the function must not start then.
pub async fn app<A>() -> Result<App<A>, KeyError> {
    let keys = Keys::from_env()?;
    let name = std::env::var("OKYAKU_TABLE").map_err(|_| KeyError::Missing("OKYAKU_TABLE"))?;
    let endpoint = std::env::var("AWS_ENDPOINT_URL_DYNAMODB").ok().filter(|url| !url.is_empty());
    let settings = Settings {
        // The development channel's secrets are public: it is answered from this machine's own engine only.
        allow_development: endpoint.as_deref().is_some_and(is_loopback),
        origin_secret: std::env::var("OKYAKU_ORIGIN_SECRET").ok().filter(|secret| !secret.is_empty()),
    };
    let table = Table::new(connect(endpoint.as_deref()).await, name);
    Ok(Base::new(table, keys, Clock::system(), settings).app())
}
