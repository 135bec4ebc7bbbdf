//! Deliveries about one order.

use super::*;
use okyaku_domain::builder_update::{OrderNews, OrderUpdate};

const PLACED: i64 = TEN + 30 * MINUTE;

fn example_order(no: u64) -> (CustomerUpdate, Order) {
    let update = only(read(&example(no), CONTEXT));
    let order = update.order.clone().unwrap();
    (update, order)
}

#[test]
fn received_order_is_an_order_and_a_checkout() {
    let (update, order) = example_order(90023);
    assert_eq!((update.at, update.builder_created_at), (PLACED, None));
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
    // The event, with Channel Talk's keys.
    let [given] = update.events.as_slice() else { panic!() };
    assert_eq!(given.event.id.as_deref(), Some("cafe24:order:20261120-0000011"));
    assert_eq!((given.event.name.as_str(), given.event.created_at), ("CheckoutComplete", PLACED));
    assert_eq!((given.version, given.event.remark.as_deref()), (PLACED, None));
    let products = json!([{"id": "P0000AAA", "name": "머그잔"}, {"id": "P0000AAB", "name": "차 거름망"}]);
    let expected = json!({"id": "20261120-0000011", "totalAmount": 29800, "shippingAmount": 3000,
        "currency": "KRW", "products": products});
    assert_eq!(property(&update), expected);
    // The buyer may have ordered for a different person.
    assert_eq!((update.fields, update.name), (BTreeMap::new(), None));
}

#[test]
fn status_is_a_later_version_of_the_same_order_and_event() {
    let hours = |hours: i64| TEN + hours * 60 * MINUTE;
    for (no, at, cancelled, refund) in [
        (90025, PLACED + MINUTE, false, None::<&str>),
        (90026, hours(2), true, None),
        // The sample of a return says neither when nor how much.
        (90027, AT, false, None),
        (90028, AT, false, None),
        (90029, AT, false, None),
    ] {
        let (update, order) = example_order(no);
        assert_eq!((update.at, order.at, order.version), (at, PLACED, at), "{no}");
        assert_eq!((order.total, order.cancelled), (amount("29800"), cancelled), "{no}");
        // The refund has one id for every event of the order.
        let refunds = refund.map(|text| ("20261120-0000011:refund".to_owned(), amount(text)));
        assert_eq!(order.refunds, BTreeMap::from_iter(refunds), "{no}");
        // The event stays the same in a later version.
        let (received, _) = example_order(90023);
        assert_eq!(update.events[0].event, received.events[0].event, "{no}");
        assert_eq!(update.events[0].version, at, "{no}");
    }
}

#[test]
fn only_codes_that_give_money_back_refund() {
    for (no, code, cancelled, refunds) in [
        (90026, "cancel_order_request", false, 0),
        (90026, "cancel_order", true, 0),
        (90026, "auto_order_cancel", true, 0),
        (90027, "return_order_request", false, 0),
        (90027, "return_order_process", false, 0),
        (90027, "return_hold", false, 0),
        (90027, "pickup_complete_order", false, 0),
        (90027, "some_later_code", false, 0),
        (90027, "return_complete_refunded", false, 1),
        (90029, "unrefund_order", false, 0),
        (90029, "refund_order", false, 1),
        (90026, "some_later_code", false, 0),
    ] {
        let change = json!({"event_code": code, "refund_amount": "30.00"});
        let order = only(read_event(no, with(order(json!("100")), change))).order.unwrap();
        assert_eq!((order.cancelled, order.refunds.len()), (cancelled, refunds), "{no} {code}");
    }
}

#[test]
fn cancelled_part_or_cancellation_taken_back_leaves_the_order() {
    let part = json!({"event_code": "cancel_order", "canceled": "M"});
    assert!(!only(read_event(90026, with(order(json!("1")), part))).order.unwrap().cancelled);
    // The payment was a day ago, and the cancellation came after it.
    let back = json!({"withdraw": "T", "withdraw_type": "C", "payment_date": "2026-11-20T10:31:00+09:00"});
    let again = only(read_event(90025, with(order(json!("1")), back.clone()))).order.unwrap();
    assert_eq!((again.cancelled, again.version), (false, AT));
    for (no, change) in [
        (90026, back),
        (90026, json!({"withdraw": "T"})),
        (90026, json!({"withdraw": "T", "withdraw_type": "C", "event_code": "cancel_order"})),
    ] {
        let order = only(read_event(no, with(order(json!("1")), change.clone()))).order.unwrap();
        assert_eq!((order.cancelled, order.version), (false, AT), "{change}");
    }
    // A return that was taken back says nothing of the cancellation.
    let other = json!({"withdraw": "T", "withdraw_type": "R", "payment_date": "2026-11-20T10:31:00+09:00"});
    assert!(only(read_event(90025, with(order(json!("1")), other))).order.unwrap().version < AT);
}

#[test]
fn added_product_is_a_later_version_of_the_order() {
    let update = only(read_event(90031, order(json!("45000"))));
    let order = update.order.unwrap();
    assert_eq!((order.total, order.version, order.cancelled), (amount("45000"), AT, false));
}

#[test]
fn claim_gives_back_what_it_says() {
    let refund = |resource: Value| {
        let delivery = read_event(90160, resource);
        match delivery.updates.as_slice() {
            [BuilderUpdate::Order(OrderUpdate { id, news: OrderNews::Refund { refund, amount, .. } })] => {
                assert_eq!((id.as_str(), refund.as_str()), ("20261120-0000011", "20261120-0000011:refund"));
                Ok(*amount)
            }
            [] => Err(rejections(&delivery).iter().map(|(field, _)| (*field).to_owned()).collect::<Vec<_>>()),
            other => panic!("{other:?}"),
        }
    };
    let claim = json!({"mall_id": "devmall", "order_id": "20261120-0000011", "refund_amount": "15000.00"});
    assert_eq!(refund(claim.clone()), Ok(Some(amount("15000"))));
    assert_eq!(
        refund(with(claim.clone(), json!({"event_code": "return_complete_refunded"}))),
        Ok(Some(amount("15000")))
    );
    assert_eq!(refund(with(claim.clone(), json!({"event_code": "return_order_request"}))), Err(vec![]));
    // An amount that nobody said, or that cannot be read, is unknown.
    assert_eq!(refund(with(claim.clone(), json!({"refund_amount": null}))), Ok(None));
    let unreadable = with(claim.clone(), json!({"refund_amount": "a lot"}));
    assert_eq!(refund(unreadable.clone()), Ok(None));
    assert_eq!(rejections(&read_event(90160, unreadable)), [("refund_amount", RejectionReason::Invalid)]);
    assert_eq!(refund(with(claim, json!({"order_id": ""}))), Err(vec!["order_id".to_owned()]));
}

#[test]
fn canceled_flag_of_any_delivery_cancels_the_order() {
    for (canceled, cancelled) in [("T", true), ("F", false), ("M", false)] {
        let order =
            only(read_event(90029, with(order(json!("1")), json!({"canceled": canceled})))).order.unwrap();
        assert_eq!(order.cancelled, cancelled, "{canceled}");
    }
    assert_eq!(
        rejections(&read_event(90025, with(order(json!("1")), json!({"canceled": "?"})))),
        [("canceled", RejectionReason::Invalid)]
    );
}

#[test]
fn amount_is_an_exact_plain_decimal() {
    for (given, expected, number) in [
        (json!("29800.00"), "29800", json!(29800)),
        (json!("0.00"), "0", json!(0)),
        (json!(29800), "29800", json!(29800)),
        (json!("12.50"), "12.5", json!(12.5)),
        (json!("0.1"), "0.1", json!(0.1)),
        (json!("999999999999.99"), "999999999999.99", json!(999_999_999_999.99)),
    ] {
        let update = only(read_event(90023, order(given.clone())));
        assert_eq!(update.order.as_ref().unwrap().total, amount(expected), "{given}");
        assert_eq!(property(&update)["totalAmount"], number, "{given}");
        assert_eq!(property(&update)["totalAmount"].to_string(), expected);
    }
    // Anything but a plain decimal is rejected. The update keeps its event.
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
        let delivery = read_event(90023, order(wrong.clone()));
        assert_eq!(rejections(&delivery), [("order_price_amount", RejectionReason::Invalid)], "{wrong}");
        let [BuilderUpdate::Customer(update)] = delivery.updates.as_slice() else { panic!() };
        assert!(update.order.is_none(), "{wrong}");
        assert!(property(update).get("totalAmount").is_none(), "{wrong}");
    }
}

#[test]
fn paid_amount_is_the_total_only_without_an_order_amount() {
    let paid = json!({"actual_payment_amount": "40.00"});
    let update = only(read_event(90023, with(order(json!(null)), paid.clone())));
    assert_eq!(update.order.unwrap().total, amount("40"));
    let wrong = read_event(90023, with(order(json!("x")), paid));
    assert_eq!(rejections(&wrong), [("order_price_amount", RejectionReason::Invalid)]);
}

#[test]
fn refund_is_the_given_amount_and_unknown_without_one() {
    for (given, expected) in [
        (json!({}), None),
        (json!({"event_code": "return_order"}), None),
        (json!({"refund_amount": "30.00"}), Some("30")),
        (json!({"refund_amount": "30.00", "actual_refund_amount": "25.00"}), Some("25")),
    ] {
        let update = only(read_event(90029, with(order(json!("100.00")), given.clone())));
        // The shop's records know the amount.
        assert_eq!(update.stale, expected.is_none(), "{given}");
        let refunds = update.order.unwrap().refunds;
        assert_eq!(refunds.values().next().copied(), expected.map(amount), "{given}");
    }
    let wrong = read_event(90029, with(order(json!("100.00")), json!({"refund_amount": "-30"})));
    assert_eq!(rejections(&wrong), [("refund_amount", RejectionReason::Invalid)]);
    let [BuilderUpdate::Customer(update)] = wrong.updates.as_slice() else { panic!() };
    assert!(update.order.as_ref().unwrap().refunds.is_empty());
}

#[test]
fn currency_is_a_code_and_defaults_to_krw() {
    for (given, expected) in [(json!(null), "KRW"), (json!(""), "KRW"), (json!("jpy"), "JPY")] {
        let update = only(read_event(90023, with(order(json!("1")), json!({"currency": given}))));
        assert_eq!(update.order.unwrap().currency, expected);
    }
    for wrong in [json!("WON!"), json!("₩"), json!(5), json!({})] {
        let delivery = read_event(90023, with(order(json!("1")), json!({"currency": wrong})));
        assert_eq!(rejections(&delivery), [("currency", RejectionReason::Invalid)], "{wrong}");
        let [BuilderUpdate::Customer(update)] = delivery.updates.as_slice() else { panic!() };
        assert!(update.order.is_none());
    }
}

#[test]
fn order_without_id_or_date_is_rejected() {
    for (change, field) in [
        (json!({"order_id": null}), "order_id"),
        (json!({"order_id": "a,b"}), "order_id"),
        (json!({"order_id": "x".repeat(65)}), "order_id"),
        (json!({"order_date": ""}), "order_date"),
        (json!({"order_date": "soon"}), "order_date"),
    ] {
        let delivery = read_event(90023, with(order(json!("1")), change.clone()));
        assert_eq!(rejections(&delivery), [(field, RejectionReason::Invalid)], "{change}");
        assert_eq!(delivery.updates, [], "{change}");
    }
}

#[test]
fn order_older_than_the_event_period_has_no_event() {
    let delivery = read_event(90029, with(order(json!("1")), json!({"order_date": "2020-01-01 00:00:00"})));
    assert_eq!(rejections(&delivery), [("order_date", RejectionReason::TooOld)]);
    let [BuilderUpdate::Customer(update)] = delivery.updates.as_slice() else { panic!() };
    assert!(update.order.is_some() && update.events.is_empty());
}

#[test]
fn product_name_is_never_that_of_another() {
    for (codes, names, expected) in [
        ("P1", "Tea, green", json!([{"id": "P1", "name": "Tea, green"}])),
        ("P1,P2", "Cup,Tea", json!([{"id": "P1", "name": "Cup"}, {"id": "P2", "name": "Tea"}])),
        ("P1,P2", "Cup,Tea, green", json!([{"id": "P1"}, {"id": "P2"}])),
        ("P1, ,P3", "Cup,Tea,Pot", json!([{"id": "P1", "name": "Cup"}, {"id": "P3", "name": "Pot"}])),
    ] {
        let lists = json!({"ordering_product_code": codes, "ordering_product_name": names});
        let update = only(read_event(90023, with(order(json!("1")), lists)));
        assert_eq!(property(&update)["products"], expected);
    }
}
