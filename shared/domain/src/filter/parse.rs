//! Reads an expression.

use serde_json::{Map, Value};

use super::day;
use super::event::EventLeaf;
use super::expression::Expression;
use super::key::Keys;
use super::key::{Key, Kind};
use super::operator::TextTest;
use super::operator::{Form, Operator, Test, operators};
use super::text::digits;
use crate::detail::Detail;
use crate::limit::{DETAILS, QUERY_CHARS};
use crate::time::Millis;
use crate::unicode::caseless;

/// Levels of `and` and `or`.
pub const DEPTH: usize = 3;
/// Leaves of a filter.
pub const LEAVES: usize = 50;
/// Values of a filter.
pub const VALUES: usize = 1000;

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

/// What the leaves of an expression are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// A contact.
    Contact,
    /// An event.
    Event,
}

pub(super) struct Parser<'a> {
    pub(super) context: Context<'a>,
    pub(super) subject: Subject,
    pub(super) events: Vec<EventLeaf>,
    wrong: Vec<Detail>,
    pub(super) resolved: Vec<Resolved>,
    leaves: usize,
    values: usize,
}

/// An expression, its conditions on events, and the instants of its days and durations.
type Read = (Expression, Vec<EventLeaf>, Vec<Resolved>);

/// Reads a filter.
pub(super) fn filter(value: &Value, context: Context<'_>) -> Result<Read, Vec<Detail>> {
    let mut parser = Parser {
        context,
        subject: Subject::Contact,
        events: Vec::new(),
        wrong: Vec::new(),
        resolved: Vec::new(),
        leaves: 0,
        values: 0,
    };
    let expression = match value {
        Value::Null => Some(Expression::And(Vec::new())),
        Value::Object(map) if map.is_empty() => Some(Expression::And(Vec::new())),
        value => parser.expression(value, "", 0),
    };
    if parser.leaves > LEAVES {
        parser.refuse("", format!("has at most {LEAVES} conditions"));
    }
    if parser.values > VALUES {
        parser.refuse("", format!("has at most {VALUES} values"));
    }
    match expression {
        Some(expression) if parser.wrong.is_empty() => Ok((expression, parser.events, parser.resolved)),
        _ => Err(parser.wrong),
    }
}

impl Parser<'_> {
    pub(super) fn refuse(&mut self, path: &str, message: impl Into<String>) {
        if self.wrong.len() < DETAILS {
            let path = if path.is_empty() { "filter" } else { path };
            self.wrong.push(Detail::new(path, message));
        }
    }

    pub(super) fn expression(&mut self, value: &Value, path: &str, depth: usize) -> Option<Expression> {
        let Value::Object(map) = value else {
            self.refuse(path, "must be an object with and, or, or a key");
            return None;
        };
        let (and, or) = (map.get("and"), map.get("or"));
        if and.is_none() && or.is_none() {
            return self.leaf(map, path);
        }
        if let Some(key) = map.keys().find(|key| !["and", "or"].contains(&key.as_str())) {
            self.refuse(&format!("{path}/{key}"), "stands beside and or or");
            return None;
        }
        if depth == DEPTH {
            self.refuse(path, format!("is nested at most {DEPTH} deep"));
            return None;
        }
        // Channel Talk allows both lists in one object: then both must hold.
        let and = and.map(|list| self.list(list, &format!("{path}/and"), depth));
        let or = or.map(|list| self.list(list, &format!("{path}/or"), depth));
        match (and, or) {
            (Some(and), None) => Some(Expression::And(and?)),
            (None, Some(or)) => Some(Expression::Or(or?)),
            (Some(and), Some(or)) => {
                let mut all = and?;
                all.push(Expression::Or(or?));
                Some(Expression::And(all))
            }
            (None, None) => None,
        }
    }

    fn list(&mut self, value: &Value, path: &str, depth: usize) -> Option<Vec<Expression>> {
        let Value::Array(items) = value else {
            self.refuse(path, "must be a list");
            return None;
        };
        if items.is_empty() {
            self.refuse(path, "must not be empty");
            return None;
        }
        // A list of a hundred thousand conditions is not read to its end.
        let mut read = Vec::new();
        for (at, item) in items.iter().enumerate().take(LEAVES + 1) {
            read.push(self.expression(item, &format!("{path}/{at}"), depth + 1));
        }
        read.into_iter().collect()
    }

    fn leaf(&mut self, map: &Map<String, Value>, path: &str) -> Option<Expression> {
        self.leaves += 1;
        if let (Some(event), Subject::Contact) = (map.get("event"), self.subject) {
            for key in map.keys().filter(|key| *key != "event") {
                self.refuse(&format!("{path}/{key}"), "stands beside event");
            }
            return self.event(event, path);
        }
        for key in map.keys().filter(|key| !["key", "type", "operator", "values"].contains(&key.as_str())) {
            self.refuse(&format!("{path}/{key}"), "is not a known key");
        }
        let Some(text) = map.get("key").and_then(Value::as_str) else {
            self.refuse(&format!("{path}/key"), "must be text");
            return None;
        };
        let read = match self.subject {
            Subject::Contact => Key::parse(text, self.context.keys),
            Subject::Event => Key::of_event(text).map(|key| (key, Kind::of_values(map))),
        };
        let (key, kind) = match read {
            Ok(found) => found,
            Err(message) => {
                self.refuse(&format!("{path}/key"), message);
                return None;
            }
        };
        let named = map.get("type").filter(|value| !value.is_null());
        if named.is_some_and(|value| value.as_str() != Some(kind.name())) {
            self.refuse(&format!("{path}/type"), format!("must be {}", kind.name()));
        }
        let name = map.get("operator").and_then(Value::as_str).unwrap_or_default();
        let Some(operator) = operators(kind).iter().find(|operator| operator.name == name) else {
            let names: Vec<&str> = operators(kind).iter().map(|operator| operator.name).collect();
            self.refuse(&format!("{path}/operator"), format!("must be one of {}", names.join(", ")));
            return None;
        };
        let test = self.test(kind, operator, map.get("values").unwrap_or(&Value::Null), path)?;
        let test = if operator.negated { Test::Not(Box::new(test)) } else { test };
        Some(Expression::Leaf(key, test))
    }

    pub(super) fn test(
        &mut self,
        kind: Kind,
        operator: &Operator,
        values: &Value,
        path: &str,
    ) -> Option<Test> {
        let path = format!("{path}/values");
        let Value::Array(values) = values else {
            self.refuse(&path, "must be a list");
            return None;
        };
        self.values += values.len().min(VALUES);
        let wanted = if operator.is_between() { Some(2) } else { (operator.most == 1).then_some(1) };
        match wanted {
            Some(wanted) if values.len() != wanted => {
                self.refuse(&path, format!("must have {wanted} value{}", if wanted == 1 { "" } else { "s" }));
                return None;
            }
            None if values.is_empty() || values.len() > VALUES => {
                self.refuse(&path, format!("must have 1 to {VALUES} values"));
                return None;
            }
            _ => {}
        }
        match operator.form {
            Form::Exist => {
                self.first(values, &path, "must be true or false", Value::as_bool).map(Test::Exist)
            }
            Form::Flag => self.first(values, &path, "must be true or false", Value::as_bool).map(Test::Flag),
            Form::Text(test) => Some(Test::Texts(test, self.texts(values, &path, kind)?)),
            Form::List(test) => Some(Test::Lists(test, self.texts(values, &path, kind)?)),
            Form::Number(test) => {
                let numbers = self.each(values, &path, "must be a number", |value, _, _| value.as_f64());
                Some(Test::Numbers(test, numbers?))
            }
            Form::Time(test) => {
                let message = "must be epoch milliseconds, RFC 3339 or a day such as 2026-11-22";
                let ranges = self.each(values, &path, message, |value, context, resolved| {
                    let (range, is_day) = day::range(value, context.time_zone)?;
                    if is_day {
                        resolved.push(range);
                    }
                    Some(range)
                });
                let ranges = ranges?;
                let (first, last) = ranges.first().zip(ranges.last())?;
                Some(Test::Time(test.range(*first, *last)))
            }
            Form::Last => {
                let message = "must be an ISO 8601 duration such as P30D";
                let ranges = self.each(values, &path, message, |value, context, resolved| {
                    let range = day::last(value, context.now)?;
                    resolved.push(range);
                    Some(range)
                });
                ranges?.pop().map(Test::Time)
            }
            Form::Anniversary => {
                let message = "must be a day such as 05-03 or an ISO 8601 duration such as P7D";
                let days = self.each(values, &path, message, |value, context, _| {
                    day::Anniversary::parse(value, context.time_zone, context.now)
                });
                days?.pop().map(Test::Anniversary)
            }
        }
    }

    fn first<T>(
        &mut self,
        values: &[Value],
        path: &str,
        message: &str,
        read: fn(&Value) -> Option<T>,
    ) -> Option<T> {
        let value = values.first().and_then(read);
        if value.is_none() {
            self.refuse(&format!("{path}/0"), message);
        }
        value
    }

    fn texts(&mut self, values: &[Value], path: &str, kind: Kind) -> Option<Vec<String>> {
        self.each(values, path, "must be text", |value, _, _| {
            let text = caseless(value.as_str()?);
            Some(if kind == Kind::Phone { digits(&text) } else { text })
        })
    }

    /// Reads every value. Each wrong one is named.
    fn each<T>(
        &mut self,
        values: &[Value],
        path: &str,
        message: &str,
        mut read: impl FnMut(&Value, Context<'_>, &mut Vec<day::Range>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let mut all = Vec::new();
        for (at, value) in values.iter().enumerate() {
            let mut ranges = Vec::new();
            let one = read(value, self.context, &mut ranges);
            let path = format!("{path}/{at}");
            for day::Range { from, to } in ranges {
                self.resolved.push(Resolved { path: path.clone(), from, to });
            }
            if one.is_none() {
                self.refuse(&path, message);
            }
            all.push(one);
        }
        all.into_iter().collect()
    }
}

/// The keys that a search looks through.
const SEARCHED: [(&str, Kind); 5] = [
    ("name", Kind::Text),
    ("memberId", Kind::Text),
    ("profile.name", Kind::Text),
    ("profile.email", Kind::Text),
    ("profile.mobileNumber", Kind::Phone),
];

/// Reads a search: a part of a name, of a memberId or of a contact point.
pub(super) fn query(text: &str, keys: Keys) -> Result<Vec<Expression>, String> {
    let wanted = caseless(text.trim());
    if wanted.is_empty() || text.chars().count() > QUERY_CHARS {
        return Err(format!("must have 1 to {QUERY_CHARS} characters"));
    }
    let leaf = |(key, kind): (&str, Kind)| {
        let (key, _) = Key::parse(key, keys).ok()?;
        // A text with other signs than a number's is no part of a number.
        let is_number = wanted.chars().all(|c| c.is_ascii_digit() || " -+()".contains(c));
        let wanted = match kind {
            Kind::Phone if !is_number => return None,
            Kind::Phone => digits(&wanted),
            _ => wanted.clone(),
        };
        (!wanted.is_empty()).then_some(Expression::Leaf(key, Test::Texts(TextTest::Contains, vec![wanted])))
    };
    Ok(SEARCHED.into_iter().filter_map(leaf).collect())
}
