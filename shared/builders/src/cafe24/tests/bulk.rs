//! What a delivery about many orders says.

use super::*;

fn orders(delivery: &Delivery) -> Vec<(&str, &str, Decimal, bool, Option<Decimal>)> {
    let told = |statement: &Statement| matches!(statement, Statement::Says(_));
    assert!(delivery.statements.iter().all(told), "{delivery:?}");
    let says = delivery.statements.iter().filter_map(|statement| match statement {
        Statement::Says(says) => Some(says),
        _ => None,
    });
    says.map(|says| {
        // An event would take the place of the one that the order's own delivery told whole.
        assert!(says.events.is_empty());
        let order = says.order.as_ref().unwrap();
        let refund = order.refunds.values().next().copied();
        (says.member.as_str(), order.id.as_str(), order.total, order.cancelled, refund)
    })
    .collect()
}

#[test]
fn each_order_of_a_list_has_the_parts_at_its_place() {
    let (first, second) = ("20261120-0000011", "20261120-0000012");
    let (whole, less) = (amount("29800"), amount("15000"));
    for (no, cancelled, refunds) in [
        (90072, true, [None, None]),
        (90073, false, [Some(amount("14900")), Some(less)]),
        (90074, false, [Some(whole), Some(less)]),
    ] {
        let delivery = read(&example(no), CONTEXT);
        assert_eq!(delivery.drops, [], "{no}");
        let [one, two] = refunds;
        let expected = [("lee01", first, whole, cancelled, one), ("kim02", second, less, cancelled, two)];
        assert_eq!(orders(&delivery), expected, "{no}");
    }
}

#[test]
fn ids_alone_say_nothing_of_any_order() {
    for no in [90072, 90073, 90074] {
        let delivery = hear(no, json!({"order_id": "20261120-0000011,20261120-0000012"}));
        assert_eq!(drops(&delivery), [("order_id", Reason::Invalid); 2], "{no}");
        assert_eq!(delivery.statements, [], "{no}");
        assert_eq!(drops(&hear(no, json!({}))), [("order_id", Reason::Invalid)]);
    }
}

#[test]
fn one_amount_for_several_orders_is_nobodys() {
    let both = json!({"order_id": "1-1,1-2", "order_price_amount": "1,000.00"});
    for amounts in [json!({}), json!({"order_price_amount": "100.00"}), json!({"refund_amount": "100.00"})] {
        let delivery = hear(90073, with(with(order(json!(null)), json!({"order_id": "1-1,1-2"})), amounts));
        assert_eq!(drops(&delivery), [("order_id", Reason::Invalid); 2]);
    }
    // The comma of a grouped amount is no list's.
    let delivery = hear(90072, with(order(json!(null)), both));
    assert_eq!((drops(&delivery), delivery.statements.len()), (vec![("order_id", Reason::Invalid); 2], 0));
}

#[test]
fn money_given_back_for_an_order_needs_no_customer() {
    let refunds = json!({"order_id": "1-1,1-2", "refund_amount": "10.00,20.00"});
    let delivery = hear(90073, refunds.clone());
    assert_eq!(delivery.drops, []);
    let ids = delivery.statements.iter().map(|statement| match statement {
        Statement::Refund(refund) => (refund.order.as_str(), refund.id.as_str(), refund.amount),
        _ => panic!("{delivery:?}"),
    });
    let expected = [("1-1", "1-1:refund", amount("10")), ("1-2", "1-2:refund", amount("20"))];
    assert_eq!(ids.collect::<Vec<_>>(), expected);
    assert_eq!(hear(90072, refunds).statements, []);
}

#[test]
fn what_is_told_once_is_each_orders() {
    let list = json!({"order_id": "1-1, 1-2", "order_price_amount": "10.00, 20.00"});
    let delivery = hear(90072, with(order(json!(null)), list));
    assert_eq!(delivery.drops, []);
    let expected = [("lee01", "1-1", amount("10"), true, None), ("lee01", "1-2", amount("20"), true, None)];
    assert_eq!(orders(&delivery), expected);
    let single = hear(90072, order(json!("10.00")));
    assert_eq!(orders(&single), [("lee01", "20261120-0000011", amount("10"), true, None)]);
}

#[test]
fn a_long_body_is_read_in_time() {
    let list = |part: &str| vec![part; 200_000].join(",");
    let body = json!({"order_id": list("1-1"), "member_id": "x".repeat(1_000_000), "order_date": list("?"),
        "order_price_amount": list("1")});
    let began = std::time::Instant::now();
    assert!(!drops(&hear(90072, body)).is_empty());
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
}
