//! Filters equal a naive evaluation of what a server is shown: generated expressions over generated customers, by the
//! document and by the customer itself.
//!
//! The naive evaluation reads the user as JSON, key by key, and knows nothing of documents.

use chrono::{Days, NaiveDate, TimeZone};
use okyaku_api::user;
use okyaku_domain::channel::Channel;
use okyaku_domain::customer::Customer;
use okyaku_domain::digest::{Digest, Entry};
use okyaku_domain::filter::{Answer, Context, Filter, Keys, Person};
use okyaku_domain::sender::Sender;
use serde_json::{Value, json};
use support::fault::world::full_size;
use support::{NOW, Shop, crowd};

const DAY: i64 = 86_400_000;
const KOREA: &str = "Asia/Seoul";

/// A small generator of its own, so that a seed is one sequence on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.roll(all.len())]
    }
}

/// A contact of the crowd, with holes and oddities.
fn customer(n: u32, dice: &mut Dice) -> Customer {
    let mut customer = crowd::contact(n, NOW);
    let mut fields: Vec<_> =
        customer.profile.iter().map(|(key, field)| (key.clone(), field.clone())).collect();
    fields.retain(|_| dice.roll(4) > 0);
    for (key, field) in &mut fields {
        if key == "referrer" && dice.roll(2) == 0 {
            field.value = json!("https://search.example.com/".repeat(4));
        }
        if key == "utmMedium" && dice.roll(3) == 0 {
            field.value = json!("");
        }
    }
    customer.profile = fields.into_iter().collect();
    if dice.roll(3) == 0 {
        customer.name = None;
    }
    if dice.roll(3) == 0 {
        customer.last_seen_at = None;
    }
    for tag in ["退会", "sale", "x"] {
        if dice.roll(4) == 0 {
            customer.tags.insert(tag.to_owned(), Sender::Server);
        }
    }
    for number in 0..dice.roll(3) {
        let at = NOW - DAY * 40 * number as i64;
        let order = json!({"id": number.to_string(), "at": at, "version": at, "currency": "KRW", "total": "5000",
            "cancelled": false, "refunds": {}});
        let order = serde_json::from_value(order).unwrap();
        customer.purchases.change(None, Some(&order), NOW);
    }
    customer
}

const TEXTS: [&str; 10] = [
    "memberId",
    "name",
    "profile.name",
    "profile.email",
    "profile.referrer",
    "profile.utmSource",
    "profile.utmMedium",
    "language",
    "country",
    "web.osName",
];
const NUMBERS: [&str; 4] =
    ["sessionsCount", "web.sessionsCount", "profile.totalPurchaseCount", "profile.recentPurchaseCount"];
const FLAGS: [&str; 3] = ["member", "unsubscribeEmail", "blocked"];
const TIMES: [&str; 4] = ["createdAt", "lastSeenAt", "web.lastSeenAt", "profile.lastCheckoutCompletedAt"];
const WORDS: [&str; 12] = [
    "mina",
    "ＭＩＮＡ sato",
    "佐藤",
    "ko",
    "JP",
    "naver",
    "GOOGLE",
    "",
    "windows",
    "example.com/",
    "member-1",
    "김",
];

fn leaf(dice: &mut Dice) -> Value {
    let (key, operator, values) = match dice.roll(6) {
        0 => {
            let operator = dice.pick(&[
                "$eq",
                "$ne",
                "$contains",
                "$ncontains",
                "$startsWith",
                "$endsWith",
                "$in",
                "$nin",
            ]);
            let mut values = vec![json!(dice.pick(&WORDS))];
            if operator.ends_with("in") {
                values.push(json!(dice.pick(&WORDS)));
            }
            (dice.pick(&TEXTS), operator, json!(values))
        }
        1 => {
            let operator = dice.pick(&["$eq", "$ne", "$gt", "$gte", "$lt", "$lte"]);
            (dice.pick(&NUMBERS), operator, json!([dice.roll(9)]))
        }
        2 => (dice.pick(&FLAGS), dice.pick(&["$eq", "$ne"]), json!([dice.roll(2) == 0])),
        3 => {
            let day = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap() - Days::new(dice.roll(500) as u64);
            let operator = dice.pick(&["$eq", "$ne", "$gt", "$gte", "$lt", "$lte"]);
            (dice.pick(&TIMES), operator, json!([day.to_string()]))
        }
        4 => {
            let days = format!("P{}D", 1 + dice.roll(400));
            (dice.pick(&TIMES), dice.pick(&["$within", "$notWithin"]), json!([days]))
        }
        _ => {
            let values = [dice.pick(&["vip", "VIP", "退会"]), dice.pick(&["sale", "gold"])];
            ("tags", dice.pick(&["$in", "$nin", "$all"]), json!(values))
        }
    };
    if dice.roll(8) == 0 {
        return json!({"key": key, "operator": "$exist", "values": [dice.roll(2) == 0]});
    }
    json!({"key": key, "operator": operator, "values": values})
}

fn expression(dice: &mut Dice, depth: usize) -> Value {
    if depth == 0 || dice.roll(3) == 0 {
        return leaf(dice);
    }
    let list: Vec<Value> = (0..1 + dice.roll(3)).map(|_| expression(dice, depth - 1)).collect();
    json!({dice.pick(&["and", "or"]): list})
}

/// The naive evaluation of a user as it is shown.
fn naive(filter: &Value, user: &Value) -> bool {
    if let Some(all) = filter["and"].as_array() {
        return all.iter().all(|one| naive(one, user));
    }
    if let Some(any) = filter["or"].as_array() {
        return any.iter().any(|one| naive(one, user));
    }
    let (key, operator) = (filter["key"].as_str().unwrap(), filter["operator"].as_str().unwrap());
    let values = filter["values"].as_array().unwrap();
    let value = user.pointer(&format!("/{}", key.replace('.', "/"))).filter(|value| !value.is_null());
    let same = |text: &str| okyaku_domain::unicode::folded(text).to_lowercase();
    let text = value.and_then(Value::as_str).map(same);
    let wanted: Vec<String> = values.iter().filter_map(Value::as_str).map(same).collect();
    let number = value.and_then(Value::as_f64);
    let is_time = TIMES.contains(&key);
    let compare =
        |test: fn(f64, f64) -> bool| number.zip(values[0].as_f64()).is_some_and(|(a, b)| test(a, b));
    match operator {
        "$exist" => {
            let exists = value.is_some_and(|value| value.as_array().is_none_or(|list| !list.is_empty()));
            values[0] == exists
        }
        _ if key == "tags" => {
            let own: Vec<&str> =
                value.unwrap().as_array().unwrap().iter().map(|tag| tag.as_str().unwrap()).collect();
            let has = |tag: &String| own.contains(&tag.as_str());
            match operator {
                "$in" => wanted.iter().any(has),
                "$nin" => !wanted.iter().any(has),
                _ => wanted.iter().all(has),
            }
        }
        "$within" | "$notWithin" => {
            let days: i64 = wanted[0].trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
            let within = value.and_then(Value::as_i64).is_some_and(|at| at >= NOW - days * DAY && at <= NOW);
            within == (operator == "$within")
        }
        // A day: the moment's own day in Korea beside it.
        _ if is_time => {
            let day: NaiveDate = wanted[0].parse().unwrap();
            let offset = chrono::FixedOffset::east_opt(9 * 3600).unwrap();
            let own =
                value.and_then(Value::as_i64).map(|at| offset.timestamp_millis_opt(at).unwrap().date_naive());
            match operator {
                "$eq" => own == Some(day),
                "$ne" => own != Some(day),
                "$gt" => own.is_some_and(|own| own > day),
                "$gte" => own.is_some_and(|own| own >= day),
                "$lt" => own.is_some_and(|own| own < day),
                _ => own.is_some_and(|own| own <= day),
            }
        }
        "$eq" if values[0].is_string() => text.is_some_and(|text| text == wanted[0]),
        "$ne" if values[0].is_string() => text.is_none_or(|text| text != wanted[0]),
        "$eq" if values[0].is_boolean() => value == Some(&values[0]),
        "$ne" if values[0].is_boolean() => value != Some(&values[0]),
        "$in" => text.is_some_and(|text| wanted.contains(&text)),
        "$nin" => text.is_none_or(|text| !wanted.contains(&text)),
        "$contains" => text.is_some_and(|text| text.contains(&wanted[0])),
        "$ncontains" => text.is_none_or(|text| !text.contains(&wanted[0])),
        "$startsWith" => text.is_some_and(|text| text.starts_with(&wanted[0])),
        "$endsWith" => text.is_some_and(|text| text.ends_with(&wanted[0])),
        "$eq" => compare(|a, b| a == b),
        "$ne" => !compare(|a, b| a == b),
        "$gt" => compare(|a, b| a > b),
        "$gte" => compare(|a, b| a >= b),
        "$lt" => compare(|a, b| a < b),
        "$lte" => compare(|a, b| a <= b),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn filters_equal_a_naive_evaluation() {
    let shop = Shop::in_region("KR").await;
    let channel: Channel = shop
        .base
        .app::<okyaku_contacts::Access>()
        .store
        .channel(&support::development_channel())
        .await
        .unwrap()
        .unwrap();
    let (mut dice, expressions) = (Dice(14), if full_size() { 10_000 } else { 600 });
    let people: Vec<_> = (0..500)
        .map(|n| {
            let customer = customer(n, &mut dice);
            let shown = user::of_open_api(&channel, &customer, NOW);
            let digest = Digest::read(&Digest::bytes(&customer, None, NOW)).unwrap();
            (customer, shown, digest)
        })
        .collect();
    let (mut matched, mut untold) = (0_u64, 0_u64);
    for _ in 0..expressions {
        let wanted = expression(&mut dice, 3);
        let context = Context { time_zone: KOREA, now: NOW, keys: Keys::All };
        let filter = Filter::parse(&wanted, context).unwrap();
        for (customer, shown, digest) in &people {
            let expected = naive(&wanted, shown);
            let person = Person::new(customer, channel.purchase_months, NOW);
            assert_eq!(filter.matches(&person, &[]), expected, "{wanted} {shown}");
            let entry = Entry { id: &customer.id, created_at: customer.created_at, digest: Some(digest) };
            match filter.judge(&entry) {
                Answer::Maybe => untold += 1,
                answer => assert_eq!(answer == Answer::Yes, expected, "{wanted} {shown}"),
            }
            matched += u64::from(expected);
        }
    }
    let all = expressions as u64 * people.len() as u64;
    println!(
        "filters: {expressions} expressions, 500 customers, {matched} matched, {untold} of {all} were untold"
    );
    assert!(matched > all / 10 && matched < all * 9 / 10 && untold < all / 5);
}
