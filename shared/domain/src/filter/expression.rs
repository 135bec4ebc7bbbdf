//! The form of a filter.

use super::key::Key;
use super::operator::Test;

/// Conditions, nested.
#[derive(Clone, Debug)]
pub(super) enum Expression {
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Leaf(Key, Test),
}
