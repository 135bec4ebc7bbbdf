//! Applies the updates of a builder's delivery (R13).
//!
//! Repeated, late and reordered updates lead to the same state. So the table need not remember deliveries.

use futures_util::future::try_join_all;
use okyaku_domain::builder_update::{BuilderUpdate, CustomerUpdate, Refund};
use okyaku_domain::channel::Channel;
use okyaku_domain::command::builder_update as rules;
use okyaku_domain::command::order::{self, Known, Refunds};
use okyaku_domain::customer::Customer;
use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId, NaturalKey};
use okyaku_domain::purchase::StoredOrder;
use okyaku_domain::record::Record;
use okyaku_domain::rejection::Rejection;
use okyaku_domain::rejection_reason::RejectionReason;
use okyaku_domain::time::Millis;
use okyaku_store::access::ApplyBuilderUpdates;
use okyaku_store::commit::{Outcome, Refusal};
use okyaku_store::items::order::OrderOwner;
use okyaku_store::loaded::{self, Found};
use okyaku_store::orders::{FoundOrder, OrderChange};
use okyaku_store::{Invocation, Store};

use crate::app::App;
use crate::customer_change::CustomerChange;
use crate::erase::{self, ErasureOptions};
use crate::runner::{Command, Decision, Write, run};

/// Applies an update of a delivery. Returns the rejections.
///
/// # Errors
/// [`Error::Busy`] or [`Error::Internal`]. The builder then repeats the whole delivery.
pub async fn apply<A: ApplyBuilderUpdates>(
    app: &App<A>,
    channel: &Channel,
    update: BuilderUpdate,
    invocation: &Invocation,
) -> Result<Vec<Rejection>, Error> {
    match update {
        BuilderUpdate::Customer(update) => customer(app, channel, &update, invocation).await,
        BuilderUpdate::Refund(refund) => give_back(app, channel, &refund, invocation).await,
        // A builder's erasure also refuses data of unknown customers.
        BuilderUpdate::Erase { by, at } => {
            let options = ErasureOptions {
                unknown: true,
                verified: true,
                as_of: Some(at),
                ..ErasureOptions::default()
            };
            match erase::erase(app, channel, &by, options, invocation).await {
                Ok(_) => Ok(Vec::new()),
                // Only unverified customers have the address, so the shop must decide which customer is
                // meant.
                Err(Error::Ambiguous(_)) => Ok(vec![Rejection::new("customer", RejectionReason::Ambiguous)]),
                Err(error) => Err(error),
            }
        }
        BuilderUpdate::DataRequest { by, id, at } => {
            app.store.request_data(&channel.id, &by, &id, at).await?;
            Ok(Vec::new())
        }
        BuilderUpdate::EndChannel => {
            erase::end_channel(app, channel, invocation).await?;
            Ok(Vec::new())
        }
    }
}

struct UpdateCommand<'a> {
    channel: &'a ChannelId,
    update: &'a CustomerUpdate,
}

/// The note of an applied update: the decided customer, for the customer's events, and the rejections.
///
/// `None` if the update is about an erased record.
type Applied = (Option<Box<Customer>>, Vec<Rejection>);

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
            return Ok(Decision::End((None, vec![Rejection::erased()])));
        };
        let mut changed = None;
        if let (Some(given), Some(found)) = (&self.update.order, found_order) {
            let known = known(&found, &after.id.clone());
            match order::decide(&mut after, given, known, now) {
                Ok(order) => changed = order.map(|order| change_of(found, order)),
                Err(rejection) => rejections.push(rejection),
            }
        }
        let note = (Some(Box::new(after.clone())), rejections);
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
            Refusal::Erased => Ok(Some((None, vec![Rejection::erased()]))),
            Refusal::Taken(_) => Ok(None),
        }
    }
}

/// Returns the known state of an order for the customer `id`.
fn known<'a>(found: &'a FoundOrder, id: &CustomerId) -> Known<'a> {
    match (&found.stored, &found.owner) {
        (Some((stored, _)), _) => Known::Own(stored),
        // The order belongs to another customer.
        (None, OrderOwner::Known(owner)) if owner != id => Known::Foreign,
        (None, OrderOwner::Waiting(refunds, _)) => Known::Refunds(refunds),
        (None, _) => Known::Nothing,
    }
}

fn change_of(found: FoundOrder, after: StoredOrder) -> OrderChange {
    let waited = match (&found.stored, found.owner) {
        (None, OrderOwner::Waiting(_, version)) => Some(version),
        _ => None,
    };
    OrderChange { hash: found.hash, before: found.stored.map(|(_, version)| version), after, waited }
}

/// Applies an update of one member, and creates the member if needed.
///
/// - The read costs 1 R. A change costs 1 W per KB.
/// - Changed contact points, or a new member, need a transaction, as in any commit.
/// - An order costs 3 R and a transaction: 2 W per KB of the member, 2 W of the order, and 2 W more for a new
///   order.
/// - Each event costs 1 W per KB.
async fn customer<A: ApplyBuilderUpdates>(
    app: &App<A>,
    channel: &Channel,
    update: &CustomerUpdate,
    invocation: &Invocation,
) -> Result<Vec<Rejection>, Error> {
    let command = UpdateCommand { channel: &channel.id, update };
    let (_, (customer, mut rejections)) = run(&app.store, command, invocation).await?;
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

struct RefundCommand<'a> {
    channel: &'a ChannelId,
    hash: String,
    refund: &'a Refund,
}

/// The known state of a refund's order.
enum RefundFound {
    /// The order, and the order's customer.
    Order(Option<Found>, Option<(StoredOrder, u64)>),
    /// Refunds that wait for the order, and the version of their item.
    Waiting(Refunds, Option<u64>),
}

/// The write of a refund.
enum RefundWrite<'a> {
    Order(Box<CustomerChange<'a>>),
    Waiting { channel: &'a ChannelId, hash: String, refunds: Refunds, before: Option<u64> },
}

impl<A: ApplyBuilderUpdates> Write<A> for RefundWrite<'_> {
    type Stored = ();

    async fn commit(
        self,
        store: &Store<A>,
        now: Millis,
        invocation: &Invocation,
    ) -> Result<Outcome<()>, Error> {
        match self {
            Self::Order(change) => Ok(match change.commit(store, now, invocation).await? {
                Outcome::Stored(_) => Outcome::Stored(()),
                Outcome::Lost | Outcome::Refused(_) => Outcome::Lost,
            }),
            Self::Waiting { channel, hash, refunds, before } => {
                let kept = store.keep_waiting_refunds(channel, &hash, &refunds, before).await?;
                Ok(if kept { Outcome::Stored(()) } else { Outcome::Lost })
            }
        }
    }
}

impl<'a, A: ApplyBuilderUpdates> Command<A> for RefundCommand<'a> {
    type Found = RefundFound;
    type Write = RefundWrite<'a>;
    type Note = Vec<Rejection>;

    async fn load(&mut self, store: &Store<A>) -> Result<RefundFound, Error> {
        match store.order_owner(self.channel, &self.hash).await? {
            OrderOwner::Known(id) => {
                let (record, order) = store.record_with_order(self.channel, &id, &self.hash).await?;
                Ok(RefundFound::Order(record, order))
            }
            OrderOwner::Waiting(refunds, version) => Ok(RefundFound::Waiting(refunds, Some(version))),
            OrderOwner::Unknown => Ok(RefundFound::Waiting(Refunds::new(), None)),
        }
    }

    fn decide(
        &mut self,
        _: &Store<A>,
        found: RefundFound,
        now: Millis,
    ) -> Result<Decision<Self::Write, Self::Note>, Error> {
        let hash = self.hash.clone();
        let (record, stored) = match found {
            RefundFound::Order(record, stored) => (record, stored),
            RefundFound::Waiting(refunds, before) => {
                return Ok(match order::keep_waiting(&refunds, self.refund) {
                    None => Decision::End(Vec::new()),
                    Some(refunds) => {
                        let channel = self.channel;
                        Decision::Write(RefundWrite::Waiting { channel, hash, refunds, before }, Vec::new())
                    }
                });
            }
        };
        // Either the customer or the order was erased.
        let (Some(Found::Live(loaded)), Some((stored, version))) = (record, stored) else {
            return Ok(Decision::End(vec![Rejection::erased()]));
        };
        let mut after = Customer::clone(&loaded.customer);
        let Some(order) = order::refund(&mut after, &stored, self.refund, now) else {
            return Ok(Decision::End(Vec::new()));
        };
        let order = OrderChange { hash, before: Some(version), after: order, waited: None };
        let change = CustomerChange {
            order: Some(order),
            ..CustomerChange::new(self.channel, Some((*loaded.customer, loaded.state)), after)
        };
        Ok(Decision::Write(RefundWrite::Order(Box::new(change)), Vec::new()))
    }
}

/// Applies a refund of an order.
///
/// A refund may come before its order. Such a refund waits for up to 30 days. For example, a refund on 1
/// March is applied when the order comes on 3 March. A waiting refund costs 1 R and 1 W. A refund of a known
/// order costs 3 R and a transaction: 2 W per KB of the member and 2 W of the order.
async fn give_back<A: ApplyBuilderUpdates>(
    app: &App<A>,
    channel: &Channel,
    refund: &Refund,
    invocation: &Invocation,
) -> Result<Vec<Rejection>, Error> {
    let hash = app.keys().order(&channel.id, &refund.order);
    let command = RefundCommand { channel: &channel.id, hash, refund };
    let (_, rejections) = run(&app.store, command, invocation).await?;
    Ok(rejections)
}
