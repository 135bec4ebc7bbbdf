//! UTC months, for the count of monthly actives (R7).

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime};

use super::time::Millis;

/// A UTC month. Example: `2026-11`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(i32);

impl Month {
    /// Returns the month of an instant.
    #[must_use]
    pub fn of(at: Millis) -> Self {
        let day = DateTime::from_timestamp_millis(at).unwrap_or_default();
        Self(day.year() * 12 + day.month0().cast_signed())
    }

    /// Parses `YYYY-MM` of the years 2000 to 2999. Returns `None` if the text has a different form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        (year.len() == 4).then(|| Self::of_digits(year, month)).flatten()
    }

    /// Parses the text of [`Month::key`].
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        let (year, month) = key.split_at_checked(4)?;
        Self::of_digits(year, month)
    }

    fn of_digits(year: &str, month: &str) -> Option<Self> {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if month.len() != 2 || !digits(year) || !digits(month) {
            return None;
        }
        let (year, month): (i32, i32) = (year.parse().ok()?, month.parse().ok()?);
        ((2000..=2999).contains(&year) && (1..=12).contains(&month)).then_some(Self(year * 12 + month - 1))
    }

    /// Returns the month as in the keys of the table. Example: `202611`.
    #[must_use]
    pub fn key(self) -> String {
        format!("{:04}{:02}", self.year(), self.number())
    }

    /// Returns the next month.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// Returns the previous month.
    #[must_use]
    pub fn previous(self) -> Self {
        Self(self.0 - 1)
    }

    /// Returns the months from this month to `last`, both included. An earlier `last` gives an empty list.
    pub fn to(self, last: Self) -> impl DoubleEndedIterator<Item = Self> {
        (self.0..=last.0).map(Self)
    }

    /// Returns the first instant of the month, epoch ms.
    #[must_use]
    pub fn start(self) -> Millis {
        let day = NaiveDate::from_ymd_opt(self.year(), self.number(), 1).unwrap_or_default();
        day.and_time(NaiveTime::MIN).and_utc().timestamp_millis()
    }

    fn year(self) -> i32 {
        self.0.div_euclid(12)
    }

    fn number(self) -> u32 {
        self.0.rem_euclid(12).unsigned_abs() + 1
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn month_survives_its_texts_and_contains_its_instants(at in 946_684_800_000_i64..32_503_680_000_000) {
            let month = Month::of(at);
            prop_assert_eq!(month.key(), time::month(at));
            prop_assert_eq!(Month::of_key(&month.key()), Some(month));
            prop_assert_eq!(Month::parse(&month.to_string()), Some(month));
            prop_assert!(month.start() <= at && at < month.next().start());
            prop_assert_eq!(month.next().previous(), month);
        }
    }

    #[test]
    fn invalid_month_is_none() {
        for text in [
            "",
            "2026",
            "2026-",
            "-11",
            "2026-00",
            "2026-13",
            "2026-1",
            "2026-011",
            "1999-12",
            "3000-01",
            "26-11",
            "+026-11",
            "2026-+1",
            " 2026-11",
            "2026-11-01",
            "２０２６-11",
            "202611",
        ] {
            assert_eq!(Month::parse(text), None, "{text}");
        }
        // The first and the last month.
        assert_eq!(Month::parse("2000-01").map(Month::key).as_deref(), Some("200001"));
        assert_eq!(Month::parse("2999-12").map(Month::key).as_deref(), Some("299912"));
    }

    #[test]
    fn month_range_includes_both_ends() {
        let month = |text| Month::parse(text).unwrap();
        let turn: Vec<String> =
            month("2026-11").to(month("2027-02")).map(|month| month.to_string()).collect();
        assert_eq!(turn, ["2026-11", "2026-12", "2027-01", "2027-02"]);
        assert_eq!(month("2026-12").to(month("2026-11")).count(), 0);
    }
}
