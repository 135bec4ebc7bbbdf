//! Orders (R13): reads an order with its owner, and writes a change of an order.

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

/// An order as the store read the order.
#[derive(Debug)]
pub struct FoundOrder {
    /// The keyed hash of the order's id.
    pub hash: String,
    /// The order in the customer's record, and the order's version.
    pub stored: Option<(StoredOrder, u64)>,
    /// The owner of the order.
    pub owner: OrderOwner,
}

/// A decided change of an order. The change is stored with the customer.
#[derive(Debug)]
pub struct OrderChange {
    /// The keyed hash of the order's id.
    pub hash: String,
    /// The version that was read. `None` for a new order.
    pub before: Option<u64>,
    /// The order to store.
    pub after: StoredOrder,
    /// For a new order whose refunds came first: the version of the waiting refunds.
    pub waited: Option<u64>,
}

impl OrderChange {
    /// Returns the writes of the change. Costs 2 W within a transaction, and 2 W more for a new order.
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
        // A new order also gets its owner item, unless another customer owns the order or refunds changed
        // meanwhile.
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
    /// Returns the current record of a natural key, together with an order of the record.
    ///
    /// Costs 3 R. A record after an erasure costs 2 R more.
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
        // One call reads the record, the order and the owner.
        let mut found =
            self.batch_get(&[record_key.clone(), order_key.clone(), owner_key.clone()], None).await?;
        let record = found.remove(&record_key).map_or(Ok(None), |item| customer::read(item, self.now()))?;
        let owner = order::read_owner(found.get(&owner_key), self.now())?;
        let mut stored = found.remove(&order_key);
        let (id, record) = self.follow_generation(channel, key, first.clone(), record).await?;
        // The member came back after an erasure, so the order lies in the new generation's partition.
        if id != first {
            stored = self.get(order::key(channel, &id, &hash)).await?;
        }
        let stored = stored.as_ref().map(order::read).transpose()?;
        Ok((record, FoundOrder { hash, stored, owner }))
    }

    /// Returns a record together with one of its orders. Costs 2 R.
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

    /// Returns the owner of an order, by the keyed hash of the order's id. Costs 1 R.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn order_owner(&self, channel: &ChannelId, hash: &str) -> Result<OrderOwner, Error> {
        let item = self.get(order::owner_key(channel, hash)).await?;
        order::read_owner(item.as_ref(), self.now())
    }
}

impl<A: ApplyBuilderUpdates> Store<A> {
    /// Stores refunds that wait for their order. Costs 1 W.
    ///
    /// Returns `false` if another writer came first.
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
        // Two refunds at once must not overwrite each other.
        let write = Write::put(item).when(|terms| match before {
            Some(version) => format!("{} = {}", terms.name(VERSION), terms.value(number(version))),
            None => format!("attribute_not_exists({})", terms.name(PK)),
        });
        self.send(write).await
    }
}
