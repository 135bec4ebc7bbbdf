//! The calls that several access patterns make in the same way.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Delete, Put, ReturnConsumedCapacity, TransactWriteItem,
};

use super::failure::{Failure, cancellation};
use super::keys::PK;
use super::{Item, Store};
use okyaku_domain::error::Error;

/// How a transaction ended.
#[derive(Debug)]
pub(super) enum Sent {
    /// All of it is stored.
    Done,
    /// None of it, because a condition did not hold: a reason per item, in their order.
    Refused(Vec<CancellationReason>),
    /// None of it, because another transaction was at the same item.
    Conflict,
}

impl<A> Store<A> {
    /// Sends a transaction. 2 W per KB of each item.
    pub(super) async fn transact(&self, items: Vec<TransactWriteItem>) -> Result<Sent, Error> {
        let sent = self
            .client()
            .transact_write_items()
            .set_transact_items(Some(items))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match sent.map_err(cancellation) {
            Ok(_) => Ok(Sent::Done),
            Err(Ok(reasons)) => Ok(Sent::Refused(reasons)),
            Err(Err(Failure::Conflict)) => Ok(Sent::Conflict),
            Err(Err(failure)) => Err(failure.into()),
        }
    }

    /// An unconditional put, as part of a transaction.
    pub(super) fn plain(&self, item: Item) -> Result<TransactWriteItem, Error> {
        let put = Put::builder().table_name(self.table()).set_item(Some(item)).build();
        Ok(TransactWriteItem::builder().put(put.map_err(Error::internal)?).build())
    }

    /// A delete on the condition that `attribute` is `value`, as part of a transaction.
    pub(super) fn delete_if(
        &self,
        key: Item,
        attribute: &str,
        value: AttributeValue,
    ) -> Result<TransactWriteItem, Error> {
        let delete = Delete::builder()
            .table_name(self.table())
            .set_key(Some(key))
            .condition_expression("#is = :is")
            .expression_attribute_names("#is", attribute)
            .expression_attribute_values(":is", value)
            .build();
        Ok(TransactWriteItem::builder().delete(delete.map_err(Error::internal)?).build())
    }

    /// Puts an item, whatever was there. 1 W per KB.
    pub(super) async fn put_plain(&self, item: Item) -> Result<(), Error> {
        self.client()
            .put_item()
            .table_name(self.table())
            .set_item(Some(item))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(Failure::of)?;
        Ok(())
    }

    /// A query of a whole partition, read consistently. 1 R per 4 KB.
    pub(super) fn query(&self, pk: String) -> QueryFluentBuilder {
        self.client()
            .query()
            .table_name(self.table())
            .key_condition_expression("#pk = :pk")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_values(":pk", AttributeValue::S(pk))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
    }
}
