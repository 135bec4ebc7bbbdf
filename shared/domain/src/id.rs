//! Identifiers: the ids of channels, customers, members and visitors (R1).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::limit::MEMBER_ID_CHARS;
use super::text::has_control;
use super::unicode::{composed, is_invisible};

/// Defines an id of 20 lower-hex characters, the shape of Channel Talk's ids.
macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Returns the id if `text` has the shape of an id.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                is_lower_hex(text, 20).then(|| Self(text.to_owned()))
            }

            /// Makes an id of 10 bytes: random bytes, or the first bytes of a keyed hash.
            #[must_use]
            pub fn from_bytes(bytes: [u8; 10]) -> Self {
                Self(hex::encode(bytes))
            }

            /// Returns the id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

hex_id! {
    /// Id of a channel. Serde accepts any text: the text comes from the table, from a token that Okyaku signed, or from an
    /// operator's command, and Okyaku then looks for the channel.
    ChannelId
}

hex_id! {
    /// Id of a customer in its channel.
    CustomerId
}

/// Returns whether `text` is exactly `length` lower-case hexadecimal digits.
#[must_use]
pub fn is_lower_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// The memberId: the shop's own id of a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MemberId(String);

/// The quotes and brackets around a placeholder.
const QUOTES: [char; 22] = [
    '"', '\'', '`', '´', '“', '”', '„', '‘', '’', '«', '»', '「', '」', '『', '』', '(', ')', '[', ']', '<',
    '>', '…',
];
/// The beginnings of a template's placeholder, such as `{{customer.id}}`.
const TEMPLATES: [&str; 3] = ["{{", "${", "<%"];

/// Texts that pages send as a memberId while the visitor is logged out.
///
/// The list follows the lists of Segment Unify and PostHog.
const PLACEHOLDERS: [&str; 18] = [
    "null",
    "undefined",
    "none",
    "nil",
    "nan",
    "true",
    "false",
    "anonymous",
    "guest",
    "[object object]",
    "-1",
    "unknown",
    "visitor",
    "memberid",
    "member_id",
    "(null)",
    "[]",
    "{}",
];

impl MemberId {
    /// Parses a memberId (R1): 1–64 characters, in the canonical composition (NFC).
    ///
    /// White space, invisible characters, control characters, `/ ? # % \` and placeholders are refused. For
    /// example, `user@example.com` is a memberId, and `a b` and `null` are refused.
    ///
    /// # Errors
    /// A message with the broken rule. The message leaves out the value.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.trim().is_empty() {
            return Err("must not be blank");
        }
        // Keyboards and file systems write one text in several forms: 홍 may be one character or three.
        let text = &composed(text);
        if text.chars().count() > MEMBER_ID_CHARS {
            return Err("must have at most 64 characters");
        }
        if text
            .chars()
            .any(|c| c.is_whitespace() || is_invisible(c) || matches!(c, '/' | '?' | '#' | '%' | '\\'))
        {
            return Err("must not have white space or any of / ? # % \\");
        }
        if has_control(text) {
            return Err("must not have control characters");
        }
        // A placeholder counts in any case, and within any quotes or brackets.
        let lower = text.to_lowercase();
        let bare = lower.trim_matches(QUOTES);
        let is_zero = text.chars().all(|c| matches!(c, '0' | '０' | '.'));
        let is_template = TEMPLATES.iter().any(|begin| text.contains(begin));
        if bare.is_empty()
            || is_zero
            || is_template
            || [&*lower, bare].iter().any(|text| PLACEHOLDERS.contains(text))
        {
            return Err("must name a member, not stand for nobody");
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The id of a visitor's browser, minted by the server: 32 lower-hex characters.
///
/// A lower-case UUID is adopted too, because Channel Talk's cookie holds a UUID.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VeilId(String);

impl VeilId {
    /// Parses a veilId. Returns `None` if the text has a different form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let uuid = || {
            text.len() == 36
                && text.bytes().enumerate().all(|(at, b)| match at {
                    8 | 13 | 18 | 23 => b == b'-',
                    _ => matches!(b, b'0'..=b'9' | b'a'..=b'f'),
                })
        };
        (is_lower_hex(text, 32) || uuid()).then(|| Self(text.to_owned()))
    }

    /// Returns the veilId made of 128 random bits.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(hex::encode(bytes))
    }

    /// Returns the veilId as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The natural key, from which a record's id is made: the id of a person outside Okyaku.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NaturalKey<'a> {
    /// A member's id.
    Member(&'a MemberId),
    /// A visitor's veilId.
    Visitor(&'a VeilId),
}

/// Makes the ids of a channel's records. The same key and the same generation always make the same id.
pub trait RecordIds {
    /// Returns the id of a record.
    fn record_id(&self, key: NaturalKey<'_>, generation: u32) -> CustomerId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_and_forbidden_characters_never_become_a_member() {
        for text in [
            "",
            "  ",
            "null",
            "UNDEFINED",
            "[object Object]",
            "0",
            "000",
            "-1",
            "NaN",
            "guest",
            "a b",
            "a/b",
            "\u{200b}",
            "\u{3164}",
            "０",
            "[]",
            "{}",
            "\"null\"",
            "“null”",
            "(none)",
            "[undefined]",
            "\"\"",
            "()",
            "0.0",
            "{{customer.id}}",
            "${customerId}",
            "a<%=id%>",
            "lucas\u{202e}",
            "lu\u{2066}cas",
            "lucas\u{fe0f}",
            "\u{e0001}lucas",
            "lu\u{ad}cas",
        ] {
            assert!(MemberId::parse(text).is_err(), "{text}");
        }
        // Ids that resemble a placeholder or a path are members all the same.
        for text in [
            "lucas",
            "0815",
            "user@example.com",
            "회원",
            "a:b",
            "日本",
            "(주)회원",
            "0.1",
            "{a}",
            "none-of-them",
        ] {
            assert!(MemberId::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn one_text_in_two_forms_is_one_member() {
        for (typed, composed) in [
            ("\u{1112}\u{1169}\u{11bc}", "홍"),
            ("cafe\u{301}", "café"),
            ("\u{304b}\u{3099}", "が"),
            ("lucas", "lucas"),
        ] {
            assert_eq!(MemberId::parse(typed).unwrap().as_str(), composed);
        }
        // Only the canonical form: a half-width and a full-width text stay two members.
        assert_ne!(MemberId::parse("ｶ"), MemberId::parse("カ"));
        // The length is that of the composed form.
        let typed = "\u{1112}\u{1169}\u{11bc}".repeat(64);
        assert!(MemberId::parse(&typed).is_ok());
        assert!(MemberId::parse(&(typed + "a")).is_err());
    }

    #[test]
    fn uuid_is_a_veil_id_and_a_short_text_is_not() {
        assert!(VeilId::parse("5f0f2a4e-0b5d-4a57-9f0e-6c1d2e3f4a5b").is_some());
        assert!(VeilId::parse("guest").is_none());
        assert!(VeilId::parse("5F0F2A4E0B5D4A579F0E6C1D2E3F4A5B").is_none());
    }
}
