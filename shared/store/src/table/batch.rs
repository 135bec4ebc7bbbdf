//! Batches of reads, writes and deletes. Items that DynamoDB leaves over are sent again.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{
    DeleteRequest, KeysAndAttributes, PutRequest, ReturnConsumedCapacity, WriteRequest,
};
use futures_util::future::try_join_all;
use okyaku_domain::error::Error;

use super::failure::Failure;
use crate::backoff::Backoff;
use crate::item::Item;
use crate::items::attributes::string;
use crate::key::{Key, PK, SK};
use crate::store::Store;

/// The most writes of a `BatchWriteItem`.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html>
const BATCH: usize = 25;
/// Batches of deletes that run at once.
const PARALLEL: usize = 4;
/// How often a batch is sent again for the items that were left over. The waits take 620 ms at most.
const TRIES: u32 = 5;

impl<A> Store<A> {
    /// Returns up to 100 items, read consistently in one call.
    ///
    /// Keys that DynamoDB leaves over are sent again. `only` is a projection.
    pub(crate) async fn batch_get(
        &self,
        wanted: &[Key],
        only: Option<&str>,
    ) -> Result<HashMap<Key, Item>, Error> {
        let keys: Vec<Item> = wanted.iter().cloned().map(Key::attributes).collect();
        let ask = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .consistent_read(true)
            .set_projection_expression(only.map(str::to_owned));
        let mut request =
            Some(HashMap::from([(self.table().to_owned(), ask.build().map_err(Error::internal)?)]));
        let (mut found, mut backoff) = (HashMap::new(), Backoff::tries(TRIES));
        while let Some(items) = request.take().filter(|items| !items.is_empty()) {
            let reply = self
                .client()
                .batch_get_item()
                .set_request_items(Some(items))
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(Failure::of)?;
            for item in reply.responses.unwrap_or_default().into_values().flatten() {
                if let (Some(pk), Some(sk)) = (string(&item, PK), string(&item, SK)) {
                    found.insert(Key { pk: pk.to_owned(), sk: sk.to_owned() }, item);
                }
            }
            request = reply.unprocessed_keys.filter(|left| !left.is_empty());
            // DynamoDB leaves keys over when it is throttled. Wait before the next call.
            if request.is_some() {
                backoff.wait().await?;
            }
        }
        Ok(found)
    }

    /// Puts items, 25 per call and the calls in parallel. Costs 1 W per KB of each item.
    pub(crate) async fn put_all(&self, items: Vec<Item>) -> Result<(), Error> {
        let put = |item: Item| {
            let put = PutRequest::builder().set_item(Some(item)).build();
            Ok(WriteRequest::builder().put_request(put.map_err(Error::internal)?).build())
        };
        let requests = items.into_iter().map(put).collect::<Result<Vec<_>, Error>>()?;
        try_join_all(requests.chunks(BATCH).map(|batch| self.write_batch(batch.to_vec()))).await?;
        Ok(())
    }

    /// Deletes items, 4 batches of 25 at a time. Costs 1 W per KB of each item.
    pub(crate) async fn delete_all(&self, keys: Vec<Key>) -> Result<(), Error> {
        let delete = |key: Key| {
            let delete = DeleteRequest::builder().set_key(Some(key.attributes())).build();
            Ok(WriteRequest::builder().delete_request(delete.map_err(Error::internal)?).build())
        };
        let requests = keys.into_iter().map(delete).collect::<Result<Vec<_>, Error>>()?;
        let batches: Vec<_> = requests.chunks(BATCH).collect();
        for wave in batches.chunks(PARALLEL) {
            try_join_all(wave.iter().map(|batch| self.write_batch(batch.to_vec()))).await?;
        }
        Ok(())
    }

    /// Sends a `BatchWriteItem` until all items are written.
    async fn write_batch(&self, batch: Vec<WriteRequest>) -> Result<(), Error> {
        let mut request = Some(HashMap::from([(self.table().to_owned(), batch)]));
        let mut backoff = Backoff::tries(TRIES);
        while let Some(items) = request.take().filter(|items| !items.is_empty()) {
            let reply = self
                .client()
                .batch_write_item()
                .set_request_items(Some(items))
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(Failure::of)?;
            request = reply.unprocessed_items.filter(|left| !left.is_empty());
            if request.is_some() {
                backoff.wait().await?;
            }
        }
        Ok(())
    }
}
