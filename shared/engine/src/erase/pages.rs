//! Deletes the remaining items of erasures, page by page.

use std::time::Instant;

use okyaku_domain::erasure::Erasure;
use okyaku_domain::error::Error;
use okyaku_store::access::{EndChannel, Erase};

use crate::app::App;

/// Deletes pages of erasures until `until`.
///
/// The tombstones hide the persons already. The job deletes the rest, also after an error here.
pub async fn work_until<A: Erase>(
    app: &App<A>,
    erasures: &mut [Erasure],
    until: Instant,
) -> Result<(), Error> {
    for erasure in erasures {
        while erasure.current_record().is_some() && Instant::now() < until {
            if !app.store.empty_page(erasure).await? {
                break;
            }
        }
    }
    Ok(())
}

/// Works on an open erasure until `until`. Returns whether the erasure is done.
///
/// If another worker has the erasure, that worker continues, and this call returns `false`.
pub(crate) async fn finish<A: EndChannel>(
    app: &App<A>,
    erasure: &mut Erasure,
    until: Instant,
) -> Result<bool, Error> {
    let has_time = || Instant::now() < until;
    if !erasure.may_empty(app.now()) {
        return Ok(false);
    }
    // From here on the channel cannot be reopened. If it was reopened before, the job is over.
    let begins = erasure.whole && erasure.emptied_at.is_none() && erasure.upto.is_none();
    if begins && !app.store.close_channel(erasure).await? {
        return app.store.drop_job(erasure).await;
    }
    // The first pass deletes pages until the erasure is empty.
    while erasure.emptied_at.is_none() {
        let emptied = has_time()
            && match erasure.whole {
                true => app.store.empty_channel(erasure).await?,
                false => app.store.empty_page(erasure).await?,
            };
        if !emptied {
            return Ok(false);
        }
    }
    // The second pass waits until every write in flight has landed.
    if !erasure.is_due(app.now()) || !has_time() {
        return Ok(false);
    }
    match erasure.whole {
        true => app.store.last_scan(erasure, has_time).await,
        false => app.store.last_sweep(erasure).await,
    }
}
