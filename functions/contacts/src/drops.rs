//! The log of drops.

use okyaku::App;
use okyaku::domain::channel::Channel;
use okyaku::domain::limit::DROP_DAYS;
use okyaku::error::Error;
use okyaku::http::{Call, Reply};
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
