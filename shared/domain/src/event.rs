//! Events: the parser, and the key by which a replay meets the same item (R8, R9).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::id::{CustomerId, is_lower_hex};
use super::json::whole;
use super::limit::{EVENT_BYTES, EVENT_ID_CHARS, EVENT_NAME_CHARS, FUTURE_MS, NESTING};
use super::rejection_reason::RejectionReason;
use super::shop_event;
use super::text::has_control;
use super::time::Millis;
use crate::detail::Detail;

/// A valid event, ready for the store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The caller's id of the event. `None` if a server sent no id. Then the event is never deduplicated.
    pub id: Option<String>,
    /// The name.
    pub name: String,
    /// The time of the event by the caller's clock, uncorrected, epoch ms.
    pub created_at: Millis,
    /// The property as compact JSON text. `None` if the event has no property.
    pub property: Option<String>,
    /// The remark about missing or mistyped properties of a shop event.
    pub remark: Option<String>,
}

/// The bounds of an event's own time.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Now, epoch ms.
    pub now: Millis,
    /// The retention of events, in ms.
    pub retention: Millis,
}

/// The problem with an event: the field within the event, and the expected form.
pub type Wrong = (&'static str, String);

const TOO_OLD: &str = "is older than events are kept";

/// Returns the problem as a detail for the reply and the log of rejections.
#[must_use]
pub fn detail((field, message): Wrong) -> Detail {
    let reason = if message == TOO_OLD { RejectionReason::TooOld } else { RejectionReason::Invalid };
    Detail::new(field, message).because(reason)
}

/// Parses an event of a page. The event needs an `id` and a `createdAt` (R9).
///
/// # Errors
/// Every wrong field.
pub fn of_page(body: &Map<String, Value>, bounds: Bounds) -> Result<Event, Vec<Wrong>> {
    let missing = |field| move || (field, "is missing".to_owned());
    let id = id(body).and_then(|id| id.ok_or_else(missing("id")).map(Some));
    let created_at = created_at(body, bounds).and_then(|at| at.ok_or_else(missing("createdAt")));
    parse(body, id, created_at)
}

/// Parses an event of a server.
///
/// An event without an `id` is never deduplicated. An event with an `id` needs its `createdAt`, so that a
/// replay meets the same item.
///
/// # Errors
/// Every wrong field.
pub fn of_server(body: &Map<String, Value>, bounds: Bounds) -> Result<Event, Vec<Wrong>> {
    let id = id(body);
    let has_id = matches!(id, Ok(Some(_)));
    let created_at = created_at(body, bounds).and_then(|at| match at {
        None if has_id => Err(("createdAt", "is missing; an event with an id needs it".to_owned())),
        at => Ok(at.unwrap_or(bounds.now)),
    });
    parse(body, id, created_at)
}

/// Reads the remaining parts, and joins all parts or all problems.
fn parse(
    body: &Map<String, Value>,
    id: Result<Option<String>, Wrong>,
    created_at: Result<Millis, Wrong>,
) -> Result<Event, Vec<Wrong>> {
    let name = name(body);
    // The six shop events have known properties, so the name comes first.
    let property = property(body, name.as_deref().unwrap_or_default()).and_then(|(property, remark)| {
        let bytes = name.as_ref().map_or(0, String::len) + property.as_ref().map_or(0, String::len);
        if bytes > EVENT_BYTES {
            return Err(("property", format!("an event has at most {EVENT_BYTES} bytes")));
        }
        Ok((property, remark))
    });
    match (id, created_at, name, property) {
        (Ok(id), Ok(created_at), Ok(name), Ok((property, remark))) => {
            Ok(Event { id, name, created_at, property, remark })
        }
        (id, created_at, name, property) => {
            let wrong = [id.err(), created_at.err(), name.err(), property.err()];
            Err(wrong.into_iter().flatten().collect())
        }
    }
}

fn id(body: &Map<String, Value>) -> Result<Option<String>, Wrong> {
    match body.get("id") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(id))
            if id.is_empty() || id.chars().count() > EVENT_ID_CHARS || has_control(id) =>
        {
            Err(("id", format!("must have 1 to {EVENT_ID_CHARS} characters and no control character")))
        }
        Some(Value::String(id)) => Ok(Some(id.clone())),
        Some(_) => Err(("id", "must be text".into())),
    }
}

fn created_at(body: &Map<String, Value>, bounds: Bounds) -> Result<Option<Millis>, Wrong> {
    let at = match body.get("createdAt") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => whole(number),
        Some(_) => None,
    };
    let at = at.ok_or(("createdAt", "must be a whole number of epoch milliseconds".to_owned()))?;
    if at > bounds.now.saturating_add(FUTURE_MS) {
        return Err(("createdAt", "must not lie more than 10 minutes in the future".into()));
    }
    if at < bounds.now - bounds.retention || at < 0 {
        return Err(("createdAt", TOO_OLD.into()));
    }
    Ok(Some(at))
}

fn name(body: &Map<String, Value>) -> Result<String, Wrong> {
    match body.get("name") {
        None | Some(Value::Null) => Err(("name", "is missing".into())),
        Some(Value::String(name)) => {
            let characters = name.chars().count();
            if characters == 0 || characters > EVENT_NAME_CHARS {
                return Err(("name", format!("must have 1 to {EVENT_NAME_CHARS} characters")));
            }
            if has_control(name) || name.trim().is_empty() {
                return Err(("name", "must not be blank or have control characters".into()));
            }
            Ok(name.clone())
        }
        Some(_) => Err(("name", "must be text".into())),
    }
}

fn property(body: &Map<String, Value>, name: &str) -> Result<(Option<String>, Option<String>), Wrong> {
    let mut property = match body.get("property") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(property)) => property.clone(),
        // PHP writes an empty object so.
        Some(Value::Array(list)) if list.is_empty() => Map::new(),
        Some(_) => return Err(("property", "must be an object".into())),
    };
    fits(&property, 1)?;
    let remark = shop_event::check(name, &mut property);
    if property.is_empty() {
        return Ok((None, remark));
    }
    let text = serde_json::to_string(&property).map_err(|_| ("property", "must be an object".to_owned()))?;
    Ok((Some(text), remark))
}

/// Refuses an object with too many levels or an empty key. For example, the property `{"a":{}}` has two
/// levels.
fn fits(object: &Map<String, Value>, level: usize) -> Result<(), Wrong> {
    if object.contains_key("") {
        return Err(("property", "must not have an empty key".into()));
    }
    object.values().try_for_each(|value| value_fits(value, level + 1))
}

fn value_fits(value: &Value, level: usize) -> Result<(), Wrong> {
    if level > NESTING && (value.is_object() || value.is_array()) {
        return Err(("property", format!("must not nest deeper than {NESTING} levels")));
    }
    match value {
        Value::Object(object) => fits(object, level),
        Value::Array(items) => items.iter().try_for_each(|item| value_fits(item, level + 1)),
        _ => Ok(()),
    }
}

/// The place of an event: the partition of its owner, its time, and the hash of its id.
///
/// The text of the key is the event's public id and a timeline's cursor: 20 + 11 + 20 lower-hex characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventKey {
    /// The identity named by the event's caller.
    pub owner: CustomerId,
    /// The time of the event, epoch ms.
    pub created_at: Millis,
    /// 20 lower-hex characters: a keyed hash of the sender and the caller's id.
    pub hash: String,
}

impl EventKey {
    /// Parses an event's public id. Returns `None` if the text has a different form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if !is_lower_hex(text, 51) {
            return None;
        }
        let owner = CustomerId::parse(text.get(..20)?)?;
        let created_at = Millis::from_str_radix(text.get(20..31)?, 16).ok()?;
        Some(Self { owner, created_at, hash: text.get(31..)?.to_owned() })
    }

    /// Returns the sort key of a timeline: the time, then the parts that make the order total.
    #[must_use]
    pub fn order(&self) -> (Millis, &str, &str) {
        (self.created_at, &self.hash, self.owner.as_str())
    }
}

impl std::fmt::Display for EventKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{:011x}{}", self.owner, self.created_at, self.hash)
    }
}

/// A stored event.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEvent {
    /// The place of the event.
    pub key: EventKey,
    /// The name.
    pub name: String,
    /// The property as compact JSON text. `None` if the event has no property.
    pub property: Option<String>,
    /// The time at which the event expires, epoch ms.
    pub expire_at: Millis,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const BOUNDS: Bounds = Bounds { now: 1_795_000_000_000, retention: 1_000_000 };

    fn page(event: Value) -> Result<Event, Vec<Wrong>> {
        let Value::Object(body) = event else { panic!() };
        of_page(&body, BOUNDS)
    }

    #[test]
    fn page_event_needs_name_id_and_time() {
        let fields = |event: Value| -> Vec<&'static str> {
            page(event).unwrap_err().into_iter().map(|(field, _)| field).collect()
        };
        assert_eq!(fields(json!({"name": "x", "createdAt": BOUNDS.now})), ["id"]);
        assert_eq!(fields(json!({"name": "x", "id": "1"})), ["createdAt"]);
        assert_eq!(fields(json!({"id": "1", "createdAt": BOUNDS.now})), ["name"]);
        assert_eq!(fields(json!({"property": 7})), ["id", "createdAt", "name", "property"]);
    }

    proptest! {
        #[test]
        fn event_id_survives_the_round_trip(owner in any::<[u8; 10]>(), at in 0..=0xfff_ffff_ffff_i64, hash in "[0-9a-f]{20}") {
            let key = EventKey { owner: CustomerId::from_bytes(owner), created_at: at, hash };
            prop_assert_eq!(EventKey::parse(&key.to_string()), Some(key));
        }

        #[test]
        fn parsing_never_panics(text in "\\PC{0,60}") {
            let _ = EventKey::parse(&text);
        }
    }
}
