//! Monthly actives (R7): counts of a month's markers, and the month totals that outlive the markers.

use std::time::Instant;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity, Select};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use okyaku_domain::customer::Customer;
use okyaku_domain::error::Error;
use okyaku_domain::id::ChannelId;
use okyaku_domain::limit::MARKERS_MS;
use okyaku_domain::month::Month;
use okyaku_domain::time::{DAY, Millis};

use crate::access::{List, Total};
use crate::item::Item;
use crate::items::attributes::{ERASED_AT, expired, integer, string, text};
use crate::items::channel::CHANNELS;
use crate::items::marker::{self, MONTH, SHARDS};
use crate::key::{Key, PK, SK};
use crate::store::Store;
use crate::table::failure::Failure;
use crate::table::write::Write;

/// How long after its end a month is closed. Every writer ends within a minute, and every clock is right to a
/// day.
const SETTLED: Millis = DAY;
/// How often a month is counted again. After these counts the month waits for the next call.
const COUNTS: usize = 5;
/// Partitions, or markers, that are read at once.
const PARALLEL: usize = 8;

/// The actives of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actives {
    /// The number of actives.
    pub count: u64,
    /// Whether the count is the month total. A month total is put once and never changes.
    pub total: bool,
}

impl<A: List> Store<A> {
    /// Returns the actives of a month: the month total or a count of the markers.
    ///
    /// A month total costs 1 R. A count costs 16 Queries and 1 R per 4 KB of markers. A marker has some 70
    /// bytes. A future month costs 0 R.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn actives(&self, channel: &ChannelId, month: Month) -> Result<Actives, Error> {
        let current = Month::of(self.now());
        if month > current {
            return Ok(Actives { count: 0, total: false });
        }
        if month < current
            && let Some(count) = self.total(channel, month).await?
        {
            return Ok(Actives { count, total: true });
        }
        Ok(Actives { count: self.count(channel, month).await?, total: false })
    }

    /// Returns the months in which any of the records was active, oldest first.
    ///
    /// The list reaches as far back as the table keeps markers. Costs 1 R for each record and month since the
    /// record's creation.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn active_months(
        &self,
        channel: &ChannelId,
        records: &[&Customer],
    ) -> Result<Vec<Month>, Error> {
        let now = self.now();
        let marker = |record: &Customer, month: Month| {
            let name = self.keys().active(channel, &month.key(), &record.id);
            (month, marker::key(channel, &month.key(), &name))
        };
        let of_record = |record: &&Customer| {
            // Look beyond `updatedAt`. An existing customer's marker is put first, and the write of the
            // customer may have failed.
            let months = Month::of(record.created_at.max(now - MARKERS_MS)).to(Month::of(now));
            months.map(|month| marker(record, month)).collect::<Vec<_>>()
        };
        let wanted: Vec<(Month, Key)> = records.iter().flat_map(of_record).collect();
        let look = |(month, key)| async move {
            let marker = self.get(key).await?.filter(|marker| !expired(marker, now));
            Ok::<_, Error>(marker.map(|_| month))
        };
        let found = stream::iter(wanted.into_iter().map(look)).buffer_unordered(PARALLEL);
        let mut months: Vec<Month> =
            found.try_filter_map(|month| async move { Ok(month) }).try_collect().await?;
        months.sort_unstable();
        months.dedup();
        Ok(months)
    }

    async fn total(&self, channel: &ChannelId, month: Month) -> Result<Option<u64>, Error> {
        let Some(item) = self.get(marker::total(channel, &month.key())).await? else { return Ok(None) };
        marker::read_total(&item).map(Some).ok_or_else(|| Error::internal("a month's total cannot be read"))
    }

    /// Counts the markers of a month.
    async fn count(&self, channel: &ChannelId, month: Month) -> Result<u64, Error> {
        let month = month.key();
        // Count the partitions in parallel.
        let shards = (0..SHARDS)
            .map(|shard| self.count_partition(marker::partition(channel, &month, shard)))
            .collect::<Vec<_>>();
        stream::iter(shards)
            .buffer_unordered(PARALLEL)
            .try_fold(0, |sum, one| async move { Ok(sum + one) })
            .await
    }

    async fn count_partition(&self, pk: String) -> Result<u64, Error> {
        let (mut count, mut start) = (0, None);
        loop {
            let reply = self
                .client()
                .query()
                .table_name(self.table())
                .select(Select::Count)
                .key_condition_expression("#pk = :pk")
                .expression_attribute_names("#pk", PK)
                .expression_attribute_values(":pk", AttributeValue::S(pk.clone()))
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(Failure::of)?;
            count += u64::try_from(reply.count).unwrap_or(0);
            start = reply.last_evaluated_key;
            if start.is_none() {
                return Ok(count);
            }
        }
    }
}

impl<A: Total> Store<A> {
    /// Closes every month that ended more than a day ago.
    ///
    /// Puts the month total of each channel, once. Returns the number of new totals. Stops at `until`, and
    /// the next call goes on. Costs 1 R if every month is closed. Until the first month is closed, each call
    /// also reads the list of channels.
    ///
    /// A month whose markers have begun to expire stays open, because a total of the remaining markers would
    /// be wrong.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`]. The totals that were put stay, and the next call goes on.
    pub async fn close_months(&self, until: Instant) -> Result<u64, Error> {
        let last = Month::of(self.now() - SETTLED).previous();
        let closed = self.closed().await?;
        if closed.is_some_and(|closed| closed >= last) {
            return Ok(0);
        }
        // Start at the first month with all markers that is after the last closed month.
        let whole = Month::of(self.now() - MARKERS_MS).next();
        let first = closed.map_or(whole, |closed| whole.max(closed.next()));
        let channels = self.channel_months().await?;
        let mut put = 0;
        for month in first.to(last) {
            let open: Vec<_> = channels.iter().filter(|(_, since)| *since <= month).collect();
            for (channel, _) in &open {
                if Instant::now() >= until {
                    return Ok(put);
                }
                put += u64::from(self.close(channel, month).await?);
            }
            // Note the month only after all channels have a total.
            if !open.is_empty() {
                self.note_closed(month).await?;
            }
        }
        Ok(put)
    }

    /// Puts a month total unless the total is there. Returns whether the total is new.
    async fn close(&self, channel: &ChannelId, month: Month) -> Result<bool, Error> {
        if self.total(channel, month).await?.is_some() {
            return Ok(false);
        }
        // The put is conditional, so two concurrent sweeps put one total.
        let count = self.count_twice(channel, month).await?;
        let write = Write::put(marker::total_item(channel, month, count));
        self.send(write.when(|terms| format!("attribute_not_exists({})", terms.name(SK)))).await
    }

    /// Counts until two counts in a row are equal.
    ///
    /// An erasure renames markers. A Query during the renaming may count a marker twice or leave the marker
    /// out. A month total is final, so the count must be exact.
    async fn count_twice(&self, channel: &ChannelId, month: Month) -> Result<u64, Error> {
        let mut count = self.count(channel, month).await?;
        for _ in 0..COUNTS {
            let again = self.count(channel, month).await?;
            if again == count {
                return Ok(count);
            }
            count = again;
        }
        Err(Error::Busy)
    }

    /// Returns the last closed month.
    async fn closed(&self) -> Result<Option<Month>, Error> {
        let item = self.get(marker::closed()).await?;
        Ok(item.as_ref().and_then(marker::read_closed))
    }

    /// Notes that a month and all months before the month are closed.
    ///
    /// A later noted month stays.
    async fn note_closed(&self, month: Month) -> Result<(), Error> {
        let write = Write::put(marker::closed_item(month)).when(|terms| {
            let (noted, new) = (terms.name(MONTH), terms.value(text(month.key())));
            format!("attribute_not_exists({noted}) OR {noted} < {new}")
        });
        self.send(write).await.map(|_| ())
    }

    /// Returns every open channel's id and first month.
    async fn channel_months(&self) -> Result<Vec<(ChannelId, Month)>, Error> {
        let channel = |item: &Item| {
            let created_at = integer(item, "createdAt")?;
            Some((ChannelId::parse(string(item, SK)?)?, Month::of(created_at)))
        };
        let unreadable = || Error::internal("a channel's item cannot be read");
        let items = self.partition(CHANNELS.to_owned()).await?;
        // An ended channel has no months.
        let open = items.iter().filter(|item| !item.contains_key(ERASED_AT));
        open.map(|item| channel(item).ok_or_else(unreadable)).collect()
    }
}
