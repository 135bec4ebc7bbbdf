//! Orders (R13): reading an order with whose it is, and the writes of a change.

use okyaku_domain::command::order::Refunds;
use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId, NaturalKey};
use okyaku_domain::limit::WAITING_MS;
use okyaku_domain::purchase::StoredOrder;

use crate::access::{ApplyBuilderUpdates, Read};
use crate::guard::Guard;
use crate::items::attributes::{VERSION, number, text};
use crate::items::customer;
use crate::items::order::{self, OWNER, OrderOwner};
use crate::key::PK;
use crate::loaded::Found;
use crate::store::Store;
use crate::table::write::Write;

/// An order as it was read.
#[derive(Debug)]
pub struct FoundOrder {
    /// The keyed hash of its id.
    pub hash: String,
    /// The order in the customer's record, and its version.
    pub stored: Option<(StoredOrder, u64)>,
    /// Whose it is.
    pub owner: OrderOwner,
}

/// A decided change of an order, to be stored with its customer.
#[derive(Debug)]
pub struct OrderChange {
    /// The keyed hash of its id.
    pub hash: String,
    /// The version that was read; `None` for a new one.
    pub before: Option<u64>,
    /// What is to be stored.
    pub after: StoredOrder,
    /// For a new one whose refunds came first: the version of what waits for it.
    pub waited: Option<u64>,
}

impl OrderChange {
    /// The writes of the change. 2 W within a transaction, and 2 more for a new one.
    pub(crate) fn writes(
        &self,
        channel: &ChannelId,
        owner: &CustomerId,
        request: &str,
        now: i64,
    ) -> Result<Vec<Write>, Error> {
        let guard = Guard::new(self.before, request, now);
        let item =
            order::item(order::key(channel, owner, &self.hash), &self.after, guard.version(), request)?;
        let mut writes = vec![Write::put(item).when(|terms| guard.condition(terms))];
        if self.before.is_none() {
            let owned = Write::put(order::owner_item(channel, &self.hash, owner));
            writes.push(owned.when(|terms| {
                let own = format!("{} = {}", terms.name(OWNER), terms.value(text(owner.as_str())));
                match self.waited {
                    Some(version) => {
                        format!("{} = {} OR {own}", terms.name(VERSION), terms.value(number(version)))
                    }
                    None => format!("attribute_not_exists({}) OR {own}", terms.name(PK)),
                }
            }));
        }
        Ok(writes)
    }
}

impl<A: Read> Store<A> {
    /// The current record of a natural key together with an order of it. 3 R, and 2 more for who came back.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn current_with_order(
        &self,
        channel: &ChannelId,
        key: NaturalKey<'_>,
        order_id: &str,
    ) -> Result<(Option<Found>, FoundOrder), Error> {
        let first = self.keys().customer_id(channel, key, 0);
        let hash = self.keys().order(channel, order_id);
        let (record_key, order_key) = (customer::key(channel, &first), order::key(channel, &first, &hash));
        let owner_key = order::owner_key(channel, &hash);
        let mut found =
            self.batch_get(&[record_key.clone(), order_key.clone(), owner_key.clone()], None).await?;
        let record = found.remove(&record_key).map_or(Ok(None), |item| customer::read(item, self.now()))?;
        let owner = order::read_owner(found.get(&owner_key), self.now())?;
        let mut stored = found.remove(&order_key);
        let (id, record) = self.follow_generation(channel, key, first.clone(), record).await?;
        if id != first {
            stored = self.get(order::key(channel, &id, &hash)).await?;
        }
        let stored = stored.as_ref().map(order::read).transpose()?;
        Ok((record, FoundOrder { hash, stored, owner }))
    }

    /// A record together with one of its orders. 2 R.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn record_with_order(
        &self,
        channel: &ChannelId,
        id: &CustomerId,
        hash: &str,
    ) -> Result<(Option<Found>, Option<(StoredOrder, u64)>), Error> {
        let (record_key, order_key) = (customer::key(channel, id), order::key(channel, id, hash));
        let mut found = self.batch_get(&[record_key.clone(), order_key.clone()], None).await?;
        let record = found.remove(&record_key).map_or(Ok(None), |item| customer::read(item, self.now()))?;
        Ok((record, found.get(&order_key).map(order::read).transpose()?))
    }

    /// Whose an order is, by the keyed hash of its id. 1 R.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn order_owner(&self, channel: &ChannelId, hash: &str) -> Result<OrderOwner, Error> {
        let item = self.get(order::owner_key(channel, hash)).await?;
        order::read_owner(item.as_ref(), self.now())
    }
}

impl<A: ApplyBuilderUpdates> Store<A> {
    /// Keeps refunds for an order that has not come yet; `false` if somebody else wrote first. 1 W.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn keep_waiting_refunds(
        &self,
        channel: &ChannelId,
        hash: &str,
        refunds: &Refunds,
        before: Option<u64>,
    ) -> Result<bool, Error> {
        let version = before.unwrap_or(0) + 1;
        let item = order::waiting_item(channel, hash, refunds, version, self.now() + WAITING_MS)?;
        let write = Write::put(item).when(|terms| match before {
            Some(version) => format!("{} = {}", terms.name(VERSION), terms.value(number(version))),
            None => format!("attribute_not_exists({})", terms.name(PK)),
        });
        self.send(write).await
    }
}
