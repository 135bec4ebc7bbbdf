//! Finishes the work of other functions: erasures that outlast their request, and last sweeps (R12).
//!
//! The function runs every minute on AWS and every second locally. Two concurrent runs are harmless. An
//! invocation with a command erases a list.

mod access;
pub mod command;

use std::time::{Duration, Instant};

use okyaku_domain::error::Error;
use okyaku_engine::{App, erase, sweep};
use serde_json::{Value, json};

use crate::command::Command;

pub use access::Access;

/// How long an invocation works on a list. The answer then says how many values were handled.
const WORK: Duration = Duration::from_secs(40);

/// Answers the schedule's event, or a command by its `action`.
///
/// # Errors
/// [`Error::Invalid`] for a malformed command. [`Error::NotFound`] for an unknown channel. The errors of the
/// work itself. Finished work stays.
pub async fn handle(app: &App<Access>, event: Value) -> Result<Value, Error> {
    if event.get("action").is_some() {
        return erase_list(app, command::parse(event)?).await.map(|report| json!(report));
    }
    let report = sweep::run(app).await?;
    tracing::info!(open = report.open, finished = report.finished, deleted = report.deleted, "swept");
    Ok(json!(report))
}

/// Erases a list, for as long as an invocation may work.
///
/// # Errors
/// [`Error::NotFound`] for an unknown channel. [`Error::Busy`] or [`Error::Internal`]. Finished work stays.
pub async fn erase_list(app: &App<Access>, command: Command) -> Result<erase::ListReport, Error> {
    let Command::Erase { channel_id, by, values, dry_run } = command;
    let channel = app.store.channel(&channel_id).await?.ok_or(Error::NotFound("the channel"))?;
    erase::erase_list(app, &channel, &by, &values, dry_run, Instant::now() + WORK).await
}
