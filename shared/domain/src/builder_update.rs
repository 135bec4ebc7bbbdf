//! Builder updates (R13): the parsed deliveries of a builder.
//!
//! The updates are about members, orders and erasures, and the builder's own clock dates the updates. An
//! update is true whenever it arrives, so any order of deliveries ends in one state.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::builder::Builder;
use super::contact_point::ContactPoint;
use super::event::Event;
use super::id::MemberId;
use super::person_ref::PersonRef;
use super::rejection::Rejection;
use super::time::Millis;

/// The updates of one delivery, and the rejected parts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delivery {
    /// The updates, in any order.
    pub updates: Vec<BuilderUpdate>,
    /// The rejected parts, with the reasons.
    pub rejections: Vec<Rejection>,
}

/// One update of a delivery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum BuilderUpdate {
    /// An update of a member.
    Customer(Box<CustomerUpdate>),
    /// An update of an order that names no customer.
    Order(OrderUpdate),
    /// The builder merged two customers, so the orders of one belong to the other.
    MoveOrders {
        /// The builder.
        builder: Builder,
        /// The customer that is gone.
        from: MemberId,
        /// The customer that stays.
        into: MemberId,
        /// The time of the merge, epoch ms.
        at: Millis,
    },
    /// The builder's customer is gone, and Okyaku must erase the customer (R12).
    Erase {
        /// The person to erase.
        by: PersonRef,
        /// The addresses of the person, if the person is named by id.
        #[serde(default)]
        addresses: Vec<ContactPoint>,
        /// The time of the deletion by the builder's clock, epoch ms.
        at: Millis,
    },
    /// A person asked for the stored data about the person.
    DataRequest {
        /// The person who asks.
        by: PersonRef,
        /// The builder's id of the request.
        id: String,
        /// The time of the request, epoch ms.
        at: Millis,
    },
    /// The shop left. All data of the channel must go.
    EndChannel,
}

/// A builder's update of a customer. The customer is a member under the builder's id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CustomerUpdate {
    /// The builder.
    pub builder: Builder,
    /// The builder's id of the customer.
    pub member: MemberId,
    /// The time of the update, epoch ms: the payload's own time of change, or else the time of the delivery.
    pub at: Millis,
    /// The time at which the builder created the customer, epoch ms, if the payload has the time.
    ///
    /// A customer created after an erasure starts a new record.
    pub builder_created_at: Option<Millis>,
    /// Profile fields in their normal form. `None` clears a field. An absent field stays unchanged.
    pub fields: BTreeMap<String, Option<Value>>,
    /// The name. `Some(None)` clears the name.
    pub name: Option<Option<String>>,
    /// Whether the customer refuses marketing e-mail, and since when, epoch ms.
    pub unsubscribe_email: Option<(bool, Millis)>,
    /// Whether the customer refuses marketing texts, and since when, epoch ms.
    pub unsubscribe_texting: Option<(bool, Millis)>,
    /// The update of the tags.
    pub tags: Option<TagUpdate>,
    /// Events of the member.
    pub events: Vec<VersionedEvent>,
    /// An order of the member.
    pub order: Option<Order>,
    /// Whether the builder says only *that* something changed. Then the stored values may be out of date.
    pub stale: bool,
}

impl CustomerUpdate {
    /// Creates an update with a builder, a member and a time only.
    #[must_use]
    pub fn new(builder: Builder, member: MemberId, at: Millis) -> Self {
        Self {
            builder,
            member,
            at,
            builder_created_at: None,
            fields: BTreeMap::new(),
            name: None,
            unsubscribe_email: None,
            unsubscribe_texting: None,
            tags: None,
            events: Vec::new(),
            order: None,
            stale: false,
        }
    }
}

/// An update of tags. Each tag is in the normal form of [`super::tag::parse`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TagUpdate {
    /// The whole set. Tags outside the set are removed.
    All(BTreeSet<String>),
    /// Added tags.
    Added(BTreeSet<String>),
    /// Removed tags.
    Removed(BTreeSet<String>),
}

/// An event with a version. A later version replaces an earlier version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionedEvent {
    /// The event. The id and the time never change, so every version is stored as the same item.
    pub event: Event,
    /// The time of the builder's latest change of the event, epoch ms.
    pub version: Millis,
}

/// An order in a builder's update.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// The builder's id of the order.
    pub id: String,
    /// The time at which the order was placed, epoch ms.
    pub at: Millis,
    /// The time of the builder's latest change of the order, epoch ms.
    pub version: Millis,
    /// The ISO 4217 code of the amounts, in capitals.
    pub currency: String,
    /// The total price. Refunds are still included.
    pub total: Decimal,
    /// Whether it was cancelled.
    pub cancelled: bool,
    /// The refunded amounts, by the builder's id of each refund. A known refund stays known.
    pub refunds: BTreeMap<String, Decimal>,
}

/// An update of an order that names only the order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderUpdate {
    /// The builder's id of the order.
    pub id: String,
    /// The news.
    pub news: OrderNews,
}

/// News of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum OrderNews {
    /// Money was given back.
    Refund {
        /// The builder's id of the refund.
        refund: String,
        /// The amount, in the order's currency. `None` if the builder does not say how much.
        amount: Option<Decimal>,
        /// The time of the refund, epoch ms.
        at: Millis,
    },
    /// The order was cancelled or deleted.
    Cancelled {
        /// The time, epoch ms.
        at: Millis,
    },
    /// A version of the order without a customer.
    Version {
        /// The order.
        order: Order,
        /// Whether the builder says that the order is nobody's. Else the builder says nothing of a customer.
        unowned: bool,
    },
}
