//! Storing events after their guard was read, and what a checkout does to the customer.

use std::collections::HashSet;

use okyaku_api::Call;
use okyaku_domain::channel::Channel;
use okyaku_domain::customer::Customer;
use okyaku_domain::error::Error;
use okyaku_domain::event::{Event, EventKey};
use okyaku_domain::shop_event::CHECKOUT_COMPLETE;
use okyaku_engine::App;
use okyaku_store::commit::{Commit, Outcome};
use okyaku_store::customers::Whom;

use crate::Access;

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stored {
    /// It is stored, now or before.
    Accepted,
    /// It was stored before.
    Duplicate,
}

/// Stores events of one customer and returns what became of each. A lone event and a retried batch learn which were
/// there before; a first batch is not asked about, because a replay lands on itself (R9).
pub(crate) async fn store(
    app: &App<Access>,
    channel: &Channel,
    guard: (&Customer, u64),
    events: &[&Event],
    retried: bool,
    call: &Call,
) -> Result<Vec<Stored>, Error> {
    let (customer, _) = guard;
    let keyed: Vec<(EventKey, &Event)> =
        events.iter().map(|event| (app.store.event_key(&channel.id, &customer.id, event), *event)).collect();
    let stored = match keyed.as_slice() {
        [] => Vec::new(),
        [(key, event)] => match app.store.put_event(channel, key, event, &call.invocation).await? {
            true => vec![Stored::Accepted],
            false => vec![Stored::Duplicate],
        },
        many => batch(app, channel, many, retried).await?,
    };
    let checkouts =
        events.iter().filter(|event| event.name == CHECKOUT_COMPLETE).map(|event| event.created_at);
    if let Some(at) = checkouts.max() {
        check_out(app, channel, guard, at, call).await?;
    }
    Ok(stored)
}

async fn batch(
    app: &App<Access>,
    channel: &Channel,
    events: &[(EventKey, &Event)],
    retried: bool,
) -> Result<Vec<Stored>, Error> {
    let mut seen: HashSet<String> = match retried {
        true => {
            app.store
                .stored_events(&channel.id, &events.iter().map(|(key, _)| key).collect::<Vec<_>>())
                .await?
        }
        false => HashSet::new(),
    };
    let mut new = Vec::new();
    let mut verdicts = Vec::with_capacity(events.len());
    for (key, event) in events {
        // Two equal keys in one batch: the second is a duplicate too.
        if seen.insert(key.to_string()) {
            new.push((key.clone(), *event));
            verdicts.push(Stored::Accepted);
        } else {
            verdicts.push(Stored::Duplicate);
        }
    }
    app.store.put_events(channel, &new).await?;
    Ok(verdicts)
}

/// Moves `lastCheckoutCompletedAt` forward. Being a maximum it is applied again on a duplicate, so that a crash
/// between the two writes cannot lose it. The customer that the guard read is tried first.
async fn check_out(
    app: &App<Access>,
    channel: &Channel,
    (before, version): (&Customer, u64),
    at: i64,
    call: &Call,
) -> Result<(), Error> {
    let mut after = before.clone();
    after.profile.checked_out(at);
    if after == *before {
        return Ok(());
    }
    after.settle(Some(before), app.now());
    let commit = Commit::new(&channel.id, Some((before, version)), after);
    if let Outcome::Stored(_) = app.store.commit(commit, &call.invocation).await? {
        return Ok(());
    }
    let change = |customer: &mut Customer, _| {
        customer.profile.checked_out(at);
        Ok(())
    };
    match app.store.update(&channel.id, Whom::Identity(&before.id), &call.invocation, change).await {
        // Erased or expired since the guard: there is nobody to note it of.
        Ok(_) | Err(Error::Erased | Error::NotFound(_)) => Ok(()),
        Err(error) => Err(error),
    }
}
