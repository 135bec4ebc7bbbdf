//! The item of an erasure: a job while the erasure is open, afterwards the receipt (R12).

use okyaku_domain::erasure::Erasure;
use okyaku_domain::error::Error;
use okyaku_domain::id::ChannelId;
use okyaku_domain::time::{self, Millis, month};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

use super::attributes::{FORMAT, number};
use crate::item::Item;
use crate::key::{Key, TTL};

/// The number of partitions of the erasure jobs.
pub const JOB_SHARDS: u8 = 4;

/// Returns the key of an erasure job.
#[must_use]
pub fn job(erasure: &str) -> Key {
    let shard = erasure.bytes().last().unwrap_or(0) % JOB_SHARDS;
    Key::new(job_partition(shard), erasure)
}

/// Returns a partition of the erasure jobs. Each partition has a quarter of the jobs.
#[must_use]
pub fn job_partition(shard: u8) -> String {
    format!("X#{shard}")
}

/// Returns the key of the receipt of a finished erasure.
#[must_use]
pub fn receipt(channel: &ChannelId, erasure: &str, erased_at: Millis) -> Key {
    Key::new(receipts(channel, &month(erased_at)), erasure)
}

/// Returns the partition of a channel's receipts of a UTC month.
#[must_use]
pub fn receipts(channel: &ChannelId, month: &str) -> String {
    format!("R#{channel}#{month}")
}

/// Returns an erasure as its job.
pub(crate) fn job_item(erasure: &Erasure) -> Result<Item, Error> {
    item(erasure, job(&erasure.id))
}

/// Returns an erasure as its receipt.
pub(crate) fn receipt_item(erasure: &Erasure) -> Result<Item, Error> {
    let mut item = item(erasure, receipt(&erasure.channel, &erasure.id, erasure.erased_at))?;
    item.insert(TTL.into(), number(time::ttl(erasure.until)));
    Ok(item)
}

fn item(erasure: &Erasure, key: Key) -> Result<Item, Error> {
    let mut item: Item = to_item(erasure).map_err(Error::internal)?;
    item.extend(key.attributes());
    item.insert(FORMAT.into(), number(1));
    Ok(item)
}

/// Returns the erasure of a job or a receipt.
pub(crate) fn read(item: Item) -> Result<Erasure, Error> {
    from_item(item).map_err(|_| Error::internal("an erasure cannot be read"))
}
