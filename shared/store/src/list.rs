//! The list of a channel's contacts: leads and members, by the time of their creation (R17).

use std::collections::VecDeque;
use std::fmt;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use futures_util::future::try_join_all;
use okyaku_domain::customer::Customer;
use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::time::Millis;

use crate::access::List;
use crate::item::Item;
use crate::items::attributes::string;
use crate::items::customer::{CONTACTS_INDEX, LIST_PK, LIST_SHARDS, LIST_SK, list_time, shard};
use crate::key::PK;
use crate::loaded::Found;
use crate::store::Store;
use crate::table::failure::Failure;
use crate::timeline::Order;

/// Entries of a shard that the first read takes. A page of 25 has some three of each shard.
const FIRST_ENTRIES: usize = 8;
/// Records of one read: the limit of a `BatchGetItem`.
const RECORDS: usize = 100;
/// The most entries of a shard that one read takes.
const MOST_ENTRIES: usize = 512;

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

/// A page of the list.
#[derive(Debug, Default)]
pub struct Contacts {
    /// The contacts, in order.
    pub customers: Vec<Box<Customer>>,
    /// Where the next page begins. `None` at the end of the list.
    pub next: Option<Place>,
}

/// A list that is being read: its shards, in one order.
struct Reading<'a> {
    channel: &'a ChannelId,
    order: Order,
    since: Option<&'a Place>,
    shards: Vec<Shard>,
}

/// One shard of the list, as far as it was read.
#[derive(Default)]
struct Shard {
    number: u8,
    /// Entries in order.
    ready: VecDeque<Place>,
    /// Entries of the last time that was read. The index leaves the order of one time open, and more of it may follow.
    held: Vec<Place>,
    /// Where the index goes on.
    start: Option<Item>,
    done: bool,
    take: usize,
}

impl<'a> Reading<'a> {
    fn new(channel: &'a ChannelId, order: Order, since: Option<&'a Place>) -> Self {
        let shard = |number| Shard { number, take: FIRST_ENTRIES, ..Shard::default() };
        Self { channel, order, since, shards: (0..LIST_SHARDS).map(shard).collect() }
    }

    /// Takes the next entry. `None` if a shard must be read before, or at the end.
    fn next(&mut self) -> Option<Place> {
        if self.shards.iter().any(|shard| shard.ready.is_empty() && !shard.done) {
            return None;
        }
        let heads = self.shards.iter_mut().filter(|shard| !shard.ready.is_empty());
        let first = match self.order {
            Order::Ascending => heads.min_by(|a, b| a.ready.front().cmp(&b.ready.front())),
            Order::Descending => heads.max_by(|a, b| a.ready.front().cmp(&b.ready.front())),
        };
        first.and_then(|shard| shard.ready.pop_front())
    }
}

impl Shard {
    /// Takes the entries of a read. `next` is where the index goes on.
    ///
    /// `last` is the last time that was read, also of an entry that does not count.
    fn take_in(&mut self, places: Vec<Place>, last: Option<Millis>, next: Option<Item>, order: Order) {
        let mut all = std::mem::take(&mut self.held);
        all.extend(places);
        self.done = next.is_none();
        self.start = next;
        self.take = (self.take * 2).min(MOST_ENTRIES);
        all.sort();
        if order == Order::Descending {
            all.reverse();
        }
        if let (Some(last), false) = (last, self.done) {
            (self.held, all) = all.into_iter().partition(|place| place.created_at == last);
        }
        self.ready.extend(all);
    }
}

impl<A: List> Store<A> {
    /// Returns up to `limit` contacts after `since`.
    ///
    /// The index may lag, so each contact is read again consistently. An erased customer, and a visitor that was linked to
    /// a member, are left out. A page of 25 takes 2 trips and costs some 33 R: 8 R for the shards and 1 R for each contact.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn contacts(
        &self,
        channel: &ChannelId,
        order: Order,
        since: Option<&Place>,
        limit: usize,
    ) -> Result<Contacts, Error> {
        let mut reading = Reading::new(channel, order, since);
        let (mut page, mut last) = (Contacts::default(), None);
        let mut ahead = self.next_place(&mut reading).await?;
        while page.customers.len() < limit {
            // Take as many as the page still needs. One entry ahead tells whether more follow.
            let mut places = Vec::new();
            while let Some(place) = ahead.take() {
                if places.len() + page.customers.len() == limit {
                    ahead = Some(place);
                    break;
                }
                places.push(place);
                ahead = self.next_place(&mut reading).await?;
            }
            if places.is_empty() {
                break;
            }
            let ids: Vec<&CustomerId> = places.iter().map(|place| &place.id).collect();
            let reads = ids.chunks(RECORDS).map(|some| self.records(channel, some));
            for found in try_join_all(reads).await?.into_iter().flatten().flatten() {
                match found {
                    Found::Live(loaded) if loaded.customer.linked_to.is_none() => {
                        page.customers.push(loaded.customer);
                    }
                    Found::Live(_) | Found::Erased(_) => {}
                }
            }
            last = places.pop();
        }
        page.next = last.filter(|_| ahead.is_some());
        Ok(page)
    }

    /// Returns the next entry of all shards, in order. `None` at the end of the list.
    async fn next_place(&self, reading: &mut Reading<'_>) -> Result<Option<Place>, Error> {
        loop {
            if let Some(place) = reading.next() {
                return Ok(Some(place));
            }
            // Every shard must show its next entry, or be at its end.
            let (channel, order, since) = (reading.channel, reading.order, reading.since);
            let short = reading.shards.iter_mut().filter(|shard| shard.ready.is_empty() && !shard.done);
            let reads: Vec<_> = short.map(|shard| self.read_shard(channel, order, since, shard)).collect();
            if reads.is_empty() {
                return Ok(None);
            }
            try_join_all(reads).await?;
        }
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
        let places = entries.iter().filter_map(place).filter(after).collect();
        state.take_in(places, last, reply.last_evaluated_key, order);
        Ok(())
    }
}

/// Returns the place of an entry of the index.
fn place(entry: &Item) -> Option<Place> {
    let created_at = string(entry, LIST_SK)?.parse().ok()?;
    let id = string(entry, PK)?.rsplit('#').next()?;
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
