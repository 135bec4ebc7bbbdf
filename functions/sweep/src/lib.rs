//! Finishes what others began: erasures that did not fit into their request, and last sweeps (R12). On AWS it runs
//! every minute, locally every second. Running twice at once is harmless. Invoked with a command it erases a list.

pub mod bulk;

mod months;

use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt};
use okyaku_domain::erasure::Erasure;
use okyaku_domain::error::Error;
use okyaku_engine::App;
use okyaku_engine::metrics::Metric;
use okyaku_store::access;
use okyaku_store::erasure::Log;
use serde_json::{Value, json};

/// What this function may do to the table.
#[derive(Debug)]
pub struct Access;

impl access::Access for Access {
    const ACTIONS: &'static [&'static str] = &[
        "GetItem",
        "BatchGetItem",
        "Query",
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "BatchWriteItem",
        "Scan",
    ];
}
impl access::Read for Access {}
impl access::List for Access {}
impl access::PlaceTombstones for Access {}
impl access::Erase for Access {}
impl access::EndChannel for Access {}
impl access::Total for Access {}

/// How long one run works; its timeout is a minute.
const WORK: Duration = Duration::from_secs(45);

/// Erasures that are worked on at once.
const PARALLEL: usize = 8;

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Erasures that were open when it began.
    pub open: usize,
    /// Erasures that it finished, last sweep included.
    pub finished: usize,
    /// Items of persons that it deleted.
    pub deleted: u64,
}

/// Answers the schedule's event, or a command by its `action`.
///
/// # Errors
/// [`Error::Invalid`] for a command that is none, and those of [`run`] and [`bulk::erase`].
pub async fn handle(app: &App<Access>, event: Value) -> Result<Value, Error> {
    if event.get("action").is_some() {
        return bulk::erase(app, bulk::parse(event)?).await.map(|done| json!(done));
    }
    let report = run(app).await?;
    tracing::info!(open = report.open, finished = report.finished, deleted = report.deleted, "swept");
    Ok(json!(report))
}

/// Works on every open erasure until all are done or the time is up.
///
/// # Errors
/// [`Error::Busy`] or [`Error::Internal`]; what was done is kept, and the next run goes on.
pub async fn run(app: &App<Access>) -> Result<Report, Error> {
    let start = Instant::now();
    let log = app.store.open_erasures().await?;
    let mut report = Report { open: log.erasures.len() + log.unreadable.len(), ..Report::default() };
    let oldest = oldest(&log).map_or(0, |at| app.now() - at);
    let mut failed = None;
    // One erasure that cannot go on must not hold up the others, nor a large one many small ones.
    let work = log.erasures.into_iter().map(|erasure| work(app, erasure, start));
    for (deleted, done) in stream::iter(work).buffer_unordered(PARALLEL).collect::<Vec<_>>().await {
        report.deleted += deleted;
        match done {
            Ok(done) => report.finished += usize::from(done),
            Err(error) => {
                tracing::warn!(%error, "an erasure waits for the next run");
                failed.get_or_insert(error);
            }
        }
    }
    failed = months::close(app, start).await.or(failed);
    app.settings().metrics.put(
        app.now(),
        &[
            (Metric::OldestErasureSeconds, u64::try_from(oldest / 1000).unwrap_or(0)),
            (Metric::OpenErasures, (report.open - report.finished) as u64),
            (Metric::DeletedItems, report.deleted),
        ],
    );
    failed.map_or(Ok(report), Err)
}

/// When the oldest open erasure began; that of an unreadable one is in its id.
fn oldest(log: &Log) -> Option<i64> {
    let unreadable = log.unreadable.iter().filter_map(|id| Erasure::time_of(id));
    log.erasures.iter().map(|erasure| erasure.erased_at).chain(unreadable).min()
}

/// Returns how many items of persons went, and whether the erasure is done.
async fn work(app: &App<Access>, mut erasure: Erasure, start: Instant) -> (u64, Result<bool, Error>) {
    let deleted = |erasure: &Erasure| erasure.counts.events + erasure.counts.links;
    let before = deleted(&erasure);
    let done = finish(app, &mut erasure, start).await;
    (deleted(&erasure) - before, done)
}

/// The same for a whole channel.
async fn whole(app: &App<Access>, erasure: &mut Erasure, start: Instant) -> Result<bool, Error> {
    while erasure.emptied_at.is_none() {
        if start.elapsed() >= WORK || !app.store.empty_channel(erasure).await? {
            return Ok(false);
        }
    }
    if !erasure.is_due(app.now()) {
        return Ok(false);
    }
    app.store.last_scan(erasure, || start.elapsed() < WORK).await
}

/// Returns whether the erasure is done. Another worker may be at it: then it is the other's.
async fn finish(app: &App<Access>, erasure: &mut Erasure, start: Instant) -> Result<bool, Error> {
    if erasure.whole {
        return whole(app, erasure, start).await;
    }
    while erasure.emptied_at.is_none() {
        if start.elapsed() >= WORK || !app.store.empty_page(erasure).await? {
            return Ok(false);
        }
    }
    if !erasure.is_due(app.now()) || start.elapsed() >= WORK {
        return Ok(false);
    }
    app.store.last_sweep(erasure).await
}
