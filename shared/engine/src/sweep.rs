//! The work of the schedule: finishes erasures and ended channels, carries jobs on, and closes months.

use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt};
use okyaku_domain::erasure::Erasure;
use okyaku_domain::error::Error;
use okyaku_store::access::{ApplyBuilderUpdates, CountRejections, EndChannel, Total};
use okyaku_store::erasure::Log;

use crate::app::App;
use crate::erase::finish;
use crate::jobs;
use crate::metrics::Metric;

/// How long a run works. The function's timeout is a minute.
const WORK: Duration = Duration::from_secs(45);
/// Erasures that a run works on at once.
const PARALLEL: usize = 8;

/// The result of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Erasures that were open at the start, unreadable erasures included.
    pub open: usize,
    /// Erasures that the run finished, last sweep included.
    pub finished: usize,
    /// Events and journal entries that the run deleted.
    pub deleted: u64,
    /// Jobs that the run finished.
    pub jobs: usize,
}

/// Works on every open erasure until all are done or the time is up, then carries jobs on, and closes the months that are
/// over.
///
/// Erasures are independent. For example, a failed erasure waits for the next run, and the run finishes the
/// others.
///
/// # Errors
/// [`Error::Busy`] or [`Error::Internal`]. Finished work stays, and the next run goes on.
pub async fn run<A>(app: &App<A>) -> Result<Report, Error>
where
    A: EndChannel + Total + ApplyBuilderUpdates + CountRejections,
{
    let until = Instant::now() + WORK;
    let mut log = app.store.open_erasures().await?;
    // An ended channel waits for a day. It is no work yet, and no alarm.
    let now = app.now();
    log.erasures.retain(|erasure| erasure.may_empty(now));
    let mut report = Report { open: log.erasures.len() + log.unreadable.len(), ..Report::default() };
    // Measure the age before the work, so that the alarm sees the oldest erasure.
    let oldest = oldest(&log).map_or(0, |at| app.now() - at);
    let mut failed = None;
    // Work on several erasures at once, so that a failing or a large erasure does not delay small erasures.
    let work = log.erasures.into_iter().map(|erasure| work(app, erasure, until));
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
    let (jobs, waits) = jobs::work(app, until).await;
    report.jobs = jobs;
    failed = failed.or(waits);
    // Close months even after failed erasures. The run reports one of the errors at its end.
    failed = close_months(app, until).await.or(failed);
    // Write the metrics in every run, also without open erasures.
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

/// Returns when the oldest open erasure began. The id of an unreadable erasure has the time.
fn oldest(log: &Log) -> Option<i64> {
    let unreadable = log.unreadable.iter().filter_map(|id| Erasure::time_of(id));
    log.erasures.iter().map(|erasure| erasure.erased_at).chain(unreadable).min()
}

/// Returns how many events and journal entries the run deleted, and whether the erasure is done.
async fn work<A: EndChannel>(
    app: &App<A>,
    mut erasure: Erasure,
    until: Instant,
) -> (u64, Result<bool, Error>) {
    let deleted = |erasure: &Erasure| erasure.counts.events + erasure.counts.links;
    let before = deleted(&erasure);
    let done = finish(app, &mut erasure, until).await;
    (deleted(&erasure) - before, done)
}

/// Closes months, so that the month totals outlive the markers (R7).
///
/// Returns the error of a failed closing instead of stopping the run. The next run goes on.
async fn close_months<A: Total>(app: &App<A>, until: Instant) -> Option<Error> {
    match app.store.close_months(until).await {
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
