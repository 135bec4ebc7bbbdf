//! What is left of a life goes page by page. An item is counted in the job before it is deleted, and every write of the
//! job is conditional: neither a crash nor two workers at once count twice, and none deletes what is not counted.

use okyaku_domain::contact_point::ContactPointKind;
use okyaku_domain::erasure::Erasure;
use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::limit::MARKERS_MS;

use crate::access::Erase;
use crate::item::Item;
use crate::items::attributes::{VERSION, number, string};
use crate::items::contact_point::{self, OVERFLOW};
use crate::items::customer::{self, CUSTOMER};
use crate::items::event::EVENTS;
use crate::items::journal::JOURNAL;
use crate::items::order::{self, ORDERS};
use crate::items::{erasure, marker};
use crate::key::{Key, PK, SK};
use crate::keyring::random;
use crate::store::Store;
use crate::table::failure::Failure;
use crate::table::write::Write;

/// Items of one page: 20 batches of 25.
const PAGE: i32 = 500;
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
        let owners = page.keys.iter().filter_map(|key| order::owner_of(&job.channel, &key.sk)).collect();
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
    async fn rename(&self, channel: &ChannelId, old: Key, mut item: Item) -> Result<(), Error> {
        let name = hex::encode(random::<10>()?);
        item.extend(marker::renamed(&old, channel, &name).attributes());
        let delete = Write::delete(old).when(|terms| format!("attribute_exists({})", terms.name(PK)));
        // If it is gone, another worker has renamed it, or a try of ours whose reply was lost.
        self.transact_all(vec![delete, Write::put(item)]).await?.map(|_| ()).ok_or(Error::Busy)
    }

    /// Writes the job, if nobody else did. 1 W per KB.
    pub(crate) async fn save(&self, job: &mut Erasure) -> Result<bool, Error> {
        let read = job.version;
        job.version += 1;
        let write = Write::put(erasure::job_item(job)?);
        self.send(write.when(|terms| format!("{} = {}", terms.name(VERSION), terms.value(number(read)))))
            .await
    }

    /// The job becomes the receipt.
    pub(crate) async fn file(&self, job: &mut Erasure) -> Result<bool, Error> {
        job.swept_at = Some(self.now());
        let open = Write::delete(erasure::job(&job.id));
        let open =
            open.when(|terms| format!("{} = {}", terms.name(VERSION), terms.value(number(job.version))));
        let receipt = Write::put(erasure::receipt_item(job)?);
        Ok(self.transact_all(vec![open, receipt]).await? == Some(true))
    }

    /// Deletes a released contact point if nobody is registered any more; one that the erasure was asked for by stays for
    /// as long as that is remembered. 1 R, 1 W per item.
    async fn delete_unregistered(
        &self,
        job: &Erasure,
        kind: ContactPointKind,
        hash: &str,
    ) -> Result<(), Error> {
        let key = contact_point::key(&job.channel, kind, hash);
        let (mut overflow_left, mut until, mut left) = (false, None, Vec::new());
        for item in self.partition(key.pk.clone()).await? {
            let Some(sk) = string(&item, SK) else { continue };
            let Some(id) = sk.strip_prefix(OVERFLOW) else {
                until = contact_point::until(&item);
                continue;
            };
            let erased = job.records.iter().any(|record| record.as_str() == id);
            if erased || contact_point::read_overflow(&item).is_none() {
                left.push(Key { pk: key.pk.clone(), sk: sk.to_owned() });
            } else {
                overflow_left = true;
            }
        }
        self.delete_all(left).await?;
        match until {
            _ if overflow_left => Ok(()),
            Some(until) => self.send(contact_point::expire(key, until)).await.map(|_| ()),
            None => self.send(contact_point::delete(key)).await.map(|_| ()),
        }
    }

    /// Up to [`PAGE`] items of a life, all but its tombstone. The items behind the front are the cursor: what is deleted
    /// is not met again.
    async fn page_of(&self, channel: &ChannelId, record: &CustomerId) -> Result<Page, Error> {
        let pk = customer::partition(channel, record);
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
}
