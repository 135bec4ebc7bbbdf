//! Customers, in both generations of the payload.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use okyaku_domain::builder_update::TagUpdate;

/// A customer in API versions before 2025-01.
fn classic() -> Value {
    json!({
        "id": 7064055069_u64,
        "email": " Lee@Example.com ",
        "first_name": "Minji",
        "last_name": "Lee",
        "phone": "010-2468-2468",
        "state": "enabled",
        "verified_email": true,
        "accepts_marketing": true,
        "accepts_marketing_updated_at": "2026-11-20T09:01:00+09:00",
        "orders_count": 3,
        "total_spent": "120.00",
        "last_order_id": 5400,
        "tags": "VIP, coffee ,, Coffee",
        "email_marketing_consent": null,
        "sms_marketing_consent": {"state": "not_subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": null},
        "created_at": "2026-11-01T09:00:00+09:00",
        "updated_at": "2026-11-20T09:10:00+09:00",
        "default_address": {"city": "Seoul", "province": "", "country": "South Korea", "zip": "04524", "phone": "02-1234-5678"},
    })
}

/// A customer in API versions since 2025-01: tags, consents and purchases are absent.
fn current() -> Value {
    with(
        &classic(),
        json!({"tags": "-", "email_marketing_consent": "-", "sms_marketing_consent": "-", "accepts_marketing": "-",
            "accepts_marketing_updated_at": "-", "orders_count": "-", "total_spent": "-", "last_order_id": "-"}),
    )
}

fn tags(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn classic_payload_updates_fields_tags_and_consents() {
    let update = only("customers/update", classic());
    assert_eq!(update.member.as_str(), "7064055069");
    assert_eq!(update.at, ms("2026-11-20T09:10:00+09:00"));
    assert_eq!(update.builder_created_at, Some(ms("2026-11-01T09:00:00+09:00")));
    assert_eq!(update.name, Some(Some("Lee Minji".into())), "the family name first: the channel is in Korea");
    // The fields, under the keys from Channel Talk.
    let fields = [
        ("email", Some(json!("lee@example.com"))),
        ("extMember", Some(json!(true))),
        ("firstName", Some(json!("Minji"))),
        ("lastName", Some(json!("Lee"))),
        ("mobileNumber", Some(json!("+821024682468"))),
        ("shippingCity", Some(json!("Seoul"))),
        ("shippingCountry", Some(json!("South Korea"))),
        ("shippingProvince", None),
        ("shippingZipCode", Some(json!("04524"))),
    ];
    assert_eq!(update.fields, fields.map(|(key, value)| (key.to_owned(), value)).into());
    // The whole set of tags, and the consents with their times.
    assert_eq!(update.tags, Some(TagUpdate::All(tags(&["coffee", "vip"]))));
    assert_eq!(update.unsubscribe_email, Some((false, ms("2026-11-20T09:01:00+09:00"))));
    assert_eq!(update.unsubscribe_texting, Some((true, update.at)));
    assert!(update.events.is_empty() && update.order.is_none() && !update.stale);
}

#[test]
fn payload_since_2025_01_updates_no_tags_and_consents() {
    let update = only("customers/update", current());
    assert_eq!(update.tags, None);
    assert_eq!(update.unsubscribe_email, None);
    assert_eq!(update.unsubscribe_texting, None);
    assert_eq!(update.fields, only("customers/create", classic()).fields);
}

#[test]
fn absent_key_updates_nothing_and_null_or_blank_clears() {
    let update = only("customers/update", json!({"id": 1}));
    assert!(update.fields.is_empty());
    assert_eq!((update.name, update.tags, update.builder_created_at), (None, None, None));
    assert_eq!(update.at, context().at);

    for nothing in [json!(null), json!(""), json!("  ")] {
        let update = only(
            "customers/update",
            json!({"id": 1, "email": nothing, "first_name": nothing, "last_name": nothing, "phone": nothing,
                "state": nothing, "tags": nothing, "default_address": {"city": nothing}}),
        );
        let keys = ["email", "extMember", "firstName", "lastName", "mobileNumber", "shippingCity"];
        assert_eq!(update.fields, keys.map(|key| (key.to_owned(), None)).into(), "{nothing}");
        assert_eq!(update.name, Some(None));
        assert_eq!(update.tags, Some(TagUpdate::All(BTreeSet::new())));
    }
}

#[test]
fn removed_address_clears_its_fields() {
    let update = only("customers/update", json!({"id": 1, "default_address": null}));
    let keys = ["shippingCity", "shippingCountry", "shippingProvince", "shippingZipCode"];
    assert_eq!(update.fields, keys.map(|key| (key.to_owned(), None)).into());
}

#[test]
fn single_name_is_a_full_name() {
    for (body, name) in [
        (json!({"id": 1, "first_name": "Minji"}), Some(Some("Minji"))),
        (json!({"id": 1, "first_name": null, "last_name": " Lee "}), Some(Some("Lee"))),
        (json!({"id": 1, "first_name": "", "last_name": null}), Some(None)),
        (json!({"id": 1}), None),
    ] {
        let name = name.map(|name: Option<&str>| name.map(str::to_owned));
        assert_eq!(only("customers/update", body.clone()).name, name, "{body}");
    }
}

#[test]
fn address_phone_is_used_only_without_a_customer_phone_key() {
    let address = json!({"phone": "010-2468-2468"});
    for (body, phone) in [
        (
            json!({"id": 1, "default_address": {"phone": "201-555-0123", "country_code": "US"}}),
            Some(Some(json!("+12015550123"))),
        ),
        (json!({"id": 1, "default_address": address}), Some(Some(json!("+821024682468")))),
        (json!({"id": 1, "phone": null, "default_address": address}), Some(None)),
        (json!({"id": 1, "phone": "090-1234-5678", "default_address": address}), None),
        (json!({"id": 1, "default_address": {"phone": null}}), None),
    ] {
        let delivery = delivery("customers/update", body.clone());
        assert_eq!(update(&delivery)[0].fields.get("mobileNumber").cloned(), phone, "{body}");
    }
}

#[test]
fn customer_id_is_a_number_digits_or_a_gid() {
    // Every form of the id is the same member.
    for body in [
        json!({"id": 7064055069_u64}),
        json!({"id": "7064055069"}),
        json!({"id": "gid://shopify/Customer/7064055069"}),
        json!({"admin_graphql_api_id": "gid://shopify/Customer/7064055069"}),
        json!({"id": null, "admin_graphql_api_id": "gid://shopify/Customer/7064055069"}),
    ] {
        assert_eq!(only("customers/create", body.clone()).member.as_str(), "7064055069", "{body}");
    }
    // Any further value is no customer's id.
    for id in [
        json!(null),
        json!(""),
        json!(0),
        json!(-1),
        json!(1.5),
        json!("x"),
        json!([1]),
        json!("gid://shopify/Order/1"),
    ] {
        let delivery = delivery("customers/create", with(&classic(), json!({"id": id})));
        assert_eq!(delivery.updates, []);
        assert_eq!(rejections(&delivery), [("id", RejectionReason::NoCustomer)], "{id}");
    }
}

#[test]
fn wrong_field_is_rejected_by_its_path_and_the_rest_is_kept() {
    for (change, path) in [
        (json!({"email": "no address"}), "email"),
        (json!({"email": ["lee@example.com"]}), "email"),
        (json!({"phone": "12"}), "phone"),
        (json!({"phone": 1024682468}), "phone"),
        (json!({"first_name": 5}), "first_name"),
        (json!({"first_name": "a\u{0}"}), "first_name"),
        (json!({"state": true}), "state"),
        (json!({"tags": 5}), "tags"),
        (json!({"tags": ["ok", ""]}), "tags"),
        (json!({"tags": ["ok", null]}), "tags"),
        (json!({"tags": format!("ok,{}", "x".repeat(101))}), "tags"),
        (json!({"default_address": []}), "default_address"),
        (json!({"default_address": {"city": 5}}), "default_address.city"),
        (json!({"updated_at": "yesterday"}), "updated_at"),
        (json!({"updated_at": 1795000000}), "updated_at"),
        (json!({"created_at": "2026-11-20"}), "created_at"),
        (json!({"accepts_marketing": "yes"}), "accepts_marketing"),
        (json!({"email_marketing_consent": "subscribed"}), "email_marketing_consent"),
        (json!({"sms_marketing_consent": {"state": 5}}), "sms_marketing_consent.state"),
        (json!({"sms_marketing_consent": {}}), "sms_marketing_consent.state"),
    ] {
        let delivery = delivery("customers/update", with(&classic(), change.clone()));
        assert_eq!(rejections(&delivery), [(path, RejectionReason::Invalid)], "{change}");
        // The readable fields are kept.
        let update = update(&delivery)[0];
        assert_eq!(update.fields["lastName"], Some(json!("Lee")));
        // Only a value of a wrong type loses all tags.
        assert!(update.tags.is_none() == change["tags"].is_number(), "{change}");
        // Without a readable time, the time of the delivery counts.
        if path == "updated_at" {
            assert_eq!(update.at, context().at);
        }
        if path == "first_name" {
            assert_eq!(update.name, None);
        }
    }
}

#[test]
fn disabled_customer_is_not_erased() {
    for (topic, state, member) in [
        ("customers/enable", json!("-"), true),
        ("customers/disable", json!("-"), false),
        ("customers/disable", json!("disabled"), false),
        ("customers/update", json!("disabled"), false),
        ("customers/update", json!("invited"), false),
        ("customers/update", json!("enabled"), true),
    ] {
        let update = only(topic, with(&classic(), json!({"state": state})));
        assert_eq!(update.fields["extMember"], Some(json!(member)), "{topic} {state}");
    }
}

#[test]
fn tag_topics_update_only_the_named_tags() {
    type Change = fn(BTreeSet<String>) -> TagUpdate;
    let topics: [(&str, Change); 4] = [
        ("customer.tags_added", TagUpdate::Added),
        ("customers/tags_added", TagUpdate::Added),
        ("customer.tags_removed", TagUpdate::Removed),
        ("customers/tags_removed", TagUpdate::Removed),
    ];
    for (topic, change) in topics {
        // The old and the new keys of a body make the same update.
        for body in [
            json!({"customerId": "gid://shopify/Customer/7", "tags": ["VIP", "coffee"], "occurredAt": "2026-11-20T00:20:00.5Z"}),
            json!({"customer_id": 7, "tags": "VIP, coffee", "occurred_at": "2026-11-20T09:20:00.500+09:00"}),
            json!({"admin_graphql_api_id": "gid://shopify/Customer/7", "tags": ["vip", "coffee"], "updated_at": "2026-11-20T00:20:00.5Z"}),
        ] {
            let update = only(topic, body.clone());
            assert_eq!(update.member.as_str(), "7");
            assert_eq!(update.at, ms("2026-11-20T00:20:00.500Z"), "{body}");
            assert_eq!(update.tags, Some(change(tags(&["coffee", "vip"]))));
            assert!(update.fields.is_empty());
        }
    }
    // Without a customer or without tags, the delivery is rejected.
    let nobodys = delivery("customer.tags_added", json!({"tags": ["vip"]}));
    assert_eq!(
        (nobodys.updates.len(), rejections(&nobodys)),
        (0, vec![("customer_id", RejectionReason::NoCustomer)])
    );
    let none = delivery("customer.tags_added", json!({"customer_id": 7}));
    assert_eq!((none.updates.len(), rejections(&none)), (0, vec![("tags", RejectionReason::Invalid)]));
}

#[test]
fn consent_never_given_is_a_refusal_and_the_object_wins() {
    let since = "2026-11-20T09:30:00+09:00";
    for (state, refused) in [
        ("subscribed", false),
        ("SUBSCRIBED", false),
        ("unsubscribed", true),
        ("not_subscribed", true),
        ("pending", true),
    ] {
        let consent = json!({"state": state, "consent_updated_at": since});
        // Each consent has its own topics, which leave the second consent unchanged.
        for topic in ["customers_email_marketing_consent/update", "customers/email_marketing_consent_update"]
        {
            let update = only(
                topic,
                json!({"customer_id": 7, "email_address": "x", "email_marketing_consent": consent}),
            );
            assert_eq!(update.unsubscribe_email, Some((refused, ms(since))), "{state}");
            assert_eq!(update.unsubscribe_texting, None);
            assert!(update.fields.is_empty());
        }
        for topic in ["customers_marketing_consent/update", "customers/marketing_consent_update"] {
            let update = only(topic, json!({"id": 7, "phone": null, "sms_marketing_consent": consent}));
            assert_eq!(update.unsubscribe_texting, Some((refused, ms(since))), "{state}");
            assert_eq!(update.unsubscribe_email, None);
        }
        // If a payload has both forms, the object wins.
        let both =
            with(&classic(), json!({"email_marketing_consent": consent, "accepts_marketing": refused}));
        assert_eq!(only("customers/update", both).unsubscribe_email, Some((refused, ms(since))), "{state}");
    }
    // Without a time, the time of the delivery counts.
    let undated = json!({"customer_id": 7, "email_marketing_consent": {"state": "subscribed", "consent_updated_at": null}});
    assert_eq!(
        only("customers/email_marketing_consent_update", undated).unsubscribe_email,
        Some((false, context().at))
    );
    // A null says nothing: Shopify sends one for a customer without a phone number.
    let topic = "customers/marketing_consent_update";
    for silent in [json!(null), json!({"state": null}), json!({"state": null, "opt_in_level": null})] {
        let nothing = delivery(topic, json!({"id": 7, "sms_marketing_consent": silent}));
        assert_eq!((nothing.updates.len(), nothing.rejections), (0, vec![]), "{silent}");
        let update = only("customers/update", with(&classic(), json!({"sms_marketing_consent": silent})));
        assert_eq!(update.unsubscribe_texting, None, "{silent}");
    }
    let absent = delivery(topic, json!({"id": 7}));
    assert_eq!(rejections(&absent), [("marketing_consent", RejectionReason::Invalid)]);
}

#[test]
fn family_name_comes_first_in_japan_and_korea() {
    let body = json!({"id": 7, "first_name": "太郎", "last_name": "山田"});
    for (region, name) in [("JP", "山田 太郎"), ("KR", "山田 太郎"), ("US", "太郎 山田")] {
        let delivery = read("customers/update", body.as_object().unwrap(), Context { region, ..context() });
        assert_eq!(update(&delivery)[0].name, Some(Some(name.into())), "{region}");
    }
    // One name alone stands alone.
    for half in
        [json!({"id": 7, "first_name": "太郎"}), json!({"id": 7, "first_name": "", "last_name": "太郎"})]
    {
        assert_eq!(only("customers/update", half).name, Some(Some("太郎".into())));
    }
}
