//! Markers of monthly actives (R7): one tiny item per customer and UTC month; their set is the count.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{Put, ReturnConsumedCapacity, TransactWriteItem};

use super::access::{Read, WriteCustomers};
use super::failure::Failure;
use super::item::{FORMAT, number};
use super::keys::{self, Key, TTL};
use super::{Item, Store};
use okyaku_domain::error::Error;
use okyaku_domain::id::CustomerId;
use okyaku_domain::limit::MARKERS_MS;
use okyaku_domain::month::Month;
use okyaku_domain::time::{self, Millis};

impl<A: WriteCustomers> Store<A> {
    fn marker(&self, channel: &str, id: &CustomerId, at: Millis) -> Item {
        let month = time::month(at);
        let name = self.base.keys.active(channel, &month, id);
        let mut item = keys::marker(channel, &month, &name).attributes();
        item.insert(FORMAT.into(), number(1));
        item.insert(TTL.into(), number(time::ttl(at + MARKERS_MS)));
        item
    }

    /// Marks the customer active in the month of `at`. Doing it again changes nothing. 1 W.
    pub(super) async fn mark(&self, channel: &str, id: &CustomerId, at: Millis) -> Result<(), Error> {
        self.client()
            .put_item()
            .table_name(self.table())
            .set_item(Some(self.marker(channel, id, at)))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(Failure::of)?;
        Ok(())
    }

    /// The same as part of a transaction. 2 W.
    pub(super) fn mark_within(
        &self,
        channel: &str,
        id: &CustomerId,
        at: Millis,
    ) -> Result<TransactWriteItem, Error> {
        let put =
            Put::builder().table_name(self.table()).set_item(Some(self.marker(channel, id, at))).build();
        Ok(TransactWriteItem::builder().put(put.map_err(Error::internal)?).build())
    }
}

impl<A: Read> Store<A> {
    /// A customer's markers of the months from one instant to another. 1 R for each month, in one call.
    pub(super) async fn markers_of(
        &self,
        channel: &str,
        id: &CustomerId,
        from: Millis,
        to: Millis,
    ) -> Result<HashMap<Key, Item>, Error> {
        let of = |month: String| keys::marker(channel, &month, &self.base.keys.active(channel, &month, id));
        let months = Month::of(from).to(Month::of(to));
        let wanted: Vec<Key> = months.map(|month| of(month.key())).collect();
        self.batch_get(&wanted, None).await
    }
}
