//! Finishes what others began: erasures that did not fit into their request, and last sweeps (R12). On AWS it runs
//! every minute, locally every second. Running twice at once is harmless. Invoked with a command it erases a list.

mod access;
pub mod command;

use std::time::{Duration, Instant};

use okyaku_domain::error::Error;
use okyaku_engine::{App, erase, sweep};
use serde_json::{Value, json};

use crate::command::Command;

pub use access::Access;

/// How long one invocation works on a list before it answers how far it came.
const WORK: Duration = Duration::from_secs(40);

/// Answers the schedule's event, or a command by its `action`.
///
/// # Errors
/// [`Error::Invalid`] for a command that is none, [`Error::NotFound`] for an unknown channel, and those of the work itself;
/// what was done is kept.
pub async fn handle(app: &App<Access>, event: Value) -> Result<Value, Error> {
    if event.get("action").is_some() {
        return erase_list(app, command::parse(event)?).await.map(|report| json!(report));
    }
    let report = sweep::run(app).await?;
    tracing::info!(open = report.open, finished = report.finished, deleted = report.deleted, "swept");
    Ok(json!(report))
}

/// Erases a list, for as long as one invocation may work.
///
/// # Errors
/// [`Error::NotFound`] for an unknown channel; [`Error::Busy`] or [`Error::Internal`]: what was done is kept.
pub async fn erase_list(app: &App<Access>, command: Command) -> Result<erase::ListReport, Error> {
    let Command::Erase { channel_id, by, values, dry_run } = command;
    let channel = app.store.channel(&channel_id).await?.ok_or(Error::NotFound("the channel"))?;
    erase::erase_list(app, &channel, &by, &values, dry_run, Instant::now() + WORK).await
}
