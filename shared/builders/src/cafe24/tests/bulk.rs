//! Deliveries about many orders.

use okyaku_domain::builder_update::{OrderNews, OrderUpdate};

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
        // More than the samples say, as some malls send it.
        let mut list = json!({"order_id": format!("{first},{second}"), "member_id": "lee01,kim02",
            "order_date": "2026-11-20T10:30:00+09:00,2026-11-20T10:50:00+09:00", "currency": "KRW",
            "order_price_amount": "29800.00,15000.00"});
        if no == 90073 {
            list["actual_refund_amount"] = json!("14900.00,15000.00");
        }
        let delivery = read_event(no, list);
        assert_eq!(delivery.rejections, [], "{no}");
        let [one, two] = refunds;
        let expected = [("lee01", first, whole, cancelled, one), ("kim02", second, less, cancelled, two)];
        assert_eq!(orders(&delivery), expected, "{no}");
    }
}

#[test]
fn order_ids_alone_are_news_of_each_order() {
    for (no, code) in [(90072, "cancel_order"), (90073, "refund_order"), (90074, "return_order")] {
        let body = json!({"order_id": "20261120-0000011,20261120-0000012", "event_code": code});
        let delivery = read_event(no, body);
        assert_eq!(rejections(&delivery), [], "{no}");
        let news = |id: &str| match no {
            90072 => OrderNews::Cancelled { at: AT },
            // Nobody said how much was given back.
            _ => OrderNews::Refund { refund: format!("{id}:refund"), amount: None, at: AT },
        };
        let told = ["20261120-0000011", "20261120-0000012"]
            .map(|id| BuilderUpdate::Order(OrderUpdate { id: id.to_owned(), news: news(id) }));
        assert_eq!(delivery.updates, told, "{no}");
        assert_eq!(rejections(&read_event(no, json!({}))), [("order_id", RejectionReason::Invalid)]);
        // A request changes nothing.
        let asked = json!({"order_id": "1-1", "event_code": format!("{code}_request")});
        assert_eq!(read_event(no, asked).updates, [], "{no}");
    }
}

#[test]
fn single_amount_for_several_orders_is_the_amount_of_none() {
    let both = json!({"order_id": "1-1,1-2", "order_price_amount": "1,000.00"});
    for amounts in [json!({}), json!({"order_price_amount": "100.00"}), json!({"refund_amount": "100.00"})] {
        let delivery =
            read_event(90073, with(with(order(json!(null)), json!({"order_id": "1-1,1-2"})), amounts));
        assert_eq!(refunds(&delivery), [("1-1", "1-1:refund", None), ("1-2", "1-2:refund", None)]);
    }
    // The comma of a grouped amount separates no list.
    let delivery = read_event(90072, with(order(json!(null)), both));
    let cancelled = |id: &str| {
        BuilderUpdate::Order(OrderUpdate { id: id.to_owned(), news: OrderNews::Cancelled { at: AT } })
    };
    assert_eq!(delivery.updates, ["1-1", "1-2"].map(cancelled));
}

/// Returns the refunds of a delivery: order, refund and amount.
fn refunds(delivery: &Delivery) -> Vec<(&str, &str, Option<Decimal>)> {
    let refund = |update| match update {
        &BuilderUpdate::Order(OrderUpdate { ref id, news: OrderNews::Refund { ref refund, amount, .. } }) => {
            (id.as_str(), refund.as_str(), amount)
        }
        other => panic!("{other:?}"),
    };
    delivery.updates.iter().map(refund).collect()
}

#[test]
fn refund_of_an_order_needs_no_customer() {
    let delivery = read_event(90073, json!({"order_id": "1-1,1-2", "refund_amount": "10.00,20.00"}));
    assert_eq!(delivery.rejections, []);
    let expected = [("1-1", "1-1:refund", Some(amount("10"))), ("1-2", "1-2:refund", Some(amount("20")))];
    assert_eq!(refunds(&delivery), expected);
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
