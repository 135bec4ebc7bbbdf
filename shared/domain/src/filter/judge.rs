//! Judges a customer, exactly.

use serde_json::Value;

use super::Expression;
use super::key::Key;
use super::operator::{ListTest, NumberTest, Test, TextTest, TimeTest};
use super::parse::{digits, normal};
use crate::customer::{Customer, Kind};
use crate::time::Millis;

/// A customer with its purchase figures.
#[derive(Clone, Debug)]
pub struct Person<'a> {
    /// The customer.
    pub customer: &'a Customer,
    /// The purchase figures, as of now.
    pub figures: Vec<(&'static str, Value)>,
}

/// What a customer has under a key.
enum Held {
    Nothing,
    Text(String),
    Number(f64),
    Flag(bool),
    Time(Millis),
    List(Vec<String>),
}

pub(super) fn matches(expression: &Expression, person: &Person<'_>) -> bool {
    match expression {
        Expression::And(all) => all.iter().all(|one| matches(one, person)),
        Expression::Or(any) => any.iter().any(|one| matches(one, person)),
        Expression::Leaf(key, test) => holds(test, &held(key, person), key),
    }
}

fn holds(test: &Test, held: &Held, key: &Key) -> bool {
    match (test, held) {
        // Negation is the exact complement, so it matches where nothing is.
        (Test::Not(test), held) => !holds(test, held, key),
        (Test::Exist(wanted), Held::List(list)) => *wanted != list.is_empty(),
        (Test::Exist(wanted), held) => *wanted != matches!(held, Held::Nothing),
        (Test::Texts(test, wanted), Held::Text(text)) => {
            let text = normal(text);
            let text = if *key == Key::Profile("mobileNumber".to_owned()) { digits(&text) } else { text };
            wanted.iter().any(|wanted| match test {
                TextTest::In => text == *wanted,
                TextTest::Contains => text.contains(wanted),
                TextTest::StartsWith => text.starts_with(wanted),
                TextTest::EndsWith => text.ends_with(wanted),
            })
        }
        (Test::Numbers(test, wanted), Held::Number(number)) => numbers(*test, wanted, *number),
        (Test::Flag(wanted), Held::Flag(flag)) => wanted == flag,
        (Test::Times(test, ranges), Held::Time(at)) => {
            let (first, last) = (ranges.first(), ranges.last());
            first.zip(last).is_some_and(|(first, last)| match test {
                TimeTest::Within => (first.from..first.to).contains(at),
                TimeTest::After => *at >= first.to,
                TimeTest::AtOrAfter => *at >= first.from,
                TimeTest::Before => *at < first.from,
                TimeTest::AtOrBefore => *at < first.to,
                TimeTest::Between => (first.from..last.to).contains(at),
            })
        }
        (Test::Lists(test, wanted), Held::List(list)) => {
            let has = |wanted: &String| list.iter().any(|own| normal(own) == *wanted);
            match test {
                ListTest::In => wanted.iter().any(has),
                ListTest::All => wanted.iter().all(has),
            }
        }
        // A test of another type than the value.
        _ => false,
    }
}

fn numbers(test: NumberTest, wanted: &[f64], number: f64) -> bool {
    let (first, last) = (wanted.first(), wanted.last());
    first.zip(last).is_some_and(|(first, last)| match test {
        NumberTest::In => wanted.contains(&number),
        NumberTest::Greater => number > *first,
        NumberTest::AtLeast => number >= *first,
        NumberTest::Less => number < *first,
        NumberTest::AtMost => number <= *first,
        NumberTest::Between => (*first..=*last).contains(&number),
    })
}

fn held(key: &Key, person: &Person<'_>) -> Held {
    let customer = person.customer;
    match key {
        Key::Tags => Held::List(customer.tags.keys().cloned().collect()),
        Key::Profile(field) => {
            let figure = person.figures.iter().find(|(name, _)| name == field).map(|(_, value)| value);
            let own = customer.profile.get(field).map(|field| &field.value);
            figure.or(own).map_or(Held::Nothing, |value| of_value(field, value))
        }
        Key::Basic(name) => basic(name, customer),
    }
}

fn of_value(field: &str, value: &Value) -> Held {
    match value {
        Value::Null => Held::Nothing,
        Value::Bool(flag) => Held::Flag(*flag),
        Value::Number(number) if field == crate::field::LAST_CHECKOUT => {
            crate::json::whole(number).map_or(Held::Nothing, Held::Time)
        }
        Value::Number(number) => number.as_f64().map_or(Held::Nothing, Held::Number),
        Value::String(text) => Held::Text(text.clone()),
        Value::Array(items) => {
            Held::List(items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect())
        }
        Value::Object(_) => Held::Nothing,
    }
}

fn basic(name: &str, customer: &Customer) -> Held {
    let text = |text: Option<&str>| text.map_or(Held::Nothing, |text| Held::Text(text.to_owned()));
    let time = |at: Option<Millis>| at.map_or(Held::Nothing, Held::Time);
    let count = |count: u32| Held::Number(f64::from(count));
    let (web, mobile) = (&customer.web, &customer.mobile);
    match name {
        "id" => text(Some(customer.id.as_str())),
        "memberId" => text(customer.member_id.as_ref().map(|member| member.as_str())),
        "type" => text(Some(customer.kind().name())),
        "name" => text(customer.name.as_deref()),
        "language" => text(customer.language.as_deref()),
        "country" => text(customer.country.as_deref()),
        "city" => text(customer.city.as_deref()),
        "member" => Held::Flag(customer.kind() == Kind::Member),
        "hasPushToken" => Held::Flag(customer.has_push_token),
        "unsubscribeEmail" => Held::Flag(customer.unsubscribe_email),
        "unsubscribeTexting" => Held::Flag(customer.unsubscribe_texting),
        "blocked" => Held::Flag(customer.blocked),
        "createdAt" => time(Some(customer.created_at)),
        "updatedAt" => time(Some(customer.updated_at)),
        "lastSeenAt" => time(customer.last_seen_at),
        "sessionsCount" => count(customer.sessions_count),
        "web.browser" => text(web.browser.as_deref()),
        "web.browserName" => text(web.browser_name.as_deref()),
        "web.os" => text(web.os.as_deref()),
        "web.osName" => text(web.os_name.as_deref()),
        "web.device" => text(web.device.as_deref()),
        "web.sessionsCount" => count(web.sessions_count),
        "web.lastSeenAt" => time(web.last_seen_at),
        "mobile.appName" => text(mobile.app_name.as_deref()),
        "mobile.os" => text(mobile.os.as_deref()),
        "mobile.osName" => text(mobile.os_name.as_deref()),
        "mobile.device" => text(mobile.device.as_deref()),
        "mobile.sessionsCount" => count(mobile.sessions_count),
        "mobile.lastSeenAt" => time(mobile.last_seen_at),
        _ => Held::Nothing,
    }
}
