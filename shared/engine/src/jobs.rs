//! Jobs: long work is stored, and `sweep` carries it on.

use std::time::Instant;

use futures_util::future::try_join_all;
use okyaku_domain::builder::Builder;
use okyaku_domain::builder_update::BuilderUpdate;
use okyaku_domain::channel::Channel;
use okyaku_domain::error::Error;
use okyaku_domain::job::{Job, Work};
use okyaku_domain::limit::{JOB_BYTES, UPDATES_AT_ONCE};
use okyaku_domain::rejection::Rejection;
use okyaku_domain::sender::Sender;
use okyaku_store::Invocation;
use okyaku_store::access::{ApplyBuilderUpdates, CountRejections, Erase};
use okyaku_store::keyring::random;

use crate::app::App;
use crate::builder_update::apply;
use crate::bulk;
use crate::erase::erase_some;
use crate::job_runner::{Steps, Worker, carry_on};

/// Steps of a job that run at once.
const PARALLEL: usize = 8;

/// What became of a delivery.
#[derive(Debug, Default)]
pub struct Taken {
    /// The updates that are applied.
    pub applied: usize,
    /// The updates that a job will apply.
    pub queued: usize,
    /// The rejections of the applied updates.
    pub rejections: Vec<Rejection>,
}

/// Applies the updates of a delivery, or leaves them to a job if there are more than 20.
///
/// A builder waits a few seconds for the answer. For example, Cafe24 can withdraw 1,000 members by one delivery, and the
/// answer is there after one write.
///
/// # Errors
/// [`Error::Busy`] or [`Error::Internal`]. The builder then repeats the whole delivery.
pub async fn take<A: ApplyBuilderUpdates>(
    app: &App<A>,
    channel: &Channel,
    builder: Builder,
    updates: Vec<BuilderUpdate>,
    invocation: &Invocation,
) -> Result<Taken, Error> {
    let mut taken = Taken::default();
    if updates.len() > UPDATES_AT_ONCE {
        taken.queued = updates.len();
        for updates in parts(updates)? {
            let work = Work::Delivery { builder, updates };
            let job = Job::new(hex::encode(random::<16>()?), channel.id.clone(), app.now(), work);
            app.store.put_job(&job).await?;
        }
        return Ok(taken);
    }
    // In order. The first failure ends the delivery, and the builder repeats the delivery.
    for update in updates {
        taken.rejections.extend(apply(app, channel, update, invocation).await?);
        taken.applied += 1;
    }
    Ok(taken)
}

/// Splits updates, so that each part fits into an item.
fn parts(updates: Vec<BuilderUpdate>) -> Result<Vec<Vec<BuilderUpdate>>, Error> {
    let (mut parts, mut room): (Vec<Vec<BuilderUpdate>>, usize) = (Vec::new(), 0);
    for update in updates {
        let bytes = serde_json::to_vec(&update).map_err(Error::internal)?.len();
        match parts.last_mut().filter(|_| bytes <= room) {
            Some(part) => part.push(update),
            None => {
                room = JOB_BYTES.max(bytes);
                parts.push(vec![update]);
            }
        }
        room -= bytes;
    }
    Ok(parts)
}

/// Carries open jobs on until `until`, erasures first. Returns how many are done, and an error if one waits for the next
/// run.
pub(crate) async fn work<A>(app: &App<A>, until: Instant) -> (usize, Option<Error>)
where
    A: Erase + ApplyBuilderUpdates + CountRejections,
{
    let mut jobs = match app.store.open_jobs().await {
        Ok(jobs) => jobs,
        Err(error) => return (0, Some(error)),
    };
    jobs.sort_by_key(Job::rank);
    let (mut done, mut failed) = (0, None);
    for mut job in jobs {
        match carry_on(app, &mut job, until, &Sweeper).await {
            Ok(ended) => done += usize::from(ended),
            Err(error) => {
                tracing::warn!(%error, "a job waits for the next run");
                failed.get_or_insert(error);
            }
        }
    }
    (done, failed)
}

/// Works on jobs of every kind.
struct Sweeper;

impl<A> Worker<A> for Sweeper
where
    A: Erase + ApplyBuilderUpdates + CountRejections,
{
    async fn steps(&self, app: &App<A>, channel: &Channel, job: &mut Job) -> Result<Steps, Error> {
        match &job.work {
            Work::Delivery { builder, updates } => {
                let next: Vec<&BuilderUpdate> = updates.iter().skip(job.done).take(PARALLEL).collect();
                let applied = try_join_all(next.iter().map(|update| step(app, channel, update))).await?;
                let rejections: Vec<Rejection> = applied.into_iter().flatten().collect();
                app.store.count_rejections(&channel.id, Sender::Builder(*builder), &rejections).await;
                let ended = job.done + next.len() >= updates.len();
                Ok(Steps { done: next.len(), rejected: rejections.len(), ended })
            }
            Work::EraseAddress { kind, hash, turns } => {
                let nobody_left = erase_some(app, channel, (*kind, hash)).await?;
                Ok(Steps { done: 1, rejected: 0, ended: nobody_left || job.done + 1 >= *turns })
            }
            Work::Bulk { .. } => bulk::steps(app, channel, job).await,
        }
    }
}

/// Applies one update. Each has an invocation of its own, because a write recognises its own repetition by it.
async fn step<A: ApplyBuilderUpdates>(
    app: &App<A>,
    channel: &Channel,
    update: &BuilderUpdate,
) -> Result<Vec<Rejection>, Error> {
    apply(app, channel, update.clone(), &Invocation::direct()?).await
}

#[cfg(test)]
mod tests {
    use okyaku_domain::id::MemberId;
    use okyaku_domain::person_ref::PersonRef;

    use super::*;

    #[test]
    fn parts_fit_into_an_item_and_lose_nothing() {
        let erase = |number: usize| {
            let member = MemberId::parse(&format!("{number:064}")).unwrap();
            BuilderUpdate::Erase { by: PersonRef::Member(member), addresses: Vec::new(), at: 0 }
        };
        let updates: Vec<BuilderUpdate> = (1..=10_000).map(erase).collect();
        let parts = parts(updates.clone()).unwrap();
        assert!(parts.len() > 2);
        for part in &parts {
            assert!(serde_json::to_vec(part).unwrap().len() <= JOB_BYTES + 2 * part.len());
        }
        assert_eq!(parts.concat(), updates);
    }
}
