//! Repeats erasures after the table was restored to a time before the erasures (R12).
//!
//! The old table keeps the id, the times and keyed hashes of each erasure. An operator may keep this data in
//! a file.

use okyaku_domain::channel::Channel;
use okyaku_domain::error::Error;
use okyaku_domain::limit::ERASURES_LISTED;
use okyaku_domain::time::Millis;
use okyaku_engine::erase::{self, Replayed};
use okyaku_engine::{App, Invocation};
use serde_json::{Value, json};

use crate::access::Access;

/// Returns a channel's erasures since a time, oldest first. The next call takes `next` as its `after`.
pub(crate) async fn list(
    app: &App<Access>,
    channel: &Channel,
    since: Millis,
    after: Option<&str>,
) -> Result<Value, Error> {
    let log = app.store.erasures_since(&channel.id, since).await?;
    let mut left =
        log.erasures.into_iter().filter(|erasure| after.is_none_or(|after| erasure.id.as_str() > after));
    let page: Vec<Replayed> = left.by_ref().take(ERASURES_LISTED).map(Replayed::from).collect();
    let next = left.next().and_then(|_| page.last().map(|kept| kept.id.clone()));
    Ok(json!({ "erasures": page, "next": next, "unreadable": log.unreadable }))
}

/// Repeats erasures with their original times. A repeated replay is harmless.
pub(crate) async fn replay(
    app: &App<Access>,
    channel: &Channel,
    kept: Vec<Replayed>,
) -> Result<Value, Error> {
    let (mut replayed, mut already) = (0, 0);
    for one in kept {
        if erase::replay(app, channel, &one, &Invocation::direct()?).await? {
            replayed += 1;
        } else {
            already += 1;
        }
    }
    Ok(json!({ "replayed": replayed, "already": already }))
}
