//! Judges entries of the index, and then the customers themselves.

use okyaku_domain::channel::Channel;
use okyaku_domain::customer::Customer;
use okyaku_domain::digest;
use okyaku_domain::error::Error;
use okyaku_domain::filter::{Answer, Filter, Person};
use okyaku_store::Store;
use okyaku_store::access::List;
use okyaku_store::list::{Entry, Place};

/// Judges an entry of the index.
pub(super) fn judge(filter: &Filter, entry: &Entry) -> Answer {
    let Entry { place, digest } = entry;
    filter.judge(&digest::Entry { id: &place.id, created_at: place.created_at, digest: digest.as_ref() })
}

/// Reads the contacts at these places, and returns those that match. Costs 1 R for each place.
pub(super) async fn matching<A: List>(
    store: &Store<A>,
    channel: &Channel,
    filter: &Filter,
    places: &[Place],
) -> Result<Vec<Box<Customer>>, Error> {
    let mut found = store.contacts(&channel.id, places).await?;
    let now = store.now();
    found.retain(|customer| filter.matches(&Person::new(customer, channel.purchase_months, now)));
    Ok(found)
}
