//! Applies a builder's update of a member, with its order and events (R13).

use futures_util::future::try_join_all;
use okyaku_domain::builder_update::{CustomerUpdate, OrderNews};
use okyaku_domain::channel::Channel;
use okyaku_domain::command::builder_update as rules;
use okyaku_domain::command::order::{self, Claim, Known};
use okyaku_domain::customer::Customer;
use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId, NaturalKey};
use okyaku_domain::order::StoredOrder;
use okyaku_domain::record::Record;
use okyaku_domain::rejection::Rejection;
use okyaku_domain::time::Millis;
use okyaku_store::access::ApplyBuilderUpdates;
use okyaku_store::commit::Refusal;
use okyaku_store::items::order::OrderOwner;
use okyaku_store::loaded::{self, Found};
use okyaku_store::orders::{FoundOrder, OrderBefore, OrderChange};
use okyaku_store::{Invocation, Store};

use super::order::OrderCommand;
use crate::app::App;
use crate::customer_change::CustomerChange;
use crate::runner::{Command, Decision, run};

struct UpdateCommand<'a> {
    channel: &'a ChannelId,
    update: &'a CustomerUpdate,
}

/// The note of an applied update.
#[derive(Default)]
struct Applied {
    /// The decided customer. `None` if the update is about an erased record.
    customer: Option<Box<Customer>>,
    rejections: Vec<Rejection>,
    /// The hash of an order that someone else may have. Such an order is decided afterwards, together with its owner.
    contested: Option<String>,
}

impl Applied {
    fn erased() -> Self {
        Self { rejections: vec![Rejection::erased()], ..Self::default() }
    }
}

impl<'a, A: ApplyBuilderUpdates> Command<A> for UpdateCommand<'a> {
    type Found = (Option<Found>, Option<FoundOrder>);
    type Write = CustomerChange<'a>;
    type Note = Applied;

    async fn load(&mut self, store: &Store<A>) -> Result<Self::Found, Error> {
        let member = NaturalKey::Member(&self.update.member);
        match &self.update.order {
            None => Ok((store.current(self.channel, member).await?.1, None)),
            Some(order) => {
                let (found, order) = store.current_with_order(self.channel, member, &order.id).await?;
                Ok((found, Some(order)))
            }
        }
    }

    fn decide(
        &mut self,
        store: &Store<A>,
        (found, found_order): Self::Found,
        now: Millis,
    ) -> Result<Decision<Self::Write, Applied>, Error> {
        let (record, state) = loaded::split(found);
        let before = match &record {
            Some(Record::Live(customer)) => Some(Customer::clone(customer)).zip(state),
            _ => None,
        };
        // Decide the customer first. The order is then decided against the changed customer.
        let ids = store.ids(self.channel);
        let Some((mut after, mut rejections)) = rules::decide(self.update, record, &ids, now) else {
            return Ok(Decision::End(Applied::erased()));
        };
        let (mut changed, mut contested) = (None, None);
        if let (Some(given), Some(found)) = (&self.update.order, found_order) {
            match known(&found, &after.id.clone(), given.version) {
                None => contested = Some(found.hash),
                Some(known) => match order::decide(&mut after, given, known, now) {
                    Ok(order) => changed = order.map(|order| change_of(found, order)),
                    Err(rejection) => rejections.push(rejection),
                },
            }
        }
        let note = Applied { customer: Some(Box::new(after.clone())), rejections, contested };
        // An update that changes nothing writes nothing.
        if changed.is_none() && before.as_ref().is_some_and(|(before, _)| *before == after) {
            return Ok(Decision::End(note));
        }
        let since = rules::proof(self.update).refused_by_erasures_since().filter(|_| before.is_none());
        let change = CustomerChange {
            refused_by_erasures_since: since,
            order: changed,
            ..CustomerChange::new(self.channel, before, after)
        };
        Ok(Decision::Write(change, note))
    }

    async fn refused(&mut self, _: &Store<A>, refusal: Refusal) -> Result<Option<Applied>, Error> {
        match refusal {
            Refusal::Erased => Ok(Some(Applied::erased())),
            Refusal::Taken(_) => Ok(None),
        }
    }
}

/// Returns the known state of an order for the customer `id`. `None` if someone else may have the order.
fn known<'a>(found: &'a FoundOrder, id: &CustomerId, version: Millis) -> Option<Known<'a>> {
    match (&found.stored, &found.owner) {
        (Some((stored, _)), _) => Some(Known::Own(stored)),
        (None, OrderOwner::Known(owner)) if owner != id => None,
        (None, OrderOwner::Nobody(known, _)) if !order::may_own(known, version) => None,
        (None, OrderOwner::Nobody(known, _)) => Some(Known::Without(known)),
        (None, _) => Some(Known::Nothing),
    }
}

fn change_of(found: FoundOrder, order: StoredOrder) -> OrderChange {
    let before = match (found.stored, found.owner) {
        (Some((_, version)), _) => OrderBefore::Own(version),
        (None, OrderOwner::Nobody(_, version)) => OrderBefore::Nobody(version),
        (None, OrderOwner::Known(owner)) => OrderBefore::Erased(owner),
        (None, OrderOwner::Unknown) => OrderBefore::New,
    };
    OrderChange::Keep { hash: found.hash, order, before }
}

/// Applies an update of a member, and creates the member if needed.
///
/// - The read costs 1 R. A change costs 1 W per KB.
/// - Changed contact points, or a new member, need a transaction, as in any commit.
/// - An order costs 3 R and a transaction: 2 W per KB of the member, 2 W of the order, and 2 W more for a new
///   order. An order of another customer costs 4 R more. If it moves, the transaction costs 2 W per KB of both members
///   and 6 W.
/// - Each event costs 1 W per KB.
pub(super) async fn update<A: ApplyBuilderUpdates>(
    app: &App<A>,
    channel: &Channel,
    update: &CustomerUpdate,
    invocation: &Invocation,
) -> Result<Vec<Rejection>, Error> {
    let (customer, mut rejections) = member(app, channel, update, invocation).await?;
    let Some(customer) = customer else { return Ok(rejections) };
    // An event from before the record belongs to an erased record, so reject the event.
    let (early, good): (Vec<_>, Vec<_>) =
        update.events.iter().partition(|given| customer.precedes_record(given.event.created_at));
    let put = |given| app.store.put_versioned_event(channel, &customer.id, update.builder, given);
    let stored = try_join_all(good.into_iter().map(put)).await?;
    rejections.extend(early.into_iter().map(|_| Rejection::erased()));
    // A later version is stored, so this delivery came late or came again.
    rejections.extend(stored.into_iter().filter(|stored| !stored).map(|_| Rejection::outdated()));
    Ok(rejections)
}

/// Applies an update of a member except for events. Returns the member, or `None` for an erased member.
pub(super) async fn member<A: ApplyBuilderUpdates>(
    app: &App<A>,
    channel: &Channel,
    update: &CustomerUpdate,
    invocation: &Invocation,
) -> Result<(Option<Box<Customer>>, Vec<Rejection>), Error> {
    let command = UpdateCommand { channel: &channel.id, update };
    let (_, Applied { customer, mut rejections, contested }) = run(&app.store, command, invocation).await?;
    // Someone else may have the order. The latest update that names a customer decides.
    if let (Some(customer), Some(hash), Some(order)) = (&customer, contested, &update.order) {
        let news = OrderNews::Version { order: order.clone(), unowned: false };
        let claim = Some(Claim { customer: customer.id.clone(), since: order.version });
        let command = OrderCommand { channel: &channel.id, hash, news: Some(&news), claim };
        rejections.extend(run(&app.store, command, invocation).await?.1);
    }
    Ok((customer, rejections))
}
