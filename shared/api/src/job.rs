//! A job on the wire.

use okyaku_domain::job::Job;
use serde_json::{Value, json};

/// Returns a job: what it is, how far it is, and how many parts refused.
#[must_use]
pub fn shown(job: &Job) -> Value {
    json!({
        "id": job.id,
        "kind": job.kind(),
        "status": job.status(),
        "done": job.done,
        "total": job.total,
        "failed": job.rejected,
        "createdAt": job.created_at,
        "finishedAt": job.finished_at,
    })
}
