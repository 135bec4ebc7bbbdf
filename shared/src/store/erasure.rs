//! Erasure (R12): tombstones, freed contacts and a job in one transaction; then the pages; then a last sweep.

use aws_sdk_dynamodb::types::{
    AttributeValue, DeleteRequest, Put, ReturnConsumedCapacity, TransactWriteItem, WriteRequest,
};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

use super::Store;
use super::access::Erase;
use super::contacts::{APART, Contacts, HOLDERS};
use super::failure::{Failure, cancellation, held};
use super::item::{self, FORMAT, VERSION, number};
use super::keys::{self, CUSTOMER, JOB_SHARDS, PK, SK};
use crate::domain::contact::ContactKind;
use crate::domain::customer::{Customer, Tombstone};
use crate::domain::id::CustomerId;
use crate::domain::time::{MINUTE, Millis};
use crate::error::Error;

/// Longest timeout of a function that writes after it read a guard, in ms; the template sets no longer one.
pub const LONGEST_TIMEOUT: Millis = 10_000;
/// When the last sweep is due after the tombstones, in ms: a write that read its guard before them has landed or been
/// stopped by then.
pub const LAST_SWEEP_AFTER: Millis = LONGEST_TIMEOUT + MINUTE;
/// Items of one page: 20 batches of 25.
const PAGE: i32 = 500;
/// Deletes in one `BatchWriteItem`.
const BATCH: usize = 25;
/// Batches under way at once.
const PARALLEL: usize = 4;

/// An erasure that is not finished. It names lives by their ids, which are keyed hashes, and nobody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// Id of the erasure: 32 lower-hex characters.
    pub id: String,
    /// The channel.
    pub channel: String,
    /// The customer's own life, then the linked ones.
    pub lives: Vec<CustomerId>,
    /// How many of them are empty by now.
    pub emptied: u32,
    /// When the tombstones were put, epoch ms.
    pub erased_at: Millis,
    /// Items deleted so far.
    pub deleted: u64,
    /// The contacts that were freed, by kind and keyed hash: the last sweep deletes the items nobody holds.
    #[serde(default)]
    pub contacts: Vec<(ContactKind, String)>,
}

/// How the first transaction of an erasure ended.
#[derive(Debug)]
pub enum Entombed {
    /// The person is gone.
    Done(Job),
    /// The customer was written meanwhile: read again.
    Changed,
    /// Another transaction was at the same items, and it may have been an earlier try of this one.
    Unsure,
}

impl Job {
    /// Whether every life was emptied once.
    #[must_use]
    pub fn is_emptied(&self) -> bool {
        self.emptied as usize >= self.lives.len()
    }

    /// Whether the last sweep is due.
    #[must_use]
    pub fn is_due(&self, now: Millis) -> bool {
        now >= self.erased_at + LAST_SWEEP_AFTER
    }
}

impl<A: Erase> Store<A> {
    /// Puts the tombstones of a customer and of its linked lives, frees their contacts and leaves a job, all or
    /// nothing. From here on no read returns the person.
    /// 2 W per KB of the customer and 1 for its index entry, 2 W per linked life, contact and job.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn entomb(&self, channel: &str, person: &Customer, version: u64) -> Result<Entombed, Error> {
        let now = self.now();
        let tomb = |generation| Tombstone { generation, current: generation, erased_at: now };
        let own = Put::builder()
            .table_name(self.table())
            .set_item(Some(item::of_tombstone(channel, &person.id, &tomb(person.generation))))
            .condition_expression("#v = :v")
            .expression_attribute_names("#v", VERSION)
            .expression_attribute_values(":v", number(version));
        let mut items = vec![TransactWriteItem::builder().put(own.build().map_err(Error::internal)?).build()];
        let mut holdings = vec![(&person.id, &person.holdings)];
        for link in &person.links {
            let put = Put::builder().table_name(self.table()).set_item(Some(item::of_tombstone(
                channel,
                &link.id,
                &tomb(0),
            )));
            items.push(TransactWriteItem::builder().put(put.build().map_err(Error::internal)?).build());
            holdings.push((&link.id, &link.holdings));
        }
        let mut freed = Vec::new();
        for (id, holdings) in holdings {
            let contacts = Contacts { table: self.table(), channel, id };
            for (kind, holding) in holdings {
                items.push(contacts.erase(*kind, holding)?);
                freed.push((*kind, holding.hash.clone()));
            }
        }
        let lives =
            std::iter::once(&person.id).chain(person.links.iter().map(|link| &link.id)).cloned().collect();
        let id = hex::encode(crate::keys::random::<16>()?);
        let job = Job {
            id,
            channel: channel.to_owned(),
            lives,
            emptied: 0,
            erased_at: now,
            deleted: 0,
            contacts: freed,
        };
        let mut item: super::Item = to_item(&job).map_err(Error::internal)?;
        item.extend(keys::job(&job.id).attributes());
        item.insert(FORMAT.into(), number(1));
        let put =
            Put::builder().table_name(self.table()).set_item(Some(item)).build().map_err(Error::internal)?;
        items.push(TransactWriteItem::builder().put(put).build());
        // Two lives may free the same contact, but a transaction touches an item once: see `merge_frees`.
        let sent = self
            .client()
            .transact_write_items()
            .set_transact_items(Some(merge_frees(items)))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(Entombed::Done(job)),
            Err(error) => match cancellation(error) {
                Ok(_) => Ok(Entombed::Changed),
                Err(Failure::Conflict) => Ok(Entombed::Unsure),
                Err(failure) => Err(failure.into()),
            },
        }
    }

    /// Deletes one page of what is left in a job's current life, and notes the progress. Doing it twice is harmless.
    /// 1 W per item.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn empty_page(&self, job: &mut Job) -> Result<(), Error> {
        let Some(life) = job.lives.get(job.emptied as usize).cloned() else { return Ok(()) };
        let (deleted, more) = self.delete_page(&job.channel, &life).await?;
        job.deleted += deleted;
        job.emptied += u32::from(!more);
        let key = keys::job(&job.id).attributes();
        let sent = self
            .client()
            .update_item()
            .table_name(self.table())
            .set_key(Some(key))
            .update_expression("SET #emptied = :emptied, #deleted = :deleted")
            // A job that somebody else finished is not brought back.
            .condition_expression("attribute_exists(#pk)")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#emptied", "emptied")
            .expression_attribute_names("#deleted", "deleted")
            .expression_attribute_values(":emptied", number(job.emptied))
            .expression_attribute_values(":deleted", number(job.deleted))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        held(sent).map(|_| ())
    }

    /// The last sweep: deletes whatever landed after a life was emptied, the freed contacts that nobody holds, then the
    /// job itself.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn last_sweep(&self, job: &Job) -> Result<u64, Error> {
        let mut found = 0;
        for life in &job.lives {
            loop {
                let (deleted, more) = self.delete_page(&job.channel, life).await?;
                found += deleted;
                if !more {
                    break;
                }
            }
        }
        for (kind, hash) in &job.contacts {
            found += u64::from(self.delete_unheld(&job.channel, *kind, hash).await?);
        }
        self.client()
            .delete_item()
            .table_name(self.table())
            .set_key(Some(keys::job(&job.id).attributes()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(Failure::of)?;
        Ok(found)
    }

    /// Deletes a contact's item if nobody holds it. 1 W.
    async fn delete_unheld(&self, channel: &str, kind: ContactKind, hash: &str) -> Result<bool, Error> {
        let sent = self
            .client()
            .delete_item()
            .table_name(self.table())
            .set_key(Some(keys::contact(channel, kind, hash).attributes()))
            .condition_expression(
                "attribute_exists(#pk) AND attribute_not_exists(#holders) AND attribute_not_exists(#apart)",
            )
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#holders", HOLDERS)
            .expression_attribute_names("#apart", APART)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        held(sent)
    }

    /// Every erasure that is not finished; one whose item cannot be read is logged and left.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn jobs(&self) -> Result<Vec<Job>, Error> {
        let mut jobs = Vec::new();
        for shard in 0..JOB_SHARDS {
            for item in self.partition(keys::job_partition(shard)).await? {
                let id = item::string(&item, SK).unwrap_or_default().to_owned();
                match from_item(item) {
                    Ok(job) => jobs.push(job),
                    Err(_) => tracing::error!(erasure = id, "an erasure job cannot be read"),
                }
            }
        }
        Ok(jobs)
    }

    /// Deletes up to [`PAGE`] items of a life, all but its tombstone. The items behind the front are the cursor: what
    /// is deleted is not met again. Returns how many, and whether there may be more.
    async fn delete_page(&self, channel: &str, life: &CustomerId) -> Result<(u64, bool), Error> {
        let partition = keys::partition(channel, life);
        let reply = self
            .client()
            .query()
            .table_name(self.table())
            .key_condition_expression("#pk = :pk")
            .projection_expression("#pk, #sk")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":pk", AttributeValue::S(partition))
            .consistent_read(true)
            .limit(PAGE)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(Failure::of)?;
        let items = reply.items.unwrap_or_default().into_iter();
        let doomed = items.filter(|item| item::string(item, SK) != Some(CUSTOMER));
        let delete = |key| {
            let delete = DeleteRequest::builder().set_key(Some(key)).build().map_err(Error::internal)?;
            Ok(WriteRequest::builder().delete_request(delete).build())
        };
        let requests = doomed.map(delete).collect::<Result<Vec<_>, Error>>()?;
        let batches: Vec<_> = requests.chunks(BATCH).collect();
        for wave in batches.chunks(PARALLEL) {
            try_join_all(wave.iter().map(|batch| self.write_batch(batch.to_vec()))).await?;
        }
        Ok((requests.len() as u64, reply.last_evaluated_key.is_some()))
    }
}

/// Joins updates of the same contact, whose holders may be several lives of one person, into one update.
fn merge_frees(items: Vec<TransactWriteItem>) -> Vec<TransactWriteItem> {
    let mut merged: Vec<TransactWriteItem> = Vec::with_capacity(items.len());
    for item in items {
        let twin = item.update.as_ref().and_then(|update| {
            merged.iter_mut().filter_map(|other| other.update.as_mut()).find(|other| other.key == update.key)
        });
        match (twin, &item.update) {
            (Some(twin), Some(update)) => {
                let ids = |values: &super::Item| match values.get(":ids") {
                    Some(AttributeValue::Ss(ids)) => ids.clone(),
                    _ => Vec::new(),
                };
                let new = update.expression_attribute_values.as_ref().map(ids).unwrap_or_default();
                if let Some(values) = twin.expression_attribute_values.as_mut() {
                    let all = ids(values).into_iter().chain(new).collect();
                    values.insert(":ids".into(), AttributeValue::Ss(all));
                }
            }
            _ => merged.push(item),
        }
    }
    merged
}
