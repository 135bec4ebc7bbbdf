//! Contact points: the e-mail addresses and phone numbers at which a customer can be reached (R5, R10).

use email_address::{EmailAddress, Options};
use serde::{Deserialize, Serialize};

use super::unicode::{folded, is_dash};

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

/// A contact point in the form in which contact points are compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ContactPoint {
    /// The kind.
    pub kind: ContactPointKind,
    /// The address. An e-mail address has its domain in ASCII (punycode). A phone number is in E.164.
    pub address: String,
}

impl ContactPoint {
    /// Returns the contact point of a field's value, as [`email`] or [`mobile_number`] returned the value.
    ///
    /// For example, `user@münchen.example` and `user@xn--mnchen-3ya.example` are one contact point: a browser's field
    /// for e-mail addresses turns the first into the second.
    #[must_use]
    pub fn of(kind: ContactPointKind, value: &str) -> Self {
        let address = match kind {
            ContactPointKind::Email => in_ascii(value).unwrap_or_else(|| value.to_owned()),
            ContactPointKind::MobileNumber => value.to_owned(),
        };
        Self { kind, address }
    }
}

/// The longest e-mail address, in bytes.
const EMAIL_BYTES: usize = 254;
/// The longest phone number as typed, in characters.
const TYPED_NUMBER_CHARS: usize = 40;

/// Parses an e-mail address, as people type it. The address comes back lower-cased, without white space around it and
/// without invisible characters, and full-width characters come back as ASCII.
///
/// For example, ` Ｍina@Example.com` becomes `mina@example.com`. Japanese carriers issued addresses whose local part
/// begins or ends with a dot, or has two dots in a row. Such an address is accepted, although RFC 5322 refuses it.
///
/// # Errors
/// A message with the expected form. The message leaves out the value.
pub fn email(text: &str) -> Result<String, String> {
    let wrong = || "must be an e-mail address".to_owned();
    if super::text::has_control(text.trim()) {
        return Err(wrong());
    }
    let text = folded(&folded(text).trim().to_lowercase());
    let (local, domain) = text.rsplit_once('@').ok_or_else(wrong)?;
    // The ideographic full stop is a dot of a domain. Unicode does not fold it.
    let text = format!("{local}@{}", domain.replace('。', "."));
    let ascii = in_ascii(&text).ok_or_else(wrong)?;
    let (local, domain) = ascii.rsplit_once('@').ok_or_else(wrong)?;
    // Check the local part without the dots that the standard refuses.
    let quoted = local.starts_with('"');
    let local = if quoted { local.to_owned() } else { one_dot_between(local) };
    // Take a plain address only. With a name before the address, the same mailbox would be two contact
    // points.
    let plain = Options::default().without_display_text().without_domain_literal().with_required_tld();
    if text.len().max(ascii.len()) > EMAIL_BYTES
        || EmailAddress::parse_with_options(&format!("{local}@{domain}"), plain).is_err()
    {
        return Err(wrong());
    }
    Ok(text)
}

/// Returns the address with its domain in ASCII, by UTS 46. `None` if the domain has no such form.
fn in_ascii(address: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    let domain = idna::domain_to_ascii_cow(domain.as_bytes(), idna::AsciiDenyList::EMPTY).ok()?;
    Some(format!("{local}@{domain}"))
}

/// Returns the parts between the dots with one dot between two of them.
fn one_dot_between(local: &str) -> String {
    local.split('.').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".")
}

/// Parses a phone number to E.164, as people type it.
///
/// Full-width digits, dashes and spaces of every kind, and invisible characters make no difference. For a number with
/// `+`, only the shape is checked. A national number is read by the rules of `region`, an ISO 3166-1 alpha-2 code. For
/// example, `010-2468-2468` in the region `KR` becomes `+821024682468`, and so does `０１０－２４６８－２４６８`.
///
/// A national number, or a 0 after the calling code, needs the data of the phone library. Loading the data
/// takes some 90 ms once.
///
/// # Errors
/// A message with the expected form. The message leaves out the value.
pub fn mobile_number(text: &str, region: &str) -> Result<String, String> {
    let wrong = || "must be a phone number, in E.164 or as the channel's region writes it".to_owned();
    if text.chars().count() > TYPED_NUMBER_CHARS {
        return Err(wrong());
    }
    let text: String = folded(text)
        .chars()
        .map(|c| match c {
            c if is_dash(c) => '-',
            c if c.is_whitespace() => ' ',
            c => c,
        })
        .collect();
    let text = text.trim();
    let text = text.strip_prefix("tel:").unwrap_or(text);
    let compact: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.')).collect();
    if let Some(digits) = compact.strip_prefix('+') {
        if !is_shaped(digits) {
            return Err(wrong());
        }
        // Many people write "+82 010-…". The trunk 0 is no part of the number, and with the 0 one phone would
        // be two contact points. Only the library knows the countries that keep the 0, such as Italy.
        if has_trunk_zero(digits) {
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
    fn email_is_read_as_people_type_it() {
        for (typed, shown) in [
            ("  A.Lee+shop@Example.COM ", "a.lee+shop@example.com"),
            ("aaa..bbbb@docomo.ne.jp", "aaa..bbbb@docomo.ne.jp"),
            (".mina.@ezweb.ne.jp", ".mina.@ezweb.ne.jp"),
            ("ｍｉｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "mina@example.com"),
            ("mina@example。com", "mina@example.com"),
            ("\u{200b}mina@example.com\u{feff}", "mina@example.com"),
            ("\u{3000}mi\u{ad}na@example.com\u{a0}", "mina@example.com"),
            ("user@MÜNCHEN.example", "user@münchen.example"),
            ("user@mu\u{308}nchen.example", "user@münchen.example"),
            ("\"a b\"@example.com", "\"a b\"@example.com"),
        ] {
            assert_eq!(email(typed), Ok(shown.into()), "{typed}");
            assert_eq!(email(shown), Ok(shown.into()), "{typed} is stable");
        }
        for text in [
            "",
            "a",
            "a@",
            "@example.com",
            ".@example.com",
            "..@example.com",
            "a b@example.com",
            "a@example.com\u{0}",
            "a@b",
            "a@example..com",
            "a@.example.com",
            "lee <lee@example.com>",
            "a@[127.0.0.1]",
        ] {
            assert!(email(text).is_err(), "{text}");
        }
    }

    #[test]
    fn addresses_compare_by_the_ascii_form_of_their_domain() {
        let point = |text: &str| ContactPoint::of(ContactPointKind::Email, &email(text).unwrap());
        for (typed, ascii) in [
            ("user@münchen.example", "user@xn--mnchen-3ya.example"),
            ("user@日本語.example", "user@xn--wgv71a119e.example"),
            ("user@한국.example", "user@xn--3e0b707e.example"),
            ("유저@한국.example", "유저@xn--3e0b707e.example"),
            ("USER@XN--3E0B707E.example", "user@한국.example"),
        ] {
            assert_eq!(point(typed), point(ascii), "{typed}");
        }
        assert_eq!(point("user@münchen.example").address, "user@xn--mnchen-3ya.example");
        assert_ne!(point("user@munchen.example"), point("user@münchen.example"));
    }

    #[test]
    fn address_has_at_most_254_bytes_in_both_forms() {
        let address = |labels: usize, last: usize| {
            format!("a@{}{}.com", format!("{}.", "b".repeat(59)).repeat(labels), "c".repeat(last))
        };
        let longest = address(4, 8);
        assert_eq!(longest.len(), 254);
        assert!(email(&longest).is_ok());
        assert!(email(&address(4, 9)).is_err());
        // 252 bytes as typed, and more in ASCII.
        let typed = format!("a@{}.com", ["ü".repeat(30).as_str(); 4].join("."));
        assert!(typed.len() <= 254 && email(&typed).is_ok());
        let label = ["日".repeat(13).as_str(), "本".repeat(13).as_str()].join(".");
        let typed = format!("{}@{label}.{label}.com", "a".repeat(64));
        assert!(typed.len() <= 254, "{}", typed.len());
        assert_eq!(email(&typed).is_ok(), in_ascii(&typed).unwrap().len() <= 254);
    }

    #[test]
    fn number_is_read_as_people_type_it() {
        for (typed, region, number) in [
            ("０９０－１２３４－５６７８", "JP", "+819012345678"),
            ("０９０（１２３４）５６７８", "JP", "+819012345678"),
            ("090ー1234ー5678", "JP", "+819012345678"),
            ("090−1234−5678", "JP", "+819012345678"),
            ("090\u{3000}1234\u{3000}5678", "JP", "+819012345678"),
            ("＋８１ ９０ １２３４ ５６７８", "KR", "+819012345678"),
            ("+82 10–1234–5678", "JP", "+821012345678"),
            ("+82\u{a0}10\u{2011}1234\u{2014}5678", "JP", "+821012345678"),
            ("\u{202a}+82 10-1234-5678\u{202c}", "JP", "+821012345678"),
            ("+82\u{200b}1012345678\u{fe0f}", "JP", "+821012345678"),
            ("(+82) 10-1234-5678", "JP", "+821012345678"),
            ("+82 (0)10 1234 5678", "JP", "+821012345678"),
            ("tel:+82-10-1234-5678", "JP", "+821012345678"),
            ("010.1234.5678", "KR", "+821012345678"),
        ] {
            assert_eq!(mobile_number(typed, region), Ok(number.into()), "{typed}");
        }
        let long = |count: usize| format!("+82{}1012345678", " ".repeat(count));
        assert!(mobile_number(&long(27), "KR").is_ok());
        assert!(mobile_number(&long(28), "KR").is_err());
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
