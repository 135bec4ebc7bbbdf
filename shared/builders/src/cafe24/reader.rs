//! Reads the fields of one body and collects the rejections.
//!
//! A null counts as absent. A blank text counts as absent too, except for an amount or a flag. Cafe24 sends
//! both if a shop does not ask its customers for a value.

use rust_decimal::Decimal;
use serde_json::{Map, Number, Value, json};

use crate::context::Context;
use okyaku_domain::amount;
use okyaku_domain::builder_update::{BuilderUpdate, CustomerUpdate, Delivery};
use okyaku_domain::event::{self, Event};
use okyaku_domain::field;
use okyaku_domain::id::MemberId;
use okyaku_domain::limit::FUTURE_MS;
use okyaku_domain::limit::MEMBERS_LISTED;
use okyaku_domain::rejection::Rejection;
use okyaku_domain::rejection_reason::RejectionReason;
use okyaku_domain::time::{self, Millis};

/// Cafe24's text for an absent date.
const NO_DATE: &str = "0000-00-00";

pub(super) struct Reader<'a> {
    resource: &'a Map<String, Value>,
    pub(super) context: Context<'a>,
    delivery: Delivery,
}

impl<'a> Reader<'a> {
    pub(super) fn new(resource: &'a Map<String, Value>, context: Context<'a>) -> Self {
        Self { resource, context, delivery: Delivery::default() }
    }

    pub(super) fn into_delivery(self) -> Delivery {
        self.delivery
    }

    pub(super) fn resource(&self) -> &'a Map<String, Value> {
        self.resource
    }

    /// Takes over the updates and rejections of a second reader.
    pub(super) fn take(&mut self, other: Delivery) {
        self.delivery.updates.extend(other.updates);
        self.delivery.rejections.extend(other.rejections);
    }

    pub(super) fn say(&mut self, update: BuilderUpdate) {
        self.delivery.updates.push(update);
    }

    pub(super) fn leave_out(&mut self, field: &str, reason: RejectionReason) {
        self.delivery.rejections.push(Rejection::new(field, reason));
    }

    /// Returns whether a part of this field was rejected already.
    pub(super) fn was_rejected(&self, field: &str) -> bool {
        self.delivery.rejections.iter().any(|rejection| rejection.field == field)
    }

    /// Rejects a required field, unless the field was rejected already.
    pub(super) fn missing(&mut self, field: &str) {
        if !self.was_rejected(field) {
            self.leave_out(field, RejectionReason::Invalid);
        }
    }

    fn get(&self, key: &str) -> Option<&'a Value> {
        self.resource.get(key).filter(|value| !value.is_null())
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Returns whether `key` has exactly this text.
    pub(super) fn is(&self, key: &str, text: &str) -> bool {
        self.get(key).and_then(Value::as_str).is_some_and(|value| value.trim() == text)
    }

    /// Reads the value of `key`. An unreadable value is rejected.
    fn read<T>(&mut self, key: &str, read: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
        let value = self.get(key)?;
        let read = read(value);
        if read.is_none() {
            self.leave_out(key, RejectionReason::Invalid);
        }
        read
    }

    /// Returns a text, or a whole number as text, trimmed. A blank text and the date `0000-00-00` count as
    /// absent.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        let text = self.read(key, |value| match value {
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Number(number) if number.is_u64() => Some(number.to_string()),
            _ => None,
        });
        text.filter(|text| !text.is_empty() && !text.starts_with(NO_DATE))
    }

    /// Returns a time of the past, epoch ms.
    pub(super) fn time(&mut self, key: &str) -> Option<Millis> {
        let text = self.text(key)?;
        // A time ahead of the clock would make every later update look old.
        let latest = self.context.bounds.now.saturating_add(FUTURE_MS);
        let at = time::korean(&text).filter(|at| (0..=latest).contains(at));
        if at.is_none() {
            self.leave_out(key, RejectionReason::Invalid);
        }
        at
    }

    /// Returns the first readable time of these keys.
    pub(super) fn first_time(&mut self, keys: &[&str]) -> Option<Millis> {
        keys.iter().find_map(|key| self.time(key))
    }

    /// Returns an amount: a plain decimal with at most 12 digits before the point.
    pub(super) fn amount(&mut self, key: &str) -> Option<Decimal> {
        self.read(key, |value| match value {
            Value::String(text) => amount::parse(text.trim()),
            Value::Number(number) => amount::parse(&number.to_string()),
            _ => None,
        })
    }

    /// Returns a flag: `T` or `F`, `Y` or `N`, true or false.
    pub(super) fn flag(&mut self, key: &str) -> Option<bool> {
        self.read(key, |value| match value {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) => match text.trim() {
                "T" | "Y" => Some(true),
                "F" | "N" => Some(false),
                _ => None,
            },
            _ => None,
        })
    }

    /// Returns the member named by the body. A blank id is a guest's, and is rejected.
    pub(super) fn member(&mut self) -> Option<MemberId> {
        let text = self.text("member_id");
        if text.is_none() && !self.was_rejected("member_id") {
            self.leave_out("member_id", RejectionReason::NoCustomer);
        }
        self.parse_member(&text?)
    }

    /// Returns the members of the body's comma list. Each member comes once.
    pub(super) fn members(&mut self) -> Vec<MemberId> {
        let mut members: Vec<MemberId> = Vec::new();
        for (_, text) in self.list("member_id", RejectionReason::NoCustomer) {
            if let Some(member) = self.parse_member(&text)
                && !members.contains(&member)
            {
                members.push(member);
            }
        }
        members
    }

    fn parse_member(&mut self, text: &str) -> Option<MemberId> {
        let member = MemberId::parse(text).ok();
        if member.is_none() {
            self.leave_out("member_id", RejectionReason::Invalid);
        }
        member
    }

    /// Returns the parts of a comma list, with their positions. Blank parts are rejected.
    ///
    /// An absent list is rejected with the reason `missing`.
    pub(super) fn list(&mut self, key: &str, missing: RejectionReason) -> Vec<(usize, String)> {
        let Some(text) = self.text(key) else {
            if !self.was_rejected(key) {
                self.leave_out(key, missing);
            }
            return Vec::new();
        };
        let mut parts = Vec::new();
        for (at, part) in text.split(',').map(str::trim).enumerate() {
            // Check the limit before the part, so that a body of commas ends at the limit too.
            if at == MEMBERS_LISTED {
                self.leave_out(key, RejectionReason::Limit);
                break;
            }
            match part {
                "" => self.leave_out(key, RejectionReason::Invalid),
                part => parts.push((at, part.to_owned())),
            }
        }
        parts
    }

    /// Returns the text at `from` in the normal form of the profile field `to`.
    pub(super) fn normal(&mut self, to: &str, from: &str) -> Option<Value> {
        let text = self.text(from)?;
        let value = field::value(to, &Value::String(text), self.context.region).ok();
        if value.is_none() {
            self.leave_out(from, RejectionReason::Invalid);
        }
        value
    }

    /// Sets the profile field `to` from the text at `from`.
    pub(super) fn field(&mut self, update: &mut CustomerUpdate, to: &str, from: &str) {
        if let Some(value) = self.normal(to, from) {
            update.fields.insert(to.to_owned(), Some(value));
        }
    }

    /// Sets the number `to` from the amount at `from`.
    pub(super) fn number(&mut self, update: &mut CustomerUpdate, to: &str, from: &str) {
        if let Some(number) = self.amount_number(from) {
            update.fields.insert(to.to_owned(), Some(Value::Number(number)));
        }
    }

    /// Returns an amount as a JSON number.
    pub(super) fn amount_number(&mut self, key: &str) -> Option<Number> {
        self.amount(key).and_then(amount::json)
    }

    /// Returns an event dated `at`. `dated` is the body's field of the date, and `named` is the field of the
    /// id.
    pub(super) fn event(
        &mut self,
        name: &str,
        id: String,
        (at, dated, named): (Millis, &str, &str),
        property: Map<String, Value>,
    ) -> Option<Event> {
        let bounds = self.context.bounds;
        let Value::Object(body) = json!({"name": name, "id": id, "createdAt": at, "property": property})
        else {
            return None;
        };
        // Name the field of the payload in the rejection: the date, or the field of the id.
        match event::of_server(&body, bounds) {
            Ok(event) => Some(event),
            Err(wrong) => {
                for detail in wrong.into_iter().map(event::detail) {
                    self.leave_out(if detail.field == "createdAt" { dated } else { named }, detail.reason);
                }
                None
            }
        }
    }
}
