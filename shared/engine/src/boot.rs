//! Boots, and a page's changes of its customer.

use okyaku_domain::command::boot::{self, Boot, Owner};
use okyaku_domain::command::page::{self, TagChange};
use okyaku_domain::customer::Customer;
use okyaku_domain::detail::Detail;
use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId, NaturalKey, VeilId};
use okyaku_domain::patch::Patch;
use okyaku_domain::record::Record;
use okyaku_domain::session::{self, Platform};
use okyaku_domain::time::Millis;
use okyaku_store::access::WriteCustomers;
use okyaku_store::erasure::has_room_for_link;
use okyaku_store::keyring::random;
use okyaku_store::loaded::{self, Found, State};
use okyaku_store::{Invocation, Store};

use crate::app::App;
use crate::customer_change::{CustomerChange, Target, change};
use crate::runner::{Command, Decision, run};

/// A finished boot.
#[derive(Debug)]
pub struct Booted {
    /// The customer of the boot.
    pub customer: Box<Customer>,
    /// The browser's veilId from now on.
    pub veil: VeilId,
    /// The fields that the boot dropped, with reasons.
    pub dropped: Vec<Detail>,
}

struct BootCommand<'a> {
    channel: &'a ChannelId,
    boot: &'a Boot,
    /// The veilId for a browser that needs a new veilId.
    fresh: VeilId,
}

/// The records at the ids that a boot names.
struct BootFound {
    member: Option<Found>,
    visitor: Option<Found>,
}

impl<'a, A: WriteCustomers> Command<A> for BootCommand<'a> {
    type Found = BootFound;
    type Write = CustomerChange<'a>;
    type Note = (VeilId, Vec<Detail>);

    async fn load(&mut self, store: &Store<A>) -> Result<BootFound, Error> {
        let member = self.boot.claim.as_ref().map(|claim| NaturalKey::Member(&claim.member_id));
        let visitor = self.boot.veil.as_ref().map(NaturalKey::Visitor);
        let first = |key| store.keys().customer_id(self.channel, key, 0);
        let (member_id, visitor_id) = (member.map(first), visitor.map(first));
        let wanted: Vec<&CustomerId> = member_id.iter().chain(&visitor_id).collect();
        // Read both records in one call. The member's record comes first.
        let mut found = store.records(self.channel, &wanted).await?.into_iter();
        let mut at_member = member_id.as_ref().and_then(|_| found.next().flatten());
        let at_visitor = found.next().flatten();
        // A member who came back after an erasure has a later generation.
        if let (Some(key), Some(id)) = (member, member_id) {
            at_member = store.follow_generation(self.channel, key, id, at_member).await?.1;
        }
        Ok(BootFound { member: at_member, visitor: at_visitor })
    }

    fn decide(
        &mut self,
        store: &Store<A>,
        found: BootFound,
        now: Millis,
    ) -> Result<Decision<Self::Write, Self::Note>, Error> {
        let (member, member_state) = loaded::split(found.member);
        let (visitor, visitor_state) = loaded::split(found.visitor);
        // Link the visitor only if one transaction can still erase the member with all links.
        let link_fits =
            visitor_state.as_ref().is_none_or(|visitor| has_room_for_link(member_state.as_ref(), visitor));
        let known = boot::Found { member: member.clone(), visitor: visitor.clone() };
        let ids = store.ids(self.channel);
        let decided = boot::decide(self.boot, known, &self.fresh, link_fits, &ids, now);
        decided.after.check_page()?;
        // Take the version of the record that the boot changes.
        let before = match decided.owner {
            Owner::Member => before(member, member_state),
            Owner::Visitor => before(visitor, visitor_state.clone()),
            Owner::New => None,
        };
        // The linked visitor is stored with its own version.
        let change = CustomerChange {
            link: decided.link.zip(visitor_state),
            adopted: decided.adopted,
            ..CustomerChange::new(self.channel, before, decided.after)
        };
        Ok(Decision::Write(change, (decided.veil, decided.dropped)))
    }
}

fn before(record: Option<Record>, state: Option<State>) -> Option<(Customer, State)> {
    match record {
        Some(Record::Live(customer)) => Some(*customer).zip(state),
        _ => None,
    }
}

/// Boots a page. A boot with nothing new costs 1 R, or 2 R for a member with a veilId, in one trip.
///
/// # Errors
/// [`Error::Blocked`], [`Error::Busy`] or [`Error::Internal`].
pub async fn boot<A: WriteCustomers>(
    app: &App<A>,
    channel: &ChannelId,
    boot: &Boot,
    invocation: &Invocation,
) -> Result<Booted, Error> {
    let command = BootCommand { channel, boot, fresh: VeilId::from_bytes(random()?) };
    let (customer, (veil, dropped)) = run(&app.store, command, invocation).await?;
    let customer = customer.ok_or_else(|| Error::internal("a boot was not stored"))?;
    Ok(Booted { customer, veil, dropped })
}

/// Notes that the customer of a session was seen.
///
/// # Errors
/// [`Error::Unauthorized`] if the visitor expired or became a member. [`Error::Erased`], [`Error::Busy`] or
/// [`Error::Internal`].
pub async fn touch_session<A: WriteCustomers>(
    app: &App<A>,
    channel: &ChannelId,
    session: &CustomerId,
    platform: Platform,
    invocation: &Invocation,
) -> Result<Box<Customer>, Error> {
    let seen = |customer: &mut Customer, now| {
        session::seen(customer, platform, now);
        Ok(())
    };
    Ok(change(&app.store, channel, Target::Session(session), None, invocation, seen).await?.0)
}

/// Applies a page's patch. Returns the customer and the fields that were dropped.
///
/// # Errors
/// The errors of [`touch_session`].
pub async fn update_session<A: WriteCustomers>(
    app: &App<A>,
    channel: &ChannelId,
    session: &CustomerId,
    patch: &Patch,
    invocation: &Invocation,
) -> Result<(Box<Customer>, Vec<Detail>), Error> {
    let update = |customer: &mut Customer, now| Ok(page::update(customer, patch, now));
    change(&app.store, channel, Target::Session(session), None, invocation, update).await
}

/// Adds or removes a page's tags.
///
/// # Errors
/// The errors of [`touch_session`], and [`Error::Invalid`] if the customer would have too many tags.
pub async fn change_session_tags<A: WriteCustomers>(
    app: &App<A>,
    channel: &ChannelId,
    session: &CustomerId,
    tags: &TagChange,
    invocation: &Invocation,
) -> Result<Box<Customer>, Error> {
    let update = |customer: &mut Customer, _| page::change_tags(customer, tags);
    Ok(change(&app.store, channel, Target::Session(session), None, invocation, update).await?.0)
}
