//! The tags of a channel's contacts, with the number of contacts of each.

use std::collections::BTreeMap;

use okyaku_domain::channel::Channel;
use okyaku_domain::digest;
use okyaku_domain::error::Error;
use okyaku_domain::filter::{Key, KeyValue, Known, Person};
use okyaku_store::Store;
use okyaku_store::access::List;
use okyaku_store::list::{Entry, Place, Reading};
use okyaku_store::timeline::Order;

use super::budget::Budget;

/// Entries of a shard that the first read takes.
const FIRST: usize = 512;
/// Contacts that are read at once, because their documents leave the tags out.
const UNTOLD: usize = 100;

/// The tags, the most frequent first.
#[derive(Debug)]
pub struct Tags {
    /// Each tag with the number of its contacts.
    pub tags: Vec<(String, usize)>,
    /// Whether every contact was counted. Otherwise the budget ended the pass early.
    pub exact: bool,
    /// The number of contacts that were counted.
    pub scanned: usize,
}

/// Counts the contacts of each tag, by one pass over the index.
///
/// # Errors
/// [`Error::Busy`] or [`Error::Internal`].
pub async fn tags<A: List>(store: &Store<A>, channel: &Channel, budget: Budget) -> Result<Tags, Error> {
    let mut reading = Reading::new(&channel.id, Order::Descending, None, FIRST);
    let (mut counts, mut untold, mut scanned, mut exact) = (BTreeMap::new(), Vec::new(), 0, true);
    loop {
        if scanned > 0 && reading.is_short() && budget.is_spent() {
            exact = false;
            break;
        }
        let Some(Entry { place, digest }) = store.next_entry(&mut reading).await? else { break };
        scanned += 1;
        let entry = digest::Entry { id: &place.id, created_at: place.created_at, digest: digest.as_ref() };
        match entry.value(&Key::Tags) {
            KeyValue::List(tags) => add(&mut counts, tags),
            _ => untold.push(place),
        }
        if untold.len() == UNTOLD {
            add_of_customers(store, channel, &untold, &mut counts).await?;
            untold.clear();
        }
    }
    add_of_customers(store, channel, &untold, &mut counts).await?;
    let mut tags: Vec<(String, usize)> = counts.into_iter().collect();
    tags.sort_by(|(a, more), (b, less)| less.cmp(more).then_with(|| a.cmp(b)));
    Ok(Tags { tags, exact, scanned })
}

fn add(counts: &mut BTreeMap<String, usize>, tags: Vec<String>) {
    for tag in tags {
        *counts.entry(tag).or_default() += 1;
    }
}

async fn add_of_customers<A: List>(
    store: &Store<A>,
    channel: &Channel,
    places: &[Place],
    counts: &mut BTreeMap<String, usize>,
) -> Result<(), Error> {
    for customer in store.contacts(&channel.id, places).await? {
        if let KeyValue::List(tags) = (Person { customer: &customer, figures: Vec::new() }).value(&Key::Tags)
        {
            add(counts, tags);
        }
    }
    Ok(())
}
