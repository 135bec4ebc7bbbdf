//! The values of a customer, exactly.

use serde_json::Value;

use super::judge::{KeyValue, Known};
use super::key::Key;
use crate::customer::{Customer, Kind};
use crate::field::LAST_CHECKOUT;
use crate::time::Millis;

/// A customer with its purchase figures.
#[derive(Clone, Debug)]
pub struct Person<'a> {
    /// The customer.
    pub customer: &'a Customer,
    /// The purchase figures, as of now.
    pub figures: Vec<(&'static str, Value)>,
}

impl<'a> Person<'a> {
    /// Returns a customer with the figures of its purchases. `months` is the window of recent purchases.
    #[must_use]
    pub fn new(customer: &'a Customer, months: u32, now: Millis) -> Self {
        Self { customer, figures: customer.purchases.fields(months, now) }
    }
}

impl Known for Person<'_> {
    fn value(&self, key: &Key) -> KeyValue {
        match key {
            Key::Tags => KeyValue::List(self.customer.tags.keys().cloned().collect()),
            Key::Profile(field) => {
                let figure = self.figures.iter().find(|(name, _)| name == field).map(|(_, value)| value);
                let own = self.customer.profile.get(field).map(|field| &field.value);
                figure.or(own).map_or(KeyValue::Nothing, |value| of_json(field, value))
            }
            Key::Basic(name) => basic(name, self.customer),
            Key::Property(_) => KeyValue::Nothing,
        }
    }
}

/// Returns the value of a profile field.
pub(crate) fn of_json(field: &str, value: &Value) -> KeyValue {
    match value {
        Value::Null | Value::Object(_) => KeyValue::Nothing,
        Value::Bool(flag) => KeyValue::Flag(*flag),
        Value::Number(number) if field == LAST_CHECKOUT => {
            crate::json::whole(number).map_or(KeyValue::Nothing, |at| KeyValue::Time(at, at))
        }
        Value::Number(number) => number.as_f64().map_or(KeyValue::Nothing, KeyValue::Number),
        Value::String(text) => KeyValue::Text(text.clone()),
        Value::Array(items) => {
            let text = |item: &Value| item.as_str().map_or_else(|| item.to_string(), str::to_owned);
            KeyValue::List(items.iter().map(text).collect())
        }
    }
}

/// Returns the value of a basic key.
pub(crate) fn basic(name: &str, customer: &Customer) -> KeyValue {
    let text = |text: Option<&str>| text.map_or(KeyValue::Nothing, |text| KeyValue::Text(text.to_owned()));
    let time = |at: Option<Millis>| at.map_or(KeyValue::Nothing, |at| KeyValue::Time(at, at));
    let count = |count: u32| KeyValue::Number(f64::from(count));
    let (web, mobile) = (&customer.web, &customer.mobile);
    match name {
        "id" => text(Some(customer.id.as_str())),
        "memberId" => text(customer.member_id.as_ref().map(|member| member.as_str())),
        "type" => text(Some(customer.kind().name())),
        "name" => text(customer.name.as_deref()),
        "language" => text(customer.language.as_deref()),
        "country" => text(customer.country.as_deref()),
        "city" => text(customer.city.as_deref()),
        "member" => KeyValue::Flag(customer.kind() == Kind::Member),
        "hasPushToken" => KeyValue::Flag(customer.has_push_token),
        "unsubscribeEmail" => KeyValue::Flag(customer.unsubscribe_email),
        "unsubscribeTexting" => KeyValue::Flag(customer.unsubscribe_texting),
        "blocked" => KeyValue::Flag(customer.blocked),
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
        "mobile.appVersion" => text(mobile.app_version.as_deref()),
        "mobile.os" => text(mobile.os.as_deref()),
        "mobile.osName" => text(mobile.os_name.as_deref()),
        "mobile.device" => text(mobile.device.as_deref()),
        "mobile.sessionsCount" => count(mobile.sessions_count),
        "mobile.lastSeenAt" => time(mobile.last_seen_at),
        _ => KeyValue::Nothing,
    }
}
