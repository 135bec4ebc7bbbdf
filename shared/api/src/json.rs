//! Reads a JSON body. Every error names the field and hides the value.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::bytes::{Captures, Regex};
use serde::Deserialize;
use serde_json::{Map, Value};

use okyaku_domain::detail::Detail;
use okyaku_domain::error::Error;

/// Reads bytes as a JSON object.
///
/// A byte order mark is ignored, and `[]` is an empty object, as PHP writes one. Half a surrogate pair, such as half an
/// emoji that was cut off, becomes U+FFFD.
///
/// # Errors
/// [`Error::Unparsable`] with the place of the error.
///
/// The errors are a syntax error, a number outside the range of a double, and more than 128 levels.
pub fn object(bytes: &[u8]) -> Result<Map<String, Value>, Error> {
    let value = parse(bytes).map_err(|(path, line, column)| {
        // A text of serde may quote the value, so the message has only the place.
        let message = format!("is not valid JSON at line {line} column {column}");
        // The path `.` is the whole body, and `?` is an unread key.
        let field = path.trim_end_matches('?').trim_end_matches('.');
        Error::Unparsable(Detail::new(if field.is_empty() { "body" } else { field }, message))
    })?;
    match value {
        Value::Object(object) => Ok(object),
        Value::Array(list) if list.is_empty() => Ok(Map::new()),
        _ => Err(Error::Unparsable(Detail::new("body", "must be a JSON object"))),
    }
}

/// Parses bytes, and once more with U+FFFD in the place of each lone surrogate if the bytes are no JSON.
///
/// # Errors
/// The path of the error, the line and the column.
fn parse(bytes: &[u8]) -> Result<Value, (String, usize, usize)> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    read(bytes).or_else(|error| match whole_characters(bytes) {
        Cow::Owned(mended) => read(&mended),
        Cow::Borrowed(_) => Err(error),
    })
}

fn read(bytes: &[u8]) -> Result<Value, (String, usize, usize)> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let cause = error.inner();
        (error.path().to_string(), cause.line(), cause.column())
    })?;
    deserializer.end().map_err(|error| (String::new(), error.line(), error.column()))?;
    Ok(value)
}

/// Replaces each escape of a surrogate without its other half. A language with UTF-16 strings, such as Java, cuts an emoji
/// in two and escapes the half as `\ud83d`, which is no character.
fn whole_characters(bytes: &[u8]) -> Cow<'_, [u8]> {
    /// A pair, or else half a pair in a group, or else any escape.
    static ESCAPE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let pattern = r"(?s-u)\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)";
        Regex::new(pattern).ok()
    });
    let Some(escape) = &*ESCAPE else { return Cow::Borrowed(bytes) };
    let is_half = |found: &Captures<'_>| found.get(1).is_some();
    if !escape.captures_iter(bytes).any(|found| is_half(&found)) {
        return Cow::Borrowed(bytes);
    }
    escape.replace_all(bytes, |found: &Captures<'_>| match is_half(found) {
        true => br"\ufffd".to_vec(),
        false => found[0].to_vec(),
    })
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

/// Returns the object at `key`. An absent or `null` value gives `None`, and `[]` an empty object, as PHP writes one.
///
/// # Errors
/// [`Error::Invalid`] if the value is something else.
pub fn child<'a>(
    object: &'a Map<String, Value>,
    key: &str,
) -> Result<Option<Cow<'a, Map<String, Value>>>, Error> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(child)) => Ok(Some(Cow::Borrowed(child))),
        Some(Value::Array(list)) if list.is_empty() => Ok(Some(Cow::Owned(Map::new()))),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_character_becomes_the_replacement_character() {
        for (sent, read) in [
            (r#""thanks \ud83d""#, "thanks \u{fffd}"),
            (r#""\uDE00 thanks""#, "\u{fffd} thanks"),
            (r#""\ud83d\ude00 \ud83d""#, "\u{1f600} \u{fffd}"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}\u{1f600}"),
            (r#""\ud83d\n""#, "\u{fffd}\n"),
            (r#""\\ud83d \ud83d""#, "\\ud83d \u{fffd}"),
            (r#""\ud83d\\""#, "\u{fffd}\\"),
        ] {
            let body = format!(r#"{{"a":{sent}}}"#);
            assert_eq!(object(body.as_bytes()).unwrap()["a"], read, "{sent}");
        }
        assert!(object(br#"{"\ud83d":1}"#).unwrap().contains_key("\u{fffd}"));
        for wrong in [r#"{"a":"\ud83d"#, r#"{"a":"\ud8"}"#, r#"{"a":"\ud83d",}"#, "{\"a\":\"\u{1}\\ud83d\"}"]
        {
            assert!(object(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn mark_before_the_body_and_a_list_for_an_empty_object_are_read() {
        assert_eq!(object("\u{feff}{\"a\":1}".as_bytes()).unwrap()["a"], 1);
        assert!(object(b"[]").unwrap().is_empty());
        for wrong in ["[1]", "[[]]", "\u{feff}\u{feff}{}", "{}{}", "", "null"] {
            assert!(object(wrong.as_bytes()).is_err(), "{wrong:?}");
        }
    }
}
