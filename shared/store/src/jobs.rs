//! Jobs: stored, read, saved and ended.

use okyaku_domain::error::Error;
use okyaku_domain::id::ChannelId;
use okyaku_domain::job::Job;

use crate::access::{Erase, List, PlaceTombstones, Read};
use crate::items::attributes::{expired, string};
use crate::items::job::{self, JOBS};
use crate::key::SK;
use crate::store::Store;
use crate::table::failure::Failure;
use crate::table::write::Write;

impl<A: PlaceTombstones> Store<A> {
    /// Stores a new job. Costs 1 W per KB.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn put_job(&self, new: &Job) -> Result<(), Error> {
        self.send_plain(Write::put(job::item(new)?)).await
    }

    /// Saves how far a job is. Returns `false` if another worker has the job. Costs 1 W per KB.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn save_job(&self, saved: &mut Job) -> Result<bool, Error> {
        let read = saved.version;
        saved.version += 1;
        self.send(Write::put(job::item(saved)?).at_version(read)).await
    }
}

impl<A: List> Store<A> {
    /// Returns open jobs, as many as fit into one reply of 1 MB. Costs 1 R per 4 KB.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn open_jobs(&self) -> Result<Vec<Job>, Error> {
        let reply = self.query(JOBS.to_owned()).send().await.map_err(Failure::of)?;
        let mut jobs = Vec::new();
        for item in reply.items.unwrap_or_default() {
            match job::read(&item) {
                Ok(job) => jobs.push(job),
                // A later version wrote the job.
                Err(_) => tracing::error!(job = string(&item, SK), "a job cannot be read"),
            }
        }
        Ok(jobs)
    }
}

impl<A: Read> Store<A> {
    /// Returns a job of the channel, open or ended in the last 30 days. Costs 1 R for an open job, and 2 R for an ended
    /// one.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Busy`] or [`Error::Internal`].
    pub async fn job(&self, channel: &ChannelId, id: &str) -> Result<Job, Error> {
        let not_found = || Error::NotFound("the job");
        if id.len() != 32 || !id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(not_found());
        }
        for key in [job::key(id), job::kept_key(id)] {
            if let Some(item) = self.get(key).await?.filter(|item| !expired(item, self.now())) {
                return Some(job::read(&item)?).filter(|job| job.channel == *channel).ok_or_else(not_found);
            }
        }
        Err(not_found())
    }
}

impl<A: Erase> Store<A> {
    /// Keeps an ended job for 30 days. Costs 1 W per KB.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn keep_job(&self, ended: &Job) -> Result<(), Error> {
        self.send_plain(Write::put(job::kept_item(ended)?)).await
    }

    /// Deletes a job that is done. Returns `false` if another worker has the job. Costs 1 W per KB.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn end_job(&self, ended: &Job) -> Result<bool, Error> {
        self.send(Write::delete(job::key(&ended.id)).at_version(ended.version)).await
    }
}
