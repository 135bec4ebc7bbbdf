//! The rules by which Shopify's deliveries are read.

mod any;
mod carts;
mod compliance;
mod customers;
mod deliveries;
mod orders;
mod refunds;

use serde_json::Value;

use super::read;
use crate::context::Context;
use okyaku_domain::builder_update::{BuilderUpdate, CustomerUpdate, Delivery};
use okyaku_domain::event::Bounds;
use okyaku_domain::rejection_reason::RejectionReason;
use okyaku_domain::time::{DAY, Millis};

/// The arrival of the deliveries in these tests, some days after the events in the deliveries.
const ARRIVED: &str = "2026-11-22T09:00:00+09:00";

fn ms(text: &str) -> Millis {
    chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()
}

fn context() -> Context<'static> {
    let now = ms(ARRIVED);
    Context { at: now, region: "KR", bounds: Bounds { now, retention: 365 * DAY } }
}

fn delivery(topic: &str, body: Value) -> Delivery {
    let Value::Object(mut body) = body else { panic!("a body is an object") };
    // Shopify names the shop in the bodies of these topics.
    if topic == "customers/delete" {
        body.entry("addresses").or_insert_with(|| serde_json::json!([]));
    }
    if matches!(topic, "customers/redact" | "customers/data_request") {
        body.entry("shop_domain").or_insert_with(|| "dev-shop.myshopify.com".into());
    }
    read(topic, &body, context())
}

/// Returns the updates of a delivery with member updates only.
fn update(delivery: &Delivery) -> Vec<&CustomerUpdate> {
    let mut all = Vec::new();
    for update in &delivery.updates {
        let BuilderUpdate::Customer(update) = update else { panic!("{update:?}") };
        all.push(update.as_ref());
    }
    all
}

/// Returns the only update of a delivery without rejections.
fn only(topic: &str, body: Value) -> CustomerUpdate {
    let delivery = delivery(topic, body);
    assert_eq!(rejections(&delivery), [], "{topic}");
    let [update] = update(&delivery)[..] else { panic!("{:?}", delivery.updates) };
    update.clone()
}

fn rejections(delivery: &Delivery) -> Vec<(&str, RejectionReason)> {
    delivery.rejections.iter().map(|rejection| (rejection.field.as_str(), rejection.reason)).collect()
}

/// Returns `base` with the keys of `change`. The text `"-"` takes out a key.
fn with(base: &Value, change: Value) -> Value {
    let mut whole = base.clone();
    let object = whole.as_object_mut().unwrap();
    for (key, value) in change.as_object().unwrap() {
        if value == "-" {
            object.remove(key);
        } else {
            object.insert(key.clone(), value.clone());
        }
    }
    whole
}
