//! Days of the channel's time zone, moments and durations.

use chrono::{DateTime, FixedOffset, NaiveDate, TimeZone};
use serde_json::Value;

use crate::json::whole;
use crate::time::{self, Millis};

/// A half-open range of moments, epoch ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) from: Millis,
    pub(super) to: Millis,
}

/// Returns the offset of a time zone. Neither Korea nor Japan has summer time.
fn offset(time_zone: &str) -> FixedOffset {
    let hours = if matches!(time_zone, "Asia/Seoul" | "Asia/Tokyo") { 9 } else { 0 };
    FixedOffset::east_opt(hours * 3600).unwrap_or_else(|| chrono::Utc.fix())
}

/// Reads a moment or a day: epoch milliseconds, RFC 3339, or a day such as `2026-11-22`. Returns the range, and whether it
/// is a day.
pub(super) fn range(value: &Value, time_zone: &str) -> Option<(Range, bool)> {
    match value {
        Value::Number(number) => {
            let at = whole(number).filter(|at| (-time::MAX..=time::MAX).contains(at))?;
            Some((Range { from: at, to: at + 1 }, false))
        }
        Value::String(text) => match text.parse::<NaiveDate>() {
            Ok(day) => Some((of_day(day, time_zone)?, true)),
            Err(_) => {
                let at = DateTime::parse_from_rfc3339(text).ok()?.timestamp_millis();
                Some((Range { from: at, to: at + 1 }, false))
            }
        },
        _ => None,
    }
}

fn of_day(day: NaiveDate, time_zone: &str) -> Option<Range> {
    let midnight = |day: NaiveDate| {
        let local = day.and_hms_opt(0, 0, 0)?.and_local_timezone(offset(time_zone));
        Some(local.single()?.timestamp_millis())
    };
    Some(Range { from: midnight(day)?, to: midnight(day.succ_opt()?)? })
}

/// Reads an ISO 8601 duration, back from now. For example, `P30D` is the last 30 days.
pub(super) fn last(value: &Value, now: Millis) -> Option<Range> {
    let text = value.as_str().filter(|text| text.starts_with('P'))?;
    let length = speedate::Duration::parse_str(text).ok()?.signed_total_ms();
    (length > 0).then(|| Range { from: now.saturating_sub(length), to: now + 1 })
}
