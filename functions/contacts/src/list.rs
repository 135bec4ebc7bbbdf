//! The list of contacts: leads and members, newest first (R17).

use okyaku_api::{Call, Reply, user};
use okyaku_domain::channel::Channel;
use okyaku_domain::error::Error;
use okyaku_domain::json::json_bytes;
use okyaku_domain::limit::CONTACTS_PAGE;
use okyaku_domain::wrong_fields::WrongFields;
use okyaku_engine::App;
use okyaku_engine::list::{Contacts, Place};
use okyaku_engine::timeline::Order;
use serde_json::{Map, Value};

use crate::access::Access;

/// The contacts on a page by default, as of the events of a timeline.
const DEFAULT_LIMIT: usize = 25;
/// Bytes of the contacts of a page.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

pub(crate) async fn contacts(app: &App<Access>, channel: &Channel, call: &Call) -> Result<Reply, Error> {
    let mut wrong = WrongFields::default();
    let limit = call.query("limit").map_or(Some(DEFAULT_LIMIT), |text| text.parse().ok());
    let limit = limit.filter(|limit| (1..=CONTACTS_PAGE).contains(limit));
    if limit.is_none() {
        wrong.add("limit", format!("must be from 1 to {CONTACTS_PAGE}"));
    }
    let since = match call.query("since").filter(|text| !text.is_empty()) {
        None => Some(None),
        Some(text) => Place::parse(text).map(Some),
    };
    if since.is_none() {
        wrong.add("since", "is not a cursor");
    }
    let order = match call.query("sortOrder") {
        None | Some("desc") => Some(Order::Descending),
        Some("asc") => Some(Order::Ascending),
        Some(_) => None,
    };
    if order.is_none() {
        wrong.add("sortOrder", "must be asc or desc");
    }
    let ((limit, since), order) = wrong.end(limit.zip(since).zip(order))?;
    let Contacts { customers, next } = app.store.contacts(&channel.id, order, since.as_ref(), limit).await?;
    // Lambda answers at most 6 MB, so a page of large customers ends before `limit`.
    let (mut users, mut bytes, mut next) = (Vec::new(), 0, next);
    for customer in &customers {
        let user = user::of_open_api(channel, customer, app.now());
        bytes += json_bytes(&user);
        if bytes > PAGE_BYTES && !users.is_empty() {
            next = customers.get(users.len() - 1).map(|last| Place::of(last));
            break;
        }
        users.push(user);
    }
    let mut reply = Map::from_iter([("users".to_owned(), Value::from(users))]);
    // Without a further page the cursor is absent, as in the list of events.
    reply.extend(next.map(|place| ("next".to_owned(), place.to_string().into())));
    Reply::ok(reply)
}
