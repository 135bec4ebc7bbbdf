//! What is left of a life goes page by page. An item is counted in the job before it is deleted, and every write of the
//! job is conditional: neither a crash nor two workers at once count twice, and none deletes what is not counted.

use aws_sdk_dynamodb::types::{
    Delete, DeleteRequest, ReturnConsumedCapacity, TransactWriteItem, WriteRequest,
};
use futures_util::future::try_join_all;

use crate::access::Erase;
use crate::calls::Sent;
use crate::contact_points::{FREED, HAS_OVERFLOW, REGISTERED};
use crate::failure::{Failure, held};
use crate::item::{self, UNTIL, VERSION, integer, number, string};
use crate::keys::{self, CUSTOMER, EVENTS, JOURNAL, Key, ORDERS, OVERFLOW, PK, SK, TTL};
use crate::{Item, Store};
use okyaku_domain::contact_point::ContactPointKind;
use okyaku_domain::erasure::Erasure;
use okyaku_domain::error::Error;
use okyaku_domain::id::CustomerId;
use okyaku_domain::limit::MARKERS_MS;
use okyaku_domain::time;

/// Items of one page: 20 batches of 25.
const PAGE: i32 = 500;
/// Deletes in one `BatchWriteItem`.
const BATCH: usize = 25;
/// Batches under way at once.
const PARALLEL: usize = 4;
/// Above every sort key of a life: its items and its markers are counted.
const ALL: &str = "~";

/// One page of a life.
struct Page {
    keys: Vec<Key>,
    more: bool,
}

impl<A: Erase> Store<A> {
    /// Deletes one page of what is left in an erasure's current life. Doing it twice is harmless. `false` if another
    /// worker is at it: then it is the other's. 1 R per 4 KB, 1 W per item and 1 per KB of the job; 4 W per marker.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn empty_page(&self, job: &mut Erasure) -> Result<bool, Error> {
        let Some(record) = job.current_record().cloned() else { return Ok(true) };
        let page = self.page_of(&job.channel, &record).await?;
        let upto = job.upto.clone().unwrap_or_default();
        let new: Vec<&Key> = page.keys.iter().filter(|key| key.sk > upto).collect();
        if let Some(last) = new.last() {
            let of = |prefix| new.iter().filter(|key| key.sk.starts_with(prefix)).count() as u64;
            job.counts.events += of(EVENTS);
            job.counts.links += of(JOURNAL);
            job.counts.orders += of(ORDERS);
            job.upto = Some(last.sk.clone());
            if !self.save(job).await? {
                return Ok(false);
            }
        }
        // Whose an order is goes before the order, which alone leads to it.
        let owners = page.keys.iter().filter_map(|key| keys::owner_of(&job.channel, &key.sk)).collect();
        self.delete_all(owners).await?;
        self.delete_all(page.keys).await?;
        if page.more {
            return Ok(true);
        }
        if !self.unmark(job, &record).await? {
            return Ok(false);
        }
        job.emptied += 1;
        job.upto = None;
        if job.current_record().is_none() && job.emptied_at.is_none() {
            job.emptied_at = Some(self.now());
            return self.save(job).await;
        }
        Ok(true)
    }

    /// The last sweep: every life once more, for what a write in flight has left; then the freed contacts that nobody
    /// holds; then the job becomes the receipt. `false` if another worker is at it. As above; 4 W at the end.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn last_sweep(&self, job: &mut Erasure) -> Result<bool, Error> {
        // Where the first pass left it, not where this one was cut off: what is counted then must not be again.
        if job.current_record().is_none() {
            (job.emptied, job.upto) = (0, None);
        }
        while job.current_record().is_some() {
            if !self.empty_page(job).await? {
                return Ok(false);
            }
        }
        for (kind, hash) in &job.contact_points {
            self.delete_unregistered(job, *kind, hash).await?;
        }
        self.file(job).await
    }

    /// Takes the names off a life's month markers; the months' counts stay (R7). What the last sweep finds was put by a
    /// write that never landed: it goes.
    async fn unmark(&self, job: &mut Erasure, record: &CustomerId) -> Result<bool, Error> {
        let (from, to) = match job.emptied_at {
            None => (job.since.max(job.erased_at - MARKERS_MS), job.erased_at),
            Some(_) => (job.erased_at, self.now()),
        };
        let found = self.markers_of(&job.channel, record, from, to).await?;
        if found.is_empty() {
            return Ok(true);
        }
        if job.emptied_at.is_some() {
            self.delete_all(found.into_keys().collect()).await?;
            return Ok(true);
        }
        if job.upto.as_deref() != Some(ALL) {
            job.counts.markers += found.len() as u64;
            job.upto = Some(ALL.to_owned());
            if !self.save(job).await? {
                return Ok(false);
            }
        }
        for (key, item) in found {
            self.rename(&job.channel, key, item).await?;
        }
        Ok(true)
    }

    /// A marker under a random name, in one transaction. 4 W.
    async fn rename(&self, channel: &str, old: Key, mut item: Item) -> Result<(), Error> {
        let name = hex::encode(crate::keyring::random::<10>()?);
        item.extend(keys::renamed_marker(&old, channel, &name).attributes());
        let delete = Delete::builder()
            .table_name(self.table())
            .set_key(Some(old.attributes()))
            .condition_expression("attribute_exists(#pk)")
            .expression_attribute_names("#pk", PK)
            .build()
            .map_err(Error::internal)?;
        let items = vec![TransactWriteItem::builder().delete(delete).build(), self.plain(item)?];
        match self.transact(items).await? {
            // It is gone: another worker has renamed it, or a try of ours whose reply was lost.
            Sent::Done | Sent::Refused(_) => Ok(()),
            Sent::Conflict => Err(Error::Busy),
        }
    }

    /// Writes the job, if nobody else did. 1 W per KB.
    pub(super) async fn save(&self, job: &mut Erasure) -> Result<bool, Error> {
        let read = job.version;
        job.version += 1;
        let item = item::of_erasure(job, keys::job(&job.id))?;
        let sent = self
            .client()
            .put_item()
            .table_name(self.table())
            .set_item(Some(item))
            .condition_expression("#v = :v")
            .expression_attribute_names("#v", VERSION)
            .expression_attribute_values(":v", number(read))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        held(sent)
    }

    /// The job becomes the receipt.
    pub(super) async fn file(&self, job: &mut Erasure) -> Result<bool, Error> {
        job.swept_at = Some(self.now());
        let mut receipt = item::of_erasure(job, keys::receipt(&job.channel, &job.id, job.erased_at))?;
        receipt.insert(TTL.into(), number(time::ttl(job.until)));
        let open = keys::job(&job.id).attributes();
        let items = vec![self.delete_if(open, VERSION, number(job.version))?, self.plain(receipt)?];
        Ok(matches!(self.transact(items).await?, Sent::Done))
    }

    /// Deletes what nobody holds any more of a freed contact; one that the erasure was asked for by stays for as long as
    /// that is remembered. 1 R, 1 W per item.
    async fn delete_unregistered(
        &self,
        job: &Erasure,
        kind: ContactPointKind,
        hash: &str,
    ) -> Result<(), Error> {
        let key = keys::contact_point(&job.channel, kind, hash);
        let (mut overflow_left, mut until, mut left) = (false, None, Vec::new());
        for item in self.partition(key.pk.clone()).await? {
            let Some(sk) = string(&item, SK) else { continue };
            let Some(id) = sk.strip_prefix(OVERFLOW) else {
                until = integer(&item, UNTIL);
                continue;
            };
            if item.contains_key(FREED) || job.records.iter().any(|record| record.as_str() == id) {
                left.push(Key { pk: key.pk.clone(), sk: sk.to_owned() });
            } else {
                overflow_left = true;
            }
        }
        self.delete_all(left).await?;
        match until {
            _ if overflow_left => Ok(()),
            Some(until) => self.expire_at(key, until).await,
            None => self.delete_contact(key).await,
        }
    }

    // Whoever came meanwhile is in the list: only a full one sends holders apart.
    async fn delete_contact(&self, key: Key) -> Result<(), Error> {
        let sent = self
            .client()
            .delete_item()
            .table_name(self.table())
            .set_key(Some(key.attributes()))
            .condition_expression("attribute_not_exists(#holders)")
            .expression_attribute_names("#holders", REGISTERED)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        held(sent).map(|_| ())
    }

    async fn expire_at(&self, key: Key, until: i64) -> Result<(), Error> {
        let sent = self
            .client()
            .update_item()
            .table_name(self.table())
            .set_key(Some(key.attributes()))
            .update_expression("SET #ttl = :ttl REMOVE #apart")
            .condition_expression("attribute_exists(#pk) AND attribute_not_exists(#holders)")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_names("#apart", HAS_OVERFLOW)
            .expression_attribute_names("#holders", REGISTERED)
            .expression_attribute_values(":ttl", number(until))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        held(sent).map(|_| ())
    }

    /// Up to [`PAGE`] items of a life, all but its tombstone. The items behind the front are the cursor: what is deleted
    /// is not met again.
    async fn page_of(&self, channel: &str, record: &CustomerId) -> Result<Page, Error> {
        let pk = keys::partition(channel, record);
        let reply = self
            .query(pk.clone())
            .projection_expression("#sk")
            .expression_attribute_names("#sk", SK)
            .limit(PAGE)
            .send()
            .await
            .map_err(Failure::of)?;
        let items = reply.items.unwrap_or_default();
        let sks = items.iter().filter_map(|item| string(item, SK)).filter(|sk| *sk != CUSTOMER);
        let keys = sks.map(|sk| Key { pk: pk.clone(), sk: sk.to_owned() }).collect();
        Ok(Page { keys, more: reply.last_evaluated_key.is_some() })
    }

    /// Deletes items, some batches at a time. 1 W per KB each.
    pub(super) async fn delete_all(&self, keys: Vec<Key>) -> Result<(), Error> {
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
}
