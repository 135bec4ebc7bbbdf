//! A parsed patch of a customer: the parts that a caller may write, and the parser of each part (R3, R4, R5).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::basic_key::is_basic;
use super::contact_point::ContactPointKind;
use super::field;
use super::json::json_bytes;
use super::limit::{DETAILS, PAGE_PATCH_BYTES};
use super::sender::Sender;
use super::unicode::{composed, folded};
use super::{tag, text};
use crate::detail::Detail;
use crate::error::Error;

/// The keys of a request body that [`parse`] reads.
pub(crate) const KEYS: [&str; 10] = [
    "blocked",
    "language",
    "partial",
    "profile",
    "profileOnce",
    "qualified",
    "tags",
    "unsubscribeEmail",
    "unsubscribeTexting",
    "unsubscribed",
];

/// The kinds of contact points that a writer verifies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified(BTreeSet<ContactPointKind>);

impl Verified {
    /// Verifies every kind.
    #[must_use]
    pub fn all() -> Self {
        Self(ContactPointKind::ALL.into())
    }

    /// Verifies these kinds.
    #[must_use]
    pub fn some(kinds: impl IntoIterator<Item = ContactPointKind>) -> Self {
        Self(kinds.into_iter().collect())
    }

    /// Returns whether the writer verifies `kind`.
    #[must_use]
    pub fn vouches_for(&self, kind: ContactPointKind) -> bool {
        self.0.contains(&kind)
    }
}

/// `profile` of a patch.
#[derive(Clone, Debug, PartialEq)]
pub enum ProfilePatch {
    /// `null`: the whole profile is reset.
    Reset,
    /// Fields to set. `None` clears a field.
    Fields(BTreeMap<String, Option<Value>>),
}

/// A patch. `None` stands for an absent part, which stays unchanged (R3).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Patch {
    /// Fields to set or clear.
    pub profile: Option<ProfilePatch>,
    /// Fields to set if the stored field is empty.
    pub profile_once: BTreeMap<String, Value>,
    /// The whole set of tags. An empty list stands for `null`.
    pub tags: Option<Vec<String>>,
    /// The language. `Some(None)` clears the language.
    pub language: Option<Option<String>>,
    /// Whether the customer refuses marketing e-mail. `null` is `false`.
    pub unsubscribe_email: Option<bool>,
    /// Whether the customer refuses marketing texts. `null` is `false`.
    pub unsubscribe_texting: Option<bool>,
    /// Whether the shop blocks the customer. Only the Open API writes this flag.
    pub blocked: Option<bool>,
    /// The kinds of contact points that the writer verifies.
    pub verified: Verified,
    /// The kinds of contact points that a server wants verified, and no other: also the stored ones. `None` leaves the
    /// stored ones as they are.
    pub qualified: Option<Verified>,
    /// Whether a server asks to store the rest if a part is refused.
    pub partial: bool,
}

impl Patch {
    /// Returns whether the patch is empty (R3).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let no_fields = match &self.profile {
            None => true,
            Some(ProfilePatch::Fields(fields)) => fields.is_empty(),
            Some(ProfilePatch::Reset) => false,
        };
        no_fields
            && self.profile_once.is_empty()
            && self.tags.is_none()
            && self.language.is_none()
            && self.unsubscribe_email.is_none()
            && self.unsubscribe_texting.is_none()
            && self.blocked.is_none()
            && self.qualified.is_none()
    }

    /// Returns whether the rest is stored if a part of the patch is refused: for a page always, for a server if the server
    /// asked for it (R5).
    #[must_use]
    pub fn stores_the_rest(&self, sender: Sender) -> bool {
        self.partial || sender == Sender::Page
    }

    /// Returns the patch's change of `profile.name`: a name, or `Some(None)` to clear the name. `profileOnce`
    /// is left out.
    #[must_use]
    pub fn name(&self) -> Option<Option<&str>> {
        match self.profile.as_ref()? {
            ProfilePatch::Reset => Some(None),
            ProfilePatch::Fields(fields) => {
                fields.get("name").map(|name| name.as_ref().and_then(Value::as_str))
            }
        }
    }
}

/// Top-level keys of a page's `updateUser` and boot that belong into the profile, as pages of Channel Talk write them.
const LIFTED: [&str; 3] = ["email", "mobileNumber", "name"];

/// Moves the profile keys that a page wrote on the first level into the profile (R5).
///
/// For example, `{"name":"Kim","profile":{"grade":"gold"}}` becomes `{"profile":{"grade":"gold","name":"Kim"}}`. A key
/// of the profile itself wins.
pub fn lift(body: &mut Map<String, Value>) {
    // A reset, or a profile that is no object, has no room for the keys.
    if body.get("profile").is_some_and(|profile| !profile.is_object() && !is_empty_list(profile)) {
        return;
    }
    let lifted: Vec<_> = LIFTED.iter().filter_map(|key| body.remove_entry(*key)).collect();
    if lifted.is_empty() {
        return;
    }
    let mut fields: Map<String, Value> = lifted.into_iter().collect();
    if let Some(Value::Object(own)) = body.remove("profile") {
        fields.extend(own);
    }
    body.insert("profile".into(), Value::Object(fields));
}

/// Returns whether a value is `[]`, as PHP writes an empty object.
fn is_empty_list(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}

/// Reads a patch from a request body. Returns the patch and the dropped fields.
///
/// A page's body never fails as a whole: each wrong field is dropped. So is each wrong field of a server that sent
/// `"partial": true`. `known` names further keys that the route itself reads.
///
/// # Errors
/// [`Error::Invalid`] names every wrong field of a server:
///
/// - a basic key
/// - a field of a wrong type
/// - an unknown key
///
/// [`Error::TooLarge`] if a page's profile is over 8 KB.
pub fn parse(
    body: &Map<String, Value>,
    sender: Sender,
    region: &str,
    known: &[&str],
) -> Result<(Patch, Vec<Detail>), Error> {
    let mut reader = Reader { sender, region, refused: Vec::new() };
    let (mut patch, mut both) = (Patch::default(), None);
    // Only a page leaves its contact points unverified.
    if sender != Sender::Page {
        patch.verified = Verified::all();
    }
    // Read every key, so that the reply can name every wrong field.
    for (key, value) in body {
        match key.as_str() {
            key if known.contains(&key) => {}
            "profile" => patch.profile = reader.profile(value),
            "profileOnce" => patch.profile_once = reader.profile_once(value),
            "tags" => patch.tags = reader.tags(value),
            "language" => patch.language = reader.language(value),
            "unsubscribeEmail" => patch.unsubscribe_email = reader.flag(key, value),
            "unsubscribeTexting" => patch.unsubscribe_texting = reader.flag(key, value),
            "blocked" if sender != Sender::Page => patch.blocked = reader.flag(key, value),
            "qualified" if sender != Sender::Page => patch.qualified = reader.qualified(value),
            // Channel Talk's v4 has one flag for both.
            "unsubscribed" if sender != Sender::Page => both = reader.flag(key, value),
            "partial" if sender != Sender::Page => {
                patch.partial = reader.flag(key, value).unwrap_or_default();
            }
            key if is_basic(key) || key == "blocked" => {
                reader.refuse(key, "is a basic key, which a caller cannot write");
            }
            key => reader.refuse(key, "is not a known key"),
        }
    }
    patch.unsubscribe_email = patch.unsubscribe_email.or(both);
    patch.unsubscribe_texting = patch.unsubscribe_texting.or(both);
    if let Some(qualified) = &patch.qualified {
        patch.verified = qualified.clone();
    }
    // The size comes first, so that a large profile is 413 and not dropped.
    if sender == Sender::Page {
        fits_a_page(body)?;
    }
    if patch.stores_the_rest(sender) || reader.refused.is_empty() {
        return Ok((patch, reader.refused));
    }
    Err(Error::Invalid(reader.refused))
}

/// Checks the size of `profile` and `profileOnce` in one request of a page.
///
/// # Errors
/// [`Error::TooLarge`] if both together are over [`PAGE_PATCH_BYTES`].
pub fn fits_a_page(body: &Map<String, Value>) -> Result<(), Error> {
    let size =
        ["profile", "profileOnce"].iter().filter_map(|key| body.get(*key)).map(json_bytes).sum::<usize>();
    if size > PAGE_PATCH_BYTES {
        return Err(Error::TooLarge { field: "profile", limit: PAGE_PATCH_BYTES });
    }
    Ok(())
}

/// Returns whether a value is a blank e-mail address or phone number.
fn is_blank_address(key: &str, value: &Value) -> bool {
    ContactPointKind::of_key(key).is_some()
        && value.as_str().is_some_and(|text| folded(text).trim().is_empty())
}

/// Collects the refused fields while the parts are read.
struct Reader<'a> {
    sender: Sender,
    region: &'a str,
    refused: Vec<Detail>,
}

impl Reader<'_> {
    fn refuse(&mut self, field: &str, message: &str) {
        if self.refused.len() < DETAILS {
            self.refused.push(Detail::new(field, message));
        }
    }

    fn profile(&mut self, value: &Value) -> Option<ProfilePatch> {
        match value {
            Value::Null => Some(ProfilePatch::Reset),
            Value::Object(fields) => {
                let mut read = BTreeMap::new();
                for (key, value) in fields {
                    // An empty text is no address: it clears the field.
                    let value = if is_blank_address(key, value) { &Value::Null } else { value };
                    // The time of the latest order is a maximum, so a page cannot clear the field.
                    if value.is_null() && key == field::LAST_CHECKOUT && self.sender == Sender::Page {
                        self.refuse("profile.lastCheckoutCompletedAt", "only moves forward");
                    } else if value.is_null() && !self.is_closed(key) {
                        read.insert(composed(key), None);
                    } else if let Some((key, value)) = self.field("profile", key, value) {
                        read.insert(key, Some(value));
                    }
                }
                Some(ProfilePatch::Fields(read))
            }
            empty if is_empty_list(empty) => Some(ProfilePatch::Fields(BTreeMap::new())),
            _ => {
                self.refuse("profile", "must be an object or null");
                None
            }
        }
    }

    fn profile_once(&mut self, value: &Value) -> BTreeMap<String, Value> {
        match value {
            Value::Null => BTreeMap::new(),
            Value::Object(fields) => fields
                .iter()
                .filter(|(key, value)| !value.is_null() && !is_blank_address(key, value))
                .filter_map(|(key, value)| self.field("profileOnce", key, value))
                .collect(),
            empty if is_empty_list(empty) => BTreeMap::new(),
            _ => {
                self.refuse("profileOnce", "must be an object");
                BTreeMap::new()
            }
        }
    }

    /// Returns whether this writer may neither set nor clear `key` (R4).
    fn is_closed(&self, key: &str) -> bool {
        key == field::DESCRIPTION && self.sender == Sender::Page
    }

    fn field(&mut self, within: &str, key: &str, value: &Value) -> Option<(String, Value)> {
        let read = field::key(key).and_then(|key| match self.is_closed(&key) {
            true => Err("is the manager's, a page cannot write it".into()),
            false => field::value(&key, value, self.region).map(|value| (key, value)),
        });
        read.map_err(|message| self.refuse(&format!("{within}.{key}"), &message)).ok()
    }

    fn tags(&mut self, value: &Value) -> Option<Vec<String>> {
        if value.is_null() {
            return Some(Vec::new());
        }
        let (tags, wrong) = tag::parse_list(value).unwrap_or_else(|wrong| (Vec::new(), vec![wrong]));
        for Detail { field, message, .. } in &wrong {
            self.refuse(field, message);
        }
        // A list without a readable tag must not clear the tags.
        (wrong.is_empty() || !tags.is_empty()).then_some(tags)
    }

    fn language(&mut self, value: &Value) -> Option<Option<String>> {
        match value {
            Value::Null => Some(None),
            Value::String(tag) => match text::language(tag) {
                Ok(tag) => Some(Some(tag)),
                Err(message) => {
                    self.refuse("language", &message);
                    None
                }
            },
            _ => {
                self.refuse("language", "must be text");
                None
            }
        }
    }

    /// Reads `qualified`, the kinds of contact points that the shop vouches for. Null counts as absent.
    fn qualified(&mut self, value: &Value) -> Option<Verified> {
        let kinds = match value {
            Value::Null => return None,
            Value::Array(kinds) => kinds,
            _ => {
                self.refuse("qualified", "must be a list");
                return None;
            }
        };
        let kind = |kind: &Value| kind.as_str().and_then(ContactPointKind::of_key);
        let kinds = kinds.iter().map(kind).collect::<Option<Vec<_>>>();
        if kinds.is_none() {
            self.refuse("qualified", "may hold email and mobileNumber only");
        }
        kinds.map(Verified::some)
    }

    fn flag(&mut self, key: &str, value: &Value) -> Option<bool> {
        match value {
            Value::Null => Some(false),
            Value::Bool(flag) => Some(*flag),
            _ => {
                self.refuse(key, "must be true or false");
                None
            }
        }
    }
}
