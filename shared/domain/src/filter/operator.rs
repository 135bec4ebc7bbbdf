//! The operators, and what each asks of a value.

use super::day::{Anniversary, Range};
use super::key::Kind;

/// A test of a value. Texts are folded: NFKC and case.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    /// Whether there is a value. An empty text, 0 and `false` are values. An empty list is none.
    Exist(bool),
    /// A text beside texts. A phone number is compared by its digits.
    Texts(TextTest, Vec<String>),
    Numbers(NumberTest, Vec<f64>),
    Flag(bool),
    /// A moment within a range.
    Time(Range),
    /// The day of the year, by the channel's time zone.
    Anniversary(Anniversary),
    Lists(ListTest, Vec<String>),
    /// The exact complement of a test.
    Not(Box<Test>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextTest {
    In,
    Contains,
    StartsWith,
    EndsWith,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberTest {
    In,
    Greater,
    AtLeast,
    Less,
    AtMost,
    Between,
}

/// A moment beside a range: a moment of its own is a range of one millisecond, and a day is a day.
///
/// Each of them comes to one range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeTest {
    Within,
    After,
    AtOrAfter,
    Before,
    AtOrBefore,
    /// From the first range's begin to the second range's end.
    Between,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListTest {
    /// Any of them.
    In,
    /// All of them.
    All,
}

/// An operator, and how many values it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) name: &'static str,
    pub(super) form: Form,
    pub(super) negated: bool,
    /// The most values. 0 is as many as a filter has.
    pub(super) most: usize,
}

/// The test of an operator, before its values are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Exist,
    Text(TextTest),
    Number(NumberTest),
    Flag,
    Time(TimeTest),
    /// A duration back from now.
    Last,
    /// A day of the year, or a duration from today on.
    Anniversary,
    List(ListTest),
}

const fn of(name: &'static str, form: Form, negated: bool, most: usize) -> Operator {
    Operator { name, form, negated, most }
}

const EXIST: Operator = of("$exist", Form::Exist, false, 1);

const TEXT: [Operator; 9] = [
    EXIST,
    of("$eq", Form::Text(TextTest::In), false, 1),
    of("$ne", Form::Text(TextTest::In), true, 1),
    of("$in", Form::Text(TextTest::In), false, 0),
    of("$nin", Form::Text(TextTest::In), true, 0),
    of("$contains", Form::Text(TextTest::Contains), false, 1),
    of("$ncontains", Form::Text(TextTest::Contains), true, 1),
    of("$startsWith", Form::Text(TextTest::StartsWith), false, 1),
    of("$endsWith", Form::Text(TextTest::EndsWith), false, 1),
];

const NUMBER: [Operator; 10] = [
    EXIST,
    of("$eq", Form::Number(NumberTest::In), false, 1),
    of("$ne", Form::Number(NumberTest::In), true, 1),
    of("$in", Form::Number(NumberTest::In), false, 0),
    of("$nin", Form::Number(NumberTest::In), true, 0),
    of("$gt", Form::Number(NumberTest::Greater), false, 1),
    of("$gte", Form::Number(NumberTest::AtLeast), false, 1),
    of("$lt", Form::Number(NumberTest::Less), false, 1),
    of("$lte", Form::Number(NumberTest::AtMost), false, 1),
    of("$between", Form::Number(NumberTest::Between), false, 2),
];

const FLAG: [Operator; 3] = [EXIST, of("$eq", Form::Flag, false, 1), of("$ne", Form::Flag, true, 1)];

const TIME: [Operator; 11] = [
    EXIST,
    of("$eq", Form::Time(TimeTest::Within), false, 1),
    of("$ne", Form::Time(TimeTest::Within), true, 1),
    of("$gt", Form::Time(TimeTest::After), false, 1),
    of("$gte", Form::Time(TimeTest::AtOrAfter), false, 1),
    of("$lt", Form::Time(TimeTest::Before), false, 1),
    of("$lte", Form::Time(TimeTest::AtOrBefore), false, 1),
    of("$between", Form::Time(TimeTest::Between), false, 2),
    of("$within", Form::Last, false, 1),
    of("$notWithin", Form::Last, true, 1),
    of("$anniversary", Form::Anniversary, false, 1),
];

const LIST: [Operator; 4] = [
    EXIST,
    of("$in", Form::List(ListTest::In), false, 0),
    of("$nin", Form::List(ListTest::In), true, 0),
    of("$all", Form::List(ListTest::All), false, 0),
];

/// Returns the operators of all types.
pub(super) fn all() -> impl Iterator<Item = &'static Operator> {
    [&TEXT[..], &NUMBER, &FLAG, &TIME, &LIST].into_iter().flatten()
}

/// Returns the operators of a type.
pub(super) fn operators(kind: Kind) -> &'static [Operator] {
    match kind {
        Kind::Text | Kind::Phone => &TEXT,
        Kind::Number => &NUMBER,
        Kind::Flag => &FLAG,
        Kind::Time => &TIME,
        Kind::List => &LIST,
    }
}

impl TimeTest {
    /// Returns the range of moments that pass.
    pub(super) fn range(self, first: Range, last: Range) -> Range {
        match self {
            Self::Within => first,
            Self::After => Range { from: first.to, to: i64::MAX },
            Self::AtOrAfter => Range { from: first.from, to: i64::MAX },
            Self::Before => Range { from: i64::MIN, to: first.from },
            Self::AtOrBefore => Range { from: i64::MIN, to: first.to },
            Self::Between => Range { from: first.from, to: last.to },
        }
    }
}

impl Operator {
    /// Returns whether the operator takes exactly two values.
    pub(super) fn is_between(&self) -> bool {
        matches!(self.form, Form::Number(NumberTest::Between) | Form::Time(TimeTest::Between))
    }
}
