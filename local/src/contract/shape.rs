//! The shapes that schemas are made of.

use serde_json::{Value, json};

/// Returns a reference to a schema.
pub(super) fn named(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// Returns an object with exactly these keys. The keys in `optional` may be absent.
pub(super) fn object(properties: Value, optional: &[&str]) -> Value {
    let keys = properties.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
    let required: Vec<_> = keys.into_iter().filter(|key| !optional.contains(&key.as_str())).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

/// Returns an object whose keys may all be absent.
pub(super) fn some_of(properties: Value) -> Value {
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

/// Puts a key into an object.
pub(super) fn put(object: &mut Value, key: &str, value: impl Into<Value>) {
    if let Some(object) = object.as_object_mut() {
        object.insert(key.to_owned(), value.into());
    }
}

/// Returns a list.
pub(super) fn list(items: Value) -> Value {
    json!({"type": "array", "items": items})
}
