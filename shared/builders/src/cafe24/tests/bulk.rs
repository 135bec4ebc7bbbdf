//! Deliveries about many orders.

use super::*;

fn orders(delivery: &Delivery) -> Vec<(&str, &str, Decimal, bool, Option<Decimal>)> {
    let told = |update: &BuilderUpdate| matches!(update, BuilderUpdate::Customer(_));
    assert!(delivery.updates.iter().all(told), "{delivery:?}");
    let update = delivery.updates.iter().filter_map(|update| match update {
        BuilderUpdate::Customer(update) => Some(update),
        _ => None,
    });
    update
        .map(|update| {
            // An event would replace the fuller event from the order's own delivery.
            assert!(update.events.is_empty());
            let order = update.order.as_ref().unwrap();
            let refund = order.refunds.values().next().copied();
            (update.member.as_str(), order.id.as_str(), order.total, order.cancelled, refund)
        })
        .collect()
}

#[test]
fn order_list_takes_each_part_by_its_position() {
    let (first, second) = ("20261120-0000011", "20261120-0000012");
    let (whole, less) = (amount("29800"), amount("15000"));
    for (no, cancelled, refunds) in [
        (90072, true, [None, None]),
        (90073, false, [Some(amount("14900")), Some(less)]),
        // The body of the return says no amount.
        (90074, false, [None, None]),
    ] {
        let delivery = read(&example(no), CONTEXT);
        assert_eq!(delivery.rejections, [], "{no}");
        let [one, two] = refunds;
        let expected = [("lee01", first, whole, cancelled, one), ("kim02", second, less, cancelled, two)];
        assert_eq!(orders(&delivery), expected, "{no}");
    }
}

#[test]
fn order_ids_alone_update_no_order() {
    for no in [90072, 90073, 90074] {
        let delivery = read_event(no, json!({"order_id": "20261120-0000011,20261120-0000012"}));
        assert_eq!(rejections(&delivery), [("order_id", RejectionReason::Invalid); 2], "{no}");
        assert_eq!(delivery.updates, [], "{no}");
        assert_eq!(rejections(&read_event(no, json!({}))), [("order_id", RejectionReason::Invalid)]);
    }
}

#[test]
fn single_amount_for_several_orders_is_rejected() {
    let both = json!({"order_id": "1-1,1-2", "order_price_amount": "1,000.00"});
    for amounts in [json!({}), json!({"order_price_amount": "100.00"}), json!({"refund_amount": "100.00"})] {
        let delivery =
            read_event(90073, with(with(order(json!(null)), json!({"order_id": "1-1,1-2"})), amounts));
        assert_eq!(rejections(&delivery), [("order_id", RejectionReason::Invalid); 2]);
    }
    // The comma of a grouped amount separates no list.
    let delivery = read_event(90072, with(order(json!(null)), both));
    assert_eq!(
        (rejections(&delivery), delivery.updates.len()),
        (vec![("order_id", RejectionReason::Invalid); 2], 0)
    );
}

#[test]
fn refund_of_an_order_needs_no_customer() {
    let refunds = json!({"order_id": "1-1,1-2", "refund_amount": "10.00,20.00"});
    let delivery = read_event(90073, refunds.clone());
    assert_eq!(delivery.rejections, []);
    let ids = delivery.updates.iter().map(|update| match update {
        BuilderUpdate::Refund(refund) => (refund.order.as_str(), refund.id.as_str(), refund.amount),
        _ => panic!("{delivery:?}"),
    });
    let expected = [("1-1", "1-1:refund", amount("10")), ("1-2", "1-2:refund", amount("20"))];
    assert_eq!(ids.collect::<Vec<_>>(), expected);
    assert_eq!(read_event(90072, refunds).updates, []);
}

#[test]
fn single_value_applies_to_each_order() {
    let list = json!({"order_id": "1-1, 1-2", "order_price_amount": "10.00, 20.00"});
    let delivery = read_event(90072, with(order(json!(null)), list));
    assert_eq!(delivery.rejections, []);
    let expected = [("lee01", "1-1", amount("10"), true, None), ("lee01", "1-2", amount("20"), true, None)];
    assert_eq!(orders(&delivery), expected);
    let single = read_event(90072, order(json!("10.00")));
    assert_eq!(orders(&single), [("lee01", "20261120-0000011", amount("10"), true, None)]);
}

#[test]
fn long_body_is_read_in_time() {
    let list = |part: &str| vec![part; 200_000].join(",");
    let body = json!({"order_id": list("1-1"), "member_id": "x".repeat(1_000_000), "order_date": list("?"),
        "order_price_amount": list("1")});
    let began = std::time::Instant::now();
    assert!(!rejections(&read_event(90072, body)).is_empty());
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
}
