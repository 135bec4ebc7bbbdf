//! Applies a proven delivery.

use okyaku_api::Reply;
use okyaku_builders::context::Context;
use okyaku_builders::{cafe24, shopify};
use okyaku_domain::builder::Builder;
use okyaku_domain::builder_update::Delivery;
use okyaku_domain::error::Error;
use okyaku_domain::event::Bounds;
use okyaku_domain::sender::Sender;
use okyaku_engine::{App, Invocation, jobs};
use serde_json::{Value, json};

use crate::access::Access;
use crate::proof::Proven;

/// Applies a delivery. The reply has the number of updates and the rejections. Many updates wait for a job, which `sweep`
/// carries on (`queued`).
pub(crate) async fn take(app: &App<Access>, proven: Proven, invocation: &Invocation) -> Result<Reply, Error> {
    let Proven { channel, builder, topic, at, body } = proven;
    let context = Context {
        at,
        region: &channel.region,
        bounds: Bounds { now: app.now(), retention: channel.event_retention() },
    };
    // Read the updates of the delivery.
    let Delivery { updates, mut rejections } = match (body, builder) {
        (Ok(body), Builder::Shopify) => shopify::read(&topic, &body, context),
        (Ok(body), Builder::Cafe24) => cafe24::read(&body, context),
        (Ok(_), Builder::Firstmall) => Delivery::default(),
        (Err(unreadable), _) => Delivery { updates: Vec::new(), rejections: vec![unreadable] },
    };
    let taken = jobs::take(app, &channel, builder, updates, invocation).await?;
    rejections.extend(taken.rejections);
    app.store.count_rejections(&channel.id, Sender::Builder(builder), &rejections).await;
    let dropped: Vec<Value> = rejections
        .iter()
        .map(|rejection| json!({ "field": rejection.field, "reason": rejection.reason }))
        .collect();
    let mut reply = json!({ "applied": taken.applied, "dropped": dropped });
    if let (true, Some(reply)) = (taken.queued > 0, reply.as_object_mut()) {
        reply.insert("queued".into(), taken.queued.into());
    }
    Reply::ok(reply)
}
