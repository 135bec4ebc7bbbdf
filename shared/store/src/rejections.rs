//! The log of rejections.
//!
//! The log counts rejections by day, sender, reason and field. For example, page / `invalid` /
//! `profile.email` has one count per day.

use okyaku_domain::id::ChannelId;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use okyaku_domain::error::Error;
use okyaku_domain::limit::{REJECTION_DAYS, REJECTIONS_A_DAY};
use okyaku_domain::rejection::Rejection;
use okyaku_domain::sender::Sender;
use okyaku_domain::time::{DAY, Millis, day};

use crate::access::{CountRejections, List};
use crate::items::attributes::expired;
use crate::items::rejection::{self, RejectionCount};
use crate::rejection_counts::Due;
use crate::store::Store;
use crate::table::failure::Failure;

/// How long a request waits for the writes of the log.
const PATIENCE: Duration = Duration::from_secs(1);

impl<A: CountRejections> Store<A> {
    /// Counts the rejections of one request or delivery and writes the due counts.
    ///
    /// A count is due if this instance has not written the count for a minute. Costs 1 W per due count, in
    /// parallel, and 0 W without due counts. The request waits for a second at most. A failed write is logged
    /// and repeated a minute later.
    pub async fn count_rejections(&self, channel: &ChannelId, sender: Sender, rejections: &[Rejection]) {
        let now = self.now();
        let partition = rejection::partition(channel, &day(now));
        let due = self.backend().rejections.count(&partition, sender, rejections, now);
        // Write the due counts in parallel. A failed count goes back into memory.
        join_all(due.iter().map(|due| async move {
            let written = tokio::time::timeout(PATIENCE, self.add_rejections(due)).await;
            let cause = match written {
                Ok(Ok(())) => return,
                Ok(Err(Failure::Busy(cause) | Failure::Other(cause))) => cause,
                Ok(Err(Failure::Condition | Failure::Conflict)) => "conflict".to_owned(),
                Err(_) => "timeout".to_owned(),
            };
            tracing::warn!(cause, "rejections are not counted yet");
            self.backend().rejections.put_back(due);
        }))
        .await;
    }

    async fn add_rejections(&self, due: &Due) -> Result<(), Failure> {
        let (partition, sort) = &due.name;
        self.try_send(rejection::add(partition, sort, due.count, due.last)).await
    }
}

impl<A: List> Store<A> {
    /// Returns the counts of today and the days before, `days` in all.
    ///
    /// The newest day comes first, and within a day the largest count. A day has at most [`REJECTIONS_A_DAY`]
    /// counts. Costs 1 R per 4 KB and day, at least half an R per day.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn rejections(&self, channel: &ChannelId, days: u32) -> Result<Vec<RejectionCount>, Error> {
        let now = self.now();
        let days = days.min(REJECTION_DAYS);
        let of_day =
            (0..days).map(|back| self.rejections_of(channel, day(now - Millis::from(back) * DAY), now));
        // Read the days in parallel, in their order.
        let all: Vec<Vec<RejectionCount>> =
            stream::iter(of_day.collect::<Vec<_>>()).buffered(REJECTION_DAYS as usize).try_collect().await?;
        Ok(all.into_iter().flatten().collect())
    }

    async fn rejections_of(
        &self,
        channel: &ChannelId,
        day: String,
        now: Millis,
    ) -> Result<Vec<RejectionCount>, Error> {
        let partition = rejection::partition(channel, &day);
        let limit = i32::try_from(REJECTIONS_A_DAY).map_err(Error::internal)?;
        let reply = self.query(partition).limit(limit).send().await.map_err(Failure::of)?;
        let items = reply.items.unwrap_or_default();
        let items = items.iter().filter(|item| !expired(item, now));
        let unreadable = || Error::internal("a count of rejections cannot be read");
        let counts = items.map(|item| rejection::read(item, &day).ok_or_else(unreadable));
        let mut counts = counts.collect::<Result<Vec<_>, _>>()?;
        counts.sort_by_key(|kind| std::cmp::Reverse(kind.count));
        Ok(counts)
    }
}
