//! Jobs: work that is too long for its request. `sweep` carries the work on.
//!
//! A job has one shape for every kind of work: what is to do, how far it is, what came of it, and a version, so that of
//! two workers only one goes on.

use serde::{Deserialize, Serialize};

use super::builder::Builder;
use super::builder_update::BuilderUpdate;
use super::bulk::{BulkAction, BulkTarget};
use super::contact_point::ContactPointKind;
use super::id::ChannelId;
use super::time::Millis;

/// A job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// The id: 32 lower-hex characters.
    pub id: String,
    /// The channel.
    pub channel: ChannelId,
    /// When the job was made, epoch ms.
    pub created_at: Millis,
    /// The work.
    pub work: Work,
    /// How many steps are done. The next step is the step with this number, from 0.
    pub done: usize,
    /// How many parts of the work were rejected.
    pub rejected: usize,
    /// How many parts there were when the job was made. 0 if that is not known.
    #[serde(default)]
    pub total: usize,
    /// When the job ended, epoch ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Millis>,
    /// Whether the job ended without doing its work.
    #[serde(default)]
    pub failed: bool,
    /// The number of writes of the job, and the condition of the next write.
    pub version: u64,
}

/// The work of a job, as steps. A repeated step changes nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Work {
    /// The updates of a builder's delivery, in any order.
    Delivery {
        /// The builder.
        builder: Builder,
        /// The updates.
        updates: Vec<BuilderUpdate>,
    },
    /// The erasure of everybody who is registered for an address.
    EraseAddress {
        /// The kind of the address.
        kind: ContactPointKind,
        /// The keyed hash of the address.
        hash: String,
        /// The most steps. New registrations must not keep the job going for ever.
        turns: usize,
    },
    /// An act on many contacts.
    Bulk {
        /// The act.
        action: BulkAction,
        /// The contacts.
        target: BulkTarget,
    },
}

impl Job {
    /// Creates a job.
    #[must_use]
    pub fn new(id: String, channel: ChannelId, created_at: Millis, work: Work) -> Self {
        Self {
            id,
            channel,
            created_at,
            work,
            done: 0,
            rejected: 0,
            total: 0,
            finished_at: None,
            failed: false,
            version: 1,
        }
    }

    /// Returns the order among the open jobs: erasures first, then the oldest.
    #[must_use]
    pub fn rank(&self) -> (bool, Millis) {
        let erases = match &self.work {
            Work::Delivery { updates, .. } => matches!(updates.first(), Some(BuilderUpdate::Erase { .. })),
            Work::EraseAddress { .. } => true,
            Work::Bulk { action, .. } => *action == BulkAction::Erase,
        };
        (!erases, self.created_at)
    }

    /// Returns the name of the work.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.work {
            Work::Delivery { .. } => "delivery",
            Work::EraseAddress { .. } => "erase",
            Work::Bulk { .. } => "bulk",
        }
    }

    /// Returns `running`, `done` or `failed`.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match (self.failed, self.finished_at) {
            (true, _) => "failed",
            (false, Some(_)) => "done",
            (false, None) => "running",
        }
    }

    /// Returns whether somebody may ask for the job after its end.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        matches!(self.work, Work::Bulk { .. })
    }

    /// Ends the job. It no longer names anybody.
    pub fn finish(&mut self, now: Millis) {
        self.finished_at = Some(now);
        if let Work::Bulk { target, .. } = &mut self.work {
            *target = BulkTarget::People(Vec::new());
        }
    }
}
