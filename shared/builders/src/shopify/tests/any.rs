//! Any body and any topic.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

const TOPICS: [&str; 25] = [
    "customers/create",
    "customers/update",
    "customers/enable",
    "customers/disable",
    "customers/delete",
    "customers/merge",
    "customer.tags_added",
    "customer.tags_removed",
    "customers_email_marketing_consent/update",
    "customers_marketing_consent/update",
    "customers/purchasing_summary",
    "customers/redact",
    "customers/data_request",
    "shop/redact",
    "carts/create",
    "carts/update",
    "checkouts/create",
    "checkouts/update",
    "orders/create",
    "orders/paid",
    "orders/edited",
    "orders/cancelled",
    "refunds/create",
    "app/uninstalled",
    "orders/delete",
];

/// Keys that the parser reads, so that random bodies contain the keys.
const KEYS: [&str; 42] = [
    "id",
    "admin_graphql_api_id",
    "customer_id",
    "customerId",
    "customer",
    "email",
    "phone",
    "first_name",
    "last_name",
    "state",
    "tags",
    "default_address",
    "city",
    "accepts_marketing",
    "email_marketing_consent",
    "sms_marketing_consent",
    "consent_updated_at",
    "created_at",
    "updated_at",
    "deleted_at",
    "occurredAt",
    "order_id",
    "data_request",
    "token",
    "line_items",
    "variant_id",
    "product_id",
    "title",
    "price",
    "quantity",
    "price_set",
    "shop_money",
    "amount",
    "currency_code",
    "currency",
    "total_price",
    "shipping_lines",
    "refunds",
    "transactions",
    "kind",
    "status",
    "subtotal",
];

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0_u64..10_000).prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        "\\PC{0,20}".prop_map(Value::from),
        "[0-9]{1,3}\\.[0-9]{2}".prop_map(Value::from),
        proptest::sample::select(vec![
            json!(""),
            json!("refund"),
            json!("success"),
            json!("subscribed"),
            json!("lee@example.com"),
            json!("010-2468-2468"),
            json!("gid://shopify/Customer/7"),
            json!("gid://shopify/Order/7"),
            json!("KRW"),
            json!("2026-11-20T09:00:00+09:00"),
            json!("9999-12-31T23:59:59Z"),
            json!("0000-01-01T00:00:00Z"),
            json!("NaN"),
            json!("99999999999999999999999999999"),
            json!(u64::MAX),
        ]),
    ]
}

fn object(
    value: impl Strategy<Value = Value> + 'static,
    max: usize,
) -> impl Strategy<Value = Map<String, Value>> {
    let key =
        prop_oneof![9 => proptest::sample::select(KEYS.to_vec()).prop_map(str::to_owned), 1 => "\\PC{0,8}"];
    prop::collection::btree_map(key, value, 0..max).prop_map(|entries| entries.into_iter().collect())
}

fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(4, 64, 12, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            object(inner, 16).prop_map(Value::from),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn reader_survives_any_body_and_erases_only_a_named_customer(body in object(value(), 24)) {
        let text = Value::from(body.clone()).to_string();
        for topic in TOPICS {
            let delivery = read(topic, &body, context());
            // Only a deletion or redaction that names a customer may erase.
            for update in &delivery.updates {
                match update {
                    BuilderUpdate::Erase { .. } => {
                        prop_assert!(matches!(topic, "customers/delete" | "customers/redact"));
                        let of = if topic == "customers/delete" { Some(&body) } else { body.get("customer").and_then(Value::as_object) };
                        let keys = ["id", "admin_graphql_api_id", "email", "phone"];
                        prop_assert!(of.is_some_and(|of| keys.iter().any(|key| of.get(*key).is_some_and(|v| !v.is_null()))), "{}", text);
                    }
                    BuilderUpdate::EndChannel => prop_assert_eq!(topic, "shop/redact"),
                    BuilderUpdate::Customer(update) => {
                        prop_assert!(update.member.as_str().bytes().all(|byte| byte.is_ascii_digit()));
                        prop_assert!(update.events.len() <= 100);
                    }
                    BuilderUpdate::MoveOrders { .. } => prop_assert_eq!(topic, "customers/merge"),
                    BuilderUpdate::Order(_) | BuilderUpdate::DataRequest { .. } => {}
                }
            }
            // Every rejection comes once.
            let mut rejections = delivery.rejections.clone();
            rejections.sort();
            rejections.dedup();
            prop_assert_eq!(rejections.len(), delivery.rejections.len(), "each is named once");
        }
    }

    #[test]
    fn reader_survives_any_topic(topic in "\\PC{0,40}") {
        let _ = delivery(&topic, json!({"id": 7}));
    }
}
