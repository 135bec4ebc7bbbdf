//! What one order's delivery says.

use super::*;

const PLACED: i64 = TEN + 30 * MINUTE;

fn example_order(no: u64) -> (Says, Order) {
    let says = only(read(&example(no), CONTEXT));
    let order = says.order.clone().unwrap();
    (says, order)
}

#[test]
fn a_received_order_is_an_order_and_a_checkout() {
    let (says, order) = example_order(90023);
    assert_eq!((says.at, says.born), (PLACED, None));
    let expected = Order {
        id: "20261120-0000011".to_owned(),
        at: PLACED,
        version: PLACED,
        currency: "KRW".to_owned(),
        total: amount("29800"),
        cancelled: false,
        refunds: BTreeMap::new(),
    };
    assert_eq!(order, expected);
    let [said] = says.events.as_slice() else { panic!() };
    assert_eq!(said.event.id.as_deref(), Some("cafe24:order:20261120-0000011"));
    assert_eq!((said.event.name.as_str(), said.event.created_at), ("CheckoutComplete", PLACED));
    assert_eq!((said.version, said.event.remark.as_deref()), (PLACED, None));
    let products = json!([{"id": "P0000AAA", "name": "머그잔"}, {"id": "P0000AAB", "name": "차 거름망"}]);
    let expected = json!({"id": "20261120-0000011", "totalAmount": 29800, "shippingAmount": 3000,
        "currency": "KRW", "products": products});
    assert_eq!(property(&says), expected);
    // Whoever typed them may have ordered for somebody else.
    assert_eq!((says.fields, says.name), (BTreeMap::new(), None));
}

#[test]
fn every_status_is_a_later_version_of_the_same_order_and_event() {
    let hours = |hours: i64| TEN + hours * 60 * MINUTE;
    for (no, at, cancelled, refund) in [
        (90025, PLACED + MINUTE, false, None),
        (90026, hours(2), true, None),
        (90027, hours(3), false, Some("14900")),
        (90028, AT, false, None),
        (90029, AT, false, Some("29800")),
    ] {
        let (says, order) = example_order(no);
        assert_eq!((says.at, order.at, order.version), (at, PLACED, at), "{no}");
        assert_eq!((order.total, order.cancelled), (amount("29800"), cancelled), "{no}");
        let refunds = refund.map(|text| ("20261120-0000011:refund".to_owned(), amount(text)));
        assert_eq!(order.refunds, BTreeMap::from_iter(refunds), "{no}");
        let (received, _) = example_order(90023);
        assert_eq!(says.events[0].event, received.events[0].event, "{no}");
        assert_eq!(says.events[0].version, at, "{no}");
    }
}

#[test]
fn what_is_only_asked_for_or_held_gives_nothing_back() {
    for (no, code, cancelled, refunds) in [
        (90026, "cancel_order_request", false, 0),
        (90026, "cancel_order", true, 0),
        (90026, "auto_order_cancel", true, 0),
        (90027, "return_order_request", false, 0),
        (90027, "return_order_process", false, 0),
        (90027, "return_hold", false, 0),
        (90027, "return_complete_refunded", false, 1),
        (90029, "unrefund_order", false, 0),
        (90029, "refund_order", false, 1),
    ] {
        let order = only(hear(no, with(order(json!("100")), json!({"event_code": code})))).order.unwrap();
        assert_eq!((order.cancelled, order.refunds.len()), (cancelled, refunds), "{no} {code}");
    }
}

#[test]
fn any_delivery_may_tell_that_an_order_was_cancelled_whole() {
    for (canceled, cancelled) in [("T", true), ("F", false), ("M", false)] {
        let order = only(hear(90029, with(order(json!("1")), json!({"canceled": canceled})))).order.unwrap();
        assert_eq!(order.cancelled, cancelled, "{canceled}");
    }
    assert_eq!(
        drops(&hear(90025, with(order(json!("1")), json!({"canceled": "?"})))),
        [("canceled", Reason::Invalid)]
    );
}

#[test]
fn an_amount_is_an_exact_plain_decimal() {
    for (said, expected, number) in [
        (json!("29800.00"), "29800", json!(29800)),
        (json!("0.00"), "0", json!(0)),
        (json!(29800), "29800", json!(29800)),
        (json!("12.50"), "12.5", json!(12.5)),
        (json!("0.1"), "0.1", json!(0.1)),
        (json!("999999999999.99"), "999999999999.99", json!(999_999_999_999.99)),
    ] {
        let says = only(hear(90023, order(said.clone())));
        assert_eq!(says.order.as_ref().unwrap().total, amount(expected), "{said}");
        assert_eq!(property(&says)["totalAmount"], number, "{said}");
        assert_eq!(property(&says)["totalAmount"].to_string(), expected);
    }
    for wrong in [
        json!("1,000.00"),
        json!(""),
        json!("NaN"),
        json!("-1.00"),
        json!(-1),
        json!("+1"),
        json!("1e3"),
        json!(".5"),
        json!("5."),
        json!("1000000000000"),
        json!("000.00"),
        json!(true),
        json!([]),
        json!("1.00000000000000000000000000000000000001"),
        json!("999999999999.9999999"),
        json!("0.0000001"),
    ] {
        let delivery = hear(90023, order(wrong.clone()));
        assert_eq!(drops(&delivery), [("order_price_amount", Reason::Invalid)], "{wrong}");
        let [Statement::Says(says)] = delivery.statements.as_slice() else { panic!() };
        assert!(says.order.is_none(), "{wrong}");
        assert!(property(says).get("totalAmount").is_none(), "{wrong}");
    }
}

#[test]
fn what_was_paid_is_the_total_only_where_the_orders_own_is_absent() {
    let paid = json!({"actual_payment_amount": "40.00"});
    let says = only(hear(90023, with(order(json!(null)), paid.clone())));
    assert_eq!(says.order.unwrap().total, amount("40"));
    let wrong = hear(90023, with(order(json!("x")), paid));
    assert_eq!(drops(&wrong), [("order_price_amount", Reason::Invalid)]);
}

#[test]
fn a_refund_is_what_is_told_or_else_all_of_it() {
    for (said, expected) in [
        (json!({}), Some("100")),
        (json!({"refund_amount": "30.00"}), Some("30")),
        (json!({"refund_amount": "30.00", "actual_refund_amount": "25.00"}), Some("25")),
    ] {
        let order = only(hear(90029, with(order(json!("100.00")), said.clone()))).order.unwrap();
        assert_eq!(order.refunds.values().next().copied(), expected.map(amount), "{said}");
    }
    let wrong = hear(90029, with(order(json!("100.00")), json!({"refund_amount": "-30"})));
    assert_eq!(drops(&wrong), [("refund_amount", Reason::Invalid)]);
    let [Statement::Says(says)] = wrong.statements.as_slice() else { panic!() };
    assert!(says.order.as_ref().unwrap().refunds.is_empty());
}

#[test]
fn a_currency_is_a_code_and_wons_where_there_is_none() {
    for (said, expected) in [(json!(null), "KRW"), (json!(""), "KRW"), (json!("jpy"), "JPY")] {
        let says = only(hear(90023, with(order(json!("1")), json!({"currency": said}))));
        assert_eq!(says.order.unwrap().currency, expected);
    }
    for wrong in [json!("WON!"), json!("₩"), json!(5), json!({})] {
        let delivery = hear(90023, with(order(json!("1")), json!({"currency": wrong})));
        assert_eq!(drops(&delivery), [("currency", Reason::Invalid)], "{wrong}");
        let [Statement::Says(says)] = delivery.statements.as_slice() else { panic!() };
        assert!(says.order.is_none());
    }
}

#[test]
fn an_order_without_its_id_or_date_is_none() {
    for (change, field) in [
        (json!({"order_id": null}), "order_id"),
        (json!({"order_id": "a,b"}), "order_id"),
        (json!({"order_id": "x".repeat(65)}), "order_id"),
        (json!({"order_date": ""}), "order_date"),
        (json!({"order_date": "soon"}), "order_date"),
    ] {
        let delivery = hear(90023, with(order(json!("1")), change.clone()));
        assert_eq!(drops(&delivery), [(field, Reason::Invalid)], "{change}");
        assert_eq!(delivery.statements, [], "{change}");
    }
}

#[test]
fn an_order_older_than_events_are_kept_is_told_without_its_event() {
    let delivery = hear(90029, with(order(json!("1")), json!({"order_date": "2020-01-01 00:00:00"})));
    assert_eq!(drops(&delivery), [("order_date", Reason::TooOld)]);
    let [Statement::Says(says)] = delivery.statements.as_slice() else { panic!() };
    assert!(says.order.is_some() && says.events.is_empty());
}

#[test]
fn a_products_name_is_never_anothers() {
    for (codes, names, expected) in [
        ("P1", "Tea, green", json!([{"id": "P1", "name": "Tea, green"}])),
        ("P1,P2", "Cup,Tea", json!([{"id": "P1", "name": "Cup"}, {"id": "P2", "name": "Tea"}])),
        ("P1,P2", "Cup,Tea, green", json!([{"id": "P1"}, {"id": "P2"}])),
        ("P1, ,P3", "Cup,Tea,Pot", json!([{"id": "P1", "name": "Cup"}, {"id": "P3", "name": "Pot"}])),
    ] {
        let lists = json!({"ordering_product_code": codes, "ordering_product_name": names});
        let says = only(hear(90023, with(order(json!("1")), lists)));
        assert_eq!(property(&says)["products"], expected);
    }
}
