//! Reads a person's linked records, journal and orders for the export.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use okyaku_domain::customer::Customer;
use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::order::StoredOrder;
use okyaku_domain::time::Millis;

use crate::access::List;
use crate::items::attributes::string;
use crate::items::customer;
use crate::items::journal::{self, JOURNAL};
use crate::items::order::{self, ORDERS_END};
use crate::key::{PK, SK};
use crate::loaded::Found;
use crate::store::Store;
use crate::table::failure::Failure;

/// Records that are read at once.
const PARALLEL: usize = 8;

/// A link in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// The visitor.
    pub visitor: CustomerId,
    /// When the visitor was linked, epoch ms.
    pub at: Millis,
}

impl<A: List> Store<A> {
    /// Returns a person's linked records, in the order of the links. Costs 1 R per 4 KB of each record.
    ///
    /// # Errors
    /// [`Error::Erased`] if the person was erased meanwhile. [`Error::Busy`] or [`Error::Internal`].
    pub async fn linked_records(
        &self,
        channel: &ChannelId,
        person: &Customer,
    ) -> Result<Vec<Customer>, Error> {
        let records = person.links.iter().map(|link| self.record(channel, &link.id)).collect::<Vec<_>>();
        let records = stream::iter(records).buffered(PARALLEL).try_collect::<Vec<_>>().await?;
        let alive = |record| match record {
            Some(Found::Live(loaded)) => Some(Ok(*loaded.customer)),
            Some(Found::Erased(_)) => Some(Err(Error::Erased)),
            None => None,
        };
        records.into_iter().filter_map(alive).collect()
    }

    /// Returns a person's journal of links, oldest first, and the person's orders. Costs 1 R per 4 KB.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn journal_and_orders(
        &self,
        channel: &ChannelId,
        person: &CustomerId,
    ) -> Result<(Vec<Linked>, Vec<StoredOrder>), Error> {
        // Journal entries (`J#`) and orders (`O#`) are neighbours, so one query reads both.
        let pages = self
            .client()
            .query()
            .table_name(self.table())
            .key_condition_expression("#pk = :pk AND #sk BETWEEN :from AND :to")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":pk", AttributeValue::S(customer::partition(channel, person)))
            .expression_attribute_values(":from", AttributeValue::S(JOURNAL.to_owned()))
            .expression_attribute_values(":to", AttributeValue::S(ORDERS_END.to_owned()))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .into_paginator()
            .items()
            .send();
        let items = pages.try_collect().await.map_err(Failure::of)?;
        let (mut links, mut orders) = (Vec::new(), Vec::new());
        for item in items {
            match string(&item, SK).and_then(journal::parse) {
                Some((at, visitor)) => links.push(Linked { visitor, at }),
                None => orders.extend(order::read(&item, self.now())?.map(|(order, _)| order)),
            }
        }
        orders.sort_by(|a: &StoredOrder, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        Ok((links, orders))
    }
}
