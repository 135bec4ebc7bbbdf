//! The size of a value as JSON.

use serde_json::Value;

/// Bytes of a value as compact JSON.
#[must_use]
pub fn json_bytes(value: &Value) -> usize {
    serde_json::to_vec(value).map_or(usize::MAX / 4, |bytes| bytes.len())
}
