//! What filters match, and how wrong ones are named.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::customer::Customer;
use crate::event::{EventKey, StoredEvent};
use crate::id::{CustomerId, MemberId};
use crate::patch::Patch;
use crate::sender::Sender;
use crate::time::Millis;

/// 2026-11-22T12:00:00Z, 21:00 in Tokyo.
const NOW: Millis = 1_795_348_800_000;

fn context() -> Context<'static> {
    Context { time_zone: "Asia/Tokyo", now: NOW, keys: Keys::All }
}

fn parse(filter: &Value) -> Filter {
    Filter::parse(filter, context()).unwrap()
}

/// The paths of what is wrong.
fn wrong(filter: &Value) -> Vec<String> {
    Filter::parse(filter, context()).unwrap_err().into_iter().map(|detail| detail.field).collect()
}

fn leaf(key: &str, operator: &str, values: Value) -> Value {
    json!({"key": key, "operator": operator, "values": values})
}

fn mina() -> Customer {
    let mut mina = Customer::new(CustomerId::from_bytes([1; 10]), 0, NOW - 1000);
    mina.member_id = Some(MemberId::parse("mina").unwrap());
    let body = json!({"profile": {"name": "ミナ Mina", "email": "mina@example.com", "mobileNumber": "+821024682468",
        "recentPurchaseCount": 0, "description": ""}, "tags": ["vip", "退会"], "language": "ko"});
    let (patch, _) = crate::patch::parse(body.as_object().unwrap(), Sender::Server, "KR", &[]).unwrap();
    let _: Patch = patch.clone();
    mina.apply(&patch, Sender::Server, NOW - 1000).unwrap();
    mina
}

fn matches(filter: &Value, customer: &Customer) -> bool {
    parse(filter).matches(&Person { customer, figures: vec![("totalPurchaseCount", json!(3))] }, &[])
}

#[test]
fn leaves_match_what_they_say() {
    let mina = mina();
    for (key, operator, values, expected) in [
        ("tags", "$in", json!(["VIP", "x"]), true),
        ("tags", "$all", json!(["vip", "退会"]), true),
        ("tags", "$all", json!(["vip", "x"]), false),
        ("tags", "$nin", json!(["退会"]), false),
        ("tags", "$exist", json!([true]), true),
        ("user.language", "$eq", json!(["KO"]), true),
        ("profile.name", "$contains", json!(["ﾐﾅ"]), true),
        ("profile.name", "$startsWith", json!(["ミナ m"]), true),
        ("profile.name", "$endsWith", json!(["ＭＩＮＡ"]), true),
        ("profile.mobileNumber", "$endsWith", json!(["２４６８"]), true),
        ("profile.mobileNumber", "$contains", json!(["10-2468"]), true),
        ("profile.recentPurchaseCount", "$eq", json!([0]), true),
        ("profile.recentPurchaseCount", "$exist", json!([true]), true),
        ("profile.totalPurchaseCount", "$between", json!([1, 3]), true),
        ("profile.totalPurchaseCount", "$gt", json!([3]), false),
        ("profile.firstName", "$exist", json!([false]), true),
        ("profile.firstName", "$eq", json!(["x"]), false),
        ("profile.firstName", "$ne", json!(["x"]), true),
        ("country", "$nin", json!(["JP"]), true),
        ("unsubscribeEmail", "$eq", json!([false]), true),
        ("member", "$ne", json!([true]), false),
        ("createdAt", "$eq", json!(["2026-11-22"]), true),
        ("createdAt", "$lt", json!(["2026-11-22"]), false),
        ("createdAt", "$lte", json!(["2026-11-22"]), true),
        ("createdAt", "$gt", json!(["2026-11-21"]), true),
        ("createdAt", "$eq", json!([NOW - 1000]), true),
        ("createdAt", "$gt", json!([NOW - 1000]), false),
        ("createdAt", "$between", json!(["2026-11-20", "2026-11-22"]), true),
        ("createdAt", "$within", json!(["PT1S"]), true),
        ("createdAt", "$notWithin", json!(["P30D"]), false),
        ("createdAt", "$anniversary", json!(["11-22"]), true),
        ("createdAt", "$anniversary", json!(["P1D"]), true),
        ("createdAt", "$anniversary", json!(["11-21"]), false),
        ("lastSeenAt", "$anniversary", json!(["P366D"]), false),
        ("profile.mobileNumber", "$eq", json!(["010-2468-2468"]), true),
        ("profile.mobileNumber", "$eq", json!(["+82 10 2468 2468"]), true),
        ("profile.mobileNumber", "$eq", json!(["2468"]), false),
        ("lastSeenAt", "$within", json!(["P30D"]), false),
        ("lastSeenAt", "$notWithin", json!(["P30D"]), true),
        ("lastSeenAt", "$lt", json!(["2026-11-22"]), false),
    ] {
        let filter = leaf(key, operator, values);
        assert_eq!(matches(&filter, &mina), expected, "{filter}");
    }
}

#[test]
fn lists_nest_and_an_absent_filter_means_everyone() {
    let mina = mina();
    let yes = || leaf("memberId", "$eq", json!(["mina"]));
    let no = || leaf("memberId", "$eq", json!(["kim"]));
    for (filter, expected) in [
        (json!(null), true),
        (json!({}), true),
        (json!({"and": [yes(), {"or": [no(), yes()]}]}), true),
        (json!({"or": [no(), {"and": [yes(), no()]}]}), false),
        (json!({"and": [yes()], "or": [no()]}), false),
        (json!({"and": [yes()], "or": [no(), yes()]}), true),
    ] {
        assert_eq!(matches(&filter, &mina), expected, "{filter}");
    }
}

#[test]
fn days_are_the_channels_and_the_answer_shows_their_instants() {
    let midnight = 1_795_273_200_000; // 2026-11-22T00:00+09:00
    let filter = leaf("createdAt", "$eq", json!(["2026-11-22"]));
    let day = |from, to| Resolved { path: "/values/0".into(), from, to };
    assert_eq!(parse(&filter).resolved, [day(midnight, midnight + 86_400_000)]);
    let utc = Filter::parse(&filter, Context { time_zone: "UTC", ..context() }).unwrap();
    assert_eq!(utc.resolved, [day(midnight + 32_400_000, midnight + 118_800_000)]);
    let within = parse(&leaf("createdAt", "$within", json!(["P1D"])));
    assert_eq!(within.resolved, [day(NOW - 86_400_000, NOW + 1)]);
}

#[test]
fn every_wrong_part_is_named_by_its_path() {
    for (filter, paths) in [
        (json!([]), &["filter"][..]),
        (json!({"and": []}), &["/and"]),
        (json!({"and": {}}), &["/and"]),
        (json!({"and": [7]}), &["/and/0"]),
        (json!({"and": [leaf("tags", "$in", json!(["a"]))], "not": []}), &["/not"]),
        (leaf("colour", "$eq", json!(["red"])), &["/key"]),
        (leaf("profile.colour", "$eq", json!(["red"])), &["/key"]),
        (leaf("tags", "$contains", json!(["a"])), &["/operator"]),
        (leaf("tags", "$in", json!([])), &["/values"]),
        (leaf("tags", "$in", json!("a")), &["/values"]),
        (leaf("name", "$eq", json!(["a", "b"])), &["/values"]),
        (leaf("sessionsCount", "$between", json!([1])), &["/values"]),
        (leaf("createdAt", "$within", json!(["30 days"])), &["/values/0"]),
        (leaf("createdAt", "$within", json!(["-P1D"])), &["/values/0"]),
        (leaf("createdAt", "$eq", json!(["2026-02-30"])), &["/values/0"]),
        (
            json!({"and": [{"or": [leaf("name", "$eq", json!(["a"])), leaf("sessionsCount", "$in", json!([1, "2", null]))]},
                {"key": "member", "type": "string", "operator": "$eq", "values": [1], "x": 1}]}),
            &["/and/0/or/1/values/1", "/and/0/or/1/values/2", "/and/1/x", "/and/1/type", "/and/1/values/0"],
        ),
    ] {
        assert_eq!(wrong(&filter), paths, "{filter}");
    }
}

#[test]
fn filter_is_three_deep_with_fifty_leaves_and_a_thousand_values() {
    let one = || leaf("tags", "$in", json!(["a"]));
    let nested = |depth: usize| (0..depth).fold(one(), |inner, _| json!({"and": [inner]}));
    assert!(Filter::parse(&nested(DEPTH), context()).is_ok());
    assert_eq!(wrong(&nested(DEPTH + 1)), ["/and/0/and/0/and/0"]);
    let wide = |leaves: usize| json!({"or": vec![one(); leaves]});
    assert!(Filter::parse(&wide(LEAVES), context()).is_ok());
    assert_eq!(wrong(&wide(LEAVES + 1)), ["filter"]);
    let many = |values: usize| leaf("tags", "$in", json!(vec!["a"; values]));
    assert!(Filter::parse(&many(VALUES), context()).is_ok());
    assert_eq!(wrong(&many(VALUES + 1)), ["/values"]);
}

#[test]
fn leap_day_is_met_on_the_28th_in_a_common_year() {
    let mut mina = mina();
    mina.created_at = 1_709_164_800_000; // 2024-02-29T00:00Z
    let filter = leaf("createdAt", "$anniversary", json!(["P1D"]));
    for (now, expected) in [
        (1_772_236_800_000, true),  // 2026-02-28
        (1_772_323_200_000, false), // 2026-03-01
        (1_835_308_800_000, false), // 2028-02-28
        (1_835_395_200_000, true),  // 2028-02-29
    ] {
        let filter = Filter::parse(&filter, Context { time_zone: "UTC", now, keys: Keys::All }).unwrap();
        assert_eq!(filter.matches(&Person { customer: &mina, figures: Vec::new() }, &[]), expected, "{now}");
    }
}

#[test]
fn search_finds_parts_of_names_ids_and_contact_points() {
    let mina = mina();
    let finds = |text: &str| {
        let filter = Filter::default().with_query(text, Keys::All).unwrap();
        filter.matches(&Person { customer: &mina, figures: Vec::new() }, &[])
    };
    for (text, found) in [
        ("mina", true),
        ("ﾐﾅ", true),
        (" MINA@EXAMPLE ", true),
        ("2468", true),
        ("010-2468", true),
        ("+82 10 2468", true),
        ("kim", false),
        ("example 2468", false),
        ("-", false),
    ] {
        assert_eq!(finds(text), found, "{text}");
    }
    assert!(Filter::default().with_query("  ", Keys::All).is_err());
    assert!(Filter::default().with_query(&"a".repeat(100), Keys::All).is_ok());
    assert!(Filter::default().with_query(&"a".repeat(101), Keys::All).is_err());
}

#[test]
fn caller_without_contact_points_cannot_find_them_out() {
    let mina = mina();
    for key in ["profile.email", "user.profile.mobileNumber", "profile.landlineNumber"] {
        let context = Context { keys: Keys::WithoutContactPoints, ..context() };
        let filter = leaf(key, "$exist", json!([true]));
        assert_eq!(Filter::parse(&filter, context).unwrap_err()[0].field, "/key");
    }
    for (text, found) in [("example.com", false), ("2468", false), ("mina", true)] {
        let filter = Filter::default().with_query(text, Keys::WithoutContactPoints).unwrap();
        assert_eq!(filter.matches(&Person { customer: &mina, figures: Vec::new() }, &[]), found, "{text}");
    }
}

#[test]
fn events_are_counted_by_name_time_and_property() {
    let event = |name: &str, at: Millis, property: &str| StoredEvent {
        key: EventKey { owner: CustomerId::from_bytes([1; 10]), created_at: at, hash: "0".repeat(20) },
        name: name.to_owned(),
        property: (!property.is_empty()).then(|| property.to_owned()),
        expire_at: NOW,
    };
    let events = [
        event("ProductView", NOW - 1000, r#"{"id":"P-1","price":5000,"shop":{"floor":"B1"}}"#),
        event("ProductView", NOW - 40 * 86_400_000, r#"{"id":"P-2","sale":true}"#),
        event("Login", NOW - 1000, ""),
    ];
    for (leaf, expected) in [
        (json!({"name": "ProductView"}), true),
        (json!({"name": "Signup"}), false),
        (json!({"name": "Signup", "match": "negative"}), true),
        (json!({"name": "ProductView", "count": {"operator": "$eq", "values": [2]}}), true),
        (
            json!({"name": "ProductView", "within": "P30D", "count": {"operator": "$gte", "values": [2]}}),
            false,
        ),
        (json!({"name": "ProductView", "to": "2026-10-31"}), true),
        (json!({"name": "Login", "from": "2026-11-22", "to": "2026-11-22"}), true),
        (json!({"name": "Login", "from": "2026-11-23"}), false),
        (json!({"name": "ProductView", "query": leaf("event.property.id", "$eq", json!(["p-1"]))}), true),
        (json!({"name": "ProductView", "query": leaf("property.price", "$gt", json!([5000]))}), false),
        (json!({"name": "ProductView", "query": leaf("property.shop.floor", "$eq", json!(["b1"]))}), true),
        (
            json!({"name": "ProductView", "query": {"and": [leaf("property.id", "$eq", json!(["P-2"])),
            leaf("property.sale", "$eq", json!([true]))]}}),
            true,
        ),
        (
            json!({"name": "ProductView", "count": {"operator": "$eq", "values": [1]},
            "query": leaf("property.price", "$exist", json!([true]))}),
            true,
        ),
    ] {
        let filter = parse(&json!({ "event": leaf }));
        let own = &filter.events()[0];
        let count = events.iter().filter(|event| own.counts(event)).count();
        let person = mina();
        let person = Person { customer: &person, figures: Vec::new() };
        assert_eq!(filter.judge(&person), Answer::Maybe, "{leaf}");
        assert_eq!(filter.matches(&person, &[own.holds(count)]), expected, "{leaf}");
    }
}

#[test]
fn checkout_is_answered_by_the_time_of_the_latest_order() {
    let mut bought = mina();
    let body = json!({"profile": {"lastCheckoutCompletedAt": NOW - 86_400_000}});
    let (patch, _) = crate::patch::parse(body.as_object().unwrap(), Sender::Server, "KR", &[]).unwrap();
    bought.apply(&patch, Sender::Server, NOW).unwrap();
    for (leaf, of_bought, of_mina) in [
        (json!({"name": "CheckoutComplete"}), Answer::Yes, Answer::No),
        (json!({"name": "CheckoutComplete", "match": "negative"}), Answer::No, Answer::Yes),
        (json!({"name": "CheckoutComplete", "within": "P2D"}), Answer::Yes, Answer::No),
        (json!({"name": "CheckoutComplete", "within": "PT1H"}), Answer::No, Answer::No),
        (json!({"name": "CheckoutComplete", "to": "2026-11-22"}), Answer::Maybe, Answer::Maybe),
        (
            json!({"name": "CheckoutComplete", "count": {"operator": "$gte", "values": [2]}}),
            Answer::Maybe,
            Answer::Maybe,
        ),
    ] {
        let filter = parse(&json!({ "event": leaf }));
        for (customer, expected) in [(&bought, of_bought), (&mina(), of_mina)] {
            assert_eq!(filter.judge(&Person { customer, figures: Vec::new() }), expected, "{leaf}");
        }
    }
}

#[test]
fn wrong_conditions_on_events_are_named() {
    let wrong_event = |event: Value| wrong(&json!({"and": [{ "event": event }]}));
    for (event, paths) in [
        (json!(7), &["/and/0/event"][..]),
        (json!({}), &["/and/0/event/name"]),
        (json!({"name": "x".repeat(65)}), &["/and/0/event/name"]),
        (json!({"name": "a", "match": "maybe", "x": 1}), &["/and/0/event/x", "/and/0/event/match"]),
        (json!({"name": "a", "within": "30"}), &["/and/0/event/within"]),
        (json!({"name": "a", "within": "P1D", "from": 0}), &["/and/0/event/within"]),
        (json!({"name": "a", "from": "x", "to": {}}), &["/and/0/event/from", "/and/0/event/to"]),
        (json!({"name": "a", "count": {"operator": "$ne", "values": [1]}}), &["/and/0/event/count/operator"]),
        (
            json!({"name": "a", "count": {"operator": "$eq", "values": ["1"]}}),
            &["/and/0/event/count/values/0"],
        ),
        (json!({"name": "a", "query": leaf("name", "$eq", json!(["a"]))}), &["/and/0/event/query/key"]),
        (
            json!({"name": "a", "query": {"event": {"name": "b"}}}),
            &["/and/0/event/query/event", "/and/0/event/query/key"],
        ),
    ] {
        assert_eq!(wrong_event(event.clone()), paths, "{event}");
    }
    let of = |leaves: usize| json!({"or": vec![json!({"event": {"name": "a"}}); leaves]});
    assert!(Filter::parse(&of(EVENT_LEAVES), context()).is_ok());
    assert_eq!(wrong(&of(EVENT_LEAVES + 1)), ["/or/3/event"]);
}

/// A condition, its negation, and a customer: the two split everybody in two.
fn halves() -> impl Strategy<Value = (Value, Value)> {
    let text = prop_oneof![Just("mina"), Just("ＭＩＮＡ"), Just(""), Just("vip"), Just("x")];
    let key = prop_oneof![
        Just("name"),
        Just("memberId"),
        Just("profile.name"),
        Just("profile.email"),
        Just("language")
    ];
    let texts = (key, text.clone())
        .prop_map(|(key, text)| (leaf(key, "$in", json!([text])), leaf(key, "$nin", json!([text]))));
    let key = prop_oneof![Just("name"), Just("profile.mobileNumber"), Just("profile.description")];
    let part = (key, text.clone()).prop_map(|(key, text)| {
        (leaf(key, "$contains", json!([text])), leaf(key, "$ncontains", json!([text])))
    });
    let tags = text.prop_map(|tag| (leaf("tags", "$in", json!([tag])), leaf("tags", "$nin", json!([tag]))));
    let key = prop_oneof![
        Just("sessionsCount"),
        Just("profile.recentPurchaseCount"),
        Just("profile.totalPurchaseCount")
    ];
    let numbers =
        (key, 0..4).prop_map(|(key, n)| (leaf(key, "$eq", json!([n])), leaf(key, "$ne", json!([n]))));
    let key = prop_oneof![Just("createdAt"), Just("lastSeenAt"), Just("profile.lastCheckoutCompletedAt")];
    let times = (key, 1..90).prop_map(|(key, days)| {
        let length = format!("P{days}D");
        (leaf(key, "$within", json!([length])), leaf(key, "$notWithin", json!([length])))
    });
    prop_oneof![texts, part, tags, numbers, times]
}

proptest! {
    #[test]
    fn negation_is_the_exact_complement(
        (filter, negated) in halves(),
        named in any::<bool>(),
        seen in prop::option::of(0..100_i64),
        count in 0..4_u32,
    ) {
        let mut customer = if named { mina() } else { Customer::new(CustomerId::from_bytes([2; 10]), 0, NOW) };
        customer.last_seen_at = seen.map(|days| NOW - days * 86_400_000);
        customer.sessions_count = count;
        prop_assert_ne!(matches(&filter, &customer), matches(&negated, &customer));
    }

    #[test]
    fn any_json_is_read_or_refused(text in "\\PC{0,200}") {
        if let Ok(value) = serde_json::from_str::<Value>(&text) {
            let _ = Filter::parse(&value, context());
        }
    }
}
