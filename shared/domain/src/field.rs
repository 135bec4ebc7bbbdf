//! Profile fields: their types, the preset ones, and how a JSON value becomes one (R5).

use serde_json::Value;

use super::contact_point;
use super::limit::PROFILE_KEY_CHARS;
use super::sender::Sender;
use super::text::{has_control, has_control_in_prose};
use super::time::{self, Millis};

/// The declared type of a profile field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// `true` or `false`.
    Boolean,
    /// Text.
    String,
    /// A finite number.
    Number,
    /// Epoch ms at 00:00 UTC.
    Date,
    /// Epoch ms.
    Datetime,
    /// A list of texts.
    List,
    /// An e-mail address, a String that is normalised.
    Email,
    /// A phone number, a String that is normalised.
    MobileNumber,
}

/// The preset fields: the additional keys of Channel Talk's customer profile, and the contact texts of its v5 user.
/// Their places are in the table: a new one is added at the end.
/// `lastCheckoutCompletedAt` is a moment there ("time of the latest order"), so a Datetime here.
pub const PRESET: [(&str, FieldType); 17] = [
    ("mobileNumber", FieldType::MobileNumber),
    ("email", FieldType::Email),
    ("referrer", FieldType::String),
    ("utmCampaign", FieldType::String),
    ("utmMedium", FieldType::String),
    ("utmSource", FieldType::String),
    ("utmContent", FieldType::String),
    ("utmTerm", FieldType::String),
    ("description", FieldType::String),
    (LAST_CHECKOUT, FieldType::Datetime),
    ("name", FieldType::String),
    ("firstName", FieldType::String),
    ("lastName", FieldType::String),
    ("avatarUrl", FieldType::String),
    ("landlineNumber", FieldType::String),
    ("recentPurchaseCount", FieldType::Number),
    ("recentPurchaseAmount", FieldType::Number),
];

/// The field that `CheckoutComplete` moves forward (R8).
pub const LAST_CHECKOUT: &str = "lastCheckoutCompletedAt";

/// The manager's memo: the Open API's alone (R4).
pub const DESCRIPTION: &str = "description";

/// Keys that keep their first value (R2).
const SET_ONCE: [&str; 6] = ["referrer", "utmCampaign", "utmMedium", "utmSource", "utmContent", "utmTerm"];

/// Whether `key` keeps its first value (R2).
#[must_use]
pub fn is_set_once(key: &str) -> bool {
    SET_ONCE.contains(&key)
}

/// The declared type of `key`; `None` for an undeclared one.
#[must_use]
pub fn declared(key: &str) -> Option<FieldType> {
    PRESET.iter().find(|(name, _)| *name == key).map(|(_, kind)| *kind)
}

/// A profile field.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Boolean, number, text, or a list of numbers or texts.
    pub value: Value,
    /// Who wrote it.
    pub sender: Sender,
    /// When it was true at its source, epoch ms.
    pub time: Millis,
    /// Whether somebody vouches for it: the server or the builder, for a contact.
    pub verified: bool,
}

impl Field {
    /// Whether it was cleared: it is kept only for the time of that, because a builder's older word may still come.
    #[must_use]
    pub fn is_cleared(&self) -> bool {
        self.value.is_null()
    }
}

/// Parses a profile key: 1–64 characters, no control character.
///
/// # Errors
/// What it must be.
pub fn key(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("a key must not be empty".into());
    }
    if text.chars().count() > PROFILE_KEY_CHARS {
        return Err(format!("a key must have at most {PROFILE_KEY_CHARS} characters"));
    }
    if has_control(text) {
        return Err("a key must not have control characters".into());
    }
    Ok(())
}

/// Parses the value of `key` by its declared type, or as any of the allowed ones if it has none. Numbers are finite,
/// contacts come back normalised.
///
/// # Errors
/// What it must be, without the value.
pub fn value(key: &str, value: &Value, region: &str) -> Result<Value, String> {
    let Some(kind) = declared(key) else { return undeclared(value) };
    match (kind, value) {
        (FieldType::Boolean, Value::Bool(_)) | (FieldType::Number, Value::Number(_)) => Ok(value.clone()),
        (FieldType::String, Value::String(text)) => prose(text).map(Value::String),
        (FieldType::Email, Value::String(text)) => contact_point::email(text).map(Value::String),
        (FieldType::MobileNumber, Value::String(text)) => {
            contact_point::mobile_number(text, region).map(Value::String)
        }
        (FieldType::Datetime, Value::Number(number)) => millis(number).map(Value::from),
        (FieldType::Date, Value::Number(number)) => match millis(number)? {
            day if day.rem_euclid(time::DAY) == 0 => Ok(Value::from(day)),
            _ => Err("must be epoch milliseconds at 00:00 UTC".into()),
        },
        (FieldType::List, Value::Array(_)) => undeclared(value),
        (FieldType::Boolean, _) => Err("must be true or false".into()),
        (FieldType::Number, _) => Err("must be a number".into()),
        (FieldType::Date | FieldType::Datetime, _) => Err("must be a time in epoch milliseconds".into()),
        (FieldType::List, _) => Err("must be a list".into()),
        (FieldType::String | FieldType::Email | FieldType::MobileNumber, _) => Err("must be text".into()),
    }
}

fn millis(number: &serde_json::Number) -> Result<Millis, String> {
    let whole = number.as_i64().or_else(|| number.as_f64().filter(|f| f.fract() == 0.0).map(|f| f as i64));
    whole
        .filter(|ms| (-time::MAX..=time::MAX).contains(ms))
        .ok_or_else(|| "must be a time in epoch milliseconds".to_owned())
}

fn prose(text: &str) -> Result<String, String> {
    if has_control_in_prose(text) {
        return Err("must not have control characters".into());
    }
    Ok(text.to_owned())
}

fn undeclared(value: &Value) -> Result<Value, String> {
    match value {
        Value::Bool(_) | Value::Number(_) => Ok(value.clone()),
        Value::String(text) => prose(text).map(Value::String),
        Value::Array(items) => {
            let texts = items.iter().all(Value::is_string);
            let numbers = items.iter().all(Value::is_number);
            if !texts && !numbers {
                return Err("a list must hold texts only or numbers only".into());
            }
            for text in items.iter().filter_map(Value::as_str) {
                prose(text)?;
            }
            Ok(value.clone())
        }
        Value::Null | Value::Object(_) => {
            Err("must be text, a number, true or false, or a list of texts or numbers".into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn declared_type_is_enforced() {
        assert!(value("name", &json!(5), "KR").is_err());
        assert!(value(LAST_CHECKOUT, &json!("2026-11-22"), "KR").is_err());
        assert!(value(LAST_CHECKOUT, &json!(1e300), "KR").is_err());
        assert_eq!(
            value(LAST_CHECKOUT, &json!(1_795_000_000_000_i64), "KR"),
            Ok(json!(1_795_000_000_000_i64))
        );
        assert_eq!(value("email", &json!(" A@Example.com"), "KR"), Ok(json!("a@example.com")));
    }

    #[test]
    fn undeclared_value_may_be_anything_but_an_object() {
        for right in [json!(true), json!(1.5), json!("x"), json!(["a", "b"]), json!([1, 2]), json!([])] {
            assert!(value("grade", &right, "KR").is_ok(), "{right}");
        }
        for wrong in [json!({"a": 1}), json!(["a", 1]), json!([["a"]]), json!([null]), json!("\u{1}")] {
            assert!(value("grade", &wrong, "KR").is_err(), "{wrong}");
        }
    }
}
