//! The timeline of a customer, and the glance: the customer with the latest events and counts.

use std::collections::BTreeMap;

use okyaku_api::{Call, Reply, user};
use okyaku_domain::channel::Channel;
use okyaku_domain::error::Error;
use okyaku_domain::event::StoredEvent;
use okyaku_domain::limit::{COUNTED_NAMES, TIMELINE_PAGE};
use okyaku_domain::wrong_fields::WrongFields;
use okyaku_engine::App;
use okyaku_engine::timeline::Order;
use serde_json::{Map, Value, json};

use crate::access::Access;
use crate::find::{find, since};

/// The events on a page by default, as in Channel Talk.
const DEFAULT_LIMIT: usize = 25;

pub(crate) async fn events(app: &App<Access>, channel: &Channel, call: &Call) -> Result<Reply, Error> {
    // Read the parameters.
    let mut wrong = WrongFields::default();
    let (since, limit) = (wrong.take(since(call))?, wrong.take(limit(call))?);
    let sort_order = call.query("sortOrder").unwrap_or("desc");
    if !["asc", "desc", "both"].contains(&sort_order) {
        wrong.add("sortOrder", "must be asc, desc or both");
    }
    let (since, limit) = wrong.end(since.zip(limit))?;
    let customer = find(app, channel, call).await?;
    let page = |order, limit| app.store.timeline(&channel.id, &customer, order, since.as_ref(), limit);
    let (events, prev, next) = match sort_order {
        "asc" => ends(page(Order::Ascending, limit).await?, since.is_some()),
        // Half of the page is newer than the cursor, and half is older. The newest event comes first.
        "both" if since.is_some() => {
            let (mut events, newer) = page(Order::Ascending, limit.div_ceil(2)).await?;
            events.reverse();
            let (older, more) = page(Order::Descending, limit - events.len()).await?;
            events.extend(older);
            ends((events, more), newer)
        }
        "both" => ends(page(Order::Descending, limit).await?, false),
        _ => ends(page(Order::Descending, limit).await?, since.is_some()),
    };
    // An empty page has the request's cursor as its way back.
    let prev = prev.or_else(|| since.filter(|_| events.is_empty()).map(|since| since.to_string()));
    let events: Vec<Value> = events.iter().map(|event| user::event(&channel.id, event)).collect();
    // Without a further page the cursor is absent, because Channel Talk's description has no null.
    let cursors = [("prev", prev), ("next", next)].into_iter();
    let mut reply: Map<String, Value> =
        cursors.filter_map(|(key, cursor)| Some((key.to_owned(), cursor?.into()))).collect();
    reply.insert("events".to_owned(), events.into());
    Reply::ok(reply)
}

fn limit(call: &Call) -> Result<usize, Error> {
    let Some(text) = call.query("limit") else { return Ok(DEFAULT_LIMIT) };
    let limit = text.parse().ok().filter(|limit| (1..=TIMELINE_PAGE).contains(limit));
    limit.ok_or_else(|| Error::invalid("limit", format!("must be from 1 to {TIMELINE_PAGE}")))
}

type Ends = (Vec<StoredEvent>, Option<String>, Option<String>);

/// Returns the cursors of a page: `prev` at the first event and `next` at the last event.
///
/// A cursor is absent if that side has no further events.
fn ends((events, more): (Vec<StoredEvent>, bool), before: bool) -> Ends {
    let prev = events.first().filter(|_| before).map(|event| event.key.to_string());
    let next = events.last().filter(|_| more).map(|event| event.key.to_string());
    (events, prev, next)
}

pub(crate) async fn glance(app: &App<Access>, channel: &Channel, call: &Call) -> Result<Reply, Error> {
    let customer = find(app, channel, call).await?;
    let (latest, _) =
        app.store.timeline(&channel.id, &customer, Order::Descending, None, DEFAULT_LIMIT).await?;
    let counts = app.store.counts(&channel.id, &customer).await?;
    let latest: Vec<Value> = latest.iter().map(|event| user::event(&channel.id, event)).collect();
    // Keep the most frequent names, and count the events of the rest together.
    let mut names: Vec<_> = counts.by_name.into_iter().collect();
    names.sort_by(|(name, count), (other, others)| others.cmp(count).then_with(|| name.cmp(other)));
    let further = names.split_off(names.len().min(COUNTED_NAMES));
    let names: BTreeMap<String, u64> = names.into_iter().collect();
    let mut events = json!({ "latest": latest, "counts": names });
    if let (false, Value::Object(events)) = (further.is_empty(), &mut events) {
        let count: u64 = further.iter().map(|(_, count)| count).sum();
        events.insert("furtherNames".into(), json!({ "names": further.len(), "count": count }));
    }
    // Say so if the counts are incomplete.
    if let (true, Value::Object(events)) = (counts.truncated, &mut events) {
        events.insert("countsTruncated".into(), true.into());
    }
    Reply::ok(json!({ "user": user::of_server(channel, &customer, app.now()), "events": events }))
}
