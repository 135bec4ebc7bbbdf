//! Erases a whole channel after its shop left the builder.
//!
//! The channel's keys end at once. A day later two scans of the table delete all items of the channel, page by page.
//! A scan reads the items of every channel: 0.5 R per 4 KB. There are at most two scans.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use okyaku_domain::erasure::{Counts, Erasure};
use okyaku_domain::error::Error;

use crate::access::{EndChannel, PlaceTombstones};
use crate::item::Item;
use crate::items::attributes::{ERASED_AT, number, string, text};
use crate::items::credential::{self, CHANNEL};
use crate::items::customer::CUSTOMER;
use crate::items::event::EVENTS;
use crate::items::journal::JOURNAL;
use crate::items::order::ORDERS;
use crate::items::{channel, erasure, job as job_item};
use crate::key::{self, Key, PK, SK};
use crate::store::Store;
use crate::table::failure::Failure;
use crate::table::write::Write;

impl<A: PlaceTombstones> Store<A> {
    /// Ends a channel and creates the job that empties the channel a day later. Costs 4 W.
    ///
    /// The ended channel stays in the list of channels. A repeated call changes
    /// nothing. Returns `false` if another transaction held the channel's item. The
    /// caller then tries again.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn end_channel(&self, job: &Erasure) -> Result<bool, Error> {
        let end = Write::update(channel::key(&job.channel), |terms| {
            format!("SET {} = {}", terms.name(ERASED_AT), terms.value(number(job.erased_at)))
        });
        // Only the first call ends the channel and creates the job.
        let end = end.when(|terms| format!("attribute_not_exists({})", terms.name(ERASED_AT)));
        let sent = self.transact_all(vec![end, Write::put(erasure::job_item(job)?)]).await?;
        // A refused condition means that the channel ended earlier, so the call still succeeds.
        Ok(sent.is_some())
    }
}

impl<A: EndChannel> Store<A> {
    /// Takes secrets and keys from a channel that ended with this job. Costs 1 W.
    ///
    /// From then on the channel cannot be reopened. Returns `false` if the channel was reopened before.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn close_channel(&self, job: &Erasure) -> Result<bool, Error> {
        let close = Write::update(channel::key(&job.channel), |terms| {
            let (keys, ends) = (terms.name(channel::KEYS), terms.name(channel::KEY_ENDS));
            let (secret, builders) = (terms.name(channel::MEMBER_HASH_SECRET), terms.name(channel::BUILDERS));
            format!("SET {secret} = {} REMOVE {keys}, {ends}, {builders}", terms.value(text("")))
        });
        let at = job.erased_at;
        self.send(close.when(|terms| format!("{} = {}", terms.name(ERASED_AT), terms.value(number(at)))))
            .await
    }

    /// Deletes the job of a channel that was reopened. Returns `false` if another worker has the job. Costs 1 W.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn drop_job(&self, job: &Erasure) -> Result<bool, Error> {
        self.send(Write::delete(erasure::job(&job.id)).at_version(job.version)).await
    }

    /// Deletes a channel's items on one page of the table's scan.
    ///
    /// The first pass counts before it deletes. The second pass only deletes. Returns `false` if another
    /// worker has the job. Costs half an R per 4 KB, 1 W per item, and 1 W for the job.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn empty_channel(&self, job: &mut Erasure) -> Result<bool, Error> {
        // The job keeps the scan's position as `pk`, a line feed and `sk`.
        let start = job.upto.as_deref().and_then(|at| at.split_once('\n')).map(|(pk, sk)| {
            Item::from([
                (PK.to_owned(), AttributeValue::S(pk.to_owned())),
                (SK.to_owned(), AttributeValue::S(sk.to_owned())),
            ])
        });
        let reply = self
            .client()
            .scan()
            .table_name(self.table())
            .projection_expression("#pk, #sk, #channel, #erased")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_names("#channel", CHANNEL)
            .expression_attribute_names("#erased", ERASED_AT)
            .set_exclusive_start_key(start)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(Failure::of)?;
        // Pick the channel's items on this page, and count them in the first pass.
        let (mut gone, first) = (Vec::new(), job.emptied_at.is_none());
        for item in reply.items.unwrap_or_default() {
            let (Some(pk), Some(sk)) = (string(&item, PK), string(&item, SK)) else { continue };
            let is_of = key::is_of_channel(pk, &job.channel)
                || credential::is_of(pk, &item, &job.channel)
                || job_item::is_of(pk, &item, &job.channel);
            if is_of {
                if first {
                    count(&mut job.counts, pk, sk, item.contains_key(ERASED_AT));
                }
                gone.push(Key { pk: pk.to_owned(), sk: sk.to_owned() });
            }
        }
        // Move the position of the scan. The first pass ends on the last page.
        job.upto = reply
            .last_evaluated_key
            .as_ref()
            .and_then(|key| Some(format!("{}\n{}", string(key, PK)?, string(key, SK)?)));
        if job.upto.is_none() && first {
            job.emptied_at = Some(self.now());
        }
        if first {
            // Save the counts before the delete. After a crash in between, the second pass deletes the
            // counted items.
            if !self.save(job).await? {
                return Ok(false);
            }
            self.delete_all(gone).await?;
            return Ok(true);
        }
        // Delete before the position is saved, so that the pass repeats a page after a crash.
        self.delete_all(gone).await?;
        self.save(job).await
    }

    /// Runs the second scan and files the receipt.
    ///
    /// The second scan deletes items from writes in flight and from instances with a cached channel. Returns
    /// `false` if the time ran out or another worker has the job.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn last_scan(&self, job: &mut Erasure, has_time: impl Fn() -> bool) -> Result<bool, Error> {
        loop {
            if !has_time() || !self.empty_channel(job).await? {
                return Ok(false);
            }
            if job.upto.is_none() {
                return self.file(job).await;
            }
        }
    }
}

fn count(counts: &mut Counts, pk: &str, sk: &str, tombstone: bool) {
    let of = match (key::kind(pk), sk) {
        ("C", CUSTOMER) if !tombstone => &mut counts.customers,
        ("C", sk) if sk.starts_with(EVENTS) => &mut counts.events,
        ("C", sk) if sk.starts_with(JOURNAL) => &mut counts.links,
        ("C", sk) if sk.starts_with(ORDERS) => &mut counts.orders,
        ("A", _) => &mut counts.contact_points,
        ("M", _) => &mut counts.markers,
        _ => return,
    };
    *of += 1;
}
