//! The size of a JSON value, and whole numbers.

use serde_json::{Number, Value};

/// Returns a whole number, also with a fraction of zero. For example, `1795870000000.0` is whole: a client whose type is a
/// double writes a time so.
#[must_use]
pub fn whole(number: &Number) -> Option<i64> {
    number.as_i64().or_else(|| number.as_f64().filter(|f| f.fract() == 0.0).map(|f| f as i64))
}

/// Returns the bytes of a value as compact JSON.
#[must_use]
pub fn json_bytes(value: &Value) -> usize {
    serde_json::to_vec(value).map_or(usize::MAX / 4, |bytes| bytes.len())
}
