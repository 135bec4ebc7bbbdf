//! Profile fields: the types, the preset fields, and the parser of a JSON value (R5).

use serde_json::Value;

use super::contact_point;
use super::json::whole;
use super::limit::PROFILE_KEY_CHARS;
use super::sender::Sender;
use super::text::{has_control, has_control_in_prose};
use super::time::{self, Millis};
use super::unicode::composed;

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
    /// An e-mail address: a String in its normal form.
    Email,
    /// A phone number: a String in its normal form.
    MobileNumber,
}

/// The preset fields: the additional keys of Channel Talk's customer profile, and the contact texts of its v5
/// user.
///
/// The table keeps the position of a field in this list, so a new field goes to the end. Channel Talk
/// describes `lastCheckoutCompletedAt` as "time of the latest order", so the field is a Datetime.
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

/// The manager's memo. Only the Open API writes the memo (R4).
pub const DESCRIPTION: &str = "description";

/// Keys that keep their first value (R2).
const SET_ONCE: [&str; 6] = ["referrer", "utmCampaign", "utmMedium", "utmSource", "utmContent", "utmTerm"];

/// Returns whether `key` keeps its first value (R2).
#[must_use]
pub fn is_set_once(key: &str) -> bool {
    SET_ONCE.contains(&key)
}

/// Returns the declared type of `key`. `None` if the key is undeclared.
#[must_use]
pub fn declared(key: &str) -> Option<FieldType> {
    PRESET.iter().find(|(name, _)| *name == key).map(|(_, kind)| *kind)
}

/// A profile field.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Boolean, number, text, or a list of numbers or texts. Null if the field was cleared.
    pub value: Value,
    /// The sender of the value.
    pub sender: Sender,
    /// The time at which the value was true at its source, epoch ms.
    pub time: Millis,
    /// Whether a server or a builder vouches for the value. For a contact point, the writer names the
    /// verified kinds.
    pub verified: bool,
}

impl Field {
    /// Returns whether the field was cleared.
    ///
    /// A cleared field is stored for the time of the clearing, because an older builder update may still
    /// come.
    #[must_use]
    pub fn is_cleared(&self) -> bool {
        self.value.is_null()
    }
}

/// Parses a profile key: 1–64 characters in the canonical composition (NFC). Control characters are refused.
///
/// # Errors
/// A message with the rule for keys.
pub fn key(text: &str) -> Result<String, String> {
    let text = composed(text);
    if text.trim().is_empty() {
        return Err("a key must not be empty".into());
    }
    if text.chars().count() > PROFILE_KEY_CHARS {
        return Err(format!("a key must have at most {PROFILE_KEY_CHARS} characters"));
    }
    if has_control(&text) {
        return Err("a key must not have control characters".into());
    }
    Ok(text)
}

/// Parses the value of `key` by its declared type. An undeclared key takes every allowed type.
///
/// Numbers are finite. A contact point comes back in its normal form. For example, the e-mail address
/// `Mina@Example.com` becomes `mina@example.com`.
///
/// # Errors
/// A message with the expected form. The message leaves out the value.
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
        // A value of a different type is refused with the expected type.
        (FieldType::Boolean, _) => Err("must be true or false".into()),
        (FieldType::Number, _) => Err("must be a number".into()),
        (FieldType::Date | FieldType::Datetime, _) => Err("must be a time in epoch milliseconds".into()),
        (FieldType::List, _) => Err("must be a list".into()),
        (FieldType::String | FieldType::Email | FieldType::MobileNumber, _) => Err("must be text".into()),
    }
}

fn millis(number: &serde_json::Number) -> Result<Millis, String> {
    let whole = whole(number);
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
            // A list has texts only or numbers only.
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
