//! Sends a single write.

use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use okyaku_domain::error::Error;

use super::failure::{Failure, held};
use super::write::{Operation, Write};
use crate::store::Store;

impl<A> Store<A> {
    /// Sends a write. Returns `false` if the condition is false. Costs 1 W per KB.
    pub(crate) async fn send(&self, write: Write) -> Result<bool, Error> {
        held(self.try_send(write).await)
    }

    /// Sends a write that has no condition. Costs 1 W per KB.
    pub(crate) async fn send_plain(&self, write: Write) -> Result<(), Error> {
        Ok(self.try_send(write).await?)
    }

    /// Sends a write and returns the failure of the write.
    pub(crate) async fn try_send(&self, write: Write) -> Result<(), Failure> {
        // An empty list of names or values is left out, because DynamoDB refuses the list.
        let (names, values) = (write.terms.names(), write.terms.values());
        let (table, condition) = (self.table(), write.condition);
        let capacity = ReturnConsumedCapacity::Total;
        match write.operation {
            Operation::Put(item) => {
                let put = self.client().put_item().table_name(table).set_item(Some(item));
                let put = put.set_condition_expression(condition).set_expression_attribute_names(names);
                let put = put.set_expression_attribute_values(values).return_consumed_capacity(capacity);
                put.send().await.map(|_| ()).map_err(Failure::of)
            }
            Operation::Update(key, text) => {
                let update = self.client().update_item().table_name(table).set_key(Some(key.attributes()));
                let update = update.update_expression(text).set_condition_expression(condition);
                let update =
                    update.set_expression_attribute_names(names).set_expression_attribute_values(values);
                update.return_consumed_capacity(capacity).send().await.map(|_| ()).map_err(Failure::of)
            }
            Operation::Delete(key) => {
                let delete = self.client().delete_item().table_name(table).set_key(Some(key.attributes()));
                let delete = delete.set_condition_expression(condition).set_expression_attribute_names(names);
                let delete =
                    delete.set_expression_attribute_values(values).return_consumed_capacity(capacity);
                delete.send().await.map(|_| ()).map_err(Failure::of)
            }
        }
    }
}
