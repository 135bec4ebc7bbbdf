//! Contacts by a filter: a page of them, and their number (R17).

use std::collections::BTreeSet;

use okyaku_api::{Call, Reply, request};
use okyaku_domain::channel::Channel;
use okyaku_domain::error::Error;
use okyaku_domain::limit::{CONTACTS_PAGE, SEARCH_FIELDS};
use okyaku_domain::wrong_fields::WrongFields;
use okyaku_engine::App;
use okyaku_engine::contacts::{self, Budget, Count, Search};
use okyaku_engine::timeline::Order;
use serde_json::{Map, Value, json};

use crate::access::Access;
use crate::page::{self, DEFAULT_LIMIT};

/// Answers with a page of the contacts that match.
pub(crate) async fn search(app: &App<Access>, channel: &Channel, call: &Call) -> Result<Reply, Error> {
    let (body, _) = call.json()?;
    let (now, mut wrong) = (app.now(), WrongFields::default());
    wrong.unknown_keys(&body, &["filter", "query", "sort", "limit", "since", "fields"]);
    let filter = request::filter(channel, &body, now, &mut wrong);
    let limit = match body.get("limit") {
        None | Some(Value::Null) => Some(DEFAULT_LIMIT),
        Some(value) => value.as_u64().and_then(|limit| usize::try_from(limit).ok()),
    };
    let limit = limit.filter(|limit| (1..=CONTACTS_PAGE).contains(limit));
    if limit.is_none() {
        wrong.add("limit", format!("must be from 1 to {CONTACTS_PAGE}"));
    }
    let order = order(&body, &mut wrong);
    let fields = fields(&body, &mut wrong);
    // A cursor belongs to its filter.
    let what = |key: &str| body.get(key).unwrap_or(&Value::Null).to_string();
    let (own_filter, own_query) = (what("filter"), what("query"));
    let name = page::name(order.unwrap_or(Order::Descending));
    let list = ["search", channel.id.as_str(), &own_filter, &own_query, name];
    let since = match body.get("since") {
        None | Some(Value::Null) => Some(None),
        Some(Value::String(text)) => page::since(Some(text), &list, &mut wrong),
        Some(_) => {
            wrong.add("since", "must be text");
            None
        }
    };
    let read = filter.zip(limit).zip(order).zip(fields).zip(since);
    let ((((filter, limit), order), fields), since) = wrong.end(read)?;
    let search = Search { filter: &filter, order, since: since.as_ref(), limit };
    let found = contacts::search(&app.store, channel, search, Budget::of_page()).await?;
    let (users, next) = page::users(channel, &found, fields.as_ref(), app.now());
    Reply::ok(json!({
        "users": users,
        "next": next.map(|place| page::cursor(&place, &list)),
        "complete": found.complete,
        "scanned": found.scanned,
        "units": okyaku_engine::meter::read_units(),
        "asOf": now,
        "resolved": request::resolved(&filter),
    }))
}

/// Answers with the number of contacts that match.
pub(crate) async fn count(app: &App<Access>, channel: &Channel, call: &Call) -> Result<Reply, Error> {
    let (body, _) = call.json()?;
    let (now, mut wrong) = (app.now(), WrongFields::default());
    wrong.unknown_keys(&body, &["filter", "query"]);
    let filter = request::filter(channel, &body, now, &mut wrong);
    let filter = wrong.end(filter)?;
    let Count { count, exact, scanned } =
        contacts::count(&app.store, channel, &filter, Budget::of_pass()).await?;
    Reply::ok(json!({
        "count": count,
        "exact": exact,
        "scanned": scanned,
        "units": okyaku_engine::meter::read_units(),
        "asOf": now,
        "resolved": request::resolved(&filter),
    }))
}

/// Reads `sort`: `{"key": "createdAt", "order": "desc"}`. Without it the newest come first.
fn order(body: &Map<String, Value>, wrong: &mut WrongFields) -> Option<Order> {
    let sort = match body.get("sort") {
        None | Some(Value::Null) => return Some(Order::Descending),
        Some(Value::Object(sort)) => sort,
        Some(_) => {
            wrong.add("sort", "must be an object with key and order");
            return None;
        }
    };
    if sort.get("key").is_some_and(|key| key.as_str() != Some("createdAt")) {
        wrong.add("sort.key", "must be createdAt");
    }
    match sort.get("order").map(Value::as_str) {
        None | Some(Some("desc")) => Some(Order::Descending),
        Some(Some("asc")) => Some(Order::Ascending),
        Some(_) => {
            wrong.add("sort.order", "must be asc or desc");
            None
        }
    }
}

/// Reads `fields`: the keys that the users have. Without it they have every key.
fn fields(body: &Map<String, Value>, wrong: &mut WrongFields) -> Option<Option<BTreeSet<String>>> {
    let list = match body.get("fields") {
        None | Some(Value::Null) => return Some(None),
        Some(Value::Array(list)) if list.len() <= SEARCH_FIELDS => list,
        Some(_) => {
            wrong.add("fields", format!("must be a list of at most {SEARCH_FIELDS} keys"));
            return None;
        }
    };
    let texts = list.iter().map(|key| key.as_str().map(str::to_owned)).collect::<Option<_>>();
    if texts.is_none() {
        wrong.add("fields", "must have texts only");
    }
    texts.map(Some)
}
