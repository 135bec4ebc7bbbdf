//! Days of the channel's time zone, moments and durations.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Offset, TimeDelta, Utc};
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
    FixedOffset::east_opt(hours * 3600).unwrap_or_else(|| Utc.fix())
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
    let length = duration(value)?;
    Some(Range { from: now.saturating_sub(length), to: now + 1 })
}

/// Reads an ISO 8601 duration, in ms. A month has 30 days, and a year has 365.
fn duration(value: &Value) -> Option<Millis> {
    let text = value.as_str().filter(|text| text.starts_with('P'))?;
    let length = speedate::Duration::parse_str(text).ok()?.signed_total_ms();
    (1..=time::MAX).contains(&length).then_some(length)
}

/// Days of the year, such as those of the next week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Anniversary {
    /// Months and days.
    days: BTreeSet<(u32, u32)>,
    offset: FixedOffset,
}

impl Anniversary {
    /// Reads a day of the year such as `05-03`, or a duration from today on. For example, `P7D` is today and the six days
    /// after it.
    pub(super) fn parse(value: &Value, time_zone: &str, now: Millis) -> Option<Self> {
        let offset = offset(time_zone);
        let days = match duration(value) {
            Some(length) => {
                let today = date(now, offset)?;
                let count = ((length + time::DAY - 1) / time::DAY).min(366);
                (0..count)
                    .filter_map(|n| today.checked_add_signed(TimeDelta::days(n)))
                    .flat_map(days_of)
                    .collect()
            }
            // 2000 has a 29 February.
            None => {
                let day = format!("2000-{}", value.as_str()?).parse::<NaiveDate>().ok()?;
                BTreeSet::from([(day.month(), day.day())])
            }
        };
        Some(Self { days, offset })
    }

    /// Returns whether a moment has one of these days.
    pub(super) fn has(&self, at: Millis) -> bool {
        date(at, self.offset).is_some_and(|day| self.days.contains(&(day.month(), day.day())))
    }
}

/// Returns the days of the year that a day stands for. Who was born on 29 February has 28 February in a common year.
fn days_of(day: NaiveDate) -> Vec<(u32, u32)> {
    let own = (day.month(), day.day());
    if own == (2, 28) && !day.leap_year() { vec![own, (2, 29)] } else { vec![own] }
}

fn date(at: Millis, offset: FixedOffset) -> Option<NaiveDate> {
    Some(DateTime::from_timestamp_millis(at)?.with_timezone(&offset).date_naive())
}
