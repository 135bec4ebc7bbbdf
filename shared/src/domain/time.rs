//! Times: epoch milliseconds everywhere, months as `yyyymm` in UTC.

/// Epoch milliseconds.
pub type Millis = i64;

/// One minute, in ms.
pub const MINUTE: Millis = 60_000;
/// One day, in ms.
pub const DAY: Millis = 24 * 60 * MINUTE;
/// The largest instant a JavaScript `Date` can hold, in ms; nothing later is a time.
pub const MAX: Millis = 8_640_000_000_000_000;

/// The UTC month of an instant as `yyyymm`, such as `202611` (R7).
#[must_use]
pub fn month(at: Millis) -> String {
    chrono::DateTime::from_timestamp_millis(at)
        .map(|time| time.format("%Y%m").to_string())
        .unwrap_or_default()
}

/// Epoch seconds after `at` at which an item may leave the table, rounded up.
#[must_use]
pub fn ttl(at: Millis) -> i64 {
    at.div_euclid(1000) + 1
}
