//! Taking in a proven delivery.

use okyaku_api::Reply;
use okyaku_builders::{Context, cafe24, shopify};
use okyaku_domain::builder::Builder;
use okyaku_domain::builder_update::{Delivery, Statement};
use okyaku_domain::channel::Channel;
use okyaku_domain::error::Error;
use okyaku_domain::event::Bounds;
use okyaku_domain::origin::Origin;
use okyaku_domain::rejection::Drop;
use okyaku_domain::rejection_code::Reason;
use okyaku_engine::App;
use okyaku_store::erasure::Reach;
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
    let Delivery { statements, mut drops } = match (body, builder) {
        (Ok(body), Builder::Shopify) => shopify::read(&topic, &body, context),
        (Ok(body), Builder::Cafe24) => cafe24::read(&body, context),
        (Ok(_), Builder::Firstmall) => Delivery::default(),
        (Err(unreadable), _) => Delivery { statements: Vec::new(), drops: vec![unreadable] },
    };
    let applied = statements.len();
    for statement in statements {
        drops.extend(apply(app, &channel, statement, invocation).await?);
    }
    let origin = match builder {
        Builder::Shopify => Origin::Shopify,
        Builder::Cafe24 => Origin::Cafe24,
        Builder::Firstmall => Origin::Firstmall,
    };
    app.store.note_drops(&channel.id, origin, &drops).await;
    let dropped: Vec<Value> =
        drops.iter().map(|drop| json!({ "field": drop.field, "reason": drop.reason })).collect();
    Reply::ok(json!({ "applied": applied, "dropped": dropped }))
}

async fn apply(
    app: &App<Access>,
    channel: &Channel,
    statement: Statement,
    invocation: &Invocation,
) -> Result<Vec<Drop>, Error> {
    match statement {
        Statement::Says(says) => app.store.hear(channel, &says, invocation).await,
        Statement::Refund(refund) => app.store.refund(channel, &refund, invocation).await,
        Statement::Erase { by, at } => {
            let reach = Reach { unknown: true, verified: true, as_of: Some(at), ..Reach::default() };
            match app.store.erase(channel, &by, reach, invocation).await {
                Ok(_) => Ok(Vec::new()),
                // Nobody vouched that the address is theirs: whom it means is the shop's to decide.
                Err(Error::Ambiguous(_)) => Ok(vec![Drop::new("customer", Reason::Ambiguous)]),
                Err(error) => Err(error),
            }
        }
        Statement::DataRequest { by, id, at } => {
            app.store.request_data(&channel.id, &by, &id, at).await?;
            Ok(Vec::new())
        }
        Statement::EraseShop => {
            app.store.erase_shop(channel, invocation).await?;
            Ok(Vec::new())
        }
    }
}
