//! Shopify's deliveries.

use serde_json::{Map, Value};

use super::Context;
use crate::domain::builder::Delivery;

/// What a delivery of `topic` says.
#[must_use]
pub fn read(_topic: &str, _body: &Map<String, Value>, _context: Context<'_>) -> Delivery {
    Delivery::default()
}
