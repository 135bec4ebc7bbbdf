//! Conditions on what a contact did.

use serde_json::{Map, Value};

use super::day::Range;
use super::expression::Expression;
use super::judge::{Answer, KeyValue, Known, judge, numbers};
use super::key::Key;
use super::operator::NumberTest;
use super::person::of_json;
use crate::event::StoredEvent;
use crate::field::LAST_CHECKOUT;
use crate::time::Millis;

/// The event that moves [`LAST_CHECKOUT`] forward (R8).
const CHECKOUT: &str = "CheckoutComplete";

/// A condition on the events of one name: how many there are.
#[derive(Clone, Debug)]
pub struct EventLeaf {
    pub(super) name: String,
    /// Whether the condition is that the events are not there.
    pub(super) negated: bool,
    pub(super) range: Range,
    /// The number of events, and the test of it.
    pub(super) count: (NumberTest, Vec<f64>),
    /// The condition on each event's property.
    pub(super) query: Option<Expression>,
}

impl EventLeaf {
    /// Returns the first moment that counts, epoch ms.
    #[must_use]
    pub fn from(&self) -> Millis {
        self.range.from
    }

    /// Returns whether an event counts.
    #[must_use]
    pub fn counts(&self, event: &StoredEvent) -> bool {
        let at = event.key.created_at;
        event.name == self.name
            && (self.range.from..self.range.to).contains(&at)
            && self.query.as_ref().is_none_or(|query| {
                let property = event.property.as_deref().and_then(|text| serde_json::from_str(text).ok());
                judge(query, &Property(property.unwrap_or_default())) == Answer::Yes
            })
    }

    /// Returns whether so many events match.
    #[must_use]
    pub fn holds(&self, count: usize) -> bool {
        numbers(self.count.0, &self.count.1, count as f64) != self.negated
    }

    /// Returns whether more events cannot change the answer of [`EventLeaf::holds`].
    #[must_use]
    pub fn is_decided(&self, count: usize) -> bool {
        let (test, wanted) = &self.count;
        matches!(test, NumberTest::AtLeast | NumberTest::Greater) && numbers(*test, wanted, count as f64)
    }

    /// Returns whether the time of the latest order answers: a checkout without conditions on its number or its property.
    ///
    /// Then no event is read. The time outlives the events, and comes from builders as well.
    fn is_of_the_latest_order(&self) -> bool {
        self.name == CHECKOUT
            && self.query.is_none()
            && self.range.to == Millis::MAX
            && self.count == (NumberTest::AtLeast, vec![1.0])
    }

    /// Judges the condition by what is known of the contact.
    pub(super) fn judge(&self, known: &impl Known, told: Option<Answer>) -> Answer {
        if !self.is_of_the_latest_order() {
            return told.unwrap_or(Answer::Maybe);
        }
        let answer = match known.value(&Key::Profile(LAST_CHECKOUT.to_owned())) {
            KeyValue::Nothing => Answer::No,
            KeyValue::Time(at, _) => Answer::of(at >= self.range.from),
            _ => Answer::Maybe,
        };
        if self.negated { answer.negated() } else { answer }
    }
}

/// The property of an event.
struct Property(Map<String, Value>);

impl Known for Property {
    fn value(&self, key: &Key) -> KeyValue {
        let Key::Property(path) = key else { return KeyValue::Nothing };
        let mut parts = path.split('.');
        let first = parts.next().and_then(|part| self.0.get(part));
        let value = parts.try_fold(first, |value, part| Some(value?.get(part)));
        value.flatten().map_or(KeyValue::Nothing, |value| of_json(path, value))
    }
}
