//! Which event it is, in which mall, and about whom.

use super::*;

#[test]
fn the_number_is_found_wherever_cafe24_puts_it() {
    let flat = json!({"member_id": "lee01", "group_name": "VIP", "avail_mileage": "5", "created_date": "x"});
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
        let says = only(read(&object(body.clone()), CONTEXT));
        assert!(says.fields.contains_key(field), "{body}");
    }
    let changed = read(&object(json!({"member_id": "lee01", "diff_key": ["email"]})), CONTEXT);
    assert!(only(changed).stale);
}

#[test]
fn an_unknown_number_or_shape_is_one_drop() {
    for body in [
        json!({}),
        json!({"event_no": 90001, "resource": {"member_id": "lee01"}}),
        json!({"event_no": "sign-up", "member_id": "lee01", "diff_key": []}),
        json!({"event_no": {}, "member_id": "lee01", "diff_key": []}),
        json!({"member_id": "lee01", "event_shop_no": "1"}),
        json!({"diff_key": []}),
    ] {
        let delivery = read(&object(body.clone()), CONTEXT);
        assert_eq!(drops(&delivery), [("event_no", Reason::UnknownTopic)], "{body}");
        assert_eq!(delivery.statements, [], "{body}");
    }
}

#[test]
fn what_no_customers_record_keeps_says_nothing_and_is_no_drop() {
    for no in [90024, 90063, 90070, 90071, 90077, 90078] {
        assert_eq!(hear(no, json!({"member_id": "lee01"})), Delivery::default(), "{no}");
    }
}

#[test]
fn the_mall_is_the_resources_before_the_bodys() {
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
fn nobody_is_spoken_of_without_a_memberid() {
    for no in [90032, 90080, 90143, 90144, 90145, 90146, 90147, 90148, 90084, 90023, 90026, 90029] {
        for (id, reason) in [
            (Value::Null, Reason::NoCustomer),
            (json!("  "), Reason::NoCustomer),
            (json!("guest"), Reason::Invalid),
            (json!("a b"), Reason::Invalid),
            (json!(["lee01"]), Reason::Invalid),
        ] {
            let delivery = hear(no, with(order(json!("1")), json!({"member_id": id})));
            assert_eq!(drops(&delivery), [("member_id", reason)], "{no} {id}");
            assert_eq!(delivery.statements, [], "{no} {id}");
        }
        let without = hear(no, json!({"order_id": "1"}));
        assert_eq!(drops(&without), [("member_id", Reason::NoCustomer)], "{no}");
    }
}
