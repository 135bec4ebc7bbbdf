//! Moves the orders of customers that a builder merged (R13).

use okyaku_domain::builder_update::CustomerUpdate;
use okyaku_domain::channel::Channel;
use okyaku_domain::command::order::Claim;
use okyaku_domain::error::Error;
use okyaku_domain::id::{MemberId, NaturalKey};
use okyaku_domain::rejection::Rejection;
use okyaku_store::Invocation;
use okyaku_store::access::ApplyBuilderUpdates;
use okyaku_store::loaded::Found;

use super::customer;
use super::order::OrderCommand;
use crate::app::App;
use crate::runner::run;

/// Moves the orders of a customer to another customer. The builder merged the two.
///
/// A repeated move finds nothing left to move. Each order costs 4 R and a transaction: 2 W per KB of both members and 6 W.
pub(super) async fn move_orders<A: ApplyBuilderUpdates>(
    app: &App<A>,
    channel: &Channel,
    from: &MemberId,
    kept: &CustomerUpdate,
    invocation: &Invocation,
) -> Result<Vec<Rejection>, Error> {
    if *from == kept.member {
        return Ok(Vec::new());
    }
    // The kept customer exists at the builder, also if nothing moves.
    let (customer, mut rejections) = customer::member(app, channel, kept, invocation).await?;
    let Some(customer) = customer else { return Ok(rejections) };
    let (id, found) = app.store.current(&channel.id, NaturalKey::Member(from)).await?;
    let Some(Found::Live(_)) = found else { return Ok(rejections) };
    let orders = app.store.orders(&channel.id, &id).await?;
    // One by one, because every move changes both customers.
    for order in orders {
        let hash = app.keys().order(&channel.id, &order.id);
        let claim = Some(Claim { customer: customer.id.clone(), since: kept.at });
        let command = OrderCommand { channel: &channel.id, hash, news: None, claim };
        rejections.extend(run(&app.store, command, invocation).await?.1);
    }
    Ok(rejections)
}
