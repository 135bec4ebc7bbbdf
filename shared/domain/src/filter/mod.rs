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
//! - `parse` reads an expression.
//! - `judge` judges values, in three values: yes, no, and maybe for a value that is not known.
//! - `person` has the values of a customer. [`crate::digest`] has the values of an entry of the list.

mod day;
mod judge;
pub(crate) mod key;
mod operator;
mod parse;
mod person;

use crate::detail::Detail;
use crate::time::Millis;

pub use judge::{Answer, KeyValue, Known};
pub use key::Key;
use operator::Test;
pub use person::Person;

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

/// The keys that a caller may filter on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// Every key.
    All,
    /// Every key but contact points. Who may not see an address may not find out by filters either.
    WithoutContactPoints,
}

/// What a filter is read by.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The channel's time zone.
    pub time_zone: &'a str,
    /// The current time, epoch ms.
    pub now: Millis,
    /// The keys that the caller may use.
    pub keys: Keys,
}

#[derive(Clone, Debug)]
enum Expression {
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Leaf(Key, Test),
}

impl Default for Filter {
    /// Returns the filter that everyone matches.
    fn default() -> Self {
        Self { expression: Expression::And(Vec::new()), resolved: Vec::new() }
    }
}

impl Filter {
    /// Reads a filter. An absent filter means everyone.
    ///
    /// # Errors
    /// Every wrong part with its path in the filter, for example `/and/0/or/1/values/0`.
    pub fn parse(value: &serde_json::Value, context: Context<'_>) -> Result<Self, Vec<Detail>> {
        parse::filter(value, context)
    }

    /// Adds a search to the filter: a part of the name, of the memberId or of a contact point.
    ///
    /// # Errors
    /// A message for `query`, if the caller may not search or the text is empty or too long.
    pub fn with_query(mut self, text: &str, keys: Keys) -> Result<Self, String> {
        let any = parse::query(text, keys)?;
        self.expression = Expression::And(vec![self.expression, Expression::Or(any)]);
        Ok(self)
    }

    /// Judges what is known of a contact. A filter and its negation split the contacts exactly in two.
    #[must_use]
    pub fn judge(&self, known: &impl Known) -> Answer {
        judge::judge(&self.expression, known)
    }

    /// Returns whether a customer matches.
    #[must_use]
    pub fn matches(&self, person: &Person<'_>) -> bool {
        self.judge(person) == Answer::Yes
    }

    /// Returns whether everyone matches, as without a filter.
    #[must_use]
    pub fn is_everyone(&self) -> bool {
        matches!(&self.expression, Expression::And(all) if all.is_empty())
    }
}

#[cfg(test)]
mod tests;
