//! A customer's item with its attributes under whole names, and its profile as JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use okyaku_domain::digest::{Digest, Entry};
use okyaku_domain::filter::{Key, KeyValue, Known};
use okyaku_domain::id::CustomerId;
use okyaku_store::items::profile;
use serde_json::{Map, Value, json};

/// The attributes of a customer's item and what each is. `docs/reference/TABLE.md` lists the same.
pub const NAMES: [(&str, &str); 31] = [
    ("g", "generation"),
    ("m", "memberId"),
    ("b", "veilId"),
    ("n", "name"),
    ("p", "profile"),
    ("t", "tags"),
    ("l", "language"),
    ("c", "country"),
    ("y", "city"),
    ("ue", "unsubscribeEmail"),
    ("ut", "unsubscribeTexting"),
    ("k", "blocked"),
    ("h", "hasPushToken"),
    ("w", "web"),
    ("a", "mobile"),
    ("s", "sessionsCount"),
    ("z", "lastSeenAt"),
    ("o", "createdAt"),
    ("u", "updatedAt"),
    ("r", "registrations"),
    ("j", "links"),
    ("q", "linkedTo"),
    ("qa", "linkedAt"),
    ("ql", "linkedContact"),
    ("fd", "filterDocument"),
    ("ra", "revivedAfter"),
    ("bc", "builderCreatedAt"),
    ("ft", "fieldTimes"),
    ("bt", "builderTags"),
    ("pu", "purchases"),
    ("st", "staleSince"),
];

/// The fields of a profile's bytes: `{"key":[value,"sender",time,verified]}`.
pub fn profile_of(bytes: &[u8]) -> Value {
    let profile = profile::decode(bytes).unwrap();
    let field = |(key, field): (&String, &okyaku_domain::field::Field)| {
        (key.clone(), json!([field.value, field.sender.name(), field.time, field.verified]))
    };
    Value::Object(profile.stored().map(field).collect())
}

/// What a filter document says: `{"tags":["vip"],"lastSeenAt":[from,to]}`.
pub fn document_of(bytes: &[u8]) -> Value {
    let digest = Digest::read(bytes).unwrap();
    let id = CustomerId::from_bytes([0; 10]);
    let entry = Entry { id: &id, created_at: 0, digest: Some(&digest) };
    let value = |(name, key): (String, Key)| {
        let value = match entry.value(&key) {
            KeyValue::Nothing => return None,
            KeyValue::Something => json!("asks"),
            KeyValue::Unknown => json!("unknown"),
            KeyValue::Text(text) => json!(text),
            KeyValue::Number(number) => json!(number),
            KeyValue::Flag(flag) => json!(flag),
            KeyValue::Time(from, to) => json!([from, to]),
            KeyValue::List(list) => json!(list),
        };
        Some((name, value))
    };
    Value::Object(okyaku_domain::filter::keys().filter_map(value).collect())
}

/// An item, in the engine's JSON, with whole names if it is a customer's.
pub fn named(item: &Value) -> Value {
    let text = |name: &str| item[name]["S"].as_str().unwrap_or_default();
    if text("sk") != "P" || !text("pk").starts_with("C#") || !item["erasedAt"].is_null() {
        return item.clone();
    }
    let mut named = Map::new();
    for (name, value) in item.as_object().unwrap() {
        let whole = NAMES.iter().find(|(short, _)| short == name).map_or(name.as_str(), |(_, whole)| whole);
        let value = match whole {
            "profile" => {
                let bytes = STANDARD.decode(value["B"].as_str().unwrap()).unwrap();
                json!({ "S": profile_of(&bytes).to_string() })
            }
            "filterDocument" => {
                let bytes = STANDARD.decode(value["B"].as_str().unwrap()).unwrap();
                json!({ "S": document_of(&bytes).to_string() })
            }
            "links" => {
                let link = |link: &Value| {
                    let registrations = link["M"].get("r").cloned().unwrap_or_else(|| json!({"M": {}}));
                    json!({"M": {"id": link["M"]["i"], "since": link["M"]["s"], "registrations": registrations}})
                };
                json!({ "L": value["L"].as_array().unwrap().iter().map(link).collect::<Vec<_>>() })
            }
            _ => value.clone(),
        };
        named.insert(whole.to_owned(), value);
    }
    Value::Object(named)
}
