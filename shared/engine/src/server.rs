//! A server's writes of a customer: upsert, patch, touch, block, and the creation of a lead.

use okyaku_domain::command::lead;
use okyaku_domain::command::upsert::{self, Upsert};
use okyaku_domain::customer::Customer;
use okyaku_domain::detail::Detail;
use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId, NaturalKey};
use okyaku_domain::patch::Patch;
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::record::Record;
use okyaku_domain::sender::Sender;
use okyaku_domain::session::{self, Platform};
use okyaku_domain::time::Millis;
use okyaku_store::access::{List, Read, WriteCustomers};
use okyaku_store::commit::{Refusal, Registrant};
use okyaku_store::erasure::{RegisteredPerson, Registrants};
use okyaku_store::items::contact_point::Lists;
use okyaku_store::keyring::random;
use okyaku_store::loaded::{self, Found};
use okyaku_store::{Invocation, Store};

use crate::app::App;
use crate::customer_change::{CustomerChange, Target, change};
use crate::runner::{Command, Decision, run};

/// A server's stored write.
#[derive(Debug)]
pub struct Stored {
    /// The customer.
    pub customer: Box<Customer>,
    /// The refused fields of a partial patch, with reasons.
    pub dropped: Vec<Detail>,
}

struct UpsertCommand<'a> {
    channel: &'a ChannelId,
    upsert: Upsert<'a>,
}

impl<'a, A: WriteCustomers> Command<A> for UpsertCommand<'a> {
    type Found = Option<Found>;
    type Write = CustomerChange<'a>;
    type Note = Vec<Detail>;

    async fn load(&mut self, store: &Store<A>) -> Result<Self::Found, Error> {
        Ok(store.current(self.channel, NaturalKey::Member(self.upsert.member)).await?.1)
    }

    fn decide(
        &mut self,
        store: &Store<A>,
        found: Self::Found,
        now: Millis,
    ) -> Result<Decision<Self::Write, Vec<Detail>>, Error> {
        let (record, state) = loaded::split(found);
        let before = match &record {
            Some(Record::Live(customer)) => Some(Customer::clone(customer)).zip(state),
            _ => None,
        };
        // Only a new member is checked against erased addresses. An existing member may take any address.
        let since = self.upsert.proof().refused_by_erasures_since().filter(|_| before.is_none());
        let (after, refused) = upsert::decide(self.upsert, record, &store.ids(self.channel), now)?;
        let change = CustomerChange::new(self.channel, before, after);
        Ok(Decision::Write(CustomerChange { refused_by_erasures_since: since, ..change }, refused))
    }

    async fn refused(&mut self, _: &Store<A>, refusal: Refusal) -> Result<Option<Vec<Detail>>, Error> {
        match refusal {
            Refusal::Erased => Err(Error::Erased),
            Refusal::Taken(_) => Ok(None),
        }
    }
}

/// Creates or patches a member by the shop's own id.
///
/// # Errors
/// [`Error::Erased`] if the member or the address was erased and the upsert gives no permission to revive.
/// [`Error::Invalid`], [`Error::Busy`] or [`Error::Internal`].
pub async fn upsert<A: WriteCustomers>(
    app: &App<A>,
    channel: &ChannelId,
    upsert: Upsert<'_>,
    invocation: &Invocation,
) -> Result<Stored, Error> {
    let (customer, dropped) = run(&app.store, UpsertCommand { channel, upsert }, invocation).await?;
    let customer = customer.ok_or_else(|| Error::internal("an upsert was not stored"))?;
    Ok(Stored { customer, dropped })
}

/// Applies a server's patch to an existing customer.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Erased`], [`Error::Invalid`], [`Error::Busy`] or [`Error::Internal`].
pub async fn patch<A: WriteCustomers>(
    app: &App<A>,
    channel: &ChannelId,
    person: &PersonRef,
    patch: &Patch,
    invocation: &Invocation,
) -> Result<Stored, Error> {
    let apply =
        |customer: &mut Customer, now| customer.apply(patch, Sender::Server, now).map_err(Error::Invalid);
    let (customer, dropped) =
        change(&app.store, channel, Target::Person(person), None, invocation, apply).await?;
    Ok(Stored { customer, dropped })
}

/// Notes that a server saw the customer.
///
/// # Errors
/// The errors of [`patch`].
pub async fn touch<A: WriteCustomers>(
    app: &App<A>,
    channel: &ChannelId,
    person: &PersonRef,
    invocation: &Invocation,
) -> Result<Box<Customer>, Error> {
    let seen = |customer: &mut Customer, now| {
        session::seen(customer, Platform::Web, now);
        Ok(())
    };
    Ok(change(&app.store, channel, Target::Person(person), None, invocation, seen).await?.0)
}

/// Returns the customer for whom a server issues a session. Costs 1 R, and 1 R more for a link.
///
/// # Errors
/// The errors of the look-up, and [`Error::Blocked`].
pub async fn admit<A: Read>(
    app: &App<A>,
    channel: &ChannelId,
    person: &PersonRef,
) -> Result<Box<Customer>, Error> {
    let found = app.store.find(channel, person).await?;
    found.customer.check_page()?;
    Ok(found.customer)
}

/// Blocks or unblocks the customer.
///
/// # Errors
/// The errors of [`patch`].
pub async fn block<A: WriteCustomers>(
    app: &App<A>,
    channel: &ChannelId,
    person: &PersonRef,
    blocked: bool,
    invocation: &Invocation,
) -> Result<Box<Customer>, Error> {
    let block = |customer: &mut Customer, _| {
        customer.blocked = blocked;
        Ok(())
    };
    Ok(change(&app.store, channel, Target::Person(person), None, invocation, block).await?.0)
}

struct LeadCommand<'a> {
    channel: &'a ChannelId,
    id: CustomerId,
    patch: &'a Patch,
    /// Whether the caller wants the lead beside the claims of pages.
    force: bool,
}

/// The registrations of a lead's contact points.
#[derive(Default)]
struct Registered {
    /// The ids in the lists.
    lists: Lists,
    /// A customer that the shop knows by one of the contact points.
    known: Option<CustomerId>,
    /// A customer that a page made by a claim.
    claimant: Option<CustomerId>,
}

impl LeadCommand<'_> {
    /// Reads the registrations. Costs 1 R per contact point and per customer.
    async fn registered<A: List>(&self, store: &Store<A>) -> Result<Registered, Error> {
        let (lead, _) = lead::decide(self.id.clone(), self.patch, store.now())?;
        let mut found = Registered::default();
        for (point, _) in lead.contact_points() {
            let hash = store.keys().contact_point(self.channel, &point);
            let address = store.address(self.channel, point.kind, &hash, Registrants::VerifiedFirst).await?;
            for RegisteredPerson { loaded, verified } in address.registrants {
                let is_claim = !verified && loaded.customer.only_claims(&point);
                let place = if is_claim { &mut found.claimant } else { &mut found.known };
                place.get_or_insert(loaded.customer.id);
            }
            found.lists.insert(point.kind, address.listed.ids);
        }
        Ok(found)
    }
}

impl<'a, A: List + WriteCustomers> Command<A> for LeadCommand<'a> {
    type Found = Option<Registered>;
    type Write = CustomerChange<'a>;
    type Note = Vec<Detail>;

    async fn load(&mut self, store: &Store<A>) -> Result<Self::Found, Error> {
        // Without force the write itself finds out whether the contact points are free.
        Ok(if self.force { Some(self.registered(store).await?) } else { None })
    }

    fn decide(
        &mut self,
        _: &Store<A>,
        found: Self::Found,
        now: Millis,
    ) -> Result<Decision<Self::Write, Vec<Detail>>, Error> {
        let (lead, refused) = lead::decide(self.id.clone(), self.patch, now)?;
        let change = CustomerChange::new(self.channel, None, lead);
        let change = match found {
            None => CustomerChange { unique: true, ..change },
            // Only claims of pages give way.
            Some(Registered { known: Some(known), .. }) => {
                return Err(Error::AlreadyExists { user_id: known.to_string(), claimed: false });
            }
            Some(Registered { lists, .. }) => CustomerChange { beside: Some(lists), ..change },
        };
        Ok(Decision::Write(change, refused))
    }

    /// Answers a taken contact point with the id of the registered customer.
    ///
    /// If that customer was erased meanwhile, the contact point is free, and the command is tried again.
    async fn refused(&mut self, store: &Store<A>, refusal: Refusal) -> Result<Option<Vec<Detail>>, Error> {
        let registrant = match refusal {
            Refusal::Erased => None,
            Refusal::Taken(Registrant::Listed(id)) => Some(id),
            Refusal::Taken(Registrant::Overflow(kind, hash)) => {
                store.overflow_registrant(self.channel, kind, &hash).await?
            }
        };
        let Some(registrant) = registrant else { return Ok(None) };
        // Follow the link: a visitor who became a member answers as the member.
        let loaded = match store.find(self.channel, &PersonRef::Id(registrant)).await {
            Ok(loaded) => loaded,
            Err(Error::NotFound(_) | Error::Erased) => return Ok(None),
            Err(error) => return Err(error),
        };
        // Tell the claims of pages apart, and name a customer that the shop knows.
        let Registered { known, claimant, .. } = self.registered(store).await?;
        let claimed = known.is_none() && claimant.is_some();
        let id = known.or(claimant).unwrap_or(loaded.customer.id);
        Err(Error::AlreadyExists { user_id: id.to_string(), claimed })
    }
}

/// Creates a lead (R10). With `force` the lead is created beside the claims of pages.
///
/// # Errors
/// [`Error::AlreadyExists`] if a customer is registered for one of the contact points. [`Error::Invalid`],
/// [`Error::Busy`] or [`Error::Internal`].
pub async fn create_lead<A: List + WriteCustomers>(
    app: &App<A>,
    channel: &ChannelId,
    patch: &Patch,
    force: bool,
    invocation: &Invocation,
) -> Result<Stored, Error> {
    let command = LeadCommand { channel, id: CustomerId::from_bytes(random()?), patch, force };
    let (lead, dropped) = run(&app.store, command, invocation).await?;
    let customer = lead.ok_or_else(|| Error::internal("a lead was not stored"))?;
    Ok(Stored { customer, dropped })
}
