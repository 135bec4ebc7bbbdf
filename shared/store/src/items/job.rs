//! The item of a job, in one partition of all open jobs. The item is deleted when the job is done. A job that somebody may
//! ask for is then kept as an item of its own.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use okyaku_domain::error::Error;
use okyaku_domain::id::ChannelId;
use okyaku_domain::job::Job;
use okyaku_domain::time::{self, DAY, Millis};

use super::attributes::{FORMAT, VERSION, number, string, text};
use super::credential::CHANNEL;
use crate::item::Item;
use crate::key::{self, Key, TTL};

/// The partition of all jobs.
pub const JOBS: &str = "W";
/// The sort key of an ended job.
const KEPT: &str = "J";
/// How long an ended job is kept.
const KEPT_MS: Millis = 30 * DAY;
/// The attribute with the whole job, as JSON.
const JOB: &str = "job";

/// Returns the key of a job.
#[must_use]
pub fn key(id: &str) -> Key {
    Key::new(JOBS.to_owned(), id)
}

/// Returns whether an item is a job of the channel.
pub(crate) fn is_of(pk: &str, item: &Item, channel: &ChannelId) -> bool {
    key::kind(pk) == JOBS && string(item, CHANNEL) == Some(channel.as_str())
}

/// Returns a job as an item.
pub(crate) fn item(job: &Job) -> Result<Item, Error> {
    let json = serde_json::to_vec(job).map_err(Error::internal)?;
    let mut item = key(&job.id).attributes();
    item.insert(CHANNEL.into(), text(job.channel.as_str()));
    item.insert(JOB.into(), AttributeValue::B(Blob::new(json)));
    item.insert(VERSION.into(), number(job.version));
    item.insert(FORMAT.into(), number(1));
    Ok(item)
}

/// Returns the key of an ended job that is kept.
pub(crate) fn kept_key(id: &str) -> Key {
    Key::new(format!("{JOBS}#{id}"), KEPT)
}

/// Returns an ended job as an item of its own, so that the open jobs stay few.
pub(crate) fn kept_item(job: &Job) -> Result<Item, Error> {
    let mut item = item(job)?;
    item.extend(kept_key(&job.id).attributes());
    let until = job.finished_at.unwrap_or(job.created_at) + KEPT_MS;
    item.insert(TTL.into(), number(time::ttl(until)));
    Ok(item)
}

/// Returns the job of an item.
pub(crate) fn read(item: &Item) -> Result<Job, Error> {
    let json = item.get(JOB).and_then(|json| json.as_b().ok());
    let job = json.and_then(|json| serde_json::from_slice(json.as_ref()).ok());
    job.ok_or_else(|| Error::internal("a job cannot be read"))
}
