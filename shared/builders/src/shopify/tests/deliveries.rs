//! The example deliveries, and the topics that change nothing.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::*;

/// Known topics that change nothing.
const SILENT: [&str; 3] = ["app/uninstalled", "customers/purchasing_summary", "orders/edited"];

/// Topics with an example.
const TOPICS: [&str; 27] = [
    "app/uninstalled",
    "carts/create",
    "carts/update",
    "checkouts/create",
    "checkouts/update",
    "customer.tags_added",
    "customer.tags_removed",
    "customers/create",
    "customers/data_request",
    "customers/delete",
    "customers/disable",
    "customers/enable",
    "customers/merge",
    "customers/purchasing_summary",
    "customers/redact",
    "customers/update",
    "customers_email_marketing_consent/update",
    "customers_marketing_consent/update",
    "orders/cancelled",
    "orders/create",
    "orders/delete",
    "orders/edited",
    "orders/fulfilled",
    "orders/paid",
    "orders/updated",
    "refunds/create",
    "shop/redact",
];

#[test]
fn every_example_is_read_without_a_rejection() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../events/deliveries/shopify");
    let mut topics = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let example: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let topic = example["topic"].as_str().unwrap();
        // The name of the file is the topic.
        assert_eq!(path.file_stem().unwrap().to_str().unwrap(), topic.replace('/', "-"));
        let delivery = delivery(topic, example["body"].clone());
        // The sample of a cart has no customer.
        let guest = topic.starts_with("carts/");
        let rejected = guest.then_some(("customer", RejectionReason::NoCustomer));
        assert_eq!(rejections(&delivery), Vec::from_iter(rejected), "{topic}");
        assert_eq!(delivery.updates.is_empty(), guest || SILENT.contains(&topic), "{topic}");
        topics.insert(topic.to_owned());
    }
    assert_eq!(topics, TOPICS.map(str::to_owned).into());
}

#[test]
fn unknown_topic_is_named_and_updates_nothing() {
    for topic in ["products/create", "checkouts/delete", "Customer", "", "customers/"] {
        let delivery = delivery(topic, json!({"id": 7, "customer": {"id": 7}}));
        assert_eq!(
            (delivery.updates.len(), rejections(&delivery)),
            (0, vec![(topic, RejectionReason::UnknownTopic)])
        );
    }
}

/// Shopify signs the body and leaves the topic out. So an old body can come again under any topic.
#[test]
fn example_of_another_topic_erases_nobody() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../events/deliveries/shopify");
    let mut tried = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let example: Value = serde_json::from_str(&text).unwrap();
        let Value::Object(body) = example["body"].clone() else { panic!("{text}") };
        for topic in ["customers/delete", "customers/redact", "customers/data_request", "shop/redact"] {
            if example["topic"] == topic {
                continue;
            }
            let delivery = read(topic, &body, context());
            assert_eq!(delivery.updates, [], "the body of {} under {topic}", example["topic"]);
            assert_ne!(rejections(&delivery), [], "the body of {} under {topic}", example["topic"]);
            tried += 1;
        }
    }
    assert!(tried > 90, "{tried}");
}
