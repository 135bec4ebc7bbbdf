//! Judges entries of the index, and then the customers themselves.

use futures_util::future::ready;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use okyaku_domain::channel::Channel;
use okyaku_domain::customer::Customer;
use okyaku_domain::digest;
use okyaku_domain::error::Error;
use okyaku_domain::filter::{Answer, Filter, Person};
use okyaku_store::Store;
use okyaku_store::access::List;
use okyaku_store::list::{Entry, Place};

use super::events::told;

/// Timelines that are read at once.
const TIMELINES: usize = 16;

/// Judges an entry of the index.
pub(super) fn judge(filter: &Filter, entry: &Entry) -> Answer {
    let Entry { place, digest } = entry;
    filter.judge(&digest::Entry { id: &place.id, created_at: place.created_at, digest: digest.as_ref() })
}

/// Reads the contacts at these places, and returns those that match. Costs 1 R for each place.
///
/// Conditions on events are judged last, and cost 1 R per 4 KB of the events that are read.
pub(super) async fn matching<A: List>(
    store: &Store<A>,
    channel: &Channel,
    filter: &Filter,
    places: &[Place],
) -> Result<Vec<Box<Customer>>, Error> {
    let found = store.contacts(&channel.id, places).await?;
    let now = store.now();
    let judge = async |customer: Box<Customer>| {
        let person = Person::new(&customer, channel.purchase_months, now);
        let matches = match filter.judge(&person) {
            Answer::Maybe => {
                let told = told(store, &channel.id, &customer, filter).await?;
                filter.matches(&person, &told)
            }
            answer => answer == Answer::Yes,
        };
        Ok(matches.then_some(customer))
    };
    let judged = stream::iter(found.into_iter().map(judge)).buffered(TIMELINES);
    judged.filter_map(|one| ready(one.transpose())).try_collect().await
}
