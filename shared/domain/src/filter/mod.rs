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
//! - `expression` has the form of a filter that was read. `parse` reads one.
//! - `judge` judges values, in three values: yes, no, and maybe for a value that is not known.
//! - `person` has the values of a customer. [`crate::digest`] has the values of an entry of the list.

mod day;
mod expression;
mod judge;
pub(crate) mod key;
mod operator;
mod parse;
mod person;
mod text;

use crate::detail::Detail;

use expression::Expression;
pub use judge::{Answer, KeyValue, Known};
pub use key::{Key, Keys};
pub use parse::{Context, DEPTH, LEAVES, Resolved, VALUES};
pub use person::Person;

/// A filter that was read.
#[derive(Clone, Debug)]
pub struct Filter {
    expression: Expression,
    /// The instants that days and durations came to.
    pub resolved: Vec<Resolved>,
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
        let (expression, resolved) = parse::filter(value, context)?;
        Ok(Self { expression, resolved })
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

/// Returns all keys by their names, such as `profile.email`.
pub fn keys() -> impl Iterator<Item = (String, Key)> {
    key::all()
}

/// Returns the names of all operators. A name may come several times.
pub fn operators() -> impl Iterator<Item = &'static str> {
    operator::all().map(|operator| operator.name)
}

#[cfg(test)]
mod tests;
