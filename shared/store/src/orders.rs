//! Orders (R13): reads an order with its owner, and writes a change of an order.

use okyaku_domain::customer::Customer;
use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId, NaturalKey};
use okyaku_domain::limit::WAITING_MS;
use okyaku_domain::order::{OrderWithoutCustomer, StoredOrder};
use okyaku_domain::time::Millis;

use crate::access::{ApplyBuilderUpdates, List, Read};
use crate::guard::Guard;
use crate::invocation::Invocation;
use crate::items::attributes::{REQUEST, VERSION, number, text};
use crate::items::customer;
use crate::items::order::{self, OWNER, OrderOwner};
use crate::key::PK;
use crate::loaded::{Found, State};
use crate::store::Store;
use crate::table::terms::Terms;
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
pub enum OrderChange {
    /// The customer has the order.
    Keep {
        /// The keyed hash of the order's id.
        hash: String,
        /// The order to store.
        order: StoredOrder,
        /// Where the order was before.
        before: OrderBefore,
    },
    /// The order leaves the customer, and is nobody's.
    Free {
        /// The keyed hash of the order's id.
        hash: String,
        /// The version of the order that was read.
        version: u64,
        /// What stays known of the order.
        rest: OrderWithoutCustomer,
    },
}

/// Where an order was before a change.
#[derive(Debug)]
pub enum OrderBefore {
    /// In the customer's own record, at this version.
    Own(u64),
    /// Nowhere.
    New,
    /// Without a customer, at this version of the owner item.
    Nobody(u64),
    /// In the record of an erased customer.
    Erased(CustomerId),
    /// In the record of another customer.
    Other(Box<FormerOwner>),
}

/// The customer that an order leaves for another customer.
#[derive(Debug)]
pub struct FormerOwner {
    /// The customer without the order.
    pub customer: Customer,
    /// The customer's state, as it was read.
    pub state: State,
    /// The version of the order that was read.
    pub version: u64,
}

impl OrderChange {
    /// Returns the writes of the change. Costs 2 W within a transaction, and 2 W more if the order gets or loses its
    /// customer. A move costs 6 W, and 2 W per KB of the former owner.
    pub(crate) fn writes(
        &self,
        channel: &ChannelId,
        owner: &CustomerId,
        request: &str,
        now: Millis,
    ) -> Result<Vec<Write>, Error> {
        let left = |from: &CustomerId, hash: &str, version: u64| {
            let guard = Guard::new(Some(version), request, now);
            let item = order::left(order::key(channel, from, hash), guard.version(), request, now);
            Write::put(item).when(|terms| guard.condition(terms))
        };
        let (hash, stored, before) = match self {
            Self::Keep { hash, order, before } => (hash, order, before),
            Self::Free { hash, version: read, rest } => {
                let until = now + WAITING_MS;
                // A version of its own: a writer that read an earlier item without a customer must not take this one for it.
                let version = u64::try_from(now).unwrap_or(1);
                let free = order::nobody_item(channel, hash, rest, (version, request), until)?;
                let free = Write::put(free).when(|terms| {
                    let (name, sent) = (terms.name(OWNER), terms.name(REQUEST));
                    let (own, request) = (terms.value(text(owner.as_str())), terms.value(text(request)));
                    format!("{name} = {own} OR {sent} = {request}")
                });
                return Ok(vec![left(owner, hash, *read), free]);
            }
        };
        let version = if let OrderBefore::Own(version) = before { Some(*version) } else { None };
        let guard = Guard::new(version, request, now);
        let item = order::item(order::key(channel, owner, hash), stored, guard.version(), request)?;
        let mut writes = vec![Write::put(item).when(|terms| guard.condition(terms))];
        // The owner item names the new owner, unless another writer changed the item meanwhile.
        let owned = Write::put(order::owner_item(channel, hash, owner));
        let owned = |known: &dyn Fn(&mut Terms) -> String| {
            owned.when(|terms| {
                let own = format!("{} = {}", terms.name(OWNER), terms.value(text(owner.as_str())));
                format!("{} OR {own}", known(terms))
            })
        };
        let of = |other: &CustomerId, terms: &mut Terms| {
            format!("{} = {}", terms.name(OWNER), terms.value(text(other.as_str())))
        };
        match before {
            OrderBefore::Own(_) => {}
            OrderBefore::New => {
                writes.push(owned(&|terms| format!("attribute_not_exists({})", terms.name(PK))));
            }
            OrderBefore::Nobody(version) => {
                let known = |terms: &mut Terms| {
                    format!("{} = {}", terms.name(VERSION), terms.value(number(*version)))
                };
                writes.push(owned(&known));
            }
            OrderBefore::Erased(other) => writes.push(owned(&|terms| of(other, terms))),
            OrderBefore::Other(former) => {
                writes.push(owned(&|terms| of(&former.customer.id, terms)));
                writes.push(left(&former.customer.id, hash, former.version));
            }
        }
        Ok(writes)
    }

    /// Returns the customer that the order leaves for another customer.
    pub(crate) fn former_owner(&self) -> Option<&FormerOwner> {
        match self {
            Self::Keep { before: OrderBefore::Other(former), .. } => Some(former),
            _ => None,
        }
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
        let stored = stored.map_or(Ok(None), |item| order::read(&item, self.now()))?;
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
        let order = found.get(&order_key).map_or(Ok(None), |item| order::read(item, self.now()))?;
        Ok((record, order))
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

impl<A: List> Store<A> {
    /// Returns the orders of a customer. Costs 1 R per 4 KB.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn orders(&self, channel: &ChannelId, id: &CustomerId) -> Result<Vec<StoredOrder>, Error> {
        Ok(self.journal_and_orders(channel, id).await?.1)
    }
}

impl<A: ApplyBuilderUpdates> Store<A> {
    /// Stores what is known of an order without a customer, for 30 days. Costs 1 W.
    ///
    /// Returns `false` if another writer came first.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn keep_without_customer(
        &self,
        channel: &ChannelId,
        hash: &str,
        known: &OrderWithoutCustomer,
        before: Option<u64>,
        invocation: &Invocation,
    ) -> Result<bool, Error> {
        let stored = (before.unwrap_or(0) + 1, invocation.id.as_str());
        let item = order::nobody_item(channel, hash, known, stored, self.now() + WAITING_MS)?;
        // Two updates at once must not overwrite each other.
        let write = Write::put(item).when(|terms| match before {
            Some(version) => format!("{} = {}", terms.name(VERSION), terms.value(number(version))),
            None => format!("attribute_not_exists({})", terms.name(PK)),
        });
        self.send(write).await
    }
}
