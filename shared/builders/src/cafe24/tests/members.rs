//! What is said of members.

use super::*;
use okyaku_domain::limit::MEMBERS_LISTED;

fn sign_up(change: Value) -> Delivery {
    let base = json!({"member_id": "lee01", "created_date": "2026-11-20T10:00:00+09:00"});
    hear(90032, with(base, change))
}

#[test]
fn a_sign_up_tells_a_new_member() {
    let says = only(read(&example(90032), CONTEXT));
    assert_eq!((says.member.as_str(), says.at, says.born), ("lee01", TEN, Some(TEN)));
    assert_eq!(says.name, Some(Some("이서윤".to_owned())));
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
    assert_eq!(says.fields, BTreeMap::from(expected));
    assert_eq!(says.unsubscribe_email, Some((true, TEN)));
    assert_eq!(says.unsubscribe_texting, Some((false, TEN)));
    let [said] = says.events.as_slice() else { panic!() };
    assert_eq!(said.event.id.as_deref(), Some("cafe24:signup:lee01"));
    assert_eq!((said.event.name.as_str(), said.event.created_at, said.version), ("SignUp", TEN, TEN));
    assert!(says.order.is_none() && says.tags.is_none() && !says.stale);
}

#[test]
fn what_a_sign_up_does_not_tell_is_not_said() {
    for nothing in [json!({}), json!({"name": "", "email": null, "cellphone": " ", "birthday": "0000-00-00"})]
    {
        let says = only(sign_up(nothing));
        assert_eq!((says.name, says.fields), (None, BTreeMap::new()));
        assert_eq!((says.unsubscribe_email, says.unsubscribe_texting), (None, None));
    }
}

#[test]
fn a_landline_stands_in_only_where_no_mobile_number_was_asked_for() {
    for (phones, expected) in [
        (json!({"phone": "02-730-5800"}), Some("+8227305800")),
        (json!({"phone": "02-730-5800", "cellphone": null}), Some("+8227305800")),
        (json!({"phone": "02-730-5800", "cellphone": ""}), None),
        (json!({"phone": "02-730-5800", "cellphone": "010-2468-2468"}), Some("+821024682468")),
    ] {
        let says = only(sign_up(phones.clone()));
        let number = says.fields.get("mobileNumber").cloned().flatten();
        assert_eq!(number, expected.map(Value::from), "{phones}");
    }
}

#[test]
fn a_refusal_is_a_flag_and_anything_else_is_left_out() {
    for (flag, refused) in [
        (json!("T"), false),
        (json!("F"), true),
        (json!("Y"), false),
        (json!("N"), true),
        (json!(false), true),
    ] {
        let says = only(sign_up(json!({"sms": flag, "news_mail": flag})));
        assert_eq!(says.unsubscribe_texting, Some((refused, TEN)), "{flag}");
        assert_eq!(says.unsubscribe_email, Some((refused, TEN)), "{flag}");
    }
    for flag in [json!(""), json!("D"), json!("t"), json!(1), json!([])] {
        let delivery = sign_up(json!({"sms": flag, "news_mail": flag}));
        assert_eq!(drops(&delivery), [("news_mail", Reason::Invalid), ("sms", Reason::Invalid)], "{flag}");
    }
}

#[test]
fn one_wrong_field_leaves_the_others() {
    for (field, value) in [
        ("email", json!("lee")),
        ("cellphone", json!("24")),
        ("name", json!("\u{1}")),
        ("birthday", json!([])),
        ("available_mileage", json!("1,000.00")),
    ] {
        let delivery = sign_up(with(json!({"gender": "F"}), json!({field: value})));
        assert_eq!(drops(&delivery), [(field, Reason::Invalid)]);
        let [Statement::Says(says)] = delivery.statements.as_slice() else { panic!() };
        assert_eq!(says.fields.len(), 1, "{field}");
    }
}

#[test]
fn a_sign_up_that_cannot_be_dated_is_no_event_and_no_birth() {
    for created in [json!(null), json!(""), json!("yesterday"), json!("2027-01-01T00:00:00+09:00"), json!(5)]
    {
        let delivery = sign_up(json!({"created_date": created}));
        assert_eq!(drops(&delivery), [("created_date", Reason::Invalid)], "{created}");
        let [Statement::Says(says)] = delivery.statements.as_slice() else { panic!() };
        assert_eq!((says.at, says.born, says.events.len()), (AT, None, 0));
    }
    let local = only(sign_up(json!({"created_date": "2026-11-20 10:00:00"})));
    assert_eq!(local.born, Some(TEN));
}

#[test]
fn a_sign_up_older_than_events_are_kept_is_told_without_its_event() {
    let delivery = sign_up(json!({"created_date": "2020-01-01T00:00:00+09:00", "gender": "F"}));
    assert_eq!(drops(&delivery), [("created_date", Reason::TooOld)]);
    let [Statement::Says(says)] = delivery.statements.as_slice() else { panic!() };
    assert!(says.events.is_empty() && says.born.is_some() && says.fields.contains_key("gender"));
}

#[test]
fn a_level_without_its_name_is_only_known_to_have_changed() {
    let named = only(hear(90144, json!({"member_id": "lee01", "after_member_group_name": "VIP"})));
    assert_eq!((named.fields["groupName"].clone(), named.stale), (Some(json!("VIP")), false));
    let unnamed = only(hear(90144, json!({"member_id": "lee01"})));
    assert_eq!((unnamed.fields.len(), unnamed.stale), (0, true));
    assert_eq!(drops(&hear(90144, json!({"mall_id": "devmall"}))), [("member_id", Reason::NoCustomer)]);
}

#[test]
fn a_changed_account_is_only_known_to_have_changed() {
    let says = only(read(&example(90080), CONTEXT));
    let expected = Says { stale: true, ..Says::new(member("lee01"), AT) };
    assert_eq!(says, expected);
}

#[test]
fn signing_in_and_points_say_one_field() {
    let says = only(read(&example(90143), CONTEXT));
    assert_eq!(says.fields, BTreeMap::from([("groupName".to_owned(), Some(json!("일반회원")))]));
    let says = only(read(&example(90148), CONTEXT));
    assert_eq!(says.fields, BTreeMap::from([("availableMileage".to_owned(), Some(json!(3500)))]));
    assert_eq!(says.at, TEN + 40 * MINUTE);
    let undated = only(hear(90148, json!({"member_id": "lee01", "avail_mileage": "0.00"})));
    assert_eq!((undated.at, undated.fields["availableMileage"].clone()), (AT, Some(json!(0))));
    for (no, field) in [(90143, "group_name"), (90148, "avail_mileage")] {
        for value in [json!(null), json!({})] {
            let delivery = hear(no, json!({"member_id": "lee01", field: value}));
            assert_eq!(drops(&delivery), [(field, Reason::Invalid)]);
            assert_eq!(delivery.statements, []);
        }
    }
}

#[test]
fn a_comma_list_is_one_statement_a_member() {
    let list = json!({"member_id": "lee01, kim02, , guest,lee01"});
    for (no, dormant) in [(90145, true), (90146, false)] {
        let delivery = hear(no, list.clone());
        assert_eq!(drops(&delivery), [("member_id", Reason::Invalid); 2]);
        let expected = ["lee01", "kim02"].map(|id| {
            let fields = BTreeMap::from([("dormant".to_owned(), Some(json!(dormant)))]);
            Statement::Says(Box::new(Says { fields, ..Says::new(member(id), AT) }))
        });
        assert_eq!(delivery.statements, expected);
    }
    let delivery = hear(90147, list);
    assert_eq!(drops(&delivery), [("member_id", Reason::Invalid); 2]);
    let expected = ["lee01", "kim02"].map(|id| Statement::Erase { by: By::Member(member(id)), at: AT });
    assert_eq!(delivery.statements, expected);
}

#[test]
fn a_list_has_at_most_a_thousand_names() {
    let list = |length: usize| (0..length).map(|at| format!("m{at}")).collect::<Vec<_>>().join(",");
    for no in [90145, 90146, 90147] {
        let full = hear(no, json!({"member_id": list(MEMBERS_LISTED)}));
        assert_eq!((full.statements.len(), full.drops.len()), (MEMBERS_LISTED, 0));
        let over = hear(no, json!({"member_id": list(MEMBERS_LISTED + 2)}));
        assert_eq!(over.statements.len(), MEMBERS_LISTED);
        assert_eq!(drops(&over), [("member_id", Reason::Limit)]);
    }
    let commas = hear(90147, json!({"member_id": ",".repeat(5_000)}));
    assert_eq!((commas.statements.len(), commas.drops.len()), (0, MEMBERS_LISTED + 1));
}

#[test]
fn a_cart_is_an_event_without_a_price() {
    let says = only(read(&example(90084), CONTEXT));
    let [said] = says.events.as_slice() else { panic!() };
    assert_eq!((said.event.name.as_str(), said.event.created_at, said.version), ("AddToCart", AT, AT));
    assert_eq!(said.event.id, Some(format!("cafe24:cart:lee01:128:P0000AAA000A:{AT}")));
    assert_eq!(property(&says), json!({"id": "128", "quantity": 2, "variant": "P0000AAA000A"}));
    let bare = only(hear(90084, json!({"member_id": "lee01", "product_no": "128", "quantity": "3"})));
    assert_eq!(property(&bare), json!({"id": "128", "quantity": 3}));
    let nothing = hear(90084, json!({"member_id": "lee01", "quantity": 2}));
    assert_eq!((drops(&nothing), nothing.statements.len()), (vec![("product_no", Reason::Invalid)], 0));
    let long = hear(90084, json!({"member_id": "lee01", "product_no": 1, "variant_code": "v".repeat(100)}));
    assert_eq!((drops(&long), long.statements.len()), (vec![("product_no", Reason::Invalid)], 0));
}
