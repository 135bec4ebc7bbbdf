//! Erasures and data requests.

use serde_json::json;

use super::*;
use okyaku_domain::contact_point::{ContactPoint, ContactPointKind};
use okyaku_domain::id::MemberId;
use okyaku_domain::person_ref::PersonRef;

fn member(id: &str) -> PersonRef {
    PersonRef::Member(MemberId::parse(id).unwrap())
}

fn contact_point(kind: ContactPointKind, address: &str) -> PersonRef {
    PersonRef::ContactPoint(ContactPoint { kind, address: address.into() })
}

fn email_point() -> ContactPoint {
    ContactPoint { kind: ContactPointKind::Email, address: "lee@example.com".into() }
}

#[test]
fn deletion_time_is_that_of_the_payload_else_of_the_delivery() {
    for (body, at) in [
        (json!({"id": 7}), ARRIVED),
        (json!({"id": "gid://shopify/Customer/7", "updated_at": "2026-11-20T09:00:00Z"}), ARRIVED),
        (
            json!({"admin_graphql_api_id": "gid://shopify/Customer/7", "updated_at": "2026-11-20T09:00:00Z",
                "deleted_at": "2026-11-21T09:00:00Z"}),
            "2026-11-21T09:00:00Z",
        ),
    ] {
        let delivery = delivery("customers/delete", body);
        assert_eq!(
            delivery.updates,
            [BuilderUpdate::Erase { by: member("7"), addresses: vec![], at: ms(at) }]
        );
        assert_eq!(rejections(&delivery), []);
    }
    // An address in the body picks nobody, because the topic is about a customer.
    let delivery = delivery("customers/delete", json!({"id": null, "email": "lee@example.com"}));
    assert_eq!(
        (delivery.updates.len(), rejections(&delivery)),
        (0, vec![("id", RejectionReason::NoCustomer)])
    );
}

#[test]
fn redact_identifies_by_id_else_by_email_else_by_phone() {
    let email = || PersonRef::ContactPoint(email_point());
    let phone = || contact_point(ContactPointKind::MobileNumber, "+821024682468");
    for (customer, by, lost) in [
        (json!({"id": 7, "email": "lee@example.com", "phone": null}), member("7"), None),
        (json!({"id": "7"}), member("7"), None),
        (json!({"email": "Lee@example.com"}), email(), None),
        (json!({"id": null, "email": "lee@example.com", "phone": "010-2468-2468"}), email(), None),
        (json!({"id": null, "email": "", "phone": "010-2468-2468"}), phone(), None),
        (json!({"email": "nobody", "phone": "+82 10-2468-2468"}), phone(), Some("customer.email")),
        (json!({"id": "x", "email": "lee@example.com"}), email(), Some("customer.id")),
    ] {
        // Both topics name the person in the same way.
        for (topic, body) in [
            ("customers/redact", json!({"shop_id": 1, "customer": customer, "orders_to_redact": []})),
            (
                "customers/data_request",
                json!({"shop_id": 1, "customer": customer, "data_request": {"id": 9}}),
            ),
        ] {
            let delivery = delivery(topic, body);
            let at = context().at;
            let expected = match topic {
                "customers/redact" => {
                    // An id and an address name a member and whoever holds the address.
                    let both = by == member("7") && customer["email"].is_string();
                    let addresses = if both { vec![email_point()] } else { vec![] };
                    BuilderUpdate::Erase { by: by.clone(), addresses, at }
                }
                _ => BuilderUpdate::DataRequest { by: by.clone(), id: "9".into(), at },
            };
            assert_eq!(delivery.updates, [expected], "{customer}");
            let lost: Vec<_> = lost.iter().map(|path| (*path, RejectionReason::Invalid)).collect();
            assert_eq!(rejections(&delivery), lost, "{customer}");
        }
    }
}

#[test]
fn payload_without_a_customer_erases_nobody() {
    for body in [
        json!({}),
        json!({"customer": null}),
        json!({"customer": {}}),
        json!({"customer": {"id": null, "email": null, "phone": null}}),
        json!({"customer": {"id": 0}}),
        json!({"customer": {"email": "", "phone": ""}}),
        json!({"customer": {"email": "nobody", "phone": "12"}}),
        json!({"customer": [{"id": 7}]}),
        json!({"customer": 7}),
        json!({"id": 7}),
    ] {
        for topic in ["customers/redact", "customers/data_request"] {
            let delivery = delivery(topic, body.clone());
            assert_eq!(delivery.updates, [], "{body}");
            assert!(rejections(&delivery).contains(&("customer", RejectionReason::NoCustomer)), "{body}");
        }
    }
}

#[test]
fn data_request_without_an_id_is_still_a_request() {
    for (request, id, lost) in [
        (json!({"id": "r-1"}), "r-1", vec![]),
        (json!({}), "", vec![]),
        (json!(null), "", vec![]),
        (json!({"id": [1]}), "", vec![("data_request.id", RejectionReason::Invalid)]),
        (json!(5), "", vec![("data_request", RejectionReason::Invalid)]),
    ] {
        let delivery =
            delivery("customers/data_request", json!({"customer": {"id": 7}, "data_request": request}));
        let at = context().at;
        assert_eq!(delivery.updates, [BuilderUpdate::DataRequest { by: member("7"), id: id.into(), at }]);
        assert_eq!(rejections(&delivery), lost, "{request}");
    }
}

#[test]
fn shop_redact_erases_the_whole_shop() {
    let delivery = delivery("shop/redact", json!({"shop_id": 1, "shop_domain": "dev-shop.myshopify.com"}));
    assert_eq!(delivery.updates, [BuilderUpdate::EndChannel]);
}
