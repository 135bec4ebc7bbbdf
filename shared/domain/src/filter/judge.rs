//! Judges what is known of a contact.

use super::day::Range;
use super::expression::Expression;
use super::key::Key;
use super::operator::{ListTest, NumberTest, Test, TextTest};
use super::text::digits;
use crate::contact_point::ContactPointKind;
use crate::time::Millis;
use crate::unicode::caseless;

/// The answer of a filter.
///
/// `and` is the smallest answer, `or` the largest, and a negation turns the order around.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// The contact does not match.
    No,
    /// What is known does not tell. The customer must be read.
    Maybe,
    /// The contact matches.
    Yes,
}

impl Answer {
    pub(super) fn of(matches: bool) -> Self {
        if matches { Self::Yes } else { Self::No }
    }

    pub(super) fn negated(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
            Self::Yes => Self::No,
        }
    }
}

/// What is known of a contact.
pub trait Known {
    /// Returns the value of a key.
    fn value(&self, key: &Key) -> KeyValue;

    /// Returns the answer of the filter's condition on events with this place.
    fn event(&self, _at: usize) -> Answer {
        Answer::Maybe
    }
}

/// What is known of a key's value.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyValue {
    /// There is no value.
    Nothing,
    /// There is a value, and it is not known.
    Something,
    /// Nothing is known.
    Unknown,
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// A moment between two moments, epoch ms. Both are the same for a moment that is exactly known.
    Time(Millis, Millis),
    /// A list of texts.
    List(Vec<String>),
}

pub(super) fn judge(expression: &Expression, known: &impl Known) -> Answer {
    match expression {
        Expression::And(all) => {
            let mut answer = Answer::Yes;
            for one in all {
                answer = answer.min(judge(one, known));
                if answer == Answer::No {
                    break;
                }
            }
            answer
        }
        Expression::Or(any) => {
            let mut answer = Answer::No;
            for one in any {
                answer = answer.max(judge(one, known));
                if answer == Answer::Yes {
                    break;
                }
            }
            answer
        }
        Expression::Leaf(key, test) => holds(test, &known.value(key), key),
        Expression::Event(at) => known.event(*at),
    }
}

fn holds(test: &Test, value: &KeyValue, key: &Key) -> Answer {
    match (test, value) {
        // Negation is the exact complement, so it matches where nothing is.
        (Test::Not(test), value) => holds(test, value, key).negated(),
        (_, KeyValue::Unknown) => Answer::Maybe,
        (Test::Exist(wanted), KeyValue::List(list)) => Answer::of(*wanted != list.is_empty()),
        (Test::Exist(wanted), value) => Answer::of(*wanted != matches!(value, KeyValue::Nothing)),
        (_, KeyValue::Something) => Answer::Maybe,
        (Test::Texts(test, wanted), KeyValue::Text(text)) => Answer::of(texts(*test, wanted, text, key)),
        (Test::Numbers(test, wanted), KeyValue::Number(number)) => {
            Answer::of(numbers(*test, wanted, *number))
        }
        (Test::Flag(wanted), KeyValue::Flag(flag)) => Answer::of(wanted == flag),
        (Test::Time(Range { from, to }), KeyValue::Time(earliest, latest)) => {
            let has = |at: &Millis| (*from..*to).contains(at);
            match (has(earliest), has(latest)) {
                (true, true) => Answer::Yes,
                (false, false) if latest < from || earliest >= to => Answer::No,
                _ => Answer::Maybe,
            }
        }
        (Test::Anniversary(days), KeyValue::Time(earliest, latest)) if earliest == latest => {
            Answer::of(days.has(*earliest))
        }
        (Test::Anniversary(_), KeyValue::Time(..)) => Answer::Maybe,
        (Test::Lists(test, wanted), KeyValue::List(list)) => {
            let list: Vec<String> = list.iter().map(|own| caseless(own)).collect();
            Answer::of(match test {
                ListTest::In => wanted.iter().any(|wanted| list.contains(wanted)),
                ListTest::All => wanted.iter().all(|wanted| list.contains(wanted)),
            })
        }
        // A test of another type than the value.
        _ => Answer::No,
    }
}

fn texts(test: TextTest, wanted: &[String], text: &str, key: &Key) -> bool {
    let text = caseless(text);
    // A phone number is kept in its international form.
    let is_phone = matches!(key, Key::Profile(field) if field == ContactPointKind::MobileNumber.key());
    let text = if is_phone { digits(&text) } else { text };
    wanted.iter().any(|wanted| match test {
        // The country's number may be left out.
        TextTest::In => {
            text == *wanted || is_phone && text.ends_with(wanted.as_str()) && wanted.len() >= NATIONAL_DIGITS
        }
        TextTest::Contains => text.contains(wanted),
        TextTest::StartsWith => text.starts_with(wanted),
        TextTest::EndsWith => text.ends_with(wanted),
    })
}

/// The digits of the shortest national number without its 0, such as 24682468 of Singapore.
const NATIONAL_DIGITS: usize = 8;

pub(super) fn numbers(test: NumberTest, wanted: &[f64], number: f64) -> bool {
    let (first, last) = (wanted.first(), wanted.last());
    first.zip(last).is_some_and(|(first, last)| match test {
        NumberTest::In => wanted.contains(&number),
        NumberTest::Greater => number > *first,
        NumberTest::AtLeast => number >= *first,
        NumberTest::Less => number < *first,
        NumberTest::AtMost => number <= *first,
        NumberTest::Between => (*first..=*last).contains(&number),
    })
}
