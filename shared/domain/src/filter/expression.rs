//! The form of a filter.

use super::key::Key;
use super::operator::Test;

/// Conditions, nested.
#[derive(Clone, Debug)]
pub(super) enum Expression {
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Leaf(Key, Test),
    /// The condition on events with this place in the filter.
    Event(usize),
}
