//! Contacts: an e-mail address or a phone number a customer can be reached at (R5, R10).

use email_address::{EmailAddress, Options};
use serde::{Deserialize, Serialize};

/// Which kind of contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ContactPointKind {
    /// `profile.email`.
    #[serde(rename = "e")]
    Email,
    /// `profile.mobileNumber`.
    #[serde(rename = "m")]
    MobileNumber,
}

impl ContactPointKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Email, Self::MobileNumber];

    /// The profile key that holds it, without `profile.`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::MobileNumber => "mobileNumber",
        }
    }

    /// The kind whose profile key is `key`.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }
}

/// A contact in its normal form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactPoint {
    /// Its kind.
    pub kind: ContactPointKind,
    /// E-mail: trimmed and lower-cased. Phone: E.164.
    pub address: String,
}

/// Parses an e-mail address: trimmed and lower-cased, nothing more.
///
/// # Errors
/// What it must be, without the value.
pub fn email(text: &str) -> Result<String, String> {
    let text = text.trim().to_lowercase();
    // An address alone: with a name before it, the same mailbox would be two contacts.
    let plain = Options::default().without_display_text().without_domain_literal().with_required_tld();
    if text.len() > 254
        || super::text::has_control(&text)
        || EmailAddress::parse_with_options(&text, plain).is_err()
    {
        return Err("must be an e-mail address".into());
    }
    Ok(text)
}

/// Parses a phone number to E.164. A number that begins with `+` is checked by its shape alone; a national form is
/// read by the rules of `region` (ISO 3166-1 alpha-2, such as `KR`), and only then is the phone library's data
/// loaded, which takes it some 90 ms once.
///
/// # Errors
/// What it must be, without the value.
pub fn mobile_number(text: &str, region: &str) -> Result<String, String> {
    let wrong = || "must be a phone number, in E.164 or as the channel's region writes it".to_owned();
    let text = text.trim();
    if text.len() > 40 {
        return Err(wrong());
    }
    if let Some(rest) = text.strip_prefix('+') {
        let digits: String = rest.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.')).collect();
        if !is_shaped(&digits) {
            return Err(wrong());
        }
        // "+82 010-…" is how many write it: the trunk 0 is no part of the number, and with it one phone would be two
        // contacts. Only the library knows where the 0 belongs, as in Italy.
        if has_trunk_zero(&digits) {
            let number = phonenumber::parse(None, format!("+{digits}")).map_err(|_| wrong())?;
            // Without its zeros it may be too short to be one.
            return shaped(number).ok_or_else(wrong);
        }
        return Ok(format!("+{digits}"));
    }
    let country = region.parse().map_err(|_| wrong())?;
    let number = phonenumber::parse(Some(country), text).map_err(|_| wrong())?;
    if !number.is_valid() {
        return Err(wrong());
    }
    shaped(number).ok_or_else(wrong)
}

/// A number in E.164, if it has a number's shape there and is read as itself: the library takes a few that have not
/// (`00` after the calling code loses a zero each time), and what lies in the table must be found again by its own form.
fn shaped(number: phonenumber::PhoneNumber) -> Option<String> {
    let e164 = |number: &phonenumber::PhoneNumber| number.format().mode(phonenumber::Mode::E164).to_string();
    let number = e164(&number);
    let digits = number.strip_prefix('+').filter(|digits| is_shaped(digits))?;
    let settled = !has_trunk_zero(digits)
        || phonenumber::parse(None, &number).is_ok_and(|again| e164(&again) == number);
    settled.then_some(number)
}

/// Whether a 0 follows the calling code.
fn has_trunk_zero(digits: &str) -> bool {
    digits.get(calling_code_digits(digits)..).is_some_and(|rest| rest.starts_with('0'))
}

/// Whether these may be the digits of an international number.
fn is_shaped(digits: &str) -> bool {
    (7..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0')
}

/// How many digits of an international number are its calling code: one for the zones 1 and 7, two for those that
/// ITU-T E.164 assigns so, else three.
fn calling_code_digits(digits: &str) -> usize {
    match digits.as_bytes() {
        [b'1' | b'7', ..] => 1,
        [b'2', b'0' | b'7', ..]
        | [b'3', b'0'..=b'4' | b'6' | b'9', ..]
        | [b'4', b'0' | b'1' | b'3'..=b'9', ..]
        | [b'5', b'1'..=b'8', ..]
        | [b'6', b'0'..=b'6', ..]
        | [b'8', b'1' | b'2' | b'4' | b'6', ..]
        | [b'9', b'0'..=b'5' | b'8', ..] => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn email_is_only_trimmed_and_lower_cased() {
        assert_eq!(email("  A.Lee+shop@Example.COM "), Ok("a.lee+shop@example.com".into()));
        for text in [
            "",
            "a",
            "a@",
            "@example.com",
            "a b@example.com",
            "a@example.com\u{0}",
            "a@b",
            "lee <lee@example.com>",
            "a@[127.0.0.1]",
        ] {
            assert!(email(text).is_err(), "{text}");
        }
    }

    #[test]
    fn national_number_is_read_by_the_region_of_the_channel() {
        assert_eq!(mobile_number("010-2468-2468", "KR"), Ok("+821024682468".into()));
        assert_eq!(mobile_number("090-1234-5678", "JP"), Ok("+819012345678".into()));
        assert_eq!(mobile_number("+82 10-2468-2468", "JP"), Ok("+821024682468".into()));
        assert_eq!(mobile_number("+82 010-2468-2468", "JP"), Ok("+821024682468".into()));
        assert_eq!(mobile_number("+390612345678", "KR"), Ok("+390612345678".into()));
        assert_eq!(mobile_number("+12015550123", "KR"), Ok("+12015550123".into()));
        for text in [
            "",
            "+",
            "+0123456789",
            "12",
            "abc",
            "+1234567890123456",
            "+82102468246a",
            "+41 00-468",
            "+8200022-468-245-",
            "ud800ud800646Cev",
        ] {
            assert!(mobile_number(text, "KR").is_err(), "{text}");
        }
    }
}
