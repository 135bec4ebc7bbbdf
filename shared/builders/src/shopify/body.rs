//! The objects of a payload. Each object has its path, so that a rejection can name the field.

use serde_json::{Map, Value};

use super::reader::Reader;
use okyaku_domain::rejection_reason::RejectionReason;
use okyaku_domain::time::{self, Millis};

/// An object of the payload.
pub(super) struct Object<'a> {
    map: &'a Map<String, Value>,
    /// The path of the object, for example `customer`. Empty for the body. The entries of a list have the
    /// list's path.
    path: String,
    /// The reader that collects the rejections.
    pub(super) reader: &'a Reader<'a>,
}

impl<'a> Object<'a> {
    pub(super) fn root(map: &'a Map<String, Value>, reader: &'a Reader<'a>) -> Self {
        Self { map, path: String::new(), reader }
    }

    /// Returns the path of a key in the object.
    pub(super) fn path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Returns whether the object has the key, even with a null.
    pub(super) fn has(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }

    /// Returns the value, which may be null. `None` if the key is absent.
    pub(super) fn given(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key)
    }

    /// Returns the value. `None` if the value is absent or null.
    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// Returns the text. `None` if the value is blank, or anything but text.
    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.map.get(key)?.as_str().filter(|text| !text.trim().is_empty())
    }

    /// Returns the object. Anything else, except for null, is rejected.
    pub(super) fn object(&self, key: &str) -> Option<Object<'a>> {
        let reader = self.reader;
        let value = self.get(key)?;
        let map = reader.valid(self.path(key), value.as_object())?;
        Some(Object { map, path: self.path(key), reader: self.reader })
    }

    /// Returns the objects of a list. Null is an empty list. `None` if the key is absent.
    ///
    /// A value or an entry of a different type is rejected.
    pub(super) fn objects(&self, key: &str) -> Option<Vec<Object<'a>>> {
        let reader = self.reader;
        let items = match self.map.get(key)? {
            Value::Null => return Some(Vec::new()),
            Value::Array(items) => items,
            _ => {
                reader.reject(self.path(key), RejectionReason::Invalid);
                return None;
            }
        };
        let object = |item: &'a Value| {
            item.as_object().map(|map| Object { map, path: self.path(key), reader: self.reader })
        };
        let objects = items.iter().filter_map(|item| reader.valid(self.path(key), object(item)));
        Some(objects.collect())
    }

    /// Returns the epoch ms of a time in RFC 3339. An unreadable time is rejected.
    pub(super) fn time(&self, key: &str) -> Option<Millis> {
        let reader = self.reader;
        let value = self.get(key)?;
        let time = value.as_str().and_then(|text| chrono::DateTime::parse_from_rfc3339(text).ok());
        let time = time.map(|time| time.timestamp_millis()).filter(|ms| (0..=time::MAX).contains(ms));
        reader.valid(self.path(key), time)
    }

    /// Returns the digits of the first of `keys` with a Shopify id of this kind.
    pub(super) fn id(&self, keys: &[&str], kind: &str) -> Option<String> {
        keys.iter().find_map(|key| digits(self.map.get(*key)?, kind))
    }
}

/// Returns the digits of an id: a number, digits as text, or `gid://shopify/Kind/digits`. The id 0 is
/// refused.
fn digits(value: &Value, kind: &str) -> Option<String> {
    let text = match value {
        Value::Number(number) => number.as_u64()?.to_string(),
        Value::String(text) => {
            let text = text.trim();
            let gid = text.strip_prefix("gid://shopify/").and_then(|rest| rest.strip_prefix(kind));
            gid.and_then(|rest| rest.strip_prefix('/')).unwrap_or(text).to_owned()
        }
        _ => return None,
    };
    let plain = (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    (plain && text.bytes().any(|byte| byte != b'0')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn id_is_a_number_its_digits_or_a_gid_of_its_kind() {
        for right in [json!(5501), json!("5501"), json!(" 5501 "), json!("gid://shopify/Order/5501")] {
            assert_eq!(digits(&right, "Order").as_deref(), Some("5501"), "{right}");
        }
        for wrong in [
            json!(null),
            json!(""),
            json!(0),
            json!("000"),
            json!(-5),
            json!(5.5),
            json!("5501a"),
            json!("gid://shopify/Customer/5501"),
            json!("gid://shopify/Order/"),
            json!("gid://shopify/OrderEdit/5501"),
            json!("123456789012345678901"),
            json!([5501]),
            json!({"id": 5501}),
        ] {
            assert_eq!(digits(&wrong, "Order"), None, "{wrong}");
        }
    }
}
