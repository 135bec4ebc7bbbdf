//! Carts.

use serde_json::{Value, json};

use super::*;

fn line(variant: u64, price: &str, quantity: u64) -> Value {
    json!({"id": variant, "variant_id": variant, "product_id": 8801, "title": "Mug", "price": price, "quantity": quantity,
        "price_set": {"shop_money": {"amount": price, "currency_code": "USD"}}})
}

fn cart(lines: Value) -> Value {
    json!({"id": "c1-7b0e", "token": "c1-7b0e", "created_at": "2026-11-20T10:00:00+09:00",
        "updated_at": "2026-11-20T10:05:00+09:00", "customer_id": 7, "line_items": lines})
}

#[test]
fn cart_updates_its_figures_with_one_event_per_item() {
    for topic in ["carts/create", "carts/update"] {
        let update = only(topic, cart(json!([line(44101, "12.90", 2), line(44201, "34.00", 1)])));
        assert_eq!(update.at, ms("2026-11-20T10:05:00+09:00"));
        // The figures: pieces and price.
        assert_eq!(
            (update.fields["cartCount"].clone(), update.fields["cartPrice"].clone()),
            (Some(json!(3)), Some(json!(59.8)))
        );
        // One event per item, with Channel Talk's keys.
        let ids: Vec<_> = update.events.iter().map(|given| given.event.id.as_deref().unwrap()).collect();
        assert_eq!(ids, ["shopify:cart:c1-7b0e:44101", "shopify:cart:c1-7b0e:44201"]);
        let first = &update.events[0];
        assert_eq!((first.event.name.as_str(), first.version), ("AddToCart", update.at));
        assert_eq!(first.event.created_at, ms("2026-11-20T10:00:00+09:00"));
        assert_eq!(
            first.event.property.as_deref().unwrap(),
            r#"{"amount":12.9,"currency":"USD","id":"8801","name":"Mug","quantity":2}"#
        );
    }
}

#[test]
fn cart_belongs_to_its_customer_or_is_rejected() {
    let customer = json!({"id": 7, "email": "lee@example.com", "updated_at": "2026-11-19T09:00:00+09:00"});
    let cart_of = |customer: Value| {
        delivery("carts/update", with(&cart(json!([])), json!({"customer": customer, "customer_id": "-"})))
    };
    // The customer's data and the cart's figures are two updates, each with its own time.
    let whose = cart_of(customer);
    let [fields, figures] = update(&whose)[..] else { panic!() };
    assert_eq!((fields.at, figures.at), (ms("2026-11-19T09:00:00+09:00"), ms("2026-11-20T10:05:00+09:00")));
    assert_eq!(figures.fields["cartCount"], Some(json!(0)), "an empty cart is empty");
    // Without a customer, the cart is rejected.
    for (customer, lost) in [
        (json!(null), vec![("customer", RejectionReason::NoCustomer)]),
        (json!({"id": null}), vec![("customer.id", RejectionReason::NoCustomer)]),
        (json!([]), vec![("customer", RejectionReason::Invalid), ("customer", RejectionReason::NoCustomer)]),
    ] {
        let delivery = cart_of(customer);
        assert_eq!((delivery.updates.len(), rejections(&delivery)), (0, lost));
    }
}

#[test]
fn lines_of_one_variant_are_one_item() {
    let update = only("carts/update", cart(json!([line(1, "10.00", 2), line(1, "10.00", 3)])));
    assert_eq!(update.events.len(), 1);
    assert!(update.events[0].event.property.as_deref().unwrap().contains(r#""quantity":5"#));
    assert_eq!(
        (update.fields["cartCount"].clone(), update.fields["cartPrice"].clone()),
        (Some(json!(5)), Some(json!(50)))
    );
}

#[test]
fn cart_makes_at_most_100_events_and_counts_every_item() {
    for (things, kept) in [(100, 100), (101, 100)] {
        let lines: Vec<_> = (1..=things).map(|variant| line(variant, "1.00", 1)).collect();
        let delivery = delivery("carts/update", cart(json!(lines)));
        let update = update(&delivery)[0];
        assert_eq!((update.events.len(), update.fields["cartCount"].clone()), (kept, Some(json!(things))));
        let lost = if things > 100 { vec![("line_items", RejectionReason::Limit)] } else { vec![] };
        assert_eq!(rejections(&delivery), lost);
    }
}

#[test]
fn unreadable_line_makes_no_figures() {
    for (wrong, path) in [
        (with(&line(2, "1.00", 1), json!({"price": "1,000.00"})), "line_items.price"),
        (with(&line(2, "1.00", 1), json!({"price": "-"})), "line_items.price"),
        (with(&line(2, "1.00", 1), json!({"quantity": "1"})), "line_items.quantity"),
        (with(&line(2, "1.00", 1), json!({"quantity": -1})), "line_items.quantity"),
        (with(&line(2, "1.00", 1), json!({"quantity": 1_000_000_000})), "line_items.quantity"),
        (json!(null), "line_items"),
        (json!(""), "line_items"),
        (json!([]), "line_items"),
    ] {
        let delivery = delivery("carts/update", cart(json!([line(1, "1.00", 1), wrong])));
        let update = update(&delivery)[0];
        assert!(update.fields.is_empty(), "{wrong}");
        assert_eq!(update.events[0].event.id.as_deref(), Some("shopify:cart:c1-7b0e:1"));
        assert_eq!(rejections(&delivery), [(path, RejectionReason::Invalid)], "{wrong}");
    }
}

#[test]
fn cart_without_token_or_time_makes_no_events() {
    for (change, path) in [
        (json!({"created_at": "-"}), "created_at"),
        (json!({"token": null, "id": null}), "token"),
        (json!({"token": "c".repeat(100)}), "token"),
    ] {
        let delivery = delivery("carts/update", with(&cart(json!([line(1, "1.00", 1)])), change.clone()));
        assert_eq!(rejections(&delivery), [(path, RejectionReason::Invalid)], "{change}");
        assert!(update(&delivery)[0].events.is_empty());
        assert_eq!(update(&delivery)[0].fields["cartCount"], Some(json!(1)));
    }
    // The key behind a token is no part of the cart's name.
    let keyed =
        only("carts/update", with(&cart(json!([line(1, "1.00", 1)])), json!({"token": "c1-7b0e?key=5f1a"})));
    assert_eq!(keyed.events[0].event.id.as_deref(), Some("shopify:cart:c1-7b0e:1"));
    // An object in the place of the list is rejected.
    let shapeless = delivery("carts/update", cart(json!({"0": line(1, "1.00", 1)})));
    assert_eq!(
        (shapeless.updates.len(), rejections(&shapeless)),
        (0, vec![("line_items", RejectionReason::Invalid)])
    );
}
