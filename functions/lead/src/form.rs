//! Reads a lead as an HTML form sends it.
//!
//! Channel Talk's description says `application/x-www-form-urlencoded` for this route. Most clients send JSON all the same.
//! Clients that do send a form write the profile in one of these ways:
//!
//! - `profile={"email":"kim@example.com"}`
//! - `profile[email]=kim@example.com`
//! - `email=kim@example.com`

use okyaku_api::Call;
use okyaku_domain::detail::Detail;
use okyaku_domain::error::Error;
use okyaku_domain::limit::BODY_BYTES;
use okyaku_domain::patch;
use serde_json::{Map, Value};

/// Returns the body, which is JSON or a form.
///
/// The content type alone does not tell: many clients name the form and send JSON.
///
/// # Errors
/// [`Error::TooLarge`] or [`Error::Unparsable`].
pub(crate) fn body(call: &Call) -> Result<Map<String, Value>, Error> {
    let is_form = call.header("content-type").is_some_and(|name| {
        let kind = name.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    });
    match call.json() {
        Ok((body, _)) => Ok(body),
        Err(error @ Error::Unparsable(_)) if is_form => {
            let bytes = call.raw(BODY_BYTES)?;
            // A form has a `=`, and begins with a name.
            let names_a_field = bytes.contains(&b'=') && !matches!(bytes.first(), Some(b'{' | b'[' | b'"'));
            if names_a_field { read(bytes) } else { Err(error) }
        }
        Err(error) => Err(error),
    }
}

fn read(bytes: &[u8]) -> Result<Map<String, Value>, Error> {
    let config = serde_qs::Config::new().use_form_encoding(true);
    let unreadable = |_| Error::Unparsable(Detail::new("body", "is neither a JSON object nor a form"));
    let mut body: Map<String, Value> = config.deserialize_bytes(bytes).map_err(unreadable)?;
    // On the first level, a text may be JSON: an object, a list or a flag. A phone number stays text.
    for value in body.values_mut() {
        let Value::String(text) = value else { continue };
        if let Ok(json @ (Value::Object(_) | Value::Array(_) | Value::Bool(_))) = serde_json::from_str(text) {
            *value = json;
        }
    }
    patch::lift(&mut body);
    Ok(body)
}
