//! The keys that a filter may name, with their types.

use serde_json::{Map, Value};

use crate::contact_point::ContactPointKind;
use crate::field::{self, FieldType};

/// The keys that a caller may filter on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// Every key.
    All,
    /// Every key but contact points. Who may not see an address may not find out by filters either.
    WithoutContactPoints,
}

/// A key, as a customer has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// A basic key, such as `createdAt` or `web.os`.
    Basic(&'static str),
    /// A profile field.
    Profile(String),
    /// The tags.
    Tags,
    /// A part of an event's property, by its path such as `items.color`.
    Property(String),
}

/// The type of a key's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
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
    /// Returns the kind of a profile field's value.
    pub(crate) fn of_field(declared: FieldType) -> Self {
        match declared {
            FieldType::Boolean => Self::Flag,
            FieldType::String | FieldType::Email => Self::Text,
            FieldType::MobileNumber => Self::Phone,
            FieldType::Number => Self::Number,
            FieldType::Date | FieldType::Datetime => Self::Time,
            FieldType::List => Self::List,
        }
    }

    /// Returns the kind of a condition on an event's property: of `type`, or of its values.
    pub(super) fn of_values(leaf: &Map<String, Value>) -> Self {
        let named = leaf.get("type").and_then(Value::as_str);
        let first = leaf.get("values").and_then(|values| values.get(0));
        match (named, first) {
            (Some("number"), _) => Self::Number,
            (Some("boolean"), _) => Self::Flag,
            (Some("list"), _) => Self::List,
            (Some(_), _) => Self::Text,
            (None, Some(Value::Number(_))) => Self::Number,
            (None, Some(Value::Bool(_))) => Self::Flag,
            (None, _) => Self::Text,
        }
    }

    /// Returns the name as Channel Talk writes it.
    pub(crate) fn name(self) -> &'static str {
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
pub(crate) const BASIC: [(&str, Kind); 30] = [
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
    ("mobile.appVersion", Kind::Text),
    ("mobile.os", Kind::Text),
    ("mobile.osName", Kind::Text),
    ("mobile.device", Kind::Text),
    ("mobile.sessionsCount", Kind::Number),
    ("mobile.lastSeenAt", Kind::Time),
];

/// The purchase figures of a profile.
pub(crate) const FIGURES: [(&str, Kind); 5] = [
    ("purchaseCurrency", Kind::Text),
    ("totalPurchaseCount", Kind::Number),
    ("totalPurchaseAmount", Kind::Number),
    ("recentPurchaseCount", Kind::Number),
    ("recentPurchaseAmount", Kind::Number),
];

/// Returns all keys by their names.
pub(super) fn all() -> impl Iterator<Item = (String, Key)> {
    let basic = BASIC.iter().map(|(key, _)| ((*key).to_owned(), Key::Basic(key)));
    // A preset field may be a purchase figure as well.
    let figures = FIGURES.iter().map(|(key, _)| *key).filter(|key| field::declared(key).is_none());
    let fields = field::PRESET.iter().map(|(key, _)| *key).chain(figures);
    let fields = fields.map(|key| (format!("profile.{key}"), Key::Profile(key.to_owned())));
    basic.chain([("tags".to_owned(), Key::Tags)]).chain(fields)
}

impl Key {
    /// Reads a key of an event: `event.property.KEY` or `property.KEY`.
    ///
    /// # Errors
    /// A message with the form.
    pub(super) fn of_event(text: &str) -> Result<Self, String> {
        let plain = text.strip_prefix("event.").unwrap_or(text);
        match plain.strip_prefix("property.").filter(|path| !path.is_empty()) {
            Some(path) => Ok(Self::Property(path.to_owned())),
            None => Err("must be event.property.KEY".to_owned()),
        }
    }

    /// Reads a key. `user.` in front is Channel Talk's form.
    ///
    /// # Errors
    /// A message that says which keys there are.
    pub(super) fn parse(text: &str, keys: Keys) -> Result<(Self, Kind), String> {
        let plain = text.strip_prefix("user.").unwrap_or(text);
        if plain == "tags" {
            return Ok((Self::Tags, Kind::List));
        }
        if let Some((key, kind)) = BASIC.iter().find(|(key, _)| *key == plain) {
            return Ok((Self::Basic(key), *kind));
        }
        let Some(field) = plain.strip_prefix("profile.") else {
            let kinds = ContactPointKind::ALL.map(ContactPointKind::key);
            return Err(if kinds.contains(&plain) {
                format!("must be profile.{plain}")
            } else {
                "must be a basic key, profile.KEY or tags".to_owned()
            });
        };
        if keys == Keys::WithoutContactPoints && is_contact_point(field) {
            return Err("is hidden from this caller".to_owned());
        }
        if let Some((key, kind)) = FIGURES.iter().find(|(key, _)| *key == field) {
            return Ok((Self::Profile((*key).to_owned()), *kind));
        }
        match field::declared(field) {
            Some(declared) => Ok((Self::Profile(field.to_owned()), Kind::of_field(declared))),
            None => Err("is no declared profile field".to_owned()),
        }
    }
}

/// Returns whether a field can reach the person.
fn is_contact_point(field: &str) -> bool {
    ContactPointKind::of_key(field).is_some() || field == "landlineNumber"
}
