//! A page of contacts on the wire: users, and the cursor of the next page.

use std::collections::BTreeSet;

use okyaku_api::user;
use okyaku_domain::channel::Channel;
use okyaku_domain::cursor::{self, Wrong};
use okyaku_domain::json::json_bytes;
use okyaku_domain::time::Millis;
use okyaku_domain::wrong_fields::WrongFields;
use okyaku_engine::contacts::Page;
use okyaku_engine::list::Place;
use okyaku_engine::timeline::Order;
use serde_json::{Map, Value};

/// The contacts on a page by default, as of the events of a timeline.
pub(crate) const DEFAULT_LIMIT: usize = 25;
/// Bytes of the contacts of a page. Lambda answers at most 6 MB.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// Returns the name of an order on the wire.
pub(crate) fn name(order: Order) -> &'static str {
    match order {
        Order::Ascending => "asc",
        Order::Descending => "desc",
    }
}

/// Reads where a page begins: an absent or empty cursor is the begin of the list. `list` describes the list.
pub(crate) fn since(text: Option<&str>, list: &[&str], wrong: &mut WrongFields) -> Option<Option<Place>> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Some(None) };
    match cursor::place(text, list).and_then(|place| Place::parse(place).ok_or(Wrong::Malformed)) {
        Ok(place) => Some(Some(place)),
        Err(why) => {
            wrong.add("since", why.message());
            None
        }
    }
}

/// Returns the cursor of a place.
pub(crate) fn cursor(place: &Place, list: &[&str]) -> String {
    cursor::of(&place.to_string(), list)
}

/// Returns the contacts of a page as users of Channel Talk's v5, and where the next page begins. `fields` are the keys of
/// the users, all of them by default.
pub(crate) fn users(
    channel: &Channel,
    page: &Page,
    fields: Option<&BTreeSet<String>>,
    now: Millis,
) -> (Vec<Value>, Option<Place>) {
    let (mut users, mut bytes) = (Vec::new(), 0);
    for customer in &page.customers {
        let mut user = user::of_open_api(channel, customer, now);
        if let (Some(fields), Value::Object(user)) = (fields, &mut user) {
            pick(user, fields, "");
        }
        bytes += json_bytes(&user);
        // A page of large customers ends before its limit.
        if bytes > PAGE_BYTES && !users.is_empty() {
            let last = page.customers.get(users.len() - 1);
            return (users, last.map(|last| Place::of(last)));
        }
        users.push(user);
    }
    (users, page.next.clone())
}

/// Keeps the wanted keys of a user. `profile` keeps the whole profile, and `profile.name` one field. The id stays.
fn pick(keys: &mut Map<String, Value>, fields: &BTreeSet<String>, within: &str) {
    keys.retain(|key, value| {
        let path = format!("{within}{key}");
        if path == "id" || fields.contains(&path) {
            return true;
        }
        match value {
            Value::Object(inner) if within.is_empty() => {
                pick(inner, fields, &format!("{key}."));
                !inner.is_empty()
            }
            _ => false,
        }
    });
}
