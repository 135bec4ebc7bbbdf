//! What the document of a contact says, how long it is, and when it stays.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::field::{Field, PRESET};
use crate::filter::{Answer, Context, Filter, Keys};
use crate::id::MemberId;
use crate::profile::Profile;
use crate::sender::Sender;

/// 2026-11-22T12:00:00Z.
const NOW: Millis = 1_795_348_800_000;

fn filter(key: &str, operator: &str, values: Value) -> Filter {
    let context = Context { time_zone: "Asia/Tokyo", now: NOW, keys: Keys::All };
    Filter::parse(&json!({"key": key, "operator": operator, "values": values}), context).unwrap()
}

/// The answer from a document alone.
fn answer(filter: &Filter, customer: &Customer, document: &[u8]) -> Answer {
    let digest = Digest::read(document);
    filter.judge(&Entry { id: &customer.id, created_at: customer.created_at, digest: digest.as_ref() })
}

fn field(value: Value) -> Field {
    Field { value, sender: Sender::Server, time: NOW, verified: true }
}

fn customer() -> impl Strategy<Value = Customer> {
    let text = || prop::option::of(prop_oneof!["[a-cA-C가-각あ-う]{0,3}", "[a-c]{60,70}"]);
    let time = || prop::option::of(0..100_i64);
    let tags = prop::collection::btree_map("[a-c]{1,3}|[a-c]{90}", Just(Sender::Server), 0..4);
    let flags = any::<[bool; 5]>();
    (text(), text(), text(), text(), text(), (time(), time(), time()), tags, flags, 0..3_u32, 0..4_u8)
        .prop_map(|(name, own, referrer, os, member, (seen, bought, web), tags, flags, count, orders)| {
            let mut customer = Customer::new(CustomerId::from_bytes([1; 10]), 0, NOW - 100 * DAY);
            let ago = |days: Option<i64>| days.map(|days| NOW - days * DAY);
            let mut fields = Vec::new();
            for (key, value) in [("name", own), ("referrer", referrer), ("description", name.clone())] {
                fields.extend(value.map(|value| (key.to_owned(), field(value.into()))));
            }
            let bought = ago(bought).map(|at| ("lastCheckoutCompletedAt".to_owned(), field(at.into())));
            fields.extend(bought);
            if flags[4] {
                fields.push(("recentPurchaseCount".to_owned(), field(count.into())));
            }
            customer.profile = fields.into_iter().collect::<Profile>();
            customer.name = name;
            customer.web.os_name = os;
            customer.member_id = member.and_then(|member| MemberId::parse(&member).ok());
            customer.last_seen_at = ago(seen);
            customer.web.last_seen_at = ago(web);
            customer.tags = tags;
            [customer.unsubscribe_email, customer.blocked, customer.has_push_token, ..] = flags;
            customer.sessions_count = count;
            customer.web.sessions_count = count;
            for at in 0..orders {
                let order = json!({"id": at.to_string(), "at": NOW - DAY * i64::from(at), "version": NOW,
                    "currency": "KRW", "total": "10", "cancelled": false, "refunds": {}});
                let order = serde_json::from_value(order).ok();
                customer.purchases.change(None, order.as_ref(), NOW);
            }
            // Only contacts have a document.
            customer.listed = true;
            customer.stamp(None, NOW);
            customer
        })
}

fn leaf() -> impl Strategy<Value = Filter> {
    let key = |keys: &'static [&'static str]| prop::sample::select(keys);
    let text = prop_oneof!["[a-cA-C가-각あ-う]{0,3}", "[a-c]{60,70}"];
    let texts = (
        key(&[
            "memberId",
            "name",
            "profile.name",
            "profile.referrer",
            "profile.description",
            "web.osName",
            "web.os",
            "type",
            "id",
        ]),
        key(&["$eq", "$ne", "$contains", "$ncontains", "$startsWith", "$endsWith"]),
        text,
    )
        .prop_map(|(key, operator, text)| filter(key, operator, json!([text])));
    let numbers = (
        key(&[
            "sessionsCount",
            "web.sessionsCount",
            "mobile.sessionsCount",
            "profile.recentPurchaseCount",
            "profile.totalPurchaseCount",
            "profile.totalPurchaseAmount",
        ]),
        key(&["$eq", "$ne", "$gt", "$gte", "$lt", "$lte"]),
        prop_oneof![-1..4_i64, Just(10), Just(20)],
    )
        .prop_map(|(key, operator, number)| filter(key, operator, json!([number])));
    let flags = (
        key(&["member", "unsubscribeEmail", "unsubscribeTexting", "blocked", "hasPushToken"]),
        key(&["$eq", "$ne"]),
        any::<bool>(),
    )
        .prop_map(|(key, operator, flag)| filter(key, operator, json!([flag])));
    let moments = || {
        key(&["createdAt", "updatedAt", "lastSeenAt", "web.lastSeenAt", "profile.lastCheckoutCompletedAt"])
    };
    let times = (moments(), key(&["$eq", "$ne", "$gt", "$gte", "$lt", "$lte"]), -2..101_i64)
        .prop_map(|(key, operator, days)| filter(key, operator, json!([NOW - days * DAY])));
    let within = (moments(), key(&["$within", "$notWithin", "$anniversary"]), 1..101_i64)
        .prop_map(|(key, operator, days)| filter(key, operator, json!([format!("P{days}D")])));
    let lists = (key(&["$in", "$nin", "$all"]), "[a-c]{1,3}|[a-c]{90}")
        .prop_map(|(operator, tag)| filter("tags", operator, json!([tag])));
    let all: Vec<&'static str> = BASIC.iter().map(|(key, _)| *key).chain(["tags"]).collect();
    let exist = (prop::sample::select(all), any::<bool>())
        .prop_map(|(key, wanted)| filter(key, "$exist", json!([wanted])));
    prop_oneof![texts, numbers, flags, times, within, lists, exist]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// A document never says yes or no where the customer itself says otherwise: neither when it was made, nor after a
    /// day of touches.
    #[test]
    fn document_agrees_with_the_customer(customer in customer(), filter in leaf(), hours in 0..24_i64, touched in any::<bool>()) {
        let document = Digest::bytes(&customer, None, NOW);
        let mut later = customer.clone();
        let at = NOW + hours * DAY / 24;
        if touched {
            later.last_seen_at = later.last_seen_at.map(|_| at);
            later.web.last_seen_at = later.web.last_seen_at.map(|_| at);
            later.stamp(Some(&customer), at);
        }
        let kept = Digest::bytes(&later, Some(&document), at);
        prop_assert_eq!(&kept, &document);
        let exact = filter.judge(&Person::new(&later, 3, at));
        let by_document = answer(&filter, &later, &kept);
        prop_assert!(by_document == Answer::Maybe || by_document == exact, "{:?} {:?} {:?}", filter, by_document, exact);
    }

    #[test]
    fn document_is_read_as_it_was_written(customer in customer()) {
        let digest = Digest::of(&customer, NOW);
        prop_assert_eq!(Digest::read(&digest.encode()), Some(digest));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Digest::read(&bytes);
    }
}

#[test]
fn document_moves_when_a_filter_could_tell_or_after_a_day() {
    let mut mina = Customer::new(CustomerId::from_bytes([1; 10]), 0, NOW);
    mina.last_seen_at = Some(NOW);
    let document = Digest::bytes(&mina, None, NOW);
    let after = |change: &dyn Fn(&mut Customer), now| {
        let mut after = mina.clone();
        change(&mut after);
        Digest::bytes(&after, Some(&document), now) != document
    };
    let seen = |at| move |customer: &mut Customer| customer.last_seen_at = Some(at);
    assert!(!after(&seen(NOW + DAY - 1), NOW + DAY - 1));
    assert!(after(&seen(NOW + DAY), NOW + DAY));
    // The time of a last use never moves back. If it does, the document says so.
    assert!(after(&seen(NOW - 1), NOW));
    assert!(after(&|customer| customer.sessions_count = 1, NOW));
    assert!(after(&|customer| customer.blocked = true, NOW));
    assert!(after(&|customer| customer.web.last_seen_at = Some(NOW), NOW));
    // Values that no filter asks for leave the document alone.
    assert!(!after(&|customer| customer.web.agent = Some("a".into()), NOW));
    assert!(!after(&|customer| customer.veil_id = None, NOW));
    let own = |customer: &mut Customer| {
        customer.profile = [("own".to_owned(), field(json!(1)))].into_iter().collect();
    };
    assert!(!after(&own, NOW));
}

#[test]
fn document_of_the_largest_contact_has_a_bound() {
    let mut mina = Customer::new(CustomerId::from_bytes([1; 10]), 0, NOW);
    let long = "あ".repeat(21);
    mina.profile = PRESET.iter().map(|(key, _)| ((*key).to_owned(), field(json!(long)))).collect();
    mina.tags = (0..20).map(|n| (format!("{n:08}"), Sender::Server)).collect();
    mina.name = Some(long.clone());
    mina.member_id = MemberId::parse("m").ok();
    for text in [&mut mina.city, &mut mina.web.os_name, &mut mina.web.browser_name, &mut mina.mobile.app_name]
    {
        *text = Some(long.clone());
    }
    let document = Digest::bytes(&mina, None, NOW);
    assert!((BYTES - 70..=BYTES).contains(&document.len()), "{}", document.len());
    // What came first is there, and what came last must be asked for.
    assert_eq!(answer(&filter("memberId", "$eq", json!(["m"])), &mina, &document), Answer::Yes);
    assert_eq!(answer(&filter("profile.description", "$eq", json!(["x"])), &mina, &document), Answer::Maybe);
    assert_eq!(
        answer(&filter("profile.description", "$exist", json!([true])), &mina, &document),
        Answer::Yes
    );
}

#[test]
fn document_of_a_later_format_asks_the_customer() {
    let mina = Customer::new(CustomerId::from_bytes([1; 10]), 0, NOW);
    let mut document = Digest::bytes(&mina, None, NOW);
    let blocked = filter("blocked", "$eq", json!([true]));
    assert_eq!(answer(&blocked, &mina, &document), Answer::No);
    document[1] = FORMAT + 1;
    assert_eq!(answer(&blocked, &mina, &document), Answer::Maybe);
    assert_eq!(answer(&blocked, &mina, &[]), Answer::Maybe);
}

#[test]
fn every_key_has_a_place_or_is_asked_for() {
    let named: Vec<&str> = BASIC.iter().map(|(key, _)| *key).collect();
    let without: Vec<&&str> = named.iter().filter(|key| !KEYS.contains(key)).collect();
    assert_eq!(without, [&"id", &"type", &"member", &"createdAt", &"web.browser", &"web.os", &"mobile.os"]);
    let fields = PRESET.iter().map(|(key, _)| *key).chain(FIGURES.iter().map(|(key, _)| *key));
    let without: Vec<&str> =
        fields.filter(|key| !KEYS.contains(&format!("profile.{key}").as_str())).collect();
    assert_eq!(without, [""; 0]);
}
