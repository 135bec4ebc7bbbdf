//! What a builder says (R13): its deliveries as statements about members, orders and erasures, each dated by the
//! builder's own clock. A statement is true whenever it arrives, so that any order of deliveries ends in one state.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::Value;

use super::builder::Builder;
use super::event::Event;
use super::id::MemberId;
use super::person_ref::PersonRef;
use super::rejection::Rejection;
use super::time::Millis;

/// What one delivery says, and what of it could not be kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delivery {
    /// Its statements, in any order.
    pub updates: Vec<BuilderUpdate>,
    /// What was left out, and why.
    pub rejections: Vec<Rejection>,
}

/// One statement of a delivery.
#[derive(Clone, Debug, PartialEq)]
pub enum BuilderUpdate {
    /// About a member.
    Customer(Box<CustomerUpdate>),
    /// Money given back for an order; its topic names no customer.
    Refund(Refund),
    /// The builder's customer is gone and must be forgotten (R12). `at` is when, by the builder's clock.
    Erase {
        /// Whom.
        by: PersonRef,
        /// When, epoch ms.
        at: Millis,
    },
    /// Somebody asked what is held about them.
    DataRequest {
        /// Who.
        by: PersonRef,
        /// The builder's id of the request.
        id: String,
        /// When, epoch ms.
        at: Millis,
    },
    /// The shop left: everything of the channel must go.
    EndChannel,
}

/// What a builder says about one of its customers, who is a member under the builder's id.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomerUpdate {
    /// The builder.
    pub builder: Builder,
    /// The builder's id of the customer.
    pub member: MemberId,
    /// When it was so, epoch ms: the payload's own time of change, or the delivery's where it has none.
    pub at: Millis,
    /// When the builder created the customer, if the payload tells, epoch ms. One created after an erasure starts a new
    /// life.
    pub builder_created_at: Option<Millis>,
    /// Profile fields in their normal form; `None` clears. What is not here is not said.
    pub fields: BTreeMap<String, Option<Value>>,
    /// The name; `Some(None)` clears it.
    pub name: Option<Option<String>>,
    /// Whether marketing e-mail is refused, and since when that is so, epoch ms.
    pub unsubscribe_email: Option<(bool, Millis)>,
    /// The same of marketing texts.
    pub unsubscribe_texting: Option<(bool, Millis)>,
    /// Tags.
    pub tags: Option<TagUpdate>,
    /// Events of the member.
    pub events: Vec<VersionedEvent>,
    /// An order of the member.
    pub order: Option<Order>,
    /// Whether the builder says only *that* something changed, so that what is stored may be out of date.
    pub stale: bool,
}

impl CustomerUpdate {
    /// A statement that says nothing yet but who and when.
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

/// What is said of tags, each in its normal form ([`super::tag::parse`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagUpdate {
    /// These and no others.
    All(BTreeSet<String>),
    /// These too.
    Added(BTreeSet<String>),
    /// These no longer.
    Removed(BTreeSet<String>),
}

/// An event, and when the builder last changed what it says, epoch ms: a later version replaces an earlier one.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionedEvent {
    /// The event. Its id and time never change, so that every version lands on the same item.
    pub event: Event,
    /// When this version was true, epoch ms.
    pub version: Millis,
}

/// An order as the builder tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// The builder's id of it.
    pub id: String,
    /// When it was placed, epoch ms.
    pub at: Millis,
    /// When the builder last changed it, epoch ms.
    pub version: Millis,
    /// ISO 4217 code of the amounts, in capitals.
    pub currency: String,
    /// What it costs in all, refunds not taken off.
    pub total: Decimal,
    /// Whether it was cancelled.
    pub cancelled: bool,
    /// What was given back, by the builder's id of each refund. A refund that is known stays known.
    pub refunds: BTreeMap<String, Decimal>,
}

/// Money given back for an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Refund {
    /// The order's id.
    pub order: String,
    /// The refund's id.
    pub id: String,
    /// How much, in the order's currency.
    pub amount: Decimal,
}
