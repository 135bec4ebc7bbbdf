//! Taking in a proven delivery.

use okyaku_api::Reply;
use okyaku_builders::{Context, cafe24, shopify};
use okyaku_domain::builder::Builder;
use okyaku_domain::builder_update::{BuilderUpdate, Delivery};
use okyaku_domain::channel::Channel;
use okyaku_domain::error::Error;
use okyaku_domain::event::Bounds;
use okyaku_domain::rejection::Rejection;
use okyaku_domain::rejection_reason::RejectionReason;
use okyaku_domain::sender::Sender;
use okyaku_engine::App;
use okyaku_store::erasure::ErasureOptions;
use okyaku_store::retry::Invocation;
use serde_json::{Value, json};

use crate::Access;
use crate::proof::Proven;

/// Takes in what a delivery says: how many statements it had, and what was left out.
pub(crate) async fn take(app: &App<Access>, proven: Proven, invocation: &Invocation) -> Result<Reply, Error> {
    let Proven { channel, builder, topic, at, body } = proven;
    let context = Context {
        at,
        region: &channel.region,
        bounds: Bounds { now: app.now(), retention: channel.event_retention() },
    };
    let Delivery { updates, mut rejections } = match (body, builder) {
        (Ok(body), Builder::Shopify) => shopify::read(&topic, &body, context),
        (Ok(body), Builder::Cafe24) => cafe24::read(&body, context),
        (Ok(_), Builder::Firstmall) => Delivery::default(),
        (Err(unreadable), _) => Delivery { updates: Vec::new(), rejections: vec![unreadable] },
    };
    let applied = updates.len();
    for update in updates {
        rejections.extend(apply(app, &channel, update, invocation).await?);
    }
    app.store.count_rejections(&channel.id, Sender::Builder(builder), &rejections).await;
    let dropped: Vec<Value> = rejections
        .iter()
        .map(|rejection| json!({ "field": rejection.field, "reason": rejection.reason }))
        .collect();
    Reply::ok(json!({ "applied": applied, "dropped": dropped }))
}

async fn apply(
    app: &App<Access>,
    channel: &Channel,
    update: BuilderUpdate,
    invocation: &Invocation,
) -> Result<Vec<Rejection>, Error> {
    match update {
        BuilderUpdate::Customer(update) => app.store.apply_builder_update(channel, &update, invocation).await,
        BuilderUpdate::Refund(refund) => app.store.refund(channel, &refund, invocation).await,
        BuilderUpdate::Erase { by, at } => {
            let options = ErasureOptions {
                unknown: true,
                verified: true,
                as_of: Some(at),
                ..ErasureOptions::default()
            };
            match app.store.erase(channel, &by, options, invocation).await {
                Ok(_) => Ok(Vec::new()),
                // Nobody vouched that the address is theirs: whom it means is the shop's to decide.
                Err(Error::Ambiguous(_)) => Ok(vec![Rejection::new("customer", RejectionReason::Ambiguous)]),
                Err(error) => Err(error),
            }
        }
        BuilderUpdate::DataRequest { by, id, at } => {
            app.store.request_data(&channel.id, &by, &id, at).await?;
            Ok(Vec::new())
        }
        BuilderUpdate::EndChannel => {
            app.store.end_channel(channel, invocation).await?;
            Ok(Vec::new())
        }
    }
}
