//! Applies the updates of a builder's delivery (R13).
//!
//! Repeated, late and reordered updates lead to the same state. So the table need not remember deliveries.
//!
//! - `customer` updates a member with its order and events.
//! - `order` applies news of an order, and lets an order change hands.
//! - `merge` moves the orders of customers that the builder merged.
//! - `erase` erases the persons that a builder names.

mod customer;
mod erase;
mod merge;
mod order;

use okyaku_domain::builder_update::{BuilderUpdate, CustomerUpdate};
use okyaku_domain::channel::Channel;
use okyaku_domain::error::Error;
use okyaku_domain::rejection::Rejection;
use okyaku_store::Invocation;
use okyaku_store::access::ApplyBuilderUpdates;

use crate::app::App;

/// Applies an update of a delivery. Returns the rejections.
///
/// # Errors
/// [`Error::Busy`] or [`Error::Internal`]. The builder then repeats the whole delivery.
pub async fn apply<A: ApplyBuilderUpdates>(
    app: &App<A>,
    channel: &Channel,
    update: BuilderUpdate,
    invocation: &Invocation,
) -> Result<Vec<Rejection>, Error> {
    match update {
        BuilderUpdate::Customer(update) => customer::update(app, channel, &update, invocation).await,
        BuilderUpdate::Order(update) => order::news(app, channel, &update, invocation).await,
        BuilderUpdate::MoveOrders { builder, from, into, at } => {
            let kept = CustomerUpdate::new(builder, into, at);
            merge::move_orders(app, channel, &from, &kept, invocation).await
        }
        BuilderUpdate::Erase { by, addresses, at } => {
            erase::erase(app, channel, (&by, &addresses), at, invocation).await
        }
        BuilderUpdate::DataRequest { by, id, at } => {
            app.store.request_data(&channel.id, &by, &id, at).await?;
            Ok(Vec::new())
        }
        BuilderUpdate::EndChannel => {
            crate::erase::end_channel(app, channel, invocation).await?;
            Ok(Vec::new())
        }
    }
}
