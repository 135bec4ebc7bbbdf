//! Reads events: one timeline over all records of a person, and counts by name.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use futures_util::future::try_join_all;
use okyaku_domain::customer::Customer;
use okyaku_domain::error::Error;
use okyaku_domain::event::{EventKey, StoredEvent};
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::limit::{COUNTED_EVENTS, COUNTED_PAGES, TIMELINE_BYTES};

use crate::access::List;
use crate::item::Item;
use crate::items::attributes::{expired, string};
use crate::items::customer;
use crate::items::event::{self, EVENTS, EVENTS_END, NAME, PROPERTY};
use crate::key::{PK, SK, TTL};
use crate::store::Store;
use crate::table::failure::Failure;

/// Records that are read at once.
const PARALLEL: usize = 8;

/// The direction of a timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Oldest first.
    Ascending,
    /// Newest first.
    Descending,
}

/// Counts of events by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The number of events of each name.
    pub by_name: BTreeMap<String, u64>,
    /// Whether the person has more events than were counted.
    pub truncated: bool,
}

/// Returns the person's records: the own record and the linked records.
fn records(person: &Customer) -> impl Iterator<Item = &CustomerId> {
    std::iter::once(&person.id).chain(person.links.iter().map(|link| &link.id))
}

impl<A: List> Store<A> {
    /// Returns up to `limit` events after `since` (exclusive), and whether more events follow.
    ///
    /// A page of large events has fewer events. Costs 1 R per 4 KB read.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn timeline(
        &self,
        channel: &ChannelId,
        person: &Customer,
        order: Order,
        since: Option<&EventKey>,
        limit: usize,
    ) -> Result<(Vec<StoredEvent>, bool), Error> {
        let of_record = |record| self.events_of(channel, record, order, since, limit + 1);
        // Read a few records at a time, because each record may take a megabyte of memory.
        let all: Vec<&CustomerId> = records(person).collect();
        let mut records: Vec<Part> = Vec::with_capacity(all.len());
        for some in all.chunks(PARALLEL) {
            records.extend(try_join_all(some.iter().copied().map(of_record)).await?);
        }
        let sorts = |a: &EventKey, b: &EventKey| match order {
            Order::Ascending => a.order().cmp(&b.order()),
            Order::Descending => b.order().cmp(&a.order()),
        };
        // A record that was read in part hides the events after its last read event. The page ends there.
        let cut = records.iter().filter(|record| record.more).filter_map(|record| record.events.last());
        let horizon = cut.map(|event| event.key.clone()).min_by(|a, b| sorts(a, b));
        // Merge the events of all records, and cut the page at the horizon, the byte limit and `limit`.
        let mut events: Vec<StoredEvent> = records.into_iter().flat_map(|record| record.events).collect();
        events.sort_by(|a, b| sorts(&a.key, &b.key));
        if let Some(horizon) = &horizon {
            events.retain(|event| sorts(&event.key, horizon).is_le());
        }
        // Cut the page before its bytes pass the limit, but keep at least one event.
        let mut bytes = 0;
        let fits = |event: &&StoredEvent| {
            bytes += event_bytes(event);
            bytes <= TIMELINE_BYTES
        };
        let whole = events.iter().take(limit).take_while(fits).count().max(1).min(limit);
        let more = events.len() > whole || horizon.is_some();
        events.truncate(whole);
        Ok((events, more))
    }

    /// Counts the events of all records by name. The counts are exact up to 50,000 events.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn counts(&self, channel: &ChannelId, person: &Customer) -> Result<Counts, Error> {
        let mut counts = Counts::default();
        let (mut counted, mut pages) = (0, 0);
        for record in records(person) {
            let mut start = None;
            loop {
                let (items, next) =
                    self.page(channel, record, Page { start, names_only: true, ..Page::default() }).await?;
                for item in items.iter().filter(|item| !expired(item, self.now())) {
                    // Stop at the limit of events.
                    if counted == COUNTED_EVENTS {
                        counts.truncated = true;
                        return Ok(counts);
                    }
                    counted += 1;
                    *counts.by_name.entry(string(item, NAME).unwrap_or_default().to_owned()).or_default() +=
                        1;
                }
                pages += 1;
                match next {
                    // The reply has only names, but DynamoDB reads whole events: a page is a megabyte of
                    // events.
                    Some(_) if pages >= COUNTED_PAGES => {
                        counts.truncated = true;
                        return Ok(counts);
                    }
                    Some(next) => start = Some(next),
                    None => break,
                }
            }
        }
        Ok(counts)
    }

    async fn events_of(
        &self,
        channel: &ChannelId,
        record: &CustomerId,
        order: Order,
        since: Option<&EventKey>,
        limit: usize,
    ) -> Result<Part, Error> {
        // The bound is inclusive, because another record may have an event of the same time and hash. `after`
        // excludes `since`.
        let bound = since.map(|key| event::sort(key.created_at, &key.hash));
        let after = |key: &EventKey| match (since, order) {
            (None, _) => true,
            (Some(since), Order::Ascending) => key.order() > since.order(),
            (Some(since), Order::Descending) => key.order() < since.order(),
        };
        let (mut events, mut bytes, mut start) = (Vec::new(), 0, None);
        // Expired events leave gaps in a page. Read on until the events suffice in number or in bytes.
        loop {
            let ask = Page {
                start,
                order: Some(order),
                bound: bound.clone(),
                limit: Some(limit + 1),
                names_only: false,
            };
            let (items, next) = self.page(channel, record, ask).await?;
            // Leave out expired events and the events up to the cursor.
            let live = items.iter().filter(|item| !expired(item, self.now()));
            let live = live.filter_map(|item| event::read(record, item)).filter(|event| after(&event.key));
            events.extend(live.inspect(|event| bytes += event_bytes(event)));
            match next {
                Some(next) if events.len() < limit && bytes <= TIMELINE_BYTES => start = Some(next),
                next => return Ok(Part { events, more: next.is_some() }),
            }
        }
    }

    async fn page(
        &self,
        channel: &ChannelId,
        record: &CustomerId,
        ask: Page,
    ) -> Result<(Vec<Item>, Option<Item>), Error> {
        // The bounds of the sort key, by the direction of reading.
        let (from, to) = match (ask.order, ask.bound) {
            (Some(Order::Ascending), Some(bound)) => (bound, EVENTS_END.to_owned()),
            (_, Some(bound)) => (EVENTS.to_owned(), bound),
            (_, None) => (EVENTS.to_owned(), EVENTS_END.to_owned()),
        };
        // Counting needs only the name and the expiry.
        let fields = if ask.names_only { "#n, #ttl" } else { "#sk, #n, #p, #ttl" };
        let mut request = self
            .client()
            .query()
            .table_name(self.table())
            .key_condition_expression("#pk = :pk AND #sk BETWEEN :from AND :to")
            .projection_expression(fields)
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_names("#n", NAME)
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":pk", AttributeValue::S(customer::partition(channel, record)))
            .expression_attribute_values(":from", AttributeValue::S(from))
            .expression_attribute_values(":to", AttributeValue::S(to))
            .scan_index_forward(ask.order != Some(Order::Descending))
            // An acknowledged event is readable at once.
            .consistent_read(true)
            .set_exclusive_start_key(ask.start)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .set_limit(ask.limit.and_then(|limit| i32::try_from(limit).ok()));
        if !ask.names_only {
            request = request.expression_attribute_names("#p", PROPERTY);
        }
        let reply = request.send().await.map_err(Failure::of)?;
        Ok((reply.items.unwrap_or_default(), reply.last_evaluated_key))
    }
}

/// Some events of a record, and whether the record has more events.
struct Part {
    events: Vec<StoredEvent>,
    more: bool,
}

/// The parameters of one query.
#[derive(Default)]
struct Page {
    start: Option<Item>,
    order: Option<Order>,
    bound: Option<String>,
    limit: Option<usize>,
    names_only: bool,
}

/// Returns an event's share of the bytes of a page.
fn event_bytes(event: &StoredEvent) -> usize {
    event.name.len() + event.property.as_ref().map_or(0, String::len)
}
