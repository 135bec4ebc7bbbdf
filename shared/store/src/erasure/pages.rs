//! Deletes the remaining items of an erased record, page by page.
//!
//! The job counts an item before the item is deleted. Every write of the job is conditional. So a crash or a
//! second worker counts an item only once, and only counted items are deleted.

use futures_util::future::try_join_all;
use okyaku_domain::contact_point::ContactPointKind;
use okyaku_domain::erasure::Erasure;
use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::limit::MARKERS_MS;

use crate::access::Erase;
use crate::item::Item;
use crate::items::attributes::string;
use crate::items::contact_point;
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
/// Deletes with a condition that are sent at once.
const PARALLEL: usize = 8;
/// A position after every sort key of a record: all items and markers are counted.
const ALL: &str = "~";

/// One page of a record's items.
struct Page {
    keys: Vec<Key>,
    more: bool,
}

impl<A: Erase> Store<A> {
    /// Deletes one page of the erasure's current record.
    ///
    /// A repeated call is harmless. Returns `false` if another worker has the job. That worker continues.
    /// Costs 1 R per 4 KB, 1 W per item, 1 W per KB of the job, and 4 W per marker.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn empty_page(&self, job: &mut Erasure) -> Result<bool, Error> {
        let Some(record) = job.current_record().cloned() else { return Ok(true) };
        let page = self.page_of(&job.channel, &record).await?;
        let upto = job.upto.clone().unwrap_or_default();
        // Count the items behind the last counted position, and save the job before the delete.
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
        // Delete the owner item before its order, because only the order leads to the owner item.
        // An order that moved to another customer keeps its owner item.
        let owners = page.keys.iter().filter_map(|key| order::owner_of(&job.channel, &key.sk));
        let owners: Vec<Key> = owners.collect();
        for wave in owners.chunks(PARALLEL) {
            let disown = |key: &Key| self.send(order::disown(key.clone(), &record));
            try_join_all(wave.iter().map(disown)).await?;
        }
        self.delete_all(page.keys).await?;
        if page.more {
            return Ok(true);
        }
        // The record is empty now. Rename its markers, then go on with the next record.
        if !self.unmark(job, &record).await? {
            return Ok(false);
        }
        // Go on with the next record, from its first item.
        job.emptied += 1;
        job.upto = None;
        if job.current_record().is_none() && job.emptied_at.is_none() {
            job.emptied_at = Some(self.now());
            return self.save(job).await;
        }
        Ok(true)
    }

    /// Runs the last sweep and files the receipt.
    ///
    /// The sweep visits every record again, because a write in flight may have left items. Then the sweep
    /// deletes released contact points without registrations. Returns `false` if another worker has the job.
    /// Costs as much as [`empty_page`](Self::empty_page), and 4 W at the end.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn last_sweep(&self, job: &mut Erasure) -> Result<bool, Error> {
        // Start from the first record only after a complete pass. A sweep that was cut off goes on at its
        // saved position, so that each item is counted once.
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

    /// Replaces the names of a record's month markers, so that the months' counts stay (R7).
    ///
    /// The last sweep deletes markers instead. Such a marker belongs to a write that was never stored.
    async fn unmark(&self, job: &mut Erasure, record: &CustomerId) -> Result<bool, Error> {
        // The first pass looks at the markers before the erasure, the last sweep at later markers.
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
        // Count the markers once, also if a crash interrupts the renaming.
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

    /// Moves a marker to a random name, in one transaction. Costs 4 W.
    async fn rename(&self, channel: &ChannelId, old: Key, mut item: Item) -> Result<(), Error> {
        let name = hex::encode(random::<10>()?);
        item.extend(marker::renamed(&old, channel, &name).attributes());
        let delete = Write::delete(old).when(|terms| format!("attribute_exists({})", terms.name(PK)));
        // The marker may be gone: another worker renamed the marker, or our own earlier try did and its reply
        // was lost.
        self.transact_all(vec![delete, Write::put(item)]).await?.map(|_| ()).ok_or(Error::Busy)
    }

    /// Writes the job if the version is still the read version. Costs 1 W per KB.
    pub(crate) async fn save(&self, job: &mut Erasure) -> Result<bool, Error> {
        let read = job.version;
        job.version += 1;
        let write = Write::put(erasure::job_item(job)?);
        self.send(write.at_version(read)).await
    }

    /// Replaces the job by the receipt, in one transaction.
    pub(crate) async fn file(&self, job: &mut Erasure) -> Result<bool, Error> {
        job.swept_at = Some(self.now());
        let open = Write::delete(erasure::job(&job.id)).at_version(job.version);
        let receipt = Write::put(erasure::receipt_item(job)?);
        Ok(self.transact_all(vec![open, receipt]).await? == Some(true))
    }

    /// Deletes a released contact point without registrations. Costs 1 R, and 1 W per item.
    ///
    /// If the erasure was requested by this contact point, the item stays until its memory of the erasure
    /// ends.
    async fn delete_unregistered(
        &self,
        job: &Erasure,
        kind: ContactPointKind,
        hash: &str,
    ) -> Result<(), Error> {
        let key = contact_point::key(&job.channel, kind, hash);
        // Look for overflow registrations of customers outside this erasure.
        let (mut overflow_left, mut until, mut left) = (false, None, Vec::new());
        for item in self.partition(key.pk.clone()).await? {
            let Some(sk) = string(&item, SK) else { continue };
            let Some((id, _)) = contact_point::of_overflow_key(sk) else {
                until = contact_point::until(&item);
                continue;
            };
            // A released item, or an item of this erasure's own records, may go.
            let erased = job.records.iter().any(|record| record.as_str() == id);
            if erased || contact_point::read_overflow(&item).is_none() {
                left.push(Key { pk: key.pk.clone(), sk: sk.to_owned() });
            } else {
                overflow_left = true;
            }
        }
        self.delete_all(left).await?;
        // Keep the item while an overflow registration is left, or until the erasure may be forgotten.
        match until {
            _ if overflow_left => Ok(()),
            Some(until) => self.send(contact_point::expire(key, until)).await.map(|_| ()),
            None => self.send(contact_point::delete(key)).await.map(|_| ()),
        }
    }

    /// Returns up to [`PAGE`] items of a record, without the tombstone.
    ///
    /// The query starts at the first sort key each time, because deleted items are gone from the front.
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
