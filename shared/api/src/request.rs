//! The filter of a request, and what the answer says of it.

use okyaku_domain::channel::Channel;
use okyaku_domain::detail::Detail;
use okyaku_domain::filter::{Context, Filter, Keys, Resolved};
use okyaku_domain::json::json_bytes;
use okyaku_domain::limit::FILTER_BYTES;
use okyaku_domain::time::Millis;
use okyaku_domain::wrong_fields::WrongFields;
use serde_json::{Map, Value, json};

/// Reads `filter` and `query` of a body. `None` after a wrong part, which `wrong` names.
#[must_use]
pub fn filter(
    channel: &Channel,
    body: &Map<String, Value>,
    now: Millis,
    wrong: &mut WrongFields,
) -> Option<Filter> {
    let value = body.get("filter").unwrap_or(&Value::Null);
    if json_bytes(value) > FILTER_BYTES {
        wrong.add("filter", format!("must have at most {FILTER_BYTES} bytes"));
        return None;
    }
    let keys = Keys::All;
    let context = Context { time_zone: channel.time_zone(), now, keys };
    let filter = match Filter::parse(value, context) {
        Ok(filter) => Some(filter),
        Err(details) => {
            for Detail { field, message, .. } in details {
                wrong.add(field, message);
            }
            None
        }
    };
    match body.get("query") {
        None | Some(Value::Null) => filter,
        Some(Value::String(text)) => match filter.unwrap_or_default().with_query(text, keys) {
            Ok(filter) => Some(filter),
            Err(message) => {
                wrong.add("query", message);
                None
            }
        },
        Some(_) => {
            wrong.add("query", "must be text");
            None
        }
    }
}

/// Returns the instants of days and durations for the reply.
#[must_use]
pub fn resolved(filter: &Filter) -> Value {
    let one = |Resolved { path, from, to }: &Resolved| json!({ "path": path, "from": from, "to": to });
    filter.resolved.iter().map(one).collect()
}
