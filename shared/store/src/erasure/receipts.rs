//! Reads jobs and receipts of erasures.

use okyaku_domain::erasure::Erasure;
use okyaku_domain::error::Error;
use okyaku_domain::id::ChannelId;
use okyaku_domain::month::Month;
use okyaku_domain::time::Millis;

use crate::access::{List, Read};
use crate::item::Item;
use crate::items::attributes::{expired, string};
use crate::items::erasure::{self, JOB_SHARDS};
use crate::key::SK;
use crate::store::Store;
use crate::table::failure::Failure;

/// Erasures, and the ids of unreadable erasures.
#[derive(Debug, Default)]
pub struct Log {
    /// The readable erasures. Each partition lists the oldest first.
    pub erasures: Vec<Erasure>,
    /// The ids of unreadable items. A later version or an operator wrote these items.
    pub unreadable: Vec<String>,
}

impl<A: Read> Store<A> {
    /// Returns an erasure of a channel, open or done. Costs 1 R for a job, and 2 R for a receipt.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the channel has no erasure with this id. [`Error::Busy`] or
    /// [`Error::Internal`].
    pub async fn erasure(&self, channel: &ChannelId, id: &str) -> Result<Erasure, Error> {
        let nobody = Error::NotFound("the erasure");
        let Some(at) = Erasure::time_of(id).filter(|_| Erasure::is_id(id)) else { return Err(nobody) };
        // Read the job first. The receipt replaces the job in one transaction, so one of the two is found.
        let item = match self.get(erasure::job(id)).await? {
            Some(item) => Some(item),
            None => {
                self.get(erasure::receipt(channel, id, at)).await?.filter(|item| !expired(item, self.now()))
            }
        };
        let erasure = match item {
            Some(item) => erasure::read(item)?,
            None => return Err(nobody),
        };
        // A channel sees only its own erasures.
        if erasure.channel == *channel { Ok(erasure) } else { Err(nobody) }
    }
}

impl<A: List> Store<A> {
    /// Returns the open erasures, oldest first. Costs 1 R per 4 KB.
    ///
    /// Each partition contributes as many erasures as fit into one reply of 1 MB.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn open_erasures(&self) -> Result<Log, Error> {
        let mut log = Log::default();
        for shard in 0..JOB_SHARDS {
            for item in self.first_of(erasure::job_partition(shard)).await? {
                log.add(item);
            }
        }
        Ok(log)
    }

    /// Returns a channel's erasures since a time, open and done.
    ///
    /// A table that was restored from a backup lacks these erasures. Costs 1 R per 4 KB of all jobs and of
    /// the channel's receipts of these months.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn erasures_since(&self, channel: &ChannelId, since: Millis) -> Result<Log, Error> {
        let mut log = Log::default();
        // Read every page, unlike a sweep, because a replay must repeat every erasure.
        for shard in 0..JOB_SHARDS {
            for item in self.partition(erasure::job_partition(shard)).await? {
                log.add(item);
            }
        }
        for month in Month::of(since).to(Month::of(self.now())) {
            for item in self.partition(erasure::receipts(channel, &month.key())).await? {
                log.add(item);
            }
        }
        log.erasures.retain(|erasure| erasure.channel == *channel && erasure.erased_at >= since);
        // A job may become a receipt between the two reads. Keep one copy, and prefer the job's copy.
        log.erasures.sort_by(|a, b| (&a.id, a.swept_at).cmp(&(&b.id, b.swept_at)));
        log.erasures.dedup_by(|b, a| a.id == b.id);
        Ok(log)
    }

    /// Returns the first items of a partition, at most 1 MB.
    async fn first_of(&self, pk: String) -> Result<Vec<Item>, Error> {
        let reply = self.query(pk).send().await.map_err(Failure::of)?;
        Ok(reply.items.unwrap_or_default())
    }
}

impl Log {
    fn add(&mut self, item: Item) {
        let id = string(&item, SK).unwrap_or_default().to_owned();
        match erasure::read(item) {
            Ok(erasure) => self.erasures.push(erasure),
            Err(_) => {
                tracing::error!(erasure = id, "an erasure cannot be read");
                self.unreadable.push(id);
            }
        }
    }
}
