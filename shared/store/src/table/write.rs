//! A write: a put, an update or a delete, with a condition. A write is sent alone or as a part of a
//! transaction.

use aws_sdk_dynamodb::types::{Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use okyaku_domain::error::Error;

use super::terms::Terms;
use crate::item::Item;
use crate::items::attributes::{VERSION, number};
use crate::key::Key;

#[derive(Debug)]
pub(crate) enum Operation {
    Put(Item),
    Update(Key, String),
    Delete(Key),
}

/// A write with its condition.
#[derive(Debug)]
pub(crate) struct Write {
    pub(crate) operation: Operation,
    pub(crate) condition: Option<String>,
    pub(crate) terms: Terms,
    returns_old: bool,
}

impl Write {
    fn new(operation: Operation) -> Self {
        Self { operation, condition: None, terms: Terms::default(), returns_old: false }
    }

    /// Returns a put of an item. The put replaces a stored item.
    pub(crate) fn put(item: Item) -> Self {
        Self::new(Operation::Put(item))
    }

    /// Returns an update of the item at `key`. `update` writes the expression.
    pub(crate) fn update(key: Key, update: impl FnOnce(&mut Terms) -> String) -> Self {
        let mut terms = Terms::default();
        let text = update(&mut terms);
        Self { terms, ..Self::new(Operation::Update(key, text)) }
    }

    /// Returns a delete of the item at `key`.
    pub(crate) fn delete(key: Key) -> Self {
        Self::new(Operation::Delete(key))
    }

    /// Adds a condition, which `condition` writes. Several conditions must all be true.
    pub(crate) fn when(mut self, condition: impl FnOnce(&mut Terms) -> String) -> Self {
        let text = condition(&mut self.terms);
        self.condition = Some(match self.condition {
            Some(before) => format!("({before}) AND ({text})"),
            None => text,
        });
        self
    }

    /// Adds the condition that the stored item still has the version that was read. Of two workers, only one goes on.
    pub(crate) fn at_version(self, read: u64) -> Self {
        self.when(|terms| format!("{} = {}", terms.name(VERSION), terms.value(number(read))))
    }

    /// Makes a transaction return the stored item if the condition is false.
    pub(crate) fn returning_old(self) -> Self {
        Self { returns_old: true, ..self }
    }

    /// Returns the write as a part of a transaction.
    pub(crate) fn within_transaction(self, table: &str) -> Result<TransactWriteItem, Error> {
        let (names, values) = (self.terms.names(), self.terms.values());
        let old = self.returns_old.then_some(ReturnValuesOnConditionCheckFailure::AllOld);
        let item = TransactWriteItem::builder();
        // The SDK has a type per operation. Condition, names and values are the same.
        let item = match self.operation {
            Operation::Put(put) => {
                let put = Put::builder()
                    .table_name(table)
                    .set_item(Some(put))
                    .set_condition_expression(self.condition);
                let put = put.set_expression_attribute_names(names).set_expression_attribute_values(values);
                item.put(
                    put.set_return_values_on_condition_check_failure(old).build().map_err(Error::internal)?,
                )
            }
            Operation::Update(key, text) => {
                let update = Update::builder()
                    .table_name(table)
                    .set_key(Some(key.attributes()))
                    .update_expression(text);
                let update = update
                    .set_condition_expression(self.condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values);
                item.update(
                    update
                        .set_return_values_on_condition_check_failure(old)
                        .build()
                        .map_err(Error::internal)?,
                )
            }
            Operation::Delete(key) => {
                let delete = Delete::builder().table_name(table).set_key(Some(key.attributes()));
                let delete = delete
                    .set_condition_expression(self.condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values);
                item.delete(
                    delete
                        .set_return_values_on_condition_check_failure(old)
                        .build()
                        .map_err(Error::internal)?,
                )
            }
        };
        Ok(item.build())
    }
}
