//! The list of contacts: leads and members, newest first (R17).

use okyaku_api::{Call, Reply};
use okyaku_domain::channel::Channel;
use okyaku_domain::error::Error;
use okyaku_domain::filter::Filter;
use okyaku_domain::limit::CONTACTS_PAGE;
use okyaku_domain::wrong_fields::WrongFields;
use okyaku_engine::App;
use okyaku_engine::contacts::{self, Budget, Search};
use okyaku_engine::timeline::Order;
use serde_json::{Map, Value};

use crate::access::Access;
use crate::page::{self, DEFAULT_LIMIT};

pub(crate) async fn contacts(app: &App<Access>, channel: &Channel, call: &Call) -> Result<Reply, Error> {
    let mut wrong = WrongFields::default();
    let limit = call.query("limit").map_or(Some(DEFAULT_LIMIT), |text| text.parse().ok());
    let limit = limit.filter(|limit| (1..=CONTACTS_PAGE).contains(limit));
    if limit.is_none() {
        wrong.add("limit", format!("must be from 1 to {CONTACTS_PAGE}"));
    }
    let order = match call.query("sortOrder") {
        None | Some("desc") => Some(Order::Descending),
        Some("asc") => Some(Order::Ascending),
        Some(_) => None,
    };
    if order.is_none() {
        wrong.add("sortOrder", "must be asc or desc");
    }
    let list = ["list", channel.id.as_str(), page::name(order.unwrap_or(Order::Descending))];
    let since = page::since(call.query("since"), &list, &mut wrong);
    let ((limit, since), order) = wrong.end(limit.zip(since).zip(order))?;
    let search = Search { filter: &Filter::default(), order, since: since.as_ref(), limit };
    let found = contacts::search(&app.store, channel, search, Budget::of_page()).await?;
    let (users, next) = page::users(channel, &found, None, app.now());
    let mut reply = Map::from_iter([("users".to_owned(), Value::from(users))]);
    // Without a further page the cursor is absent, as in the list of events.
    reply.extend(next.map(|place| ("next".to_owned(), page::cursor(&place, &list).into())));
    Reply::ok(reply)
}
