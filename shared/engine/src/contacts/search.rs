//! A page of the contacts that a filter matches.

use okyaku_domain::channel::Channel;
use okyaku_domain::customer::Customer;
use okyaku_domain::error::Error;
use okyaku_domain::filter::{Answer, Filter};
use okyaku_store::Store;
use okyaku_store::access::List;
use okyaku_store::list::{Place, Reading};
use okyaku_store::timeline::Order;

use super::budget::Budget;
use super::judging::{judge, matching};

/// Entries of a shard that the first read takes for a list without a filter. A page of 25 has some three of each shard.
const FIRST_OF_LIST: usize = 8;
/// The same for a filter, which passes over some.
const FIRST_OF_FILTER: usize = 64;

/// Contacts of a page whose events may be read.
const EVENT_CANDIDATES: usize = 500;

/// A search of contacts.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    /// The filter.
    pub filter: &'a Filter,
    /// The order, by the time of the creation.
    pub order: Order,
    /// Where the page begins. `None` for the begin of the list.
    pub since: Option<&'a Place>,
    /// The contacts of the page.
    pub limit: usize,
}

/// A page of contacts.
#[derive(Debug, Default)]
pub struct Page {
    /// The contacts, in order.
    pub customers: Vec<Box<Customer>>,
    /// Where the next page begins. `None` at the end of the list.
    pub next: Option<Place>,
    /// Whether the page is full, or the list is at its end. Otherwise the budget ended the page early.
    pub complete: bool,
    /// The number of entries that were judged.
    pub scanned: usize,
}

/// Returns a page of the contacts that match.
///
/// A page of 25 without a filter takes 2 trips and costs some 33 R. A filtered page costs 1 R for 24 entries and 1 R for
/// each contact that is shown or might match.
///
/// # Errors
/// [`Error::Busy`] or [`Error::Internal`].
pub async fn search<A: List>(
    store: &Store<A>,
    channel: &Channel,
    search: Search<'_>,
    budget: Budget,
) -> Result<Page, Error> {
    let Search { filter, order, since, limit } = search;
    let first = if filter.is_everyone() { FIRST_OF_LIST } else { FIRST_OF_FILTER };
    let mut reading = Reading::new(&channel.id, order, since, first);
    let (mut page, mut last, mut judged) = (Page { complete: true, ..Page::default() }, None, 0);
    let mut ahead = store.next_entry(&mut reading).await?;
    loop {
        // Take as many candidates as the page still needs.
        let mut candidates = Vec::new();
        while page.customers.len() + candidates.len() < limit {
            let Some(entry) = ahead.take() else { break };
            page.scanned += 1;
            if judge(filter, &entry) != Answer::No {
                candidates.push(entry.place.clone());
            }
            last = Some(entry.place);
            if reading.is_short() && budget.is_spent() {
                page.complete = false;
                break;
            }
            ahead = store.next_entry(&mut reading).await?;
        }
        page.customers.extend(matching(store, channel, filter, &candidates).await?);
        if !page.complete || page.customers.len() >= limit || ahead.is_none() {
            break;
        }
        judged += candidates.len();
        let is_far = !filter.events().is_empty() && judged >= EVENT_CANDIDATES;
        if is_far || budget.is_spent() {
            page.complete = false;
            break;
        }
    }
    // One entry ahead tells whether more follow.
    page.next = last.filter(|_| ahead.is_some() || !page.complete);
    Ok(page)
}
