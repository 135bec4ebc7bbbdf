//! Times: epoch milliseconds everywhere, and months as `yyyymm` in UTC.

/// Epoch milliseconds.
pub type Millis = i64;

/// One minute, in ms.
pub const MINUTE: Millis = 60_000;
/// One day, in ms.
pub const DAY: Millis = 24 * 60 * MINUTE;
/// The latest time, in ms: the largest instant that a JavaScript `Date` can hold.
pub const MAX: Millis = 8_640_000_000_000_000;

/// Returns the UTC month of an instant as `yyyymm` (R7). Example: `202611`.
#[must_use]
pub fn month(at: Millis) -> String {
    chrono::DateTime::from_timestamp_millis(at)
        .map(|time| time.format("%Y%m").to_string())
        .unwrap_or_default()
}

/// Korea's offset from UTC, in seconds. Korea has no summer time.
const KOREA: i32 = 9 * 60 * 60;

/// Reads a time as written by Korean builders. Returns `None` if the text has a different form.
///
/// - RFC 3339 is read with its own zone.
/// - `YYYY-MM-DD HH:MM:SS` is read by Korea's clock. The separator may be a `T`, and a fraction of the second
///   may follow.
///
/// For example, `2026-11-20 10:00:00` is 01:00 UTC.
#[must_use]
pub fn korean(text: &str) -> Option<Millis> {
    let text = text.trim();
    if let Ok(at) = chrono::DateTime::parse_from_rfc3339(text) {
        return Some(at.timestamp_millis());
    }
    let at = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"]
        .into_iter()
        .find_map(|shape| chrono::NaiveDateTime::parse_from_str(text, shape).ok())?;
    let zone = chrono::FixedOffset::east_opt(KOREA)?;
    at.and_local_timezone(zone).single().map(|at| at.timestamp_millis())
}

/// Returns the UTC day of an instant as `yyyymmdd`. Example: `20261122`.
#[must_use]
pub fn day(at: Millis) -> String {
    chrono::DateTime::from_timestamp_millis(at)
        .map(|time| time.format("%Y%m%d").to_string())
        .unwrap_or_default()
}

/// Returns the epoch second after `at` at which an item may leave the table, rounded up.
#[must_use]
pub fn ttl(at: Millis) -> i64 {
    at.div_euclid(1000) + 1
}

#[cfg(test)]
mod tests {
    use super::korean;

    #[test]
    fn time_without_a_zone_is_korean_time() {
        for text in [
            "2026-11-20T10:00:00+09:00",
            "2026-11-20T01:00:00Z",
            "2026-11-20 10:00:00",
            " 2026-11-20T10:00:00.000 ",
        ] {
            assert_eq!(korean(text), Some(1_795_136_400_000), "{text}");
        }
        for text in ["", "2026-11-20", "0000-00-00 00:00:00", "2026-13-01 00:00:00", "1795136400000", "now"] {
            assert_eq!(korean(text), None, "{text}");
        }
    }
}
