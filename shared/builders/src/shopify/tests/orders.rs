//! Orders and checkouts.

use serde_json::{Value, json};

use super::*;
use okyaku_domain::builder_update::{Order, OrderNews, OrderUpdate};
use okyaku_domain::shop_event::CHECKOUT_COMPLETE;

fn order() -> Value {
    json!({
        "id": 5501,
        "created_at": "2026-11-20T10:15:00+09:00",
        "processed_at": "2026-11-20T10:14:00+09:00",
        "updated_at": "2026-11-20T10:16:00+09:00",
        "cancelled_at": null,
        "financial_status": "paid",
        "currency": "usd",
        "presentment_currency": "KRW",
        "total_price": "32.90",
        "tags": "of the order",
        "line_items": [
            {"id": 1, "product_id": 8801, "variant_id": 44101, "title": "Mug", "name": "Mug - white", "price": "29.90", "quantity": 1},
        ],
        "shipping_lines": [{"price": "2.00"}, {"price": "1.00"}],
        "customer": {
            "id": 7064055069_u64,
            "email": "lee@example.com",
            "created_at": "2026-11-01T09:00:00+09:00",
            "updated_at": "2026-11-19T09:00:00+09:00",
        },
    })
}

fn property(update: &CustomerUpdate) -> Value {
    serde_json::from_str(update.events[0].event.property.as_deref().unwrap()).unwrap()
}

/// Returns the update of the order, which comes last, and the rejections.
fn sale(topic: &str, body: Value) -> (CustomerUpdate, Vec<(String, RejectionReason)>) {
    let delivery = delivery(topic, body);
    let rejections =
        delivery.rejections.iter().map(|rejection| (rejection.field.clone(), rejection.reason)).collect();
    (update(&delivery).pop().unwrap().clone(), rejections)
}

#[test]
fn order_topics_each_update_the_whole_order() {
    let topics = [
        "orders/create",
        "orders/paid",
        "orders/updated",
        "orders/edited",
        "orders/fulfilled",
        "orders/partially_fulfilled",
    ];
    for topic in topics {
        let delivery = delivery(topic, order());
        assert_eq!(rejections(&delivery), [], "{topic}");
        let [customer, sale] = update(&delivery)[..] else { panic!("{topic}") };

        // The first update is about the customer, with the customer's own time.
        assert_eq!(customer.at, ms("2026-11-19T09:00:00+09:00"), "the customer's own time, not the order's");
        assert_eq!(customer.fields["email"], Some(json!("lee@example.com")));
        assert_eq!((customer.tags.clone(), customer.events.len(), customer.order.clone()), (None, 0, None));

        // The second update is about the order, with the order's time of change.
        let (at, version) = (ms("2026-11-20T10:15:00+09:00"), ms("2026-11-20T10:16:00+09:00"));
        assert_eq!((sale.member.as_str(), sale.at), ("7064055069", version));
        assert!(sale.fields.is_empty());
        assert_eq!(
            (sale.builder_created_at, customer.builder_created_at),
            (customer.builder_created_at, Some(ms("2026-11-01T09:00:00+09:00")))
        );
        // The event has the order's id and time.
        let event = &sale.events[0].event;
        assert_eq!(event.id.as_deref(), Some("shopify:order:5501"));
        assert_eq!(
            (event.name.as_str(), event.created_at, sale.events[0].version),
            (CHECKOUT_COMPLETE, at, version)
        );
        assert_eq!(event.remark, None);
        assert_eq!(
            event.property.as_deref().unwrap(),
            r#"{"currency":"USD","id":"5501","products":[{"id":"8801","name":"Mug","price":29.9,"quantity":1}],"shippingAmount":3,"totalAmount":32.9}"#
        );
        // The order for the purchase figures.
        let expected = Order {
            id: "5501".into(),
            at,
            version,
            currency: "USD".into(),
            total: "32.90".parse().unwrap(),
            cancelled: false,
            refunds: [].into(),
        };
        assert_eq!(sale.order, Some(expected));
    }
}

#[test]
fn order_in_graphql_ids_is_the_same_order() {
    let gid = with(
        &order(),
        json!({"id": "gid://shopify/Order/5501", "customer": {"id": "gid://shopify/Customer/7064055069"}}),
    );
    let (gid, _) = sale("orders/create", gid);
    let (plain, _) = sale("orders/create", with(&order(), json!({"customer": {"id": 7064055069_u64}})));
    assert_eq!(gid, plain);
}

#[test]
fn cancelled_or_voided_order_is_cancelled() {
    for (change, cancelled) in [
        (json!({"cancelled_at": "2026-11-20T11:00:00+09:00"}), true),
        (json!({"financial_status": "voided"}), true),
        (json!({"financial_status": "VOIDED"}), true),
        (json!({"financial_status": "refunded"}), false),
        (json!({"cancelled_at": "-", "financial_status": "-"}), false),
    ] {
        let (update, _) = sale("orders/cancelled", with(&order(), change.clone()));
        assert_eq!(update.order.unwrap().cancelled, cancelled, "{change}");
    }
}

#[test]
fn order_without_a_customer_is_news_of_the_order() {
    let with = |customer| with(&order(), json!({"customer": customer}));
    for (order, unowned, path) in [
        // Nobody's order, and an order that names no customer.
        (with(json!(null)), true, None),
        (with(json!("-")), false, None),
        // A customer that cannot be read leaves the order where it is.
        (with(json!({})), false, Some("customer.id")),
        (with(json!({"id": null, "email": "lee@example.com"})), false, Some("customer.id")),
    ] {
        let delivery = delivery("orders/create", order);
        let [BuilderUpdate::Order(OrderUpdate { id, news: OrderNews::Version { order, unowned: nobody } })] =
            &delivery.updates[..]
        else {
            panic!("{delivery:?}")
        };
        assert_eq!((id, &order.id, *nobody), (id, id, unowned));
        let rejected: Vec<_> = path.iter().map(|path| (*path, RejectionReason::NoCustomer)).collect();
        assert_eq!(rejections(&delivery), rejected);
    }
}

#[test]
fn completed_merge_of_customers_moves_orders() {
    let merge = |status: &str| {
        json!({"admin_graphql_api_customer_kept_id": "gid://shopify/Customer/1",
            "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/2",
            "admin_graphql_api_job_id": null, "status": status, "errors": []})
    };
    let done = delivery("customers/merge", merge("completed"));
    let [BuilderUpdate::MoveOrders { from, into, at, .. }] = &done.updates[..] else { panic!("{done:?}") };
    assert_eq!((from.as_str(), into.as_str(), *at), ("2", "1", context().at));
    for status in ["failed", "in_progress", "requested", ""] {
        assert_eq!(delivery("customers/merge", merge(status)), Delivery::default(), "{status}");
    }
    let unnamed = with(&merge("completed"), json!({"admin_graphql_api_customer_kept_id": null}));
    let delivery = delivery("customers/merge", unnamed);
    let field = "admin_graphql_api_customer_kept_id";
    assert_eq!((delivery.updates.len(), rejections(&delivery)), (0, vec![(field, RejectionReason::Invalid)]));
}

#[test]
fn order_without_readable_money_keeps_only_its_event() {
    for total in [
        json!("1,000.00"),
        json!(""),
        json!("NaN"),
        json!("1e5"),
        json!(-1),
        json!(null),
        json!("-"),
        json!([]),
    ] {
        let (update, rejections) = sale("orders/create", with(&order(), json!({"total_price": total})));
        assert_eq!(update.order, None, "{total}");
        assert_eq!(rejections, [("total_price".to_owned(), RejectionReason::Invalid)]);
        assert_eq!(property(&update).get("totalAmount"), None);
        assert_eq!(property(&update)["shippingAmount"], 3);
    }
    // A wrong currency has the same effect as a wrong total.
    for currency in [json!("dollars"), json!(""), json!(5), json!("-")] {
        let (update, rejections) = sale("orders/create", with(&order(), json!({"currency": currency})));
        assert_eq!(
            (update.order.is_none(), rejections),
            (true, vec![("currency".to_owned(), RejectionReason::Invalid)])
        );
        assert_eq!(property(&update).get("currency"), None);
    }
    // A wrong shipping price leaves out the shipping amount only.
    let (update, rejections) =
        sale("orders/create", with(&order(), json!({"shipping_lines": [{"price": "free"}]})));
    assert!(update.order.is_some() && property(&update).get("shippingAmount").is_none());
    assert_eq!(rejections, [("shipping_lines.price".to_owned(), RejectionReason::Invalid)]);
}

#[test]
fn shipping_amount_is_in_the_currency_of_the_shop() {
    let set = json!({"shop_money": {"amount": "4.50", "currency_code": "USD"}, "presentment_money": {"amount": "6000"}});
    for (change, amount) in [
        (json!({"total_shipping_price_set": set}), Some(json!(4.5))),
        (json!({"shipping_lines": []}), Some(json!(0))),
        (json!({"shipping_lines": "-"}), None),
    ] {
        let (update, _) = sale("orders/create", with(&order(), change.clone()));
        assert_eq!(property(&update).get("shippingAmount").cloned(), amount, "{change}");
    }
}

#[test]
fn order_needs_an_id_and_a_time_that_never_changes() {
    for id in [json!(null), json!("x"), json!({}), json!(0)] {
        let delivery = delivery("orders/create", with(&order(), json!({"id": id})));
        assert_eq!(rejections(&delivery), [("id", RejectionReason::Invalid)]);
        assert_eq!(update(&delivery).len(), 1, "the customer's fields are kept");
    }
    // `processed_at` replaces a missing `created_at`. The time of the delivery replaces a missing
    // `updated_at`.
    let (update, rejections) =
        sale("orders/create", with(&order(), json!({"created_at": "-", "updated_at": "-"})));
    assert_eq!(
        (update.at, update.events[0].event.created_at),
        (context().at, ms("2026-11-20T10:14:00+09:00"))
    );
    assert_eq!(rejections, []);
    // Without both times, there is neither an event nor an order.
    let (update, rejections) =
        sale("orders/create", with(&order(), json!({"created_at": null, "processed_at": null})));
    assert!(update.events.is_empty() && update.order.is_none());
    assert_eq!(rejections, [("created_at".to_owned(), RejectionReason::Invalid)]);
}

#[test]
fn old_order_counts_without_an_event() {
    for (created, reason) in [
        ("2024-11-20T10:15:00+09:00", RejectionReason::TooOld),
        ("2026-12-20T10:15:00+09:00", RejectionReason::Invalid),
    ] {
        let (update, rejections) = sale("orders/updated", with(&order(), json!({"created_at": created})));
        assert!(update.events.is_empty());
        assert_eq!(update.order.unwrap().at, ms(created));
        assert_eq!(rejections, [("created_at".to_owned(), reason)]);
    }
}

#[test]
fn event_lists_as_many_products_as_it_holds() {
    let line = |title: &str| json!({"product_id": 1, "title": title, "price": "1", "quantity": 1});
    for (lines, kept, lost) in [
        (vec![line("Mug"); 100], 100, vec![]),
        (vec![line("Mug"); 101], 100, vec![("line_items".to_owned(), RejectionReason::Limit)]),
        (vec![line(&"m".repeat(1000)); 100], 30, vec![("line_items".to_owned(), RejectionReason::Limit)]),
        (
            vec![line("Mug"), json!(null), json!("Mug")],
            1,
            vec![("line_items".to_owned(), RejectionReason::Invalid)],
        ),
    ] {
        let (update, rejections) = sale("orders/create", with(&order(), json!({"line_items": lines})));
        assert_eq!(property(&update)["products"].as_array().unwrap().len(), kept);
        assert_eq!(rejections, lost);
        assert!(update.order.is_some());
    }
}

#[test]
fn wrong_product_keeps_its_readable_fields() {
    let lines = json!([{"product_id": null, "variant_id": null, "title": "By hand", "price": "1,0", "quantity": "2"}]);
    let (update, rejections) = sale("orders/create", with(&order(), json!({"line_items": lines})));
    assert_eq!(property(&update)["products"], json!([{"name": "By hand"}]));
    let fields: Vec<&str> = rejections.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(fields, ["line_items.product_id", "line_items.price", "line_items.quantity"]);
    // A line typed in by hand has a number of its own.
    let own = json!([{"id": 61, "product_id": null, "title": "By hand", "price": 5, "quantity": 2}]);
    let (update, _) = sale("orders/create", with(&order(), json!({"line_items": own})));
    assert_eq!(
        property(&update)["products"],
        json!([{"id": "61", "name": "By hand", "price": 5, "quantity": 2}])
    );
}

#[test]
fn checkout_begins_and_is_no_order() {
    for topic in ["checkouts/create", "checkouts/update"] {
        let (update, rejections) = sale(topic, with(&order(), json!({"id": 30501, "token": "k1-94aa"})));
        assert_eq!((rejections, update.order.is_none()), (vec![], true));
        let event = &update.events[0].event;
        assert_eq!(
            (event.id.as_deref(), event.name.as_str()),
            (Some("shopify:checkout:k1-94aa"), "CheckoutBegin")
        );
        assert_eq!((update.at, update.events[0].version), (ms("2026-11-20T10:16:00+09:00"), update.at));
        assert_eq!(
            (property(&update)["id"].clone(), property(&update)["totalAmount"].clone()),
            (json!("30501"), json!(32.9))
        );
    }
    // Without a token, the number names the checkout.
    let (update, _) = sale("checkouts/create", with(&order(), json!({"id": 30501, "token": null})));
    assert_eq!(update.events[0].event.id.as_deref(), Some("shopify:checkout:30501"));
    // A checkout without a customer is rejected.
    let nobodys = delivery("checkouts/create", with(&order(), json!({"customer": null})));
    assert_eq!(
        (nobodys.updates.len(), rejections(&nobodys)),
        (0, vec![("customer", RejectionReason::NoCustomer)])
    );
    // The event's id would be too long.
    let (update, rejections) = sale("checkouts/create", with(&order(), json!({"token": "k".repeat(101)})));
    assert!(update.events.is_empty());
    assert_eq!(rejections, [("token".to_owned(), RejectionReason::Invalid)]);
}

#[test]
fn order_deletion_ends_the_order_and_an_order_edit_is_ignored() {
    let deleted = |body| {
        let delivery = delivery("orders/delete", body);
        let rejections = rejections(&delivery).len();
        (delivery.updates, rejections)
    };
    let news = OrderNews::Cancelled { at: context().at };
    let gone = || BuilderUpdate::Order(OrderUpdate { id: "5501".into(), news: news.clone() });
    assert_eq!(deleted(json!({"id": 5501})), (vec![gone()], 0));
    assert_eq!(deleted(json!({"admin_graphql_api_id": "gid://shopify/Order/5501"})), (vec![gone()], 0));
    assert_eq!(deleted(json!({"id": null})), (vec![], 1));
    // The body of another topic deletes nothing, although Shopify signed the body.
    assert_eq!(deleted(order()).0, []);
    assert_eq!(deleted(json!({"id": 5501, "addresses": []})), (vec![], 1));
    assert_eq!(deleted(json!({"id": 5501, "tax_exemptions": []})), (vec![], 1));
    let edit =
        json!({"order_edit": {"id": 1, "order_id": 5501, "line_items": {"additions": [], "removals": []}}});
    assert_eq!(delivery("orders/edited", edit), Delivery::default());
}
