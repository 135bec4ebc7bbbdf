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
//! - `event` has the conditions on events, which `parse_event` reads.
//! - `judge` judges values, in three values: yes, no, and maybe for a value that is not known.
//! - `person` has the values of a customer. [`crate::digest`] has the values of an entry of the list.

mod day;
mod event;
mod expression;
mod judge;
pub(crate) mod key;
mod operator;
mod parse;
mod parse_event;
mod person;
mod text;

use crate::detail::Detail;

pub use event::EventLeaf;
use expression::Expression;
pub use judge::{Answer, KeyValue, Known};
pub use key::{Key, Keys};
pub use parse::{Context, DEPTH, LEAVES, Resolved, VALUES};
pub use parse_event::EVENT_LEAVES;
pub use person::Person;

/// A filter that was read.
#[derive(Clone, Debug)]
pub struct Filter {
    expression: Expression,
    events: Vec<EventLeaf>,
    /// The instants that days and durations came to.
    pub resolved: Vec<Resolved>,
}

/// What is known of a contact, with the answers of the conditions on events.
struct Told<'a, K> {
    known: &'a K,
    events: &'a [EventLeaf],
    told: &'a [bool],
}

impl<K: Known> Known for Told<'_, K> {
    fn value(&self, key: &Key) -> KeyValue {
        self.known.value(key)
    }

    fn event(&self, at: usize) -> Answer {
        let told = self.told.get(at).map(|holds| if *holds { Answer::Yes } else { Answer::No });
        self.events.get(at).map_or(Answer::Maybe, |leaf| leaf.judge(self.known, told))
    }
}

impl Default for Filter {
    /// Returns the filter that everyone matches.
    fn default() -> Self {
        Self { expression: Expression::And(Vec::new()), events: Vec::new(), resolved: Vec::new() }
    }
}

impl Filter {
    /// Reads a filter. An absent filter means everyone.
    ///
    /// # Errors
    /// Every wrong part with its path in the filter, for example `/and/0/or/1/values/0`.
    pub fn parse(value: &serde_json::Value, context: Context<'_>) -> Result<Self, Vec<Detail>> {
        let (expression, events, resolved) = parse::filter(value, context)?;
        Ok(Self { expression, events, resolved })
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

    /// Judges what is known of a contact, without its events. A filter and its negation split the contacts exactly in two.
    #[must_use]
    pub fn judge(&self, known: &impl Known) -> Answer {
        self.judge_with(known, &[])
    }

    /// Judges what is known of a contact. `told` has the answer of each of the filter's conditions on events.
    #[must_use]
    pub fn judge_with(&self, known: &impl Known, told: &[bool]) -> Answer {
        judge::judge(&self.expression, &Told { known, events: &self.events, told })
    }

    /// Returns whether a customer matches. `told` has the answer of each condition on events.
    #[must_use]
    pub fn matches(&self, person: &Person<'_>, told: &[bool]) -> bool {
        self.judge_with(person, told) == Answer::Yes
    }

    /// Returns the conditions on events.
    #[must_use]
    pub fn events(&self) -> &[EventLeaf] {
        &self.events
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
