//! Contact points: the e-mail addresses and phone numbers at which a customer can be reached (R5, R10).

use email_address::{EmailAddress, Options};
use serde::{Deserialize, Serialize};

/// The kind of a contact point.
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

    /// Returns the profile key of this kind, less the prefix `profile.`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::MobileNumber => "mobileNumber",
        }
    }

    /// Returns the kind with the profile key `key`.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }
}

/// A contact point in its normal form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactPoint {
    /// The kind.
    pub kind: ContactPointKind,
    /// The address. An e-mail address is trimmed and lower-cased. A phone number is in E.164.
    pub address: String,
}

/// Parses an e-mail address. The text is trimmed and lower-cased only.
///
/// For example, `Mina@Example.com` becomes `mina@example.com`.
///
/// # Errors
/// A message with the expected form. The message leaves out the value.
pub fn email(text: &str) -> Result<String, String> {
    let text = text.trim().to_lowercase();
    // Take a plain address only. With a name before the address, the same mailbox would be two contact
    // points.
    let plain = Options::default().without_display_text().without_domain_literal().with_required_tld();
    if text.len() > 254
        || super::text::has_control(&text)
        || EmailAddress::parse_with_options(&text, plain).is_err()
    {
        return Err("must be an e-mail address".into());
    }
    Ok(text)
}

/// Parses a phone number to E.164.
///
/// For a number with `+`, only the shape is checked. A national number is read by the rules of `region`, an
/// ISO 3166-1 alpha-2 code. For example, `010-2468-2468` in the region `KR` becomes `+821024682468`.
///
/// A national number, or a 0 after the calling code, needs the data of the phone library. Loading the data
/// takes some 90 ms once.
///
/// # Errors
/// A message with the expected form. The message leaves out the value.
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
        // Many people write "+82 010-…". The trunk 0 is no part of the number, and with the 0 one phone would
        // be two contact points. Only the library knows the countries that keep the 0, such as Italy.
        if has_trunk_zero(&digits) {
            let number = phonenumber::parse(None, format!("+{digits}")).map_err(|_| wrong())?;
            // After the library takes out the zeros, the number may be too short.
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

/// Formats a number in E.164, if the text has the shape of a number and parses to itself.
///
/// The library also takes a few unstable numbers. For example, `00` after the calling code loses a zero with
/// each parse. The table must find a number again by its own text, so an unstable number is refused.
fn shaped(number: phonenumber::PhoneNumber) -> Option<String> {
    let e164 = |number: &phonenumber::PhoneNumber| number.format().mode(phonenumber::Mode::E164).to_string();
    let number = e164(&number);
    let digits = number.strip_prefix('+').filter(|digits| is_shaped(digits))?;
    let settled = !has_trunk_zero(digits)
        || phonenumber::parse(None, &number).is_ok_and(|again| e164(&again) == number);
    settled.then_some(number)
}

/// Returns whether a 0 follows the calling code.
fn has_trunk_zero(digits: &str) -> bool {
    digits.get(calling_code_digits(digits)..).is_some_and(|rest| rest.starts_with('0'))
}

/// Returns whether the digits have the shape of an international number: 7 to 15 digits, the first 1 to 9.
fn is_shaped(digits: &str) -> bool {
    (7..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0')
}

/// Returns the number of digits in an international number's calling code.
///
/// The zones 1 and 7 have one digit. ITU-T E.164 assigns two digits to the codes in the list. All further
/// codes have three digits.
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
        // Wrong shapes, and numbers that would change with a second parse.
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
