//! Acts on many contacts: each act is a job, begun by the request and carried on by `sweep`.

use std::time::Instant;

use futures_util::future::try_join_all;
use okyaku_domain::bulk::{BulkAction, BulkTarget};
use okyaku_domain::channel::Channel;
use okyaku_domain::customer::Customer;
use okyaku_domain::error::Error;
use okyaku_domain::filter::{Context, Filter, Keys};
use okyaku_domain::job::{Job, Work};
use okyaku_domain::person_ref::PersonRef;
use okyaku_store::Invocation;
use okyaku_store::access::{Erase, WriteCustomers};
use okyaku_store::keyring::random;
use okyaku_store::list::Place;
use okyaku_store::timeline::Order;

use crate::app::App;
use crate::contacts::{self, Budget, Search};
use crate::customer_change::{Target, change};
use crate::erase::{ErasureOptions, erase};
use crate::job_runner::{Steps, Worker, carry_on};

/// Contacts of one step.
const AT_ONCE: usize = 8;

/// Stores the job of an act, and works on it until `until`. Returns the job as far as it came.
///
/// Storing costs 1 W per KB. Each contact costs a read and a write of the customer.
///
/// # Errors
/// [`Error::Busy`] or [`Error::Internal`] if the job was not stored.
pub async fn begin<A: Erase + WriteCustomers>(
    app: &App<A>,
    channel: &Channel,
    action: BulkAction,
    target: BulkTarget,
    total: usize,
    until: Instant,
) -> Result<Job, Error> {
    let id = hex::encode(random::<16>()?);
    let work = Work::Bulk { action, target };
    let mut job = Job { total, ..Job::new(id, channel.id.clone(), app.now(), work) };
    app.store.put_job(&job).await?;
    // The job is stored, so whatever fails now is done by the next run.
    if let Err(error) = carry_on(app, &mut job, until, &BulkWorker).await {
        tracing::warn!(%error, "a job waits for the next run");
    }
    Ok(job)
}

/// Works on acts alone.
struct BulkWorker;

impl<A: Erase + WriteCustomers> Worker<A> for BulkWorker {
    async fn steps(&self, app: &App<A>, channel: &Channel, job: &mut Job) -> Result<Steps, Error> {
        match &job.work {
            Work::Bulk { .. } => steps(app, channel, job).await,
            _ => Err(Error::internal("the job is no act on contacts")),
        }
    }
}

/// Does the next steps of an act. A repeated step changes nothing.
pub(crate) async fn steps<A: Erase + WriteCustomers>(
    app: &App<A>,
    channel: &Channel,
    job: &mut Job,
) -> Result<Steps, Error> {
    let (done, begun_at) = (job.done, job.created_at);
    let Work::Bulk { action, target } = &mut job.work else {
        return Err(Error::internal("the job is no act on contacts"));
    };
    match target {
        BulkTarget::People(people) => {
            let next: Vec<&PersonRef> = people.iter().skip(done).take(AT_ONCE).collect();
            let ended = done + next.len() >= people.len();
            let rejected = act_on_all(app, channel, action, &next).await?;
            Ok(Steps { done: next.len(), rejected, ended })
        }
        BulkTarget::Filter { filter, query, since } => {
            // Durations count from the begin of the act, and whoever came later is not meant.
            let context = Context { time_zone: channel.time_zone(), now: begun_at, keys: Keys::All };
            let filter = Filter::parse(filter, context).ok();
            let filter = match (filter, &query) {
                (Some(filter), Some(query)) => filter.with_query(query, Keys::All).ok(),
                (filter, _) => filter,
            };
            // A filter that was right when the act began names a field that is gone.
            let Some(filter) = filter else {
                job.failed = true;
                return Ok(Steps { done: 0, rejected: 0, ended: true });
            };
            let place = since.as_deref().and_then(Place::parse);
            let search =
                Search { filter: &filter, order: Order::Ascending, since: place.as_ref(), limit: AT_ONCE };
            let page = contacts::search(&app.store, channel, search, Budget::of_page()).await?;
            let meant = page.customers.iter().filter(|customer| customer.created_at <= begun_at);
            let people: Vec<PersonRef> = meant.map(|customer| PersonRef::Id(customer.id.clone())).collect();
            let rejected = act_on_all(app, channel, action, &people.iter().collect::<Vec<_>>()).await?;
            let ended = page.next.as_ref().is_none_or(|next| next.created_at > begun_at);
            *since = page.next.map(|next| next.to_string());
            Ok(Steps { done: people.len(), rejected, ended })
        }
    }
}

/// Returns how many refused the act.
async fn act_on_all<A: Erase + WriteCustomers>(
    app: &App<A>,
    channel: &Channel,
    action: &BulkAction,
    people: &[&PersonRef],
) -> Result<usize, Error> {
    let acts = people.iter().map(|person| act(app, channel, action, person));
    Ok(try_join_all(acts).await?.into_iter().filter(|done| !done).count())
}

/// Acts on one person. Returns `false` if the person is unknown or erased, or refuses the act.
///
/// Each has an invocation of its own, because a write recognises its own repetition by it.
async fn act<A: Erase + WriteCustomers>(
    app: &App<A>,
    channel: &Channel,
    action: &BulkAction,
    person: &PersonRef,
) -> Result<bool, Error> {
    let invocation = Invocation::direct()?;
    let done = match action {
        BulkAction::Erase => {
            erase(app, channel, person, ErasureOptions::default(), &invocation).await.map(|_| ())
        }
        action => {
            let apply = |customer: &mut Customer, _| {
                action.apply(customer).map_err(|detail| Error::Invalid(vec![detail]))
            };
            change(&app.store, &channel.id, Target::Person(person), None, &invocation, apply)
                .await
                .map(|_| ())
        }
    };
    match done {
        Ok(()) => Ok(true),
        Err(Error::NotFound(_) | Error::Erased | Error::Invalid(_)) => Ok(false),
        Err(error) => Err(error),
    }
}
