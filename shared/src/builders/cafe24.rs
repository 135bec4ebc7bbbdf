//! Cafe24's deliveries.

use serde_json::{Map, Value};

use super::Context;
use crate::domain::builder::Delivery;

/// What a delivery says; its event number is in the body, or in its shape.
#[must_use]
pub fn read(_body: &Map<String, Value>, _context: Context<'_>) -> Delivery {
    Delivery::default()
}

/// The mall that a body names.
#[must_use]
pub fn mall(body: &Map<String, Value>) -> Option<&str> {
    body.get("mall_id").and_then(Value::as_str)
}
