//! The event, the mall and the member of a delivery.

use super::*;

#[test]
fn event_number_is_found_wherever_cafe24_puts_it() {
    let flat = json!({"member_id": "lee01", "group_name": "VIP", "avail_mileage": "5", "created_date": "x"});
    // The number is in the body, in the place of the shop's number or in the resource, or follows from the
    // shape.
    let cases = [
        (json!({"event_no": 90143, "resource": flat}), "groupName"),
        (json!({"event_no": "90143", "resource": flat}), "groupName"),
        (with(flat.clone(), json!({"event_no": 90143})), "groupName"),
        (with(flat.clone(), json!({"event_shop_no": "90143"})), "groupName"),
        (json!({"resource": with(flat, json!({"event_no": 90148}))}), "availableMileage"),
        (with(json!({"member_id": "lee01", "group_name": "VIP"}), json!({"inflow_name": ""})), "groupName"),
        (json!({"member_id": "lee01", "avail_mileage": "5", "event_shop_no": "1"}), "availableMileage"),
    ];
    for (body, field) in cases {
        let update = only(read(&object(body.clone()), CONTEXT));
        assert!(update.fields.contains_key(field), "{body}");
    }
    let changed = read(&object(json!({"member_id": "lee01", "diff_key": ["email"]})), CONTEXT);
    assert!(only(changed).stale);
}

#[test]
fn unknown_number_or_shape_is_one_rejection() {
    for body in [
        json!({}),
        json!({"event_no": 90001, "resource": {"member_id": "lee01"}}),
        json!({"event_no": "sign-up", "member_id": "lee01", "diff_key": []}),
        json!({"event_no": {}, "member_id": "lee01", "diff_key": []}),
        json!({"member_id": "lee01", "event_shop_no": "1"}),
        json!({"diff_key": []}),
    ] {
        let delivery = read(&object(body.clone()), CONTEXT);
        assert_eq!(rejections(&delivery), [("event_no", RejectionReason::UnknownTopic)], "{body}");
        assert_eq!(delivery.updates, [], "{body}");
    }
}

#[test]
fn unused_event_number_is_no_update_and_no_rejection() {
    for no in [90024, 90063, 90070, 90071, 90077, 90078] {
        assert_eq!(read_event(no, json!({"member_id": "lee01"})), Delivery::default(), "{no}");
    }
}

#[test]
fn mall_of_the_resource_precedes_that_of_the_body() {
    for (body, expected) in [
        (json!({"resource": {"mall_id": "devmall"}}), Some("devmall")),
        (json!({"mall_id": " devmall "}), Some("devmall")),
        (json!({"mall_id": "other", "resource": {"mall_id": "devmall"}}), Some("devmall")),
        (json!({"mall_id": "devmall", "resource": {}}), Some("devmall")),
        (json!({"mall_id": "devmall", "resource": {"mall_id": 5}}), None),
        (json!({"mall_id": ""}), None),
        (json!({}), None),
    ] {
        assert_eq!(mall(&object(body.clone())), expected, "{body}");
    }
}

#[test]
fn update_needs_a_valid_member_id() {
    for no in [90032, 90080, 90143, 90144, 90145, 90146, 90147, 90148, 90084, 90023, 90026, 90029] {
        for (id, reason) in [
            (Value::Null, RejectionReason::NoCustomer),
            (json!("  "), RejectionReason::NoCustomer),
            (json!("guest"), RejectionReason::Invalid),
            (json!("a b"), RejectionReason::Invalid),
            (json!(["lee01"]), RejectionReason::Invalid),
        ] {
            let delivery = read_event(no, with(order(json!("1")), json!({"member_id": id})));
            assert_eq!(rejections(&delivery), [("member_id", reason)], "{no} {id}");
            assert_eq!(delivery.updates, [], "{no} {id}");
        }
        let without = read_event(no, json!({"order_id": "1"}));
        assert_eq!(rejections(&without), [("member_id", RejectionReason::NoCustomer)], "{no}");
    }
}
