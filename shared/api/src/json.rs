//! Reads a JSON body. Every error names the field and hides the value.

use serde::Deserialize;
use serde_json::{Map, Value};

use okyaku_domain::detail::Detail;
use okyaku_domain::error::Error;

/// Reads bytes as a JSON object.
///
/// # Errors
/// [`Error::Unparsable`] with the place of the error.
///
/// The errors are a syntax error, a lone surrogate, a number outside the range of a double, and more than 128
/// levels.
pub fn object(bytes: &[u8]) -> Result<Map<String, Value>, Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value: Value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let cause = error.inner();
        // A text of serde may quote the value, so the message has only the place.
        let message = format!("is not valid JSON at line {} column {}", cause.line(), cause.column());
        // The path `.` is the whole body, and `?` is an unread key.
        let field = path.trim_end_matches('?').trim_end_matches('.');
        Error::Unparsable(Detail::new(if field.is_empty() { "body" } else { field }, message))
    })?;
    deserializer.end().map_err(|_| Error::Unparsable(Detail::new("body", "has text after its JSON")))?;
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(Error::Unparsable(Detail::new("body", "must be a JSON object"))),
    }
}

/// Returns the text at `key`. An absent or `null` value gives `None`.
///
/// # Errors
/// [`Error::Invalid`] if the value is something else.
pub fn text<'a>(object: &'a Map<String, Value>, key: &str) -> Result<Option<&'a str>, Error> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Error::invalid(key, "must be text")),
    }
}

/// Returns the object at `key`. An absent or `null` value gives `None`.
///
/// # Errors
/// [`Error::Invalid`] if the value is something else.
pub fn child<'a>(object: &'a Map<String, Value>, key: &str) -> Result<Option<&'a Map<String, Value>>, Error> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(child)) => Ok(Some(child)),
        Some(_) => Err(Error::invalid(key, "must be an object")),
    }
}

/// Returns the flag at `key`. An absent or `null` value gives `false`.
///
/// # Errors
/// [`Error::Invalid`] if the value is something else.
pub fn flag(object: &Map<String, Value>, key: &str) -> Result<bool, Error> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(false),
        Some(value) => bool::deserialize(value).map_err(|_| Error::invalid(key, "must be true or false")),
    }
}
