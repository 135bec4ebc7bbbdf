//! The list of a channel's contacts: leads and members, by the time of their creation (R17).

use std::collections::{BTreeSet, VecDeque};
use std::fmt;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use futures_util::future::try_join_all;
use okyaku_domain::customer::Customer;
use okyaku_domain::digest::Digest;
use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::time::Millis;

use crate::access::List;
use crate::item::Item;
use crate::items::attributes::{into_bytes, string};
use crate::items::customer::{
    CONTACTS_INDEX, FILTER_DOCUMENT, LIST_PK, LIST_SHARDS, LIST_SK, list_time, shard,
};
use crate::key::PK;
use crate::loaded::Found;
use crate::store::Store;
use crate::table::failure::Failure;
use crate::timeline::Order;

/// Records of one read: the limit of a `BatchGetItem`.
const RECORDS: usize = 100;
/// The most entries of a shard that one read takes.
const MOST_ENTRIES: usize = 2048;

/// A place in the list: after the contact with this id, created at this time.
///
/// The text is `1795348800000-229d3c974121a1dc7f7f`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The time of the creation, epoch ms.
    pub created_at: Millis,
    /// The id.
    pub id: CustomerId,
}

impl Place {
    /// Returns the place of a contact.
    #[must_use]
    pub fn of(customer: &Customer) -> Self {
        Self { created_at: customer.created_at, id: customer.id.clone() }
    }

    /// Reads a place from its text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (created_at, id) = text.split_once('-')?;
        let plain = !created_at.is_empty()
            && created_at.len() <= 13
            && created_at.bytes().all(|b| b.is_ascii_digit());
        let created_at = plain.then(|| created_at.parse().ok()).flatten()?;
        Some(Self { created_at, id: CustomerId::parse(id)? })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.created_at, self.id)
    }
}

/// An entry of the index: a contact as it was at a write of a moment ago.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The place in the list.
    pub place: Place,
    /// The filter document. `None` if a later version of the code wrote it, or an earlier one wrote none.
    pub digest: Option<Digest>,
}

/// A list that is being read: its shards, in one order.
#[derive(Debug)]
pub struct Reading<'a> {
    channel: &'a ChannelId,
    order: Order,
    since: Option<&'a Place>,
    shards: Vec<Shard>,
}

/// One shard of the list, as far as it was read.
#[derive(Debug, Default)]
struct Shard {
    number: u8,
    /// Entries in order.
    ready: VecDeque<Entry>,
    /// Entries of the last time that was read. The index leaves the order of one time open, and more of it may follow.
    held: Vec<Entry>,
    /// Where the index goes on.
    start: Option<Item>,
    done: bool,
    take: usize,
}

impl<'a> Reading<'a> {
    /// Begins to read after `since`. The first read takes `first` entries of each of the 8 shards, and each further read
    /// of a shard twice as many.
    #[must_use]
    pub fn new(channel: &'a ChannelId, order: Order, since: Option<&'a Place>, first: usize) -> Self {
        let shard = |number| Shard { number, take: first, ..Shard::default() };
        Self { channel, order, since, shards: (0..LIST_SHARDS).map(shard).collect() }
    }

    /// Returns whether the next entry needs a read of the index.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.shards.iter().any(Shard::is_short)
    }

    /// Takes the next entry. `None` if a shard must be read before, or at the end.
    fn next(&mut self) -> Option<Entry> {
        if self.is_short() {
            return None;
        }
        let heads =
            self.shards.iter_mut().filter_map(|shard| Some((shard.ready.front()?.place.clone(), shard)));
        let first = match self.order {
            Order::Ascending => heads.min_by(|(a, _), (b, _)| a.cmp(b)),
            Order::Descending => heads.max_by(|(a, _), (b, _)| a.cmp(b)),
        };
        first.and_then(|(_, shard)| shard.ready.pop_front())
    }
}

impl Shard {
    fn is_short(&self) -> bool {
        self.ready.is_empty() && !self.done
    }

    /// Takes the entries of a read. `next` is where the index goes on.
    ///
    /// `last` is the last time that was read, also of an entry that does not count.
    fn take_in(&mut self, entries: Vec<Entry>, last: Option<Millis>, next: Option<Item>, order: Order) {
        let mut all = std::mem::take(&mut self.held);
        all.extend(entries);
        self.done = next.is_none();
        self.start = next;
        self.take = (self.take * 2).min(MOST_ENTRIES);
        all.sort_by(|a, b| a.place.cmp(&b.place));
        if order == Order::Descending {
            all.reverse();
        }
        if let (Some(last), false) = (last, self.done) {
            (self.held, all) = all.into_iter().partition(|entry| entry.place.created_at == last);
        }
        self.ready.extend(all);
    }
}

impl<A: List> Store<A> {
    /// Returns the next entry of all shards, in order. `None` at the end of the list.
    ///
    /// The index may lag: an entry may be of a customer that was erased or linked since.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn next_entry(&self, reading: &mut Reading<'_>) -> Result<Option<Entry>, Error> {
        loop {
            if let Some(entry) = reading.next() {
                return Ok(Some(entry));
            }
            // Every shard must show its next entry, or be at its end.
            let (channel, order, since) = (reading.channel, reading.order, reading.since);
            let short = reading.shards.iter_mut().filter(|shard| shard.is_short());
            let reads: Vec<_> = short.map(|shard| self.read_shard(channel, order, since, shard)).collect();
            if reads.is_empty() {
                return Ok(None);
            }
            try_join_all(reads).await?;
        }
    }

    /// Returns the contacts at these places as they are now, in the same order. Costs 1 R for each.
    ///
    /// An erased customer, and a record that was linked to a member, are left out.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn contacts(&self, channel: &ChannelId, places: &[Place]) -> Result<Vec<Box<Customer>>, Error> {
        // An index may show an entry twice while it moves. A batch must not.
        let mut seen = BTreeSet::new();
        let ids: Vec<&CustomerId> =
            places.iter().map(|place| &place.id).filter(|id| seen.insert(*id)).collect();
        let reads = ids.chunks(RECORDS).map(|some| self.records(channel, some));
        let found = try_join_all(reads).await?.into_iter().flatten().flatten();
        Ok(found
            .filter_map(|found| match found {
                Found::Live(loaded) if loaded.customer.linked_to.is_none() => Some(loaded.customer),
                Found::Live(_) | Found::Erased(_) => None,
            })
            .collect())
    }

    /// Reads the next entries of a shard. Costs 1 R per 4 KB of entries, and half of that because the read is eventually
    /// consistent.
    async fn read_shard(
        &self,
        channel: &ChannelId,
        order: Order,
        since: Option<&Place>,
        state: &mut Shard,
    ) -> Result<(), Error> {
        let query = self
            .client()
            .query()
            .table_name(self.table())
            .index_name(CONTACTS_INDEX)
            .expression_attribute_names("#pk", LIST_PK)
            .expression_attribute_values(":pk", AttributeValue::S(shard(channel, state.number)))
            .scan_index_forward(order == Order::Ascending)
            .limit(i32::try_from(state.take).unwrap_or(i32::MAX))
            .set_exclusive_start_key(state.start.take())
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let query = match since {
            None => query.key_condition_expression("#pk = :pk"),
            Some(place) => {
                // Entries of the same time come again, and are compared by id.
                let sign = if order == Order::Ascending { ">=" } else { "<=" };
                let time = AttributeValue::S(list_time(place.created_at));
                query
                    .key_condition_expression(format!("#pk = :pk AND #sk {sign} :sk"))
                    .expression_attribute_names("#sk", LIST_SK)
                    .expression_attribute_values(":sk", time)
            }
        };
        let reply = query.send().await.map_err(Failure::of)?;
        let entries = reply.items.unwrap_or_default();
        let after = |place: &Place| match (since, order) {
            (None, _) => true,
            (Some(since), Order::Ascending) => place > since,
            (Some(since), Order::Descending) => place < since,
        };
        let last = entries.last().and_then(place).map(|place| place.created_at);
        let entries = entries.into_iter().filter_map(entry).filter(|entry| after(&entry.place)).collect();
        state.take_in(entries, last, reply.last_evaluated_key, order);
        Ok(())
    }
}

/// Returns an entry of the index.
fn entry(mut item: Item) -> Option<Entry> {
    let place = place(&item)?;
    let document = item.remove(FILTER_DOCUMENT).and_then(into_bytes);
    Some(Entry { place, digest: document.and_then(|bytes| Digest::read(&bytes)) })
}

/// Returns the place of an entry of the index.
fn place(item: &Item) -> Option<Place> {
    let created_at = string(item, LIST_SK)?.parse().ok()?;
    let id = string(item, PK)?.rsplit('#').next()?;
    Some(Place { created_at, id: CustomerId::parse(id)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_is_read_from_its_own_text() {
        let id = CustomerId::from_bytes([7; 10]);
        for created_at in [0, 7, 1_795_348_800_000] {
            let place = Place { created_at, id: id.clone() };
            assert_eq!(Place::parse(&place.to_string()), Some(place));
        }
        for wrong in [
            "",
            "-",
            "1795348800000",
            "x-229d3c974121a1dc7f7f",
            "1-229d3c974121a1dc7f7",
            "-1-229d3c974121a1dc7f7f",
            "99999999999999-229d3c974121a1dc7f7f",
            "１-229d3c974121a1dc7f7f",
        ] {
            assert_eq!(Place::parse(wrong), None, "{wrong}");
        }
    }
}
