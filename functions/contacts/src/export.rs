//! The export: all stored data about a person. `docs/reference/export.schema.json` defines the form.

use std::collections::BTreeMap;

use okyaku_api::attribute::{self, Viewer};
use okyaku_api::{Call, Reply, user};
use okyaku_domain::channel::Channel;
use okyaku_domain::contact_point::ContactPointKind;
use okyaku_domain::customer::{Customer, Kind};
use okyaku_domain::error::Error;
use okyaku_domain::event::{EventKey, StoredEvent};
use okyaku_domain::limit::{TIMELINE_BYTES, TIMELINE_PAGE};
use okyaku_domain::order::StoredOrder;
use okyaku_engine::App;
use okyaku_engine::timeline::Order;
use serde_json::{Value, json};

use okyaku_api::hide_erased;

use crate::access::Access;
use crate::find::{find, since};

/// The version of the export's form. Each new form gets a new number.
const VERSION: u32 = 1;
/// A cursor before every event.
const START: &str = "000000000000000000000000000000000000000000000000000";

/// Returns a page of the export: the person with the first events, or further events after `since`.
pub(crate) async fn export(app: &App<Access>, channel: &Channel, call: &Call) -> Result<Reply, Error> {
    let since = since(call)?;
    let person = find(app, channel, call).await?;
    // Every further page has only events.
    if let Some(since) = since {
        let (events, next) = events(app, channel, &person, Some(&since)).await?;
        return Reply::ok(
            json!({ "version": VERSION, "exportedAt": app.now(), "events": events, "next": next }),
        );
    }
    // Read the linked records, the journal, the orders and the active months.
    let linked = app.store.linked_records(&channel.id, &person).await.map_err(hide_erased)?;
    let records: Vec<&Customer> = std::iter::once(person.as_ref()).chain(&linked).collect();
    let (links, orders) = app.store.journal_and_orders(&channel.id, &person.id).await?;
    let months = app.store.active_months(&channel.id, &records).await?;
    // Collect the first page without events.
    let mut page = json!({
        "version": VERSION,
        "exportedAt": app.now(),
        "customer": user::of_server(channel, &person, app.now()),
        "fields": fields(&person),
        "tags": tags(&person),
        "records": records.iter().map(|customer| record(customer)).collect::<Vec<_>>(),
        "contacts": contact_points(&records),
        "links": links
            .iter()
            .map(|link| json!({ "visitor": link.visitor, "linkedAt": link.at }))
            .collect::<Vec<_>>(),
        "orders": orders.iter().map(order).collect::<Vec<_>>(),
        "activeMonths": months.iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    // A reply has a limit of bytes. With large records, the events begin on the next page.
    let (events, next) = if serde_json::to_vec(&page).map_err(Error::internal)?.len() > TIMELINE_BYTES {
        (Vec::new(), Some(START.to_owned()))
    } else {
        events(app, channel, &person, None).await?
    };
    // Add the events and the cursor.
    if let Value::Object(page) = &mut page {
        page.insert("events".into(), events.into());
        page.insert("next".into(), next.into());
    }
    Reply::ok(page)
}

/// Returns the events after `since`, oldest first, and the cursor of the next page.
async fn events(
    app: &App<Access>,
    channel: &Channel,
    person: &Customer,
    since: Option<&EventKey>,
) -> Result<(Vec<Value>, Option<String>), Error> {
    let (events, more) =
        app.store.timeline(&channel.id, person, Order::Ascending, since, TIMELINE_PAGE).await?;
    let next = events.last().filter(|_| more).map(|event: &StoredEvent| event.key.to_string());
    Ok((events.iter().map(|event| user::event(&channel.id, event)).collect(), next))
}

fn fields(customer: &Customer) -> Vec<Value> {
    let field = |(key, field): (&String, &okyaku_domain::field::Field)| json!({ "key": key, "value": field.value, "sender": field.sender.name(), "time": field.time, "verified": field.verified });
    customer.profile.iter().map(field).collect()
}

/// Returns an order as the builder sent the order. Amounts are texts, so that a double cannot round them.
fn order(order: &StoredOrder) -> Value {
    json!({
        "id": order.id,
        "at": order.at,
        "changedAt": order.version,
        "currency": order.currency,
        "total": order.total,
        "cancelled": order.cancelled,
        "refunds": order.refunds,
    })
}

fn tags(customer: &Customer) -> Vec<Value> {
    customer.tags.iter().map(|(tag, by)| json!({ "tag": tag, "sender": by.name() })).collect()
}

/// Returns each contact point of the records once. A contact point is verified if any record has it verified.
fn contact_points(records: &[&Customer]) -> Vec<Value> {
    let mut found: BTreeMap<(ContactPointKind, String), bool> = BTreeMap::new();
    for (contact_point, verified) in records.iter().flat_map(|record| record.contact_points()) {
        *found.entry((contact_point.kind, contact_point.address)).or_default() |= verified;
    }
    let contact_point = |((kind, address), verified): ((ContactPointKind, String), bool)| json!({ "kind": kind.key(), "address": address, "verified": verified });
    found.into_iter().map(contact_point).collect()
}

/// Returns the personal data of a record's item.
///
/// The table's own data is left out: the version, the request's id, keyed hashes of addresses, the hash of
/// the User-Agent and the index's keys.
fn record(customer: &Customer) -> Value {
    let kind = match customer.kind() {
        Kind::Member => "member",
        // A visitor with an address is a visitor too, because a browser identifies the visitor.
        _ if customer.veil_id.is_some() => "visitor",
        _ => "lead",
    };
    user::with(
        attribute::view(customer, Viewer::Export),
        json!({ "kind": kind, "fields": fields(customer), "tags": tags(customer) }),
    )
}
