//! How far an erasure has come, which are open, and what was erased since when.

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

/// Open erasures: those that can be read, and the ids of those that cannot.
#[derive(Debug, Default)]
pub struct Log {
    /// Erasures, the oldest of each partition first.
    pub erasures: Vec<Erasure>,
    /// Ids of the unreadable: written by a later version, or by hand.
    pub unreadable: Vec<String>,
}

impl<A: Read> Store<A> {
    /// An erasure of a channel, open or done. 1 R, or 2 once it is done.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the channel has none of this id; [`Error::Busy`] or [`Error::Internal`].
    pub async fn erasure(&self, channel: &ChannelId, id: &str) -> Result<Erasure, Error> {
        let nobody = Error::NotFound("the erasure");
        let Some(at) = Erasure::time_of(id).filter(|_| Erasure::is_id(id)) else { return Err(nobody) };
        // The job first: the receipt takes its place in one transaction.
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
        if erasure.channel == *channel { Ok(erasure) } else { Err(nobody) }
    }
}

impl<A: List> Store<A> {
    /// The erasures that are not finished: of each partition those that fit into one reply of 1 MB, the oldest first.
    /// 1 R per 4 KB.
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

    /// A channel's erasures from `since` on, open and done: what a restored table does not know of. 1 R per 4 KB of the
    /// receipts of these months.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn erasures_since(&self, channel: &ChannelId, since: Millis) -> Result<Log, Error> {
        let mut log = Log::default();
        // All of them, unlike a sweep: one that is left out would not be done again.
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
        // One that was open when the jobs were read may be a receipt by now.
        log.erasures.sort_by(|a, b| (&a.id, a.swept_at).cmp(&(&b.id, b.swept_at)));
        log.erasures.dedup_by(|b, a| a.id == b.id);
        Ok(log)
    }

    /// The first items of a partition: 1 MB at most.
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
