//! The log of drops.

use okyaku_api::{Call, Reply};
use okyaku_domain::channel::Channel;
use okyaku_domain::error::Error;
use okyaku_domain::limit::DROP_DAYS;
use okyaku_engine::App;
use serde_json::{Value, json};

use crate::Access;

/// What was dropped today and on the days before it, `days` in all.
pub(crate) async fn list(app: &App<Access>, channel: &Channel, call: &Call) -> Result<Reply, Error> {
    let days = call.query("days").map_or(Some(DROP_DAYS), |days| days.parse().ok());
    let days = days.filter(|days| (1..=DROP_DAYS).contains(days));
    let days = days.ok_or_else(|| Error::invalid("days", format!("must be 1 to {DROP_DAYS}")))?;
    let drops = app.store.drops(&channel.id, days).await?;
    let drops: Vec<Value> = drops
        .into_iter()
        .map(|drop| {
            json!({
                "day": drop.day,
                "source": drop.origin,
                "field": drop.field,
                "reason": drop.reason,
                "count": drop.count,
                "lastAt": drop.last,
            })
        })
        .collect();
    Reply::ok(json!({ "drops": drops }))
}
