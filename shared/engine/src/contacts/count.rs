//! The number of contacts that a filter matches.

use okyaku_domain::channel::Channel;
use okyaku_domain::error::Error;
use okyaku_domain::filter::{Answer, Filter};
use okyaku_store::Store;
use okyaku_store::access::List;
use okyaku_store::list::{Place, Reading};
use okyaku_store::timeline::Order;

use super::budget::Budget;
use super::judging::{judge, matching};

/// Entries of a shard that the first read takes.
const FIRST: usize = 512;
/// Contacts that are read at once, because their documents do not tell.
const UNTOLD: usize = 100;

/// The number of matching contacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// How many match.
    pub count: usize,
    /// Whether every contact was judged. Otherwise the budget ended the pass early, and more may match.
    pub exact: bool,
    /// The number of entries that were judged.
    pub scanned: usize,
}

/// Counts the contacts that match. A pass over 100,000 contacts costs some 4,000 R, and 1 R more for each contact whose
/// document does not tell.
///
/// # Errors
/// [`Error::Busy`] or [`Error::Internal`].
pub async fn count<A: List>(
    store: &Store<A>,
    channel: &Channel,
    filter: &Filter,
    budget: Budget,
) -> Result<Count, Error> {
    let mut reading = Reading::new(&channel.id, Order::Descending, None, FIRST);
    let mut counted = Count { count: 0, exact: true, scanned: 0 };
    let mut untold: Vec<Place> = Vec::new();
    loop {
        if counted.scanned > 0 && reading.is_short() && budget.is_spent() {
            counted.exact = false;
            break;
        }
        let Some(entry) = store.next_entry(&mut reading).await? else { break };
        counted.scanned += 1;
        match judge(filter, &entry) {
            Answer::Yes => counted.count += 1,
            Answer::Maybe => untold.push(entry.place),
            Answer::No => {}
        }
        if untold.len() == UNTOLD {
            counted.count += matching(store, channel, filter, &untold).await?.len();
            untold.clear();
            if budget.is_spent() {
                counted.exact = false;
                break;
            }
        }
    }
    counted.count += matching(store, channel, filter, &untold).await?.len();
    Ok(counted)
}
