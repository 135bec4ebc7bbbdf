//! What a body says, and what of it is rejected.

use std::cell::RefCell;

use okyaku_domain::builder_update::{BuilderUpdate, Delivery, VersionedEvent};
use okyaku_domain::event::of_server;
use okyaku_domain::rejection::Rejection;
use okyaku_domain::rejection_reason::RejectionReason;
use okyaku_domain::time::Millis;
use serde_json::{Map, Value};

use crate::context::Context;

/// Collects what a body says, and what of it is rejected. Every object of the body has it at hand.
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

    /// Notes what is left out, each field and reason once: a field of a list's entries has no number.
    pub(super) fn reject(&self, field: impl Into<String>, reason: RejectionReason) {
        let rejection = Rejection::new(field, reason);
        let rejections = &mut self.delivery.borrow_mut().rejections;
        if !rejections.contains(&rejection) {
            rejections.push(rejection);
        }
    }

    /// The result, or nothing and a drop of `field`.
    pub(super) fn valid<T>(&self, field: impl Into<String>, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.reject(field, RejectionReason::Invalid);
        }
        value
    }

    /// The event within the limits of a server's (R8), or nothing and a drop. `id` and `created_at` are the same in
    /// every version.
    pub(super) fn event(
        &self,
        name: &str,
        id: String,
        created_at: Millis,
        version: Millis,
        property: Map<String, Value>,
    ) -> Option<VersionedEvent> {
        let fields = [
            ("id", Value::from(id)),
            ("name", name.into()),
            ("createdAt", created_at.into()),
            ("property", property.into()),
        ];
        let body = fields.map(|(key, value)| (key.to_owned(), value)).into_iter().collect();
        let bounds = self.context.bounds;
        match of_server(&body, bounds) {
            // What is missing in it is among the drops; nobody is there to read a remark.
            Ok(event) => {
                Some(VersionedEvent { event: okyaku_domain::event::Event { remark: None, ..event }, version })
            }
            Err(("createdAt", _)) if created_at < bounds.now.saturating_sub(bounds.retention) => {
                self.reject("created_at", RejectionReason::TooOld);
                None
            }
            Err((field, _)) => {
                let field = match field {
                    "createdAt" => "created_at",
                    // An order's number is always short enough; a token may not be.
                    "id" => "token",
                    "property" => "line_items",
                    field => field,
                };
                self.reject(field, RejectionReason::Invalid);
                None
            }
        }
    }
}
