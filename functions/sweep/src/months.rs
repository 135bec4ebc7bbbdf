//! Closes months, so that their totals outlive the markers (R7).

use std::time::Instant;

use okyaku_domain::error::Error;
use okyaku_engine::App;

use crate::{Access, WORK};

/// Closes what is to be closed, as far as the time of the run that began at `start` allows. Returns why it could not:
/// that must not hold up the erasures, and the next run goes on.
pub(crate) async fn close(app: &App<Access>, start: Instant) -> Option<Error> {
    match app.store.close_months(start + WORK).await {
        Ok(0) => None,
        Ok(totals) => {
            tracing::info!(totals, "months are closed");
            None
        }
        Err(error) => {
            tracing::warn!(%error, "the closing of a month waits for the next run");
            Some(error)
        }
    }
}
