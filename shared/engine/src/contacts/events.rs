//! The conditions of a filter on events, judged by a contact's timeline.

use okyaku_domain::customer::Customer;
use okyaku_domain::error::Error;
use okyaku_domain::filter::{EventLeaf, Filter};
use okyaku_domain::id::ChannelId;
use okyaku_domain::limit::COUNTED_EVENTS;
use okyaku_store::Store;
use okyaku_store::access::List;
use okyaku_store::timeline::Order;

/// Events of one read.
const PAGE: usize = 100;

/// Returns the answer of each condition on events. The newest events are read first, until every condition is decided or
/// the earliest that counts is reached, and 50,000 at most.
pub(super) async fn told<A: List>(
    store: &Store<A>,
    channel: &ChannelId,
    customer: &Customer,
    filter: &Filter,
) -> Result<Vec<bool>, Error> {
    let leaves = filter.events();
    let earliest = leaves.iter().map(EventLeaf::from).min().unwrap_or_default();
    let mut counts = vec![0; leaves.len()];
    let (mut since, mut read) = (None, 0);
    loop {
        let (events, more) =
            store.timeline(channel, customer, Order::Descending, since.as_ref(), PAGE).await?;
        for (leaf, count) in leaves.iter().zip(&mut counts) {
            *count += events.iter().filter(|event| leaf.counts(event)).count();
        }
        read += events.len();
        since = events.last().map(|event| event.key.clone());
        let is_past = since.as_ref().is_none_or(|key| key.created_at < earliest);
        let decided = leaves.iter().zip(&counts).all(|(leaf, count)| leaf.is_decided(*count));
        if !more || is_past || decided || read >= COUNTED_EVENTS {
            break;
        }
    }
    Ok(leaves.iter().zip(counts).map(|(leaf, count)| leaf.holds(count)).collect())
}
