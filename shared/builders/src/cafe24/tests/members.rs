//! Deliveries about members.

use super::*;
use okyaku_domain::builder::Builder;
use okyaku_domain::limit::MEMBERS_LISTED;

fn sign_up(change: Value) -> Delivery {
    let base = json!({"member_id": "lee01", "created_date": "2026-11-20T10:00:00+09:00"});
    read_event(90032, with(base, change))
}

#[test]
fn sign_up_updates_a_new_member() {
    let update = only(read(&example(90032), CONTEXT));
    assert_eq!((update.member.as_str(), update.at, update.builder_created_at), ("lee01", TEN, Some(TEN)));
    assert_eq!(update.name, Some(Some("이서윤".to_owned())));
    // The fields, under their profile keys.
    let expected = [
        ("availableMileage", json!(3000)),
        ("birthday", json!("1994-03-02")),
        ("email", json!("lee@example.com")),
        ("gender", json!("F")),
        ("groupNo", json!("1")),
        ("memberType", json!("p")),
        ("mobileNumber", json!("+821024682468")),
    ];
    let expected = expected.map(|(key, value)| (key.to_owned(), Some(value)));
    assert_eq!(update.fields, BTreeMap::from(expected));
    // The consents, and the event.
    assert_eq!(update.unsubscribe_email, Some((true, TEN)));
    assert_eq!(update.unsubscribe_texting, Some((false, TEN)));
    let [given] = update.events.as_slice() else { panic!() };
    assert_eq!(given.event.id.as_deref(), Some("cafe24:signup:lee01"));
    assert_eq!((given.event.name.as_str(), given.event.created_at, given.version), ("SignUp", TEN, TEN));
    assert!(update.order.is_none() && update.tags.is_none() && !update.stale);
}

#[test]
fn absent_fields_of_a_sign_up_are_not_updated() {
    for nothing in [json!({}), json!({"name": "", "email": null, "cellphone": " ", "birthday": "0000-00-00"})]
    {
        let update = only(sign_up(nothing));
        assert_eq!((update.name, update.fields), (None, BTreeMap::new()));
        assert_eq!((update.unsubscribe_email, update.unsubscribe_texting), (None, None));
    }
}

#[test]
fn landline_is_used_only_where_no_mobile_number_was_asked_for() {
    for (phones, expected) in [
        (json!({"phone": "02-730-5800"}), Some("+8227305800")),
        (json!({"phone": "02-730-5800", "cellphone": null}), Some("+8227305800")),
        (json!({"phone": "02-730-5800", "cellphone": ""}), None),
        (json!({"phone": "02-730-5800", "cellphone": "010-2468-2468"}), Some("+821024682468")),
    ] {
        let update = only(sign_up(phones.clone()));
        let number = update.fields.get("mobileNumber").cloned().flatten();
        assert_eq!(number, expected.map(Value::from), "{phones}");
    }
}

#[test]
fn consent_is_a_flag_and_anything_else_is_rejected() {
    for (flag, refused) in [
        (json!("T"), false),
        (json!("F"), true),
        (json!("Y"), false),
        (json!("N"), true),
        (json!(false), true),
    ] {
        let update = only(sign_up(json!({"sms": flag, "news_mail": flag})));
        assert_eq!(update.unsubscribe_texting, Some((refused, TEN)), "{flag}");
        assert_eq!(update.unsubscribe_email, Some((refused, TEN)), "{flag}");
    }
    // Any further value is rejected.
    for flag in [json!(""), json!("D"), json!("t"), json!(1), json!([])] {
        let delivery = sign_up(json!({"sms": flag, "news_mail": flag}));
        assert_eq!(
            rejections(&delivery),
            [("news_mail", RejectionReason::Invalid), ("sms", RejectionReason::Invalid)],
            "{flag}"
        );
    }
}

#[test]
fn wrong_field_keeps_the_others() {
    for (field, value) in [
        ("email", json!("lee")),
        ("cellphone", json!("24")),
        ("name", json!("\u{1}")),
        ("birthday", json!([])),
        ("available_mileage", json!("1,000.00")),
    ] {
        let delivery = sign_up(with(json!({"gender": "F"}), json!({field: value})));
        assert_eq!(rejections(&delivery), [(field, RejectionReason::Invalid)]);
        let [BuilderUpdate::Customer(update)] = delivery.updates.as_slice() else { panic!() };
        assert_eq!(update.fields.len(), 1, "{field}");
    }
}

#[test]
fn undated_sign_up_sets_no_event_and_no_creation_time() {
    for created in [json!(null), json!(""), json!("yesterday"), json!("2027-01-01T00:00:00+09:00"), json!(5)]
    {
        let delivery = sign_up(json!({"created_date": created}));
        assert_eq!(rejections(&delivery), [("created_date", RejectionReason::Invalid)], "{created}");
        let [BuilderUpdate::Customer(update)] = delivery.updates.as_slice() else { panic!() };
        assert_eq!((update.at, update.builder_created_at, update.events.len()), (AT, None, 0));
    }
    let local = only(sign_up(json!({"created_date": "2026-11-20 10:00:00"})));
    assert_eq!(local.builder_created_at, Some(TEN));
}

#[test]
fn sign_up_older_than_the_event_period_has_no_event() {
    let delivery = sign_up(json!({"created_date": "2020-01-01T00:00:00+09:00", "gender": "F"}));
    assert_eq!(rejections(&delivery), [("created_date", RejectionReason::TooOld)]);
    let [BuilderUpdate::Customer(update)] = delivery.updates.as_slice() else { panic!() };
    assert!(
        update.events.is_empty()
            && update.builder_created_at.is_some()
            && update.fields.contains_key("gender")
    );
}

#[test]
fn level_without_its_name_only_marks_the_member_stale() {
    let named = only(read_event(90144, json!({"member_id": "lee01", "after_member_group_name": "VIP"})));
    assert_eq!((named.fields["groupName"].clone(), named.stale), (Some(json!("VIP")), false));
    let unnamed = only(read_event(90144, json!({"member_id": "lee01"})));
    assert_eq!((unnamed.fields.len(), unnamed.stale), (0, true));
    assert_eq!(
        rejections(&read_event(90144, json!({"mall_id": "devmall"}))),
        [("member_id", RejectionReason::NoCustomer)]
    );
}

#[test]
fn changed_account_only_marks_the_member_stale() {
    let update = only(read(&example(90080), CONTEXT));
    let expected =
        CustomerUpdate { stale: true, ..CustomerUpdate::new(Builder::Cafe24, member("lee01"), AT) };
    assert_eq!(update, expected);
}

#[test]
fn sign_in_and_points_update_one_field() {
    let update = only(read(&example(90143), CONTEXT));
    assert_eq!(update.fields, BTreeMap::from([("groupName".to_owned(), Some(json!("일반회원")))]));
    let update = only(read(&example(90148), CONTEXT));
    assert_eq!(update.fields, BTreeMap::from([("availableMileage".to_owned(), Some(json!(3500)))]));
    assert_eq!(update.at, TEN + 40 * MINUTE);
    let undated = only(read_event(90148, json!({"member_id": "lee01", "avail_mileage": "0.00"})));
    assert_eq!((undated.at, undated.fields["availableMileage"].clone()), (AT, Some(json!(0))));
    for (no, field) in [(90143, "group_name"), (90148, "avail_mileage")] {
        for value in [json!(null), json!({})] {
            let delivery = read_event(no, json!({"member_id": "lee01", field: value}));
            assert_eq!(rejections(&delivery), [(field, RejectionReason::Invalid)]);
            assert_eq!(delivery.updates, []);
        }
    }
}

#[test]
fn comma_list_is_one_update_per_member() {
    // The list has a blank part, a placeholder and a repeated member.
    let list = json!({"member_id": "lee01, kim02, , guest,lee01"});
    for (no, dormant) in [(90145, true), (90146, false)] {
        let delivery = read_event(no, list.clone());
        assert_eq!(rejections(&delivery), [("member_id", RejectionReason::Invalid); 2]);
        let expected = ["lee01", "kim02"].map(|id| {
            let fields = BTreeMap::from([("dormant".to_owned(), Some(json!(dormant)))]);
            BuilderUpdate::Customer(Box::new(CustomerUpdate {
                fields,
                ..CustomerUpdate::new(Builder::Cafe24, member(id), AT)
            }))
        });
        assert_eq!(delivery.updates, expected);
    }
    // A withdrawal of the same list erases the same members.
    let delivery = read_event(90147, list);
    assert_eq!(rejections(&delivery), [("member_id", RejectionReason::Invalid); 2]);
    let expected = ["lee01", "kim02"].map(|id| BuilderUpdate::Erase {
        by: PersonRef::Member(member(id)),
        addresses: vec![],
        at: AT,
    });
    assert_eq!(delivery.updates, expected);
}

#[test]
fn list_has_at_most_1_000_members() {
    let list = |length: usize| (0..length).map(|at| format!("m{at}")).collect::<Vec<_>>().join(",");
    for no in [90145, 90146, 90147] {
        let full = read_event(no, json!({"member_id": list(MEMBERS_LISTED)}));
        assert_eq!((full.updates.len(), full.rejections.len()), (MEMBERS_LISTED, 0));
        let over = read_event(no, json!({"member_id": list(MEMBERS_LISTED + 2)}));
        assert_eq!(over.updates.len(), MEMBERS_LISTED);
        assert_eq!(rejections(&over), [("member_id", RejectionReason::Limit)]);
    }
    // Blank parts count for the limit too.
    let commas = read_event(90147, json!({"member_id": ",".repeat(5_000)}));
    assert_eq!((commas.updates.len(), commas.rejections.len()), (0, MEMBERS_LISTED + 1));
}

#[test]
fn cart_is_an_event_without_a_price() {
    let update = only(read(&example(90084), CONTEXT));
    let [given] = update.events.as_slice() else { panic!() };
    assert_eq!((given.event.name.as_str(), given.event.created_at, given.version), ("AddToCart", AT, AT));
    assert_eq!(given.event.id, Some(format!("cafe24:cart:lee01:128:P0000AAA000A:{AT}")));
    assert_eq!(property(&update), json!({"id": "128", "quantity": 2, "variant": "P0000AAA000A"}));
    // Without a variant, the event has fewer properties.
    let bare = only(read_event(90084, json!({"member_id": "lee01", "product_no": "128", "quantity": "3"})));
    assert_eq!(property(&bare), json!({"id": "128", "quantity": 3}));
    // Without a product, there is no event.
    let nothing = read_event(90084, json!({"member_id": "lee01", "quantity": 2}));
    assert_eq!(
        (rejections(&nothing), nothing.updates.len()),
        (vec![("product_no", RejectionReason::Invalid)], 0)
    );
    // The event's id would be too long.
    let long =
        read_event(90084, json!({"member_id": "lee01", "product_no": 1, "variant_code": "v".repeat(100)}));
    assert_eq!((rejections(&long), long.updates.len()), (vec![("product_no", RejectionReason::Invalid)], 0));
}
