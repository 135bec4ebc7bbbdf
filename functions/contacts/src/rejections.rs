//! The log of rejections.

use okyaku_api::{Call, Reply};
use okyaku_domain::channel::Channel;
use okyaku_domain::error::Error;
use okyaku_domain::limit::REJECTION_DAYS;
use okyaku_engine::App;
use serde_json::{Value, json};

use crate::access::Access;

/// Returns the rejections of today and the days before, `days` in all.
pub(crate) async fn list(app: &App<Access>, channel: &Channel, call: &Call) -> Result<Reply, Error> {
    let days = call.query("days").map_or(Some(REJECTION_DAYS), |days| days.parse().ok());
    let days = days.filter(|days| (1..=REJECTION_DAYS).contains(days));
    let days = days.ok_or_else(|| Error::invalid("days", format!("must be 1 to {REJECTION_DAYS}")))?;
    let rejections = app.store.rejections(&channel.id, days).await?;
    let rejections: Vec<Value> = rejections
        .into_iter()
        .map(|rejection| {
            json!({
                "day": rejection.day,
                "sender": rejection.sender,
                "field": rejection.field,
                "reason": rejection.reason,
                "count": rejection.count,
                "lastAt": rejection.last,
            })
        })
        .collect();
    Reply::ok(json!({ "rejections": rejections }))
}
