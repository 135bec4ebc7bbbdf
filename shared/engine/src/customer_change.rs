//! A change of a customer, as every command stores the change.
//!
//! The consequences of a change are derived here, so that every command includes the consequences.

use okyaku_domain::customer::Customer;
use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::time::Millis;
use okyaku_store::access::{Read, WriteCustomers};
use okyaku_store::commit::{CustomerWrite, Outcome};
use okyaku_store::items::contact_point::Lists;
use okyaku_store::loaded::{Loaded, State};
use okyaku_store::orders::OrderChange;
use okyaku_store::{Invocation, Store};

use crate::runner::{Command, Decision, Write, run};

/// A decided change of a customer.
#[derive(Debug)]
pub(crate) struct CustomerChange<'a> {
    pub(crate) channel: &'a ChannelId,
    /// The customer that was read. `None` for a new customer.
    pub(crate) before: Option<(Customer, State)>,
    pub(crate) after: Customer,
    /// The visitor that the change links.
    pub(crate) link: Option<(Box<Customer>, State)>,
    /// Whether the customer's contact points must be free (R10).
    pub(crate) unique: bool,
    /// The lists beside whose claims the contact points are registered (R10).
    pub(crate) beside: Option<Lists>,
    /// Whether a new visitor brought the veilId.
    pub(crate) adopted: bool,
    /// The time from which an erasure of the customer's address refuses the change, epoch ms.
    pub(crate) refused_by_erasures_since: Option<Millis>,
    /// An order that changes with the customer (R13).
    pub(crate) order: Option<OrderChange>,
}

impl<'a> CustomerChange<'a> {
    pub(crate) fn new(channel: &'a ChannelId, before: Option<(Customer, State)>, after: Customer) -> Self {
        Self {
            channel,
            before,
            after,
            link: None,
            unique: false,
            beside: None,
            adopted: false,
            refused_by_erasures_since: None,
            order: None,
        }
    }
}

impl<A: WriteCustomers> Write<A> for CustomerChange<'_> {
    type Stored = Box<Customer>;

    async fn commit(
        self,
        store: &Store<A>,
        now: Millis,
        invocation: &Invocation,
    ) -> Result<Outcome<Self::Stored>, Error> {
        let Self {
            channel,
            before,
            mut after,
            link,
            unique,
            beside,
            adopted,
            refused_by_erasures_since,
            order,
        } = self;
        let known = before.as_ref().map(|(before, _)| before);
        // A changed order writes the customer's item only if the customer differs too.
        let differs = order.is_none() || known != Some(&after);
        if differs && !after.stamp(known, now) {
            return Ok(Outcome::Stored(Box::new(after)));
        }
        let before = before.map(|(before, state)| (before.updated_at, state));
        let write = CustomerWrite {
            channel,
            before,
            after,
            link,
            unique,
            beside,
            adopted,
            refused_by_erasures_since,
            order,
        };
        store.commit(write, invocation).await
    }
}

/// The record that a change of an existing customer means.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target<'a> {
    /// The customer that a server means, following links.
    Person(&'a PersonRef),
    /// Exactly the record with this id.
    Record(&'a CustomerId),
    /// The record of a page's session.
    Session(&'a CustomerId),
}

impl Target<'_> {
    /// Finds the customer.
    pub(crate) async fn find<A: Read>(self, store: &Store<A>, channel: &ChannelId) -> Result<Loaded, Error> {
        match self {
            Self::Person(person) => store.find(channel, person).await,
            Self::Record(id) => store.find_record(channel, id).await,
            Self::Session(id) => store.find_session(channel, id).await,
        }
    }
}

/// A command that changes an existing customer.
struct Change<'a, F> {
    channel: &'a ChannelId,
    target: Target<'a>,
    /// The customer that an earlier step read. The first try uses this customer.
    first: Option<Loaded>,
    change: F,
}

impl<'a, A, F, N> Command<A> for Change<'a, F>
where
    A: WriteCustomers,
    F: FnMut(&mut Customer, Millis) -> Result<N, Error> + Send,
    N: Send,
{
    type Found = Loaded;
    type Write = CustomerChange<'a>;
    type Note = N;

    async fn load(&mut self, store: &Store<A>) -> Result<Loaded, Error> {
        match self.first.take() {
            Some(loaded) => Ok(loaded),
            None => self.target.find(store, self.channel).await,
        }
    }

    fn decide(
        &mut self,
        _: &Store<A>,
        Loaded { customer, state }: Loaded,
        now: Millis,
    ) -> Result<Decision<Self::Write, N>, Error> {
        let mut after = Customer::clone(&customer);
        let note = (self.change)(&mut after, now)?;
        Ok(Decision::Write(CustomerChange::new(self.channel, Some((*customer, state)), after), note))
    }
}

/// Applies `change` to an existing customer and stores the result if anything differs.
///
/// `change` may run several times. Returns the customer and the note of `change`. Costs 1 R. A stored change
/// costs 1 W per KB, and more if contact points change.
///
/// # Errors
/// The errors of the look-up and of `change`. [`Error::Busy`] if other writers keep coming first.
pub(crate) async fn change<A: WriteCustomers, N: Send>(
    store: &Store<A>,
    channel: &ChannelId,
    target: Target<'_>,
    first: Option<Loaded>,
    invocation: &Invocation,
    change: impl FnMut(&mut Customer, Millis) -> Result<N, Error> + Send,
) -> Result<(Box<Customer>, N), Error> {
    let (stored, note) = run(store, Change { channel, target, first, change }, invocation).await?;
    Ok((stored.ok_or_else(|| Error::internal("a change was not stored"))?, note))
}
