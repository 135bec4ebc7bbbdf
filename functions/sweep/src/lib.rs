//! Finishes what others began: erasures that did not fit into their request, and last sweeps (R12). On AWS it runs
//! every minute, locally every second. Running twice at once is harmless.

use std::time::{Duration, Instant};

use okyaku::App;
use okyaku::error::Error;
use okyaku::metrics::Metric;
use okyaku::store::access;
use okyaku::store::erasure::Job;

/// What this function may do to the table.
#[derive(Debug)]
pub struct Access;

impl access::Access for Access {
    const ACTIONS: &'static [&'static str] = &["Query", "UpdateItem", "DeleteItem", "BatchWriteItem"];
}
impl access::Read for Access {}
impl access::List for Access {}
impl access::Erase for Access {}

/// How long one run works; its timeout is a minute.
const WORK: Duration = Duration::from_secs(45);

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Erasures that were open when it began.
    pub open: usize,
    /// Erasures that it finished, last sweep included.
    pub finished: usize,
    /// Items that it deleted.
    pub deleted: u64,
}

/// Works on every open erasure until all are done or the time is up.
///
/// # Errors
/// [`Error::Busy`] or [`Error::Internal`]; what was done is kept, and the next run goes on.
pub async fn run(app: &App<Access>) -> Result<Report, Error> {
    let start = Instant::now();
    let jobs = app.store.jobs().await?;
    let mut report = Report { open: jobs.len(), ..Report::default() };
    let oldest = jobs.iter().map(|job| app.now() - job.erased_at).max().unwrap_or(0);
    let mut failed = None;
    for job in jobs {
        // One erasure that cannot go on must not hold up the others.
        if let Err(error) = work(app, job, start, &mut report).await {
            tracing::warn!(%error, "an erasure waits for the next run");
            failed.get_or_insert(error);
        }
    }
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

async fn work(app: &App<Access>, mut job: Job, start: Instant, report: &mut Report) -> Result<(), Error> {
    while !job.is_emptied() && start.elapsed() < WORK {
        let before = job.deleted;
        app.store.empty_page(&mut job).await?;
        report.deleted += job.deleted - before;
    }
    if job.is_emptied() && job.is_due(app.now()) && start.elapsed() < WORK {
        report.deleted += app.store.last_sweep(&job).await?;
        report.finished += 1;
    }
    Ok(())
}
