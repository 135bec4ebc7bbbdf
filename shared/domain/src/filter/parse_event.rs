//! Reads a condition on events.

use serde_json::{Map, Value};

use super::day::{self, Range};
use super::event::EventLeaf;
use super::expression::Expression;
use super::key::Kind;
use super::operator::{Form, NumberTest, Test, operators};
use super::parse::{Parser, Resolved, Subject};
use crate::limit::EVENT_NAME_CHARS;
use crate::time::Millis;

/// Conditions on events of a filter. Each reads events of every contact that might match.
pub const EVENT_LEAVES: usize = 3;

impl Parser<'_> {
    /// Reads `{"event":{"name","match","within","from","to","count","query"}}`.
    pub(super) fn event(&mut self, value: &Value, path: &str) -> Option<Expression> {
        let path = format!("{path}/event");
        let Value::Object(map) = value else {
            self.refuse(&path, "must be an object with a name");
            return None;
        };
        let known = ["name", "match", "within", "from", "to", "count", "query"];
        for key in map.keys().filter(|key| !known.contains(&key.as_str())) {
            self.refuse(&format!("{path}/{key}"), "is not a known key");
        }
        let name = map
            .get("name")
            .and_then(Value::as_str)
            .filter(|name| !name.is_empty() && name.chars().count() <= EVENT_NAME_CHARS);
        if name.is_none() {
            self.refuse(
                &format!("{path}/name"),
                format!("must be text of 1 to {EVENT_NAME_CHARS} characters"),
            );
        }
        let negated = match map.get("match").map(Value::as_str) {
            None | Some(Some("positive")) => Some(false),
            Some(Some("negative")) => Some(true),
            Some(_) => {
                self.refuse(&format!("{path}/match"), "must be positive or negative");
                None
            }
        };
        let (range, count) = (self.range(map, &path), self.count(map.get("count"), &path));
        let query = match map.get("query") {
            None | Some(Value::Null) => Some(None),
            Some(query) => self.query(query, &format!("{path}/query")).map(Some),
        };
        let leaf = EventLeaf {
            name: name?.to_owned(),
            negated: negated?,
            range: range?,
            count: count?,
            query: query?,
        };
        self.events.push(leaf);
        if self.events.len() > EVENT_LEAVES {
            self.refuse(&path, format!("is one of at most {EVENT_LEAVES} conditions on events"));
        }
        Some(Expression::Event(self.events.len() - 1))
    }

    fn query(&mut self, query: &Value, path: &str) -> Option<Expression> {
        let outer = std::mem::replace(&mut self.subject, Subject::Event);
        let query = self.expression(query, path, 0);
        self.subject = outer;
        query
    }

    /// Reads `within`, or `from` and `to`.
    fn range(&mut self, map: &Map<String, Value>, path: &str) -> Option<Range> {
        let mut range = Range { from: Millis::MIN, to: Millis::MAX };
        if let Some(value) = map.get("within") {
            let path = format!("{path}/within");
            if map.contains_key("from") || map.contains_key("to") {
                self.refuse(&path, "stands beside from or to");
            }
            let Some(Range { from, to }) = day::last(value, self.context.now) else {
                self.refuse(&path, "must be an ISO 8601 duration such as P30D");
                return None;
            };
            self.resolved.push(Resolved { path, from, to });
            return Some(Range { from, ..range });
        }
        let mut right = true;
        for key in ["from", "to"] {
            let Some(value) = map.get(key) else { continue };
            let path = format!("{path}/{key}");
            match day::range(value, self.context.time_zone) {
                // A day at the end is in it whole.
                Some((read, _)) if key == "from" => range.from = read.from,
                Some((read, _)) => range.to = read.to,
                None => {
                    self.refuse(&path, "must be epoch milliseconds, RFC 3339 or a day such as 2026-11-22");
                    right = false;
                }
            }
        }
        right.then_some(range)
    }

    /// Reads `count`: `{"operator":"$gte","values":[2]}`. Without it there must be one event at least.
    fn count(&mut self, value: Option<&Value>, path: &str) -> Option<(NumberTest, Vec<f64>)> {
        let Some(value) = value.filter(|value| !value.is_null()) else {
            return Some((NumberTest::AtLeast, vec![1.0]));
        };
        let path = format!("{path}/count");
        let name = value.get("operator").and_then(Value::as_str).unwrap_or_default();
        let operators = operators(Kind::Number);
        let operator = operators
            .iter()
            .find(|one| one.name == name && !one.negated && matches!(one.form, Form::Number(_)));
        let Some(operator) = operator else {
            self.refuse(
                &format!("{path}/operator"),
                "must be one of $eq, $in, $gt, $gte, $lt, $lte, $between",
            );
            return None;
        };
        match self.test(Kind::Number, operator, value.get("values").unwrap_or(&Value::Null), &path)? {
            Test::Numbers(test, values) => Some((test, values)),
            _ => None,
        }
    }
}
