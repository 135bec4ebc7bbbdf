//! The keys that a filter may name, with their types.

use crate::field::{self, FieldType};
use crate::person_ref::PersonRef;

/// A key, as a customer has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// A basic key, such as `createdAt` or `web.os`.
    Basic(&'static str),
    /// A profile field.
    Profile(String),
    /// The tags.
    Tags,
}

/// The type of a key's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// A phone number: its last digits may be searched too.
    Phone,
    Number,
    Flag,
    /// A moment, epoch ms.
    Time,
    /// A list of texts.
    List,
}

impl Kind {
    /// Returns the name as Channel Talk writes it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text | Self::Phone => "string",
            Self::Number => "number",
            Self::Flag => "boolean",
            Self::Time => "datetime",
            Self::List => "list",
        }
    }
}

/// The basic keys with their types. `products` and `contents` of events cannot be filtered on.
const BASIC: [(&str, Kind); 29] = [
    ("id", Kind::Text),
    ("memberId", Kind::Text),
    ("type", Kind::Text),
    ("name", Kind::Text),
    ("language", Kind::Text),
    ("country", Kind::Text),
    ("city", Kind::Text),
    ("member", Kind::Flag),
    ("hasPushToken", Kind::Flag),
    ("unsubscribeEmail", Kind::Flag),
    ("unsubscribeTexting", Kind::Flag),
    ("blocked", Kind::Flag),
    ("createdAt", Kind::Time),
    ("updatedAt", Kind::Time),
    ("lastSeenAt", Kind::Time),
    ("sessionsCount", Kind::Number),
    ("web.browser", Kind::Text),
    ("web.browserName", Kind::Text),
    ("web.os", Kind::Text),
    ("web.osName", Kind::Text),
    ("web.device", Kind::Text),
    ("web.sessionsCount", Kind::Number),
    ("web.lastSeenAt", Kind::Time),
    ("mobile.appName", Kind::Text),
    ("mobile.os", Kind::Text),
    ("mobile.osName", Kind::Text),
    ("mobile.device", Kind::Text),
    ("mobile.sessionsCount", Kind::Number),
    ("mobile.lastSeenAt", Kind::Time),
];

/// The purchase figures of a profile.
const FIGURES: [(&str, Kind); 5] = [
    ("purchaseCurrency", Kind::Text),
    ("totalPurchaseCount", Kind::Number),
    ("totalPurchaseAmount", Kind::Number),
    ("recentPurchaseCount", Kind::Number),
    ("recentPurchaseAmount", Kind::Number),
];

impl Key {
    /// Reads a key. `user.` in front is Channel Talk's form.
    ///
    /// # Errors
    /// A message that says which keys there are.
    pub(super) fn parse(text: &str) -> Result<(Self, Kind), String> {
        let plain = text.strip_prefix("user.").unwrap_or(text);
        if plain == "tags" {
            return Ok((Self::Tags, Kind::List));
        }
        if let Some((key, kind)) = BASIC.iter().find(|(key, _)| *key == plain) {
            return Ok((Self::Basic(key), *kind));
        }
        let Some(field) = plain.strip_prefix("profile.") else {
            return Err(format!("must be a basic key, profile.KEY or tags; {}", near(plain)));
        };
        if let Some((key, kind)) = FIGURES.iter().find(|(key, _)| *key == field) {
            return Ok((Self::Profile((*key).to_owned()), *kind));
        }
        match field::declared(field) {
            Some(declared) => Ok((Self::Profile(field.to_owned()), of_field(declared))),
            None => Err("is no declared profile field".to_owned()),
        }
    }
}

/// Returns what a caller may have meant.
fn near(text: &str) -> String {
    match text {
        "email" | "mobileNumber" => format!("an address is profile.{text}"),
        _ if PersonRef::KINDS.contains(&text) => "see the list of keys".to_owned(),
        _ => "see the list of keys".to_owned(),
    }
}

fn of_field(declared: FieldType) -> Kind {
    match declared {
        FieldType::Boolean => Kind::Flag,
        FieldType::String | FieldType::Email => Kind::Text,
        FieldType::MobileNumber => Kind::Phone,
        FieldType::Number => Kind::Number,
        FieldType::Date | FieldType::Datetime => Kind::Time,
        FieldType::List => Kind::List,
    }
}
