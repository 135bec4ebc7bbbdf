//! Filters of contacts (R17): Channel Talk's `Expression`, read with every wrong part named, and judged on a customer.
//!
//! For example, everyone without the tag 退会 who accepts e-mail:
//!
//! ```json
//! {"and": [{"key": "tags", "operator": "$nin", "values": ["退会"]},
//!          {"key": "unsubscribeEmail", "operator": "$eq", "values": [false]}]}
//! ```
//!
//! - `key` has the keys and their types.
//! - `operator` has the operators of each type.
//! - `day` reads days and durations.
//! - `parse` reads an expression, and `judge` judges a customer.

mod day;
mod judge;
mod key;
mod operator;
mod parse;

use crate::detail::Detail;
use crate::time::Millis;

pub use judge::Person;
use key::Key;
use operator::Test;

/// Levels of `and` and `or`.
pub const DEPTH: usize = 3;
/// Leaves of a filter.
pub const LEAVES: usize = 50;
/// Values of a filter.
pub const VALUES: usize = 1000;

/// A filter that was read.
#[derive(Clone, Debug)]
pub struct Filter {
    expression: Expression,
    /// The instants that days and durations came to.
    pub resolved: Vec<Resolved>,
}

/// The instants of a value that is a day or a duration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The path of the value, for example `/and/0/values/0`.
    pub path: String,
    /// The first instant, epoch ms.
    pub from: Millis,
    /// The instant after the last, epoch ms.
    pub to: Millis,
}

/// What a filter is read by.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The channel's time zone.
    pub time_zone: &'a str,
    /// The current time, epoch ms.
    pub now: Millis,
}

#[derive(Clone, Debug)]
enum Expression {
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Leaf(Key, Test),
}

impl Filter {
    /// Reads a filter. An absent filter means everyone.
    ///
    /// # Errors
    /// Every wrong part with its path in the filter, for example `/and/0/or/1/values/0`.
    pub fn parse(value: &serde_json::Value, context: Context<'_>) -> Result<Self, Vec<Detail>> {
        parse::filter(value, context)
    }

    /// Returns whether the filter matches. A filter and its negation split the contacts exactly in two.
    #[must_use]
    pub fn matches(&self, person: &Person<'_>) -> bool {
        judge::matches(&self.expression, person)
    }
}

#[cfg(test)]
mod tests;
