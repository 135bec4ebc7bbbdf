//! Reads that several access patterns share.
//!
//! Every read is consistent, because the read guards the writes after the read.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use okyaku_domain::error::Error;

use super::failure::Failure;
use crate::access::{List, Read};
use crate::item::Item;
use crate::items::key_check;
use crate::key::{Key, PK, SK};
use crate::keyring::KeyError;
use crate::store::Store;

impl<A: Read> Store<A> {
    /// Opens the connection to the table, and checks that the hash key belongs to the table. Costs half an R.
    ///
    /// A table without channels has no key check yet, and any key belongs to such a table. A silent table
    /// passes too. The first request will report the error.
    ///
    /// # Errors
    /// [`KeyError::OtherTable`] if the table was made with another hash key.
    pub async fn check_key(&self) -> Result<(), KeyError> {
        let key = key_check::key().attributes();
        let reply = self.client().get_item().table_name(self.table()).set_key(Some(key)).send().await;
        match reply.ok().and_then(|reply| reply.item) {
            Some(item) if !key_check::is_of(&item, self.keys()) => Err(KeyError::OtherTable),
            _ => Ok(()),
        }
    }
}

impl<A> Store<A> {
    /// Returns an item, read consistently. Costs 1 R per 4 KB.
    pub(crate) async fn get(&self, key: Key) -> Result<Option<Item>, Error> {
        let reply = self
            .client()
            .get_item()
            .table_name(self.table())
            .set_key(Some(key.attributes()))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(Failure::of)?;
        Ok(reply.item)
    }

    /// Returns a query of the part of a partition whose sort keys begin with `start`, read consistently. Costs 1 R per
    /// 4 KB.
    pub(crate) fn query_part(&self, pk: &str, start: &str) -> QueryFluentBuilder {
        self.query(pk.to_owned())
            .key_condition_expression("#pk = :pk AND begins_with(#sk, :start)")
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":start", AttributeValue::S(start.to_owned()))
    }

    /// Returns a query of a whole partition, read consistently. Costs 1 R per 4 KB.
    pub(crate) fn query(&self, pk: String) -> QueryFluentBuilder {
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

impl<A: List> Store<A> {
    /// Returns every item of a small partition, read consistently. Costs 1 R per 4 KB.
    pub(crate) async fn partition(&self, pk: String) -> Result<Vec<Item>, Error> {
        let pages = self.query(pk).into_paginator().items().send();
        Ok(pages.try_collect().await.map_err(Failure::of)?)
    }
}
