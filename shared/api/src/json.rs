//! Reading a JSON body, so that every error names the field and none echoes the value.

use serde::Deserialize;
use serde_json::{Map, Value};

use okyaku_domain::detail::Detail;
use okyaku_domain::error::Error;

/// Reads bytes as a JSON object.
///
/// # Errors
/// [`Error::Unparsable`] naming the place where it stops being one: a syntax error, a lone surrogate, a number that
/// no double holds, more than 128 levels.
pub fn object(bytes: &[u8]) -> Result<Map<String, Value>, Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value: Value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let cause = error.inner();
        // serde's own texts can quote the value: only the place is told.
        let message = format!("is not valid JSON at line {} column {}", cause.line(), cause.column());
        // `.` is the whole, and `?` a key that was not read.
        let field = path.trim_end_matches('?').trim_end_matches('.');
        Error::Unparsable(Detail::new(if field.is_empty() { "body" } else { field }, message))
    })?;
    deserializer.end().map_err(|_| Error::Unparsable(Detail::new("body", "has text after its JSON")))?;
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(Error::Unparsable(Detail::new("body", "must be a JSON object"))),
    }
}

/// The text at `key`; absent and `null` are nothing.
///
/// # Errors
/// [`Error::Invalid`] if it is something else.
pub fn text<'a>(object: &'a Map<String, Value>, key: &str) -> Result<Option<&'a str>, Error> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Error::invalid(key, "must be text")),
    }
}

/// The object at `key`; absent and `null` are nothing.
///
/// # Errors
/// [`Error::Invalid`] if it is something else.
pub fn child<'a>(object: &'a Map<String, Value>, key: &str) -> Result<Option<&'a Map<String, Value>>, Error> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(child)) => Ok(Some(child)),
        Some(_) => Err(Error::invalid(key, "must be an object")),
    }
}

/// The flag at `key`; absent and `null` are `false`.
///
/// # Errors
/// [`Error::Invalid`] if it is something else.
pub fn flag(object: &Map<String, Value>, key: &str) -> Result<bool, Error> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(false),
        Some(value) => bool::deserialize(value).map_err(|_| Error::invalid(key, "must be true or false")),
    }
}
