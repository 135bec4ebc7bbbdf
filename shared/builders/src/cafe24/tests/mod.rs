//! The rules of Cafe24's deliveries, topic by topic.

mod bulk;
mod members;
mod orders;
mod who;

use std::collections::BTreeMap;

use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::*;
use okyaku_domain::builder_update::{CustomerUpdate, Order};
use okyaku_domain::event::Bounds;
use okyaku_domain::id::MemberId;
use okyaku_domain::time::{DAY, MINUTE};

/// The time of the deliveries in these tests: 2026-11-21 at 09:00 in Korea.
const AT: i64 = 1_795_219_200_000;
/// 2026-11-20 at 10:00 in Korea.
const TEN: i64 = 1_795_136_400_000;
const CONTEXT: Context<'_> =
    Context { at: AT, region: "KR", bounds: Bounds { now: AT + 1_000, retention: 365 * DAY } };

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else { panic!("no object") };
    map
}

fn read_event(no: u64, resource: Value) -> Delivery {
    read(&object(json!({"event_no": no, "resource": resource})), CONTEXT)
}

/// Returns the only update, about a member, of a delivery without rejections.
fn only(delivery: Delivery) -> CustomerUpdate {
    assert_eq!(delivery.rejections, []);
    let [BuilderUpdate::Customer(update)] = delivery.updates.as_slice() else { panic!("{delivery:?}") };
    update.as_ref().clone()
}

fn rejections(delivery: &Delivery) -> Vec<(&str, RejectionReason)> {
    delivery.rejections.iter().map(|rejection| (rejection.field.as_str(), rejection.reason)).collect()
}

fn member(id: &str) -> MemberId {
    MemberId::parse(id).unwrap()
}

fn with(mut base: Value, change: Value) -> Value {
    for (key, value) in object(change) {
        base.as_object_mut().unwrap().insert(key, value);
    }
    base
}

/// Returns the body of an example delivery.
fn example(no: u64) -> Map<String, Value> {
    let path = format!("{}/../../events/deliveries/cafe24/{no}.json", env!("CARGO_MANIFEST_DIR"));
    let file = object(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap());
    assert_eq!(file["event_no"], json!(no));
    object(file["body"].clone())
}

fn property(update: &CustomerUpdate) -> Value {
    serde_json::from_str(update.events[0].event.property.as_deref().unwrap()).unwrap()
}

fn order(amount: Value) -> Value {
    json!({"order_id": "20261120-0000011", "member_id": "lee01", "order_date": "2026-11-20T10:00:00+09:00",
        "order_price_amount": amount})
}

fn amount(text: &str) -> Decimal {
    Decimal::from_str_exact(text).unwrap()
}

#[test]
fn every_example_is_read_without_a_rejection() {
    let silent = [90024, 90063, 90070, 90071, 90077, 90078];
    let numbers = [
        90023, 90024, 90025, 90026, 90027, 90028, 90029, 90031, 90032, 90063, 90070, 90071, 90072, 90073,
        90074, 90077, 90078, 90080, 90084, 90143, 90144, 90145, 90146, 90147, 90148, 90160,
    ];
    // The folder has one example of every number.
    let folder = format!("{}/../../events/deliveries/cafe24", env!("CARGO_MANIFEST_DIR"));
    let kept =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut kept: Vec<_> = kept.collect();
    kept.sort();
    assert_eq!(kept, numbers.map(|no| format!("{no}.json")));
    for no in numbers {
        let body = example(no);
        let delivery = read(&body, CONTEXT);
        assert_eq!(mall(&body), Some("devmall"), "{no}");
        assert_eq!(delivery.rejections, [], "{no}");
        // The example of a list has two members or orders.
        let updates = match no {
            _ if silent.contains(&no) => 0,
            90072..=90074 | 90145..=90147 => 2,
            _ => 1,
        };
        assert_eq!(delivery.updates.len(), updates, "{no}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        "[a-z0-9 ,.-]{0,20}".prop_map(Value::from),
        "20[0-9]{2}-[01][0-9]-[0-3][0-9][T ][0-9]{2}:00:00(\\+09:00)?".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-z_]{0,8}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn any_body() -> impl Strategy<Value = (u64, bool, Vec<(&'static str, Value)>)> {
    let number = prop_oneof![90020_u64..90090, 90140_u64..90150];
    let keys = prop::sample::select(vec![
        "resource",
        "event_no",
        "event_shop_no",
        "member_id",
        "order_id",
        "order_date",
        "order_price_amount",
        "actual_payment_amount",
        "refund_amount",
        "currency",
        "canceled",
        "cancel_date",
        "created_date",
        "sms",
        "news_mail",
        "cellphone",
        "phone",
        "email",
        "name",
        "product_no",
        "variant_code",
        "quantity",
        "avail_mileage",
        "issue_datetime",
        "diff_key",
        "ordering_product_code",
        "ordering_product_name",
    ]);
    (number, any::<bool>(), prop::collection::vec((keys, any_json()), 0..12))
}

proptest! {
    #[test]
    fn parser_survives_any_body_and_erases_only_a_named_member((no, flat, fields) in any_body()) {
        let fields: Map<String, Value> =
            fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        let mut body = if flat { fields.clone() } else { object(json!({"resource": fields})) };
        body.entry("event_no").or_insert(json!(no));
        let delivery = read(&body, CONTEXT);
        let _ = mall(&body);
        // Only a body that names a member may erase.
        let erased = delivery.updates.iter().filter(|given| matches!(given, BuilderUpdate::Erase { .. })).count();
        let named = fields.get("member_id").or_else(|| fields.get("resource")?.get("member_id"));
        prop_assert!(erased == 0 || named.is_some_and(|id| !id.is_null()));
        for update in &delivery.updates {
            if let BuilderUpdate::Erase { by, .. } = update {
                let PersonRef::Member(member) = by else { return Err(TestCaseError::fail("by another name")) };
                prop_assert!(!member.as_str().trim().is_empty());
            }
        }
    }
}
