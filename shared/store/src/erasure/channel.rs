//! Forgetting a whole channel, because its shop left its builder: the channel's keys end at once, and everything it holds
//! goes page by page of a scan, twice. A scan reads the whole table, whoever's it is: 0.5 R per 4 KB, at most twice.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use okyaku_domain::erasure::{Counts, Erasure};
use okyaku_domain::error::Error;

use crate::access::{EndChannel, PlaceTombstones};
use crate::item::Item;
use crate::items::attributes::{ERASED_AT, number, string};
use crate::items::credential::{self, CHANNEL};
use crate::items::customer::CUSTOMER;
use crate::items::event::EVENTS;
use crate::items::journal::JOURNAL;
use crate::items::order::ORDERS;
use crate::items::{channel, erasure};
use crate::key::{self, Key, PK, SK};
use crate::store::Store;
use crate::table::failure::Failure;
use crate::table::write::Write;

impl<A: PlaceTombstones> Store<A> {
    /// Ends a channel and leaves the job that empties it. Again it does nothing. `false` if another transaction was at
    /// the channel: try again. 4 W.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn end_channel(&self, job: &Erasure) -> Result<bool, Error> {
        let end = Write::update(channel::key(&job.channel), |terms| {
            format!("SET {} = {}", terms.name(ERASED_AT), terms.value(number(job.erased_at)))
        });
        let end = end.when(|terms| format!("attribute_not_exists({})", terms.name(ERASED_AT)));
        let sent = self.transact_all(vec![end, Write::put(erasure::job_item(job)?)]).await?;
        // A refusal means that it has ended before.
        Ok(sent.is_some())
    }
}

impl<A: EndChannel> Store<A> {
    /// Deletes what one page of the table's scan has of a channel; `false` if another worker is at it. The first pass
    /// counts before it deletes, and the second only deletes. Half an R per 4 KB, 1 W per item and 1 of the job.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn empty_channel(&self, job: &mut Erasure) -> Result<bool, Error> {
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
        let (mut gone, first) = (Vec::new(), job.emptied_at.is_none());
        for item in reply.items.unwrap_or_default() {
            let (Some(pk), Some(sk)) = (string(&item, PK), string(&item, SK)) else { continue };
            if key::is_of_channel(pk, &job.channel) || credential::is_of(pk, &item, &job.channel) {
                if first {
                    count(&mut job.counts, pk, sk, item.contains_key(ERASED_AT));
                }
                gone.push(Key { pk: pk.to_owned(), sk: sk.to_owned() });
            }
        }
        job.upto = reply
            .last_evaluated_key
            .as_ref()
            .and_then(|key| Some(format!("{}\n{}", string(key, PK)?, string(key, SK)?)));
        if job.upto.is_none() && first {
            job.emptied_at = Some(self.now());
        }
        if first {
            // What is counted and then not deleted, the second pass meets.
            if !self.save(job).await? {
                return Ok(false);
            }
            self.delete_all(gone).await?;
            return Ok(true);
        }
        self.delete_all(gone).await?;
        self.save(job).await
    }

    /// The second scan, for what a write in flight or an instance that did not know of the end has left; then the job
    /// becomes the receipt. `false` if there was no time for all of it, or another worker is at it.
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
