//! Reads the fields of one body and remembers what it left out. A null is as if it were absent, and so, except for an
//! amount or a flag, is a blank text: Cafe24 sends both for what a shop does not ask its customers.

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

/// How Cafe24 writes that there is no date.
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

    /// Takes over what another reader found.
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

    /// Whether something of this field was left out already.
    pub(super) fn was_rejected(&self, field: &str) -> bool {
        self.delivery.rejections.iter().any(|rejection| rejection.field == field)
    }

    /// Leaves out a field that must be there, once.
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

    /// Whether `key` has just this text.
    pub(super) fn is(&self, key: &str, text: &str) -> bool {
        self.get(key).and_then(Value::as_str).is_some_and(|value| value.trim() == text)
    }

    /// Keeps what could be read, or leaves the field out.
    fn read<T>(&mut self, key: &str, read: impl FnOnce(&Value) -> Option<T>) -> Option<T> {
        let value = self.get(key)?;
        let read = read(value);
        if read.is_none() {
            self.leave_out(key, RejectionReason::Invalid);
        }
        read
    }

    /// Text, or a whole number as text, trimmed; a blank one is absent, and so is the date that stands for none.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        let text = self.read(key, |value| match value {
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Number(number) if number.is_u64() => Some(number.to_string()),
            _ => None,
        });
        text.filter(|text| !text.is_empty() && !text.starts_with(NO_DATE))
    }

    /// A time of the past, epoch ms.
    pub(super) fn time(&mut self, key: &str) -> Option<Millis> {
        let text = self.text(key)?;
        // A time ahead of the clock would keep every later word from being heard.
        let latest = self.context.bounds.now.saturating_add(FUTURE_MS);
        let at = time::korean(&text).filter(|at| (0..=latest).contains(at));
        if at.is_none() {
            self.leave_out(key, RejectionReason::Invalid);
        }
        at
    }

    /// The first of these times that the body has.
    pub(super) fn first_time(&mut self, keys: &[&str]) -> Option<Millis> {
        keys.iter().find_map(|key| self.time(key))
    }

    /// An amount: a plain decimal of at most 12 digits before the point.
    pub(super) fn amount(&mut self, key: &str) -> Option<Decimal> {
        self.read(key, |value| match value {
            Value::String(text) => amount::parse(text.trim()),
            Value::Number(number) => amount::parse(&number.to_string()),
            _ => None,
        })
    }

    /// `T` or `F`, `Y` or `N`, true or false.
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

    /// Whom the body is about. A blank id is a guest's.
    pub(super) fn member(&mut self) -> Option<MemberId> {
        let text = self.text("member_id");
        if text.is_none() && !self.was_rejected("member_id") {
            self.leave_out("member_id", RejectionReason::NoCustomer);
        }
        self.parse_member(&text?)
    }

    /// Whom the body is about: a comma list. Each is named once.
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

    /// The parts of a comma list and where they stand in it, without the blank ones. Where there is nothing at all, the
    /// reason is `missing`.
    pub(super) fn list(&mut self, key: &str, missing: RejectionReason) -> Vec<(usize, String)> {
        let Some(text) = self.text(key) else {
            if !self.was_rejected(key) {
                self.leave_out(key, missing);
            }
            return Vec::new();
        };
        let mut parts = Vec::new();
        for (at, part) in text.split(',').map(str::trim).enumerate() {
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

    /// The text at `from` in the normal form of the profile's field `to`.
    pub(super) fn normal(&mut self, to: &str, from: &str) -> Option<Value> {
        let text = self.text(from)?;
        let value = field::value(to, &Value::String(text), self.context.region).ok();
        if value.is_none() {
            self.leave_out(from, RejectionReason::Invalid);
        }
        value
    }

    /// Says the profile's field `to` out of `from`.
    pub(super) fn field(&mut self, update: &mut CustomerUpdate, to: &str, from: &str) {
        if let Some(value) = self.normal(to, from) {
            update.fields.insert(to.to_owned(), Some(value));
        }
    }

    /// Says the number `to` out of the amount `from`.
    pub(super) fn number(&mut self, update: &mut CustomerUpdate, to: &str, from: &str) {
        if let Some(number) = self.amount_number(from) {
            update.fields.insert(to.to_owned(), Some(Value::Number(number)));
        }
    }

    /// An amount as a JSON number.
    pub(super) fn amount_number(&mut self, key: &str) -> Option<Number> {
        self.amount(key).and_then(amount::json)
    }

    /// An event of `at`, which the body's field `dated` told; `named` is the field that its id is made of.
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
        match event::of_server(&body, bounds) {
            Ok(event) => Some(event),
            Err(("createdAt", _)) if at < bounds.now - bounds.retention => {
                self.leave_out(dated, RejectionReason::TooOld);
                None
            }
            Err((wrong, _)) => {
                self.leave_out(if wrong == "createdAt" { dated } else { named }, RejectionReason::Invalid);
                None
            }
        }
    }
}
