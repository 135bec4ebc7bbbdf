//! The runner of all jobs: does steps, and saves how far a job is.

use std::future::Future;
use std::time::{Duration, Instant};

use okyaku_domain::channel::Channel;
use okyaku_domain::error::Error;
use okyaku_domain::job::Job;
use okyaku_store::access::Erase;

use crate::app::App;

/// How often a run saves how far a job is.
const SAVE_EVERY: Duration = Duration::from_secs(5);

/// Works on the steps of jobs.
pub(crate) trait Worker<A>: Sync {
    /// Does the next steps of a job.
    fn steps(
        &self,
        app: &App<A>,
        channel: &Channel,
        job: &mut Job,
    ) -> impl Future<Output = Result<Steps, Error>> + Send;
}

/// What some steps of a job came to.
pub(crate) struct Steps {
    pub(crate) done: usize,
    pub(crate) rejected: usize,
    /// Whether nothing is left to do.
    pub(crate) ended: bool,
}

/// Works on a job until `until`. Returns whether the job is done.
pub(crate) async fn carry_on<A: Erase>(
    app: &App<A>,
    job: &mut Job,
    until: Instant,
    worker: &impl Worker<A>,
) -> Result<bool, Error> {
    // A channel that ended takes nothing more.
    let channel = app.store.channel(&job.channel).await?.filter(|channel| channel.erased_at.is_none());
    let Some(channel) = channel else { return app.store.end_job(job).await };
    let (mut saved, mut saved_at) = (job.clone(), Instant::now());
    let outcome = loop {
        if Instant::now() >= until {
            break Ok(false);
        }
        // A run that is killed loses little, and whoever asks sees how far the job is.
        if saved_at.elapsed() >= SAVE_EVERY && *job != saved {
            if !app.store.save_job(job).await? {
                return Ok(false);
            }
            (saved, saved_at) = (job.clone(), Instant::now());
        }
        match worker.steps(app, &channel, job).await {
            Ok(Steps { done, rejected, ended }) => {
                job.done += done;
                job.rejected += rejected;
                if ended {
                    break Ok(true);
                }
            }
            Err(error) => break Err(error),
        }
    };
    match outcome {
        Ok(true) => {
            let channel = channel.id.as_str();
            tracing::info!(channel, steps = job.done, rejected = job.rejected, "a job is done");
            // Whoever asks for the job after its end finds it apart from the open ones.
            if job.is_kept() {
                job.finish(app.now());
                app.store.keep_job(job).await?;
            }
            app.store.end_job(job).await
        }
        // The next run goes on here. If this is not stored, the next run repeats steps, which changes nothing.
        outcome => {
            if *job != saved {
                app.store.save_job(job).await?;
            }
            outcome
        }
    }
}
