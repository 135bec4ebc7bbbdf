//! The size of a JSON value.

use serde_json::Value;

/// Returns the bytes of a value as compact JSON.
#[must_use]
pub fn json_bytes(value: &Value) -> usize {
    serde_json::to_vec(value).map_or(usize::MAX / 4, |bytes| bytes.len())
}
