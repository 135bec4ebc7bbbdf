//! Event tracking: stores events, and updates the customer after a checkout (R8, R9).

use std::collections::HashSet;

use okyaku_domain::channel::Channel;
use okyaku_domain::customer::Customer;
use okyaku_domain::error::Error;
use okyaku_domain::event::{Event, EventKey};
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::sender::Sender;
use okyaku_domain::shop_event::CHECKOUT_COMPLETE;
use okyaku_domain::time::Millis;
use okyaku_store::Invocation;
use okyaku_store::access::{WriteCustomers, WriteEvents};
use okyaku_store::keyring::random;
use okyaku_store::loaded::Loaded;

use crate::app::App;
use crate::customer_change::{Target, change};

/// The verdict on an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tracked {
    /// The event is stored. The caller may have stored the event before.
    Accepted,
    /// The event was stored before.
    Duplicate,
}

/// The customer who owns the events, as the store read the customer.
///
/// Reading the owner is the guard of every write after the read.
#[derive(Debug)]
pub struct Owner(Loaded);

impl Owner {
    /// Returns the customer.
    #[must_use]
    pub fn customer(&self) -> &Customer {
        &self.0.customer
    }
}

/// Returns the customer of a page's session.
///
/// The session's events stay with exactly this record.
///
/// # Errors
/// [`Error::Unauthorized`] if the visitor expired. The page then boots again. [`Error::Erased`] refuses the
/// whole batch before anything is stored, and [`Error::Blocked`] too. [`Error::Busy`] or [`Error::Internal`].
pub async fn session_owner<A: WriteEvents>(
    app: &App<A>,
    channel: &ChannelId,
    session: &CustomerId,
) -> Result<Owner, Error> {
    match app.store.find_record(channel, session).await {
        Err(Error::NotFound(_)) => Err(Error::Unauthorized("the session's visitor expired; boot again")),
        found => found.and_then(|loaded| loaded.customer.check_page().map(|()| Owner(loaded))),
    }
}

/// Returns the customer that a server means.
///
/// An event stays with the record that the caller named. So a customer's id leads to exactly that record,
/// linked or unlinked.
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

/// Returns an id for an event without an id.
///
/// Such an event is never recognised as a duplicate (R9).
///
/// # Errors
/// [`Error::Internal`] if the system gives no random bytes.
pub fn new_event_id() -> Result<String, Error> {
    Ok(hex::encode(random::<16>()?))
}

/// Stores a sender's events of one customer and returns a verdict on each event.
///
/// Only an earlier event of the same sender makes a duplicate.
///
/// A single event and a retried batch report duplicates. A first batch is stored without a look-up, because a
/// repeated event overwrites itself (R9). For example, a retried batch of 3 events with 1 stored event
/// reports 1 duplicate.
///
/// Costs 1 W per KB of each new event. A retried batch also costs 1 R per event.
///
/// # Errors
/// [`Error::Busy`] or [`Error::Internal`]. Some events may be stored then, so the caller repeats all events.
pub async fn track<A: WriteEvents + WriteCustomers>(
    app: &App<A>,
    channel: &Channel,
    owner: Owner,
    sender: Sender,
    events: &[&Event],
    retried: bool,
    invocation: &Invocation,
) -> Result<Vec<Tracked>, Error> {
    let customer = owner.customer();
    let key = |event: &Event| app.store.event_key(&channel.id, &customer.id, sender, event);
    let keyed: Vec<(EventKey, &Event)> = events.iter().map(|event| (key(event), *event)).collect();
    // A single put tells whether the event is new. A batch cannot tell.
    let tracked = match keyed.as_slice() {
        [] => Vec::new(),
        // The further copies of a single event are duplicates of it.
        [(key, event), copies @ ..] if copies.iter().all(|(copy, _)| copy == key) => {
            let first = match app.store.put_event(channel, key, event, invocation).await? {
                true => Tracked::Accepted,
                false => Tracked::Duplicate,
            };
            let copies = copies.iter().map(|_| Tracked::Duplicate);
            std::iter::once(first).chain(copies).collect()
        }
        many => batch(app, channel, many, retried).await?,
    };
    // The latest checkout of the batch counts.
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
    // Only a retry pays for the look-up of stored events.
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
        // The second of two equal keys in a batch is a duplicate too.
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

/// Moves `lastCheckoutCompletedAt` forward.
///
/// The time is a maximum, so a duplicate may apply the time again. A crash between the two writes therefore
/// loses nothing. The first try uses the customer that the guard read.
async fn check_out<A: WriteCustomers>(
    app: &App<A>,
    channel: &Channel,
    Owner(loaded): Owner,
    at: Millis,
    invocation: &Invocation,
) -> Result<(), Error> {
    // Skip the write if the time would stay the same.
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
        // The customer was erased or expired after the guard, so there is no customer to update.
        Ok(_) | Err(Error::Erased | Error::NotFound(_)) => Ok(()),
        Err(error) => Err(error),
    }
}
