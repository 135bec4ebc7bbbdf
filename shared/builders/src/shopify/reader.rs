//! The updates and the rejections of a body.

use std::cell::RefCell;

use okyaku_domain::builder_update::{BuilderUpdate, Delivery, VersionedEvent};
use okyaku_domain::event::{detail, of_server};
use okyaku_domain::rejection::Rejection;
use okyaku_domain::rejection_reason::RejectionReason;
use okyaku_domain::time::Millis;
use serde_json::{Map, Value};

use crate::context::Context;

/// Collects the updates and the rejections of a body. Every object of the body can reach the reader.
pub(super) struct Reader<'a> {
    pub(super) context: Context<'a>,
    delivery: RefCell<Delivery>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(context: Context<'a>) -> Self {
        Self { context, delivery: RefCell::default() }
    }

    pub(super) fn into_delivery(self) -> Delivery {
        self.delivery.into_inner()
    }

    pub(super) fn say(&self, update: BuilderUpdate) {
        self.delivery.borrow_mut().updates.push(update);
    }

    /// Notes a rejection, each field and reason once. A field in the entries of a list has no number.
    pub(super) fn reject(&self, field: impl Into<String>, reason: RejectionReason) {
        let rejection = Rejection::new(field, reason);
        let rejections = &mut self.delivery.borrow_mut().rejections;
        if !rejections.contains(&rejection) {
            rejections.push(rejection);
        }
    }

    /// Returns the value. An absent value is a rejection of `field`.
    pub(super) fn valid<T>(&self, field: impl Into<String>, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.reject(field, RejectionReason::Invalid);
        }
        value
    }

    /// Returns the event, or a rejection if the event exceeds the limits of a server's event (R8).
    ///
    /// `id` and `created_at` are the same in every version.
    pub(super) fn event(
        &self,
        name: &str,
        id: String,
        created_at: Millis,
        version: Millis,
        property: Map<String, Value>,
    ) -> Option<VersionedEvent> {
        // Check the event like an event of a server.
        let fields = [
            ("id", Value::from(id)),
            ("name", name.into()),
            ("createdAt", created_at.into()),
            ("property", property.into()),
        ];
        let body = fields.map(|(key, value)| (key.to_owned(), value)).into_iter().collect();
        let bounds = self.context.bounds;
        // Translate the wrong part of the event to the field of the payload.
        match of_server(&body, bounds) {
            // The rejections name the missing parts already, and a remark would have no reader.
            Ok(event) => {
                Some(VersionedEvent { event: okyaku_domain::event::Event { remark: None, ..event }, version })
            }
            Err(wrong) => {
                for detail in wrong.into_iter().map(detail) {
                    let field = match detail.field.as_str() {
                        "createdAt" => "created_at",
                        // An order's number is always short enough. A token may be too long.
                        "id" => "token",
                        "property" => "line_items",
                        field => field,
                    };
                    self.reject(field, detail.reason);
                }
                None
            }
        }
    }
}
