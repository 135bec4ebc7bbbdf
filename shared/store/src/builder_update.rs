//! Taking in what a builder says (R13): load → decide → put, repeated when another writer came first. No delivery needs
//! to be remembered: what is said twice, late or in another order changes nothing.

use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use futures_util::future::try_join_all;

use super::Store;
use super::access::ApplyBuilderUpdates;
use super::commit::{Commit, Outcome};
use super::events::event_item;
use super::failure::held;
use super::item::{self, number};
use super::keys::{self, PK};
use super::orders::{self, OrderChange, Owner};
use super::retry::{Invocation, Retry};
use okyaku_domain::builder_update::{CustomerUpdate, Order, Refund, VersionedEvent};
use okyaku_domain::channel::Channel;
use okyaku_domain::customer::{Customer, Record};
use okyaku_domain::error::Error;
use okyaku_domain::event::EventKey;
use okyaku_domain::id::CustomerId;
use okyaku_domain::id::NaturalKey;
use okyaku_domain::limit::REFUNDS;
use okyaku_domain::purchase::StoredOrder;
use okyaku_domain::rejection::Rejection;
use okyaku_domain::rejection_reason::RejectionReason;

/// Of when a builder's version of an event is, epoch ms.
const EVENT_VERSION: &str = "sv";

/// An order as it was read.
struct Read {
    hash: String,
    line: Option<(StoredOrder, u64)>,
    owner: Owner,
}

impl<A: ApplyBuilderUpdates> Store<A> {
    /// Takes in what a builder says of one member, who is created if need be. Returns what could not be kept.
    /// 1 R, and 1 W per KB if something changed; with contacts, or for a new member, a transaction as any commit; with an
    /// order 3 R and a transaction of 2 W per KB of the member, 2 W of the order and 2 W more for a new one. 1 W per KB of
    /// each event.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`]; then the delivery is to be repeated as a whole.
    pub async fn apply_builder_update(
        &self,
        channel: &Channel,
        update: &CustomerUpdate,
        invocation: &Invocation,
    ) -> Result<Vec<Rejection>, Error> {
        let mut retry = Retry::new(invocation);
        loop {
            let (id, record, order) = self.look(channel, update).await?;
            let now = self.now();
            let (before, mut after) = match record {
                Some(Record::Alive(customer, version)) => {
                    if customer.revived_after.is_some_and(|erased| update.is_of_before(erased)) {
                        return Ok(vec![erased()]);
                    }
                    (Some((customer.clone(), version)), *customer)
                }
                // Only whom the builder created after the erasure starts a new life (R12).
                Some(Record::Erased(tombstone)) => {
                    if update
                        .builder_created_at
                        .is_none_or(|builder_created_at| builder_created_at <= tombstone.erased_at)
                    {
                        return Ok(vec![erased()]);
                    }
                    let generation = tombstone.generation + 1;
                    let member = NaturalKey::Member(update.member.as_str());
                    let id = self.base.keys.customer_id(&channel.id, member, generation);
                    let new = Customer::new(id, generation, now);
                    (None, Customer { revived_after: Some(tombstone.erased_at), ..new })
                }
                None => (None, Customer::new(id, 0, now)),
            };
            after.member_id = Some(update.member.as_str().to_owned());
            let mut rejections = after.apply_builder_update(update);
            let change = match (&update.order, order) {
                (Some(given), Some(read)) => change(&mut after, given, read, now, &mut rejections),
                _ => None,
            };
            let before = before.as_ref().map(|(before, version)| (before.as_ref(), *version));
            let same = before.is_some_and(|(before, _)| *before == after);
            if !same || change.is_some() {
                if !same {
                    after.settle(before.map(|(before, _)| before), now);
                }
                let remembers = before.is_none().then(|| update.builder_created_at.unwrap_or(update.at));
                let id = after.id.clone();
                let commit = Commit { remembers, order: change, ..Commit::new(&channel.id, before, after) };
                match self.commit(commit, invocation).await? {
                    Outcome::Stored(customer) => after = *customer,
                    Outcome::Erased => return Ok(vec![erased()]),
                    Outcome::Lost | Outcome::Taken(_) => {
                        tracing::debug!(%id, "somebody else wrote first");
                        retry.wait().await?;
                        continue;
                    }
                }
            }
            rejections.extend(self.put_versioned_events(channel, &after, &update.events).await?);
            return Ok(rejections);
        }
    }

    /// The current life of a member, and the order that is spoken of.
    async fn look(
        &self,
        channel: &Channel,
        update: &CustomerUpdate,
    ) -> Result<(CustomerId, Option<Record>, Option<Read>), Error> {
        let member = NaturalKey::Member(update.member.as_str());
        let Some(order) = &update.order else {
            let (id, record) = self.current(&channel.id, member).await?;
            return Ok((id, record, None));
        };
        let first = self.base.keys.customer_id(&channel.id, member, 0);
        let hash = self.base.keys.order(&channel.id, &order.id);
        let (customer, line, owner) = (
            keys::customer(&channel.id, &first),
            keys::order(&channel.id, &first, &hash),
            keys::order_owner(&channel.id, &hash),
        );
        let mut found = self.batch_get(&[customer.clone(), line.clone(), owner.clone()], None).await?;
        let record = found.remove(&customer).map_or(Ok(None), |item| item::record(item, self.now()))?;
        let owner = orders::owner(found.get(&owner), self.now())?;
        let mut line = found.remove(&line);
        let (id, record) = self.follow_generation(&channel.id, member, first.clone(), record).await?;
        if id != first {
            line = self.get(keys::order(&channel.id, &id, &hash)).await?;
        }
        let line = line.map(orders::stored).transpose()?;
        Ok((id, record, Some(Read { hash, line, owner })))
    }

    /// Stores a builder's events, each unless a later version of it is there. 1 W per KB each.
    async fn put_versioned_events(
        &self,
        channel: &Channel,
        customer: &Customer,
        events: &[VersionedEvent],
    ) -> Result<Vec<Rejection>, Error> {
        let (late, good): (Vec<_>, Vec<_>) =
            events.iter().partition(|given| customer.is_of_before(given.event.created_at));
        try_join_all(good.into_iter().map(|given| async move {
            let key: EventKey = self.event_key(&channel.id, &customer.id, &given.event);
            let mut item = event_item(channel, &key, &given.event);
            item.insert(EVENT_VERSION.into(), number(given.version));
            let sent = self
                .client()
                .put_item()
                .table_name(self.table())
                .set_item(Some(item))
                .condition_expression("attribute_not_exists(#pk) OR #said <= :said")
                .expression_attribute_names("#pk", PK)
                .expression_attribute_names("#said", EVENT_VERSION)
                .expression_attribute_values(":said", number(given.version))
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await;
            held(sent)
        }))
        .await?;
        Ok(late.into_iter().map(|_| erased()).collect())
    }

    /// Takes in money given back for an order. One that is not known yet finds it when it comes, within 30 days.
    /// 1 R and 1 W while it waits; else 3 R and a transaction of 2 W per KB of the member and 2 W of the order.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn refund(
        &self,
        channel: &Channel,
        refund: &Refund,
        invocation: &Invocation,
    ) -> Result<Vec<Rejection>, Error> {
        let hash = self.base.keys.order(&channel.id, &refund.order);
        let mut retry = Retry::new(invocation);
        loop {
            let known = self.get(keys::order_owner(&channel.id, &hash)).await?;
            let (mut refunds, version) = match orders::owner(known.as_ref(), self.now())? {
                Owner::Known(id) => match self.give_back(channel, &id, &hash, refund, invocation).await? {
                    Some(rejections) => return Ok(rejections),
                    None => {
                        retry.wait().await?;
                        continue;
                    }
                },
                Owner::Waiting(refunds, version) => (refunds, Some(version)),
                Owner::Unknown => (std::collections::BTreeMap::new(), None),
            };
            let before = refunds.clone();
            if refunds.contains_key(&refund.id) || refunds.len() < REFUNDS {
                let amount = refunds.entry(refund.id.clone()).or_insert(refund.amount);
                *amount = (*amount).max(refund.amount);
            }
            if refunds == before || self.keep_waiting_refunds(&channel.id, &hash, &refunds, version).await? {
                return Ok(Vec::new());
            }
            retry.wait().await?;
        }
    }

    /// Notes a refund of a customer's order; `None` if somebody else wrote first.
    async fn give_back(
        &self,
        channel: &Channel,
        id: &CustomerId,
        hash: &str,
        refund: &Refund,
        invocation: &Invocation,
    ) -> Result<Option<Vec<Rejection>>, Error> {
        let (customer, line) = (keys::customer(&channel.id, id), keys::order(&channel.id, id, hash));
        let mut found = self.batch_get(&[customer.clone(), line.clone()], None).await?;
        let record = found.remove(&customer).map_or(Ok(None), |item| item::record(item, self.now()))?;
        let (Some(Record::Alive(before, version)), Some(line)) = (record, found.remove(&line)) else {
            return Ok(Some(vec![erased()]));
        };
        let (order, order_version) = orders::stored(line)?;
        let mut changed = order.clone();
        changed.give_back(&[(refund.id.clone(), refund.amount)].into());
        if changed == order {
            return Ok(Some(Vec::new()));
        }
        let (now, mut after) = (self.now(), Customer::clone(&before));
        after.purchases.change(Some(&order), &changed, now);
        if after != *before {
            after.settle(Some(&before), now);
        }
        let change =
            OrderChange { hash: hash.to_owned(), before: Some(order_version), after: changed, waited: None };
        let commit =
            Commit { order: Some(change), ..Commit::new(&channel.id, Some((&before, version)), after) };
        match self.commit(commit, invocation).await? {
            Outcome::Stored(_) => Ok(Some(Vec::new())),
            Outcome::Lost | Outcome::Taken(_) | Outcome::Erased => Ok(None),
        }
    }
}

/// What an order's word does to the order and to its customer's sums.
fn change(
    customer: &mut Customer,
    given: &Order,
    read: Read,
    now: i64,
    rejections: &mut Vec<Rejection>,
) -> Option<OrderChange> {
    let waited = match (&read.line, read.owner) {
        (None, Owner::Known(owner)) if owner != customer.id => {
            rejections.push(Rejection::new("order", RejectionReason::Foreign));
            return None;
        }
        (None, Owner::Waiting(refunds, version)) => Some((refunds, version)),
        _ => None,
    };
    if customer.is_of_before(given.at) {
        rejections.push(erased());
        return None;
    }
    let mut order = StoredOrder::of(given);
    if let Some((line, _)) = &read.line {
        let mut merged = line.clone();
        merged.merge(&order);
        order = merged;
    }
    if let Some((refunds, _)) = &waited {
        order.give_back(refunds);
    }
    let before = read.line.as_ref().map(|(line, _)| line);
    if before == Some(&order) {
        return None;
    }
    customer.purchases.change(before, &order, now);
    let (before, waited) = (read.line.map(|(_, version)| version), waited.map(|(_, version)| version));
    Some(OrderChange { hash: read.hash, before, after: order, waited })
}

fn erased() -> Rejection {
    Rejection::new("customer", RejectionReason::Erased)
}
