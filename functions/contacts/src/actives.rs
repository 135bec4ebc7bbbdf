//! Monthly actives (R7).

use okyaku_api::{Call, Reply};
use okyaku_domain::channel::Channel;
use okyaku_domain::error::Error;
use okyaku_domain::month::Month;
use okyaku_engine::App;
use serde_json::json;

use crate::access::Access;

/// Returns the actives of `month`.
pub(crate) async fn count(app: &App<Access>, channel: &Channel, call: &Call) -> Result<Reply, Error> {
    let month = call.query("month").and_then(Month::parse);
    let wrong = || Error::invalid("month", "must be a month such as 2026-11, from 2000-01 to 2999-12");
    let month = month.ok_or_else(wrong)?;
    let actives = app.store.actives(&channel.id, month).await?;
    Reply::ok(json!({ "month": month.to_string(), "actives": actives.count, "final": actives.total }))
}
