//! The log of rejections: what was refused or left out, counted by day, sender, reason and field.

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

/// How long a request waits for them.
const PATIENCE: Duration = Duration::from_secs(1);

impl<A: CountRejections> Store<A> {
    /// Counts what was dropped of one request or delivery, and writes what this instance has not written for a minute:
    /// 1 W for each kind of drop, in parallel, and nothing where there is none. Costs the caller a second at most; what
    /// fails is logged and tried again a minute later.
    pub async fn count_rejections(&self, channel: &ChannelId, sender: Sender, rejections: &[Rejection]) {
        let now = self.now();
        let partition = rejection::partition(channel, &day(now));
        let due = self.backend().rejections.count(&partition, sender, rejections, now);
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
    /// What was dropped today and on the days before it, `days` in all: the newest day first, the most frequent first.
    /// At most [`REJECTIONS_A_DAY`] of a day. 1 R per 4 KB and day, at least half a one.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn rejections(&self, channel: &ChannelId, days: u32) -> Result<Vec<RejectionCount>, Error> {
        let now = self.now();
        let days = days.min(REJECTION_DAYS);
        let of_day =
            (0..days).map(|back| self.rejections_of(channel, day(now - Millis::from(back) * DAY), now));
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
