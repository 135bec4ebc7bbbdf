//! Applies news of an order, and lets an order change hands (R13).

use okyaku_domain::builder_update::{OrderNews, OrderUpdate};
use okyaku_domain::channel::Channel;
use okyaku_domain::command::order::{self, Claim, Known, OrderOutcome};
use okyaku_domain::customer::Customer;
use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::order::{OrderWithoutCustomer, StoredOrder};
use okyaku_domain::rejection::Rejection;
use okyaku_domain::rejection_reason::RejectionReason;
use okyaku_domain::time::Millis;
use okyaku_store::access::ApplyBuilderUpdates;
use okyaku_store::commit::Outcome;
use okyaku_store::items::order::OrderOwner;
use okyaku_store::loaded::{Found, Loaded};
use okyaku_store::orders::{FormerOwner, OrderBefore, OrderChange};
use okyaku_store::{Invocation, Store};

use crate::app::App;
use crate::customer_change::CustomerChange;
use crate::runner::{Command, Decision, Write, run};

/// How often an order that keeps moving is looked for.
const TRIES: usize = 5;

/// News of an order, and the customer that an update names, if any.
pub(super) struct OrderCommand<'a> {
    pub(super) channel: &'a ChannelId,
    /// The keyed hash of the order's id.
    pub(super) hash: String,
    pub(super) news: Option<&'a OrderNews>,
    pub(super) claim: Option<Claim>,
}

/// The known state of an order.
pub(super) struct FoundOrder {
    place: Place,
    /// The record of the customer that the update names.
    claimant: Option<Found>,
}

enum Place {
    /// In the record of a live customer, at a version.
    With(Loaded, StoredOrder, u64),
    /// In the record of an erased customer.
    Erased(CustomerId),
    /// The order has no customer. With the version of the owner item.
    Nobody(OrderWithoutCustomer, Option<u64>),
}

/// The write of an order.
pub(super) enum OrderWrite<'a> {
    Customer(Box<CustomerChange<'a>>),
    Nobody { channel: &'a ChannelId, hash: String, known: OrderWithoutCustomer, before: Option<u64> },
}

impl<A: ApplyBuilderUpdates> Write<A> for OrderWrite<'_> {
    type Stored = ();

    async fn commit(
        self,
        store: &Store<A>,
        now: Millis,
        invocation: &Invocation,
    ) -> Result<Outcome<()>, Error> {
        match self {
            Self::Customer(change) => Ok(match change.commit(store, now, invocation).await? {
                Outcome::Stored(_) => Outcome::Stored(()),
                Outcome::Lost | Outcome::Refused(_) => Outcome::Lost,
            }),
            Self::Nobody { channel, hash, known, before } => {
                let kept = store.keep_without_customer(channel, &hash, &known, before, invocation).await?;
                Ok(if kept { Outcome::Stored(()) } else { Outcome::Lost })
            }
        }
    }
}

type Decided<'a> = Decision<OrderWrite<'a>, Vec<Rejection>>;

impl<'a, A: ApplyBuilderUpdates> Command<A> for OrderCommand<'a> {
    type Found = FoundOrder;
    type Write = OrderWrite<'a>;
    type Note = Vec<Rejection>;

    async fn load(&mut self, store: &Store<A>) -> Result<FoundOrder, Error> {
        let place = self.place(store).await?;
        let claimant = match &self.claim {
            Some(claim) => store.record(self.channel, &claim.customer).await?,
            None => None,
        };
        Ok(FoundOrder { place, claimant })
    }

    fn decide(&mut self, _: &Store<A>, found: FoundOrder, now: Millis) -> Result<Decided<'a>, Error> {
        let claim = match (self.claim.clone(), found.claimant) {
            (Some(claim), Some(Found::Live(claimant))) => Some((claim, claimant)),
            (None, _) => None,
            // The customer was erased meanwhile.
            (Some(_), _) => return Ok(Decision::End(vec![Rejection::erased()])),
        };
        match found.place {
            Place::With(owner, stored, version) => self.of_owner(owner, (stored, version), claim, now),
            Place::Erased(id) => self.free(None, OrderBefore::Erased(id), claim, now),
            Place::Nobody(known, None) => self.free(Some(known), OrderBefore::New, claim, now),
            Place::Nobody(known, Some(version)) => {
                self.free(Some(known), OrderBefore::Nobody(version), claim, now)
            }
        }
    }
}

impl<'a> OrderCommand<'a> {
    /// Finds the order. Costs 1 R without a customer, 3 R with a live one and 4 R with an erased one.
    async fn place<A: ApplyBuilderUpdates>(&self, store: &Store<A>) -> Result<Place, Error> {
        let mut owner = store.order_owner(self.channel, &self.hash).await?;
        for _ in 0..TRIES {
            let id = match owner {
                OrderOwner::Known(id) => id,
                OrderOwner::Nobody(known, version) => return Ok(Place::Nobody(known, Some(version))),
                OrderOwner::Unknown => return Ok(Place::Nobody(OrderWithoutCustomer::default(), None)),
            };
            let found = store.record_with_order(self.channel, &id, &self.hash).await?;
            let is_live = match found {
                (Some(Found::Live(owner)), Some((order, version))) => {
                    return Ok(Place::With(owner, order, version));
                }
                (record, _) => matches!(record, Some(Found::Live(_))),
            };
            // The owner was erased, or the order left the owner between the two reads and may have come back.
            owner = store.order_owner(self.channel, &self.hash).await?;
            if !is_live && owner == OrderOwner::Known(id.clone()) {
                return Ok(Place::Erased(id));
            }
        }
        Err(Error::Busy)
    }

    /// Decides an order that a live customer has.
    fn of_owner(
        &self,
        owner: Loaded,
        (stored, version): (StoredOrder, u64),
        claim: Option<(Claim, Loaded)>,
        now: Millis,
    ) -> Result<Decided<'a>, Error> {
        let mut after = Customer::clone(&owner.customer);
        let mut claimant = claim.as_ref().map(|(_, loaded)| Customer::clone(&loaded.customer));
        let named = claim.as_ref().map(|(claim, _)| claim).zip(claimant.as_mut());
        let outcome = match order::decide_news((&mut after, &stored), self.news, named, now) {
            Ok(outcome) => outcome,
            Err(rejection) => return Ok(Decision::End(vec![rejection])),
        };
        let hash = self.hash.clone();
        let before = Some((*owner.customer, owner.state));
        let change = match outcome {
            OrderOutcome::Kept(order) if order == stored => {
                // A refund of an unknown amount changes only the customer.
                CustomerChange::new(self.channel, before, after)
            }
            OrderOutcome::Kept(order) => {
                let order = OrderChange::Keep { hash, order, before: OrderBefore::Own(version) };
                CustomerChange { order: Some(order), ..CustomerChange::new(self.channel, before, after) }
            }
            OrderOutcome::Freed(rest) => {
                let order = OrderChange::Free { hash, version, rest };
                CustomerChange { order: Some(order), ..CustomerChange::new(self.channel, before, after) }
            }
            OrderOutcome::Moved(order) => {
                let ((_, state), (_, loaded)) = before.zip(claim).ok_or_else(no_claimant)?;
                let former = FormerOwner { customer: after, state, version };
                let order = OrderChange::Keep { hash, order, before: OrderBefore::Other(Box::new(former)) };
                let after = claimant.ok_or_else(no_claimant)?;
                let before = Some((*loaded.customer, loaded.state));
                CustomerChange { order: Some(order), ..CustomerChange::new(self.channel, before, after) }
            }
        };
        Ok(Decision::Write(OrderWrite::Customer(Box::new(change)), Vec::new()))
    }

    /// Decides an order that no live customer has.
    fn free(
        &self,
        known: Option<OrderWithoutCustomer>,
        before: OrderBefore,
        claim: Option<(Claim, Loaded)>,
        now: Millis,
    ) -> Result<Decided<'a>, Error> {
        let hash = self.hash.clone();
        // The update names a customer, so the order may get the customer.
        if let Some((claim, loaded)) = claim
            && let Some(OrderNews::Version { order: given, .. }) = self.news
            && known.as_ref().is_none_or(|known| order::may_own(known, claim.since))
        {
            let mut after = Customer::clone(&loaded.customer);
            let known = known.as_ref().map_or(Known::Nothing, Known::Without);
            let order = match order::decide(&mut after, given, known, now) {
                Ok(order) => order.map(|order| OrderChange::Keep { hash, order, before }),
                Err(rejection) => return Ok(Decision::End(vec![rejection])),
            };
            let before = Some((*loaded.customer, loaded.state));
            let change = CustomerChange { order, ..CustomerChange::new(self.channel, before, after) };
            return Ok(Decision::Write(OrderWrite::Customer(Box::new(change)), Vec::new()));
        }
        // Only a version says what was bought. Without a customer it counts for nobody.
        let rejections = match self.news {
            Some(OrderNews::Version { .. }) => vec![Rejection::new("customer", RejectionReason::NoCustomer)],
            _ => Vec::new(),
        };
        let (Some(known), Some(news)) = (known, self.news) else {
            return Ok(Decision::End(vec![Rejection::erased()]));
        };
        let mut next = known.clone();
        next.apply(news);
        if next == known {
            return Ok(Decision::End(rejections));
        }
        let before = if let OrderBefore::Nobody(version) = before { Some(version) } else { None };
        let write = OrderWrite::Nobody { channel: self.channel, hash, known: next, before };
        Ok(Decision::Write(write, rejections))
    }
}

fn no_claimant() -> Error {
    Error::internal("an order moves to nobody")
}

/// Applies news of an order that name no customer.
///
/// News may come before their order. They wait for up to 30 days. For example, a refund on 1 March is applied when the
/// order comes on 3 March. News that wait cost 1 R and 1 W. News of a known order cost 3 R and a transaction: 2 W per KB
/// of the member and 2 W of the order, and 2 W more if the order loses its customer.
pub(super) async fn news<A: ApplyBuilderUpdates>(
    app: &App<A>,
    channel: &Channel,
    update: &OrderUpdate,
    invocation: &Invocation,
) -> Result<Vec<Rejection>, Error> {
    let hash = app.keys().order(&channel.id, &update.id);
    let command = OrderCommand { channel: &channel.id, hash, news: Some(&update.news), claim: None };
    Ok(run(&app.store, command, invocation).await?.1)
}
