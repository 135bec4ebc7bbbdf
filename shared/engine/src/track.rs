//! Event tracking: storing events after their guard was read, and what a checkout does to the customer (R8, R9).

use std::collections::HashSet;

use okyaku_domain::channel::Channel;
use okyaku_domain::customer::Customer;
use okyaku_domain::error::Error;
use okyaku_domain::event::{Event, EventKey};
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::shop_event::CHECKOUT_COMPLETE;
use okyaku_domain::time::Millis;
use okyaku_store::Invocation;
use okyaku_store::access::{WriteCustomers, WriteEvents};
use okyaku_store::keyring::random;
use okyaku_store::loaded::Loaded;

use crate::app::App;
use crate::customer_change::{Target, change};

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tracked {
    /// It is stored, now or before.
    Accepted,
    /// It was stored before.
    Duplicate,
}

/// Whose events they are, as it was read: the guard of everything that is written after it.
#[derive(Debug)]
pub struct Owner(Loaded);

impl Owner {
    /// The customer.
    #[must_use]
    pub fn customer(&self) -> &Customer {
        &self.0.customer
    }
}

/// The customer of a page's session. Its events stay with exactly this record.
///
/// # Errors
/// [`Error::Unauthorized`] if the visitor expired: the page boots again. [`Error::Erased`] refuses the whole batch before
/// anything is stored. [`Error::Busy`] or [`Error::Internal`].
pub async fn session_owner<A: WriteEvents>(
    app: &App<A>,
    channel: &ChannelId,
    session: &CustomerId,
) -> Result<Owner, Error> {
    match app.store.find_record(channel, session).await {
        Err(Error::NotFound(_)) => Err(Error::Unauthorized("the session's visitor expired; boot again")),
        found => found.map(Owner),
    }
}

/// The customer that a server means. An event stays with the record its caller named, so an id's link is not followed.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Erased`], [`Error::Busy`] or [`Error::Internal`].
pub async fn named_owner<A: WriteEvents>(
    app: &App<A>,
    channel: &ChannelId,
    person: &PersonRef,
) -> Result<Owner, Error> {
    match person {
        PersonRef::Id(id) => app.store.find_record(channel, id).await.map(Owner),
        person => app.store.find(channel, person).await.map(Owner),
    }
}

/// An id for an event that its server gave none. Such an event is not deduplicated (R9).
///
/// # Errors
/// [`Error::Internal`] if there are no random bytes.
pub fn new_event_id() -> Result<String, Error> {
    Ok(hex::encode(random::<16>()?))
}

/// Stores events of one customer and returns what became of each. A lone event and a retried batch learn which were
/// there before; a first batch is not asked about, because a replay lands on itself (R9). 1 W per KB each, 1 R each for a
/// retried batch.
///
/// # Errors
/// [`Error::Busy`] or [`Error::Internal`]; then some may be stored, and the caller repeats them all.
pub async fn track<A: WriteEvents + WriteCustomers>(
    app: &App<A>,
    channel: &Channel,
    owner: Owner,
    events: &[&Event],
    retried: bool,
    invocation: &Invocation,
) -> Result<Vec<Tracked>, Error> {
    let customer = owner.customer();
    let keyed: Vec<(EventKey, &Event)> =
        events.iter().map(|event| (app.store.event_key(&channel.id, &customer.id, event), *event)).collect();
    let tracked = match keyed.as_slice() {
        [] => Vec::new(),
        [(key, event)] => match app.store.put_event(channel, key, event, invocation).await? {
            true => vec![Tracked::Accepted],
            false => vec![Tracked::Duplicate],
        },
        many => batch(app, channel, many, retried).await?,
    };
    let checkouts =
        events.iter().filter(|event| event.name == CHECKOUT_COMPLETE).map(|event| event.created_at);
    if let Some(at) = checkouts.max() {
        check_out(app, channel, owner, at, invocation).await?;
    }
    Ok(tracked)
}

async fn batch<A: WriteEvents>(
    app: &App<A>,
    channel: &Channel,
    events: &[(EventKey, &Event)],
    retried: bool,
) -> Result<Vec<Tracked>, Error> {
    let mut seen: HashSet<String> = match retried {
        true => {
            let keys: Vec<&EventKey> = events.iter().map(|(key, _)| key).collect();
            app.store.stored_events(&channel.id, &keys).await?
        }
        false => HashSet::new(),
    };
    let mut new = Vec::new();
    let mut tracked = Vec::with_capacity(events.len());
    for (key, event) in events {
        // Two equal keys in one batch: the second is a duplicate too.
        if seen.insert(key.to_string()) {
            new.push((key.clone(), *event));
            tracked.push(Tracked::Accepted);
        } else {
            tracked.push(Tracked::Duplicate);
        }
    }
    app.store.put_events(channel, &new).await?;
    Ok(tracked)
}

/// Moves `lastCheckoutCompletedAt` forward. Being a maximum it is applied again on a duplicate, so that a crash
/// between the two writes cannot lose it. The customer that the guard read is tried first.
async fn check_out<A: WriteCustomers>(
    app: &App<A>,
    channel: &Channel,
    Owner(loaded): Owner,
    at: Millis,
    invocation: &Invocation,
) -> Result<(), Error> {
    let mut after = loaded.customer.profile.clone();
    after.checked_out(at);
    if after == loaded.customer.profile {
        return Ok(());
    }
    let id = loaded.customer.id.clone();
    let check_out = |customer: &mut Customer, _| {
        customer.profile.checked_out(at);
        Ok(())
    };
    match change(&app.store, &channel.id, Target::Record(&id), Some(loaded), invocation, check_out).await {
        // Erased or expired since the guard: there is nobody to note it of.
        Ok(_) | Err(Error::Erased | Error::NotFound(_)) => Ok(()),
        Err(error) => Err(error),
    }
}
