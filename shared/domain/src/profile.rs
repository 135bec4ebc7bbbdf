//! A customer's profile, and its changes by a patch (R2, R3, R5).

use std::collections::BTreeMap;

use serde_json::Value;

use super::contact_point::ContactPointKind;
use super::field::{self, Field, LAST_CHECKOUT};
use super::limit::FUTURE_MS;
use super::patch::{ProfilePatch, Verified};
use super::profile_room::Room;
use super::rejection_reason::RejectionReason;
use super::sender::Sender;
use super::time::Millis;
use crate::detail::Detail;

/// The fields of a profile by key, less the prefix `profile.`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile(BTreeMap<String, Field>);

/// A write: the sender, the time, and the verified contact points.
#[derive(Clone, Copy, Debug)]
pub struct Writer<'a> {
    /// The sender.
    pub sender: Sender,
    /// The time at which the values were true at the source, epoch ms.
    pub time: Millis,
    /// The kinds of contact points that the writer verifies.
    pub verified: &'a Verified,
}

impl Profile {
    /// Returns the field at `key`. A cleared field is `None`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Field> {
        self.0.get(key).filter(|field| !field.is_cleared())
    }

    /// Returns the text at `key`.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(|field| field.value.as_str())
    }

    /// Returns every field, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Field)> {
        self.0.iter().filter(|(_, field)| !field.is_cleared())
    }

    /// Returns every stored field, cleared fields included. A cleared field holds only the time of the
    /// clearing.
    pub fn stored(&self) -> impl Iterator<Item = (&String, &Field)> {
        self.0.iter()
    }

    /// Returns whether the profile stores nothing, cleared fields included.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the bytes of the keys and values as compact JSON.
    #[must_use]
    pub fn bytes(&self) -> usize {
        Room::of(&self.0).bytes()
    }

    /// Applies `profile` of a patch: set, clear, or reset. Returns the refused fields.
    ///
    /// The caller reports the refused fields of a page's patch. For any further patch, the caller refuses the
    /// whole.
    pub fn apply(&mut self, patch: &ProfilePatch, by: Writer<'_>) -> Vec<Detail> {
        match patch {
            ProfilePatch::Reset => {
                // A page's reset leaves the fields that are closed to pages.
                let stays = |key: &str| by.sender == Sender::Page && is_not_a_pages(key);
                let gone: Vec<String> = self.0.keys().filter(|key| !stays(key)).cloned().collect();
                let mut room = Room::of(&self.0);
                for key in gone {
                    self.clear(&key, by, &mut room);
                }
                Vec::new()
            }
            ProfilePatch::Fields(fields) => {
                let mut room = Room::of(&self.0);
                let refused = fields.iter().filter_map(|(key, value)| match value {
                    Some(value) => self.put("profile", key, value, by, &mut room),
                    None => {
                        self.clear(key, by, &mut room);
                        None
                    }
                });
                refused.collect()
            }
        }
    }

    /// Applies `profileOnce`: writes only the empty fields. Returns the refused fields.
    pub fn apply_once(&mut self, fields: &BTreeMap<String, Value>, by: Writer<'_>) -> Vec<Detail> {
        let missing = fields.iter().filter(|(key, _)| self.get(key).is_none()).collect::<Vec<_>>();
        let mut room = Room::of(&self.0);
        missing
            .into_iter()
            .filter_map(|(key, value)| self.put("profileOnce", key, value, by, &mut room))
            .collect()
    }

    /// Applies a builder's value of a field, unless a later value is known (R13).
    ///
    /// The latest value wins. If two values have the same time, the larger value wins, so the order of
    /// arrival makes no difference. `None` clears the field, and the time of the clearing is remembered.
    ///
    /// # Errors
    /// A message with the exceeded limit.
    pub fn apply_builder_value(
        &mut self,
        key: &str,
        value: Option<&Value>,
        sender: Sender,
        at: Millis,
    ) -> Result<(), String> {
        let value = value.unwrap_or(&Value::Null);
        // Compare with the known value.
        match self.0.get_mut(key) {
            Some(known) if known.value == *value => {
                known.verified = true;
                // The builder repeats the value at a later time. A different value dated in between then
                // comes too late.
                if known.time <= at {
                    known.sender = if known.time < at { sender } else { known.sender.max(sender) };
                    known.time = at;
                }
                return Ok(());
            }
            Some(known) if (known.time, rank(&known.value)) > (at, rank(value)) => return Ok(()),
            Some(_) if field::is_set_once(key) => return Ok(()),
            _ => {}
        }
        let field = Field { value: value.clone(), sender, time: at, verified: true };
        Room::of(&self.0).store(&mut self.0, key, field)
    }

    /// Clears a field. A set-once field stays.
    ///
    /// If a builder wrote the stored value, the time of the clearing is remembered, because an older update
    /// may still come.
    fn clear(&mut self, key: &str, by: Writer<'_>, room: &mut Room) {
        if field::is_set_once(key) {
            return;
        }
        let Some(field) = room.remove(&mut self.0, key) else { return };
        if field.sender.is_builder() {
            let cleared =
                Field { value: Value::Null, sender: by.sender, time: by.time, verified: field.verified };
            room.keep(&mut self.0, key, cleared);
        }
    }

    /// Makes exactly these kinds of contact points verified (R10).
    pub fn qualify(&mut self, verified: &Verified) {
        for kind in ContactPointKind::ALL {
            if let Some(field) = self.0.get_mut(kind.key()).filter(|field| !field.is_cleared()) {
                field.verified = verified.vouches_for(kind);
            }
        }
    }

    /// Moves `lastCheckoutCompletedAt` forward to `at`, never back (R8).
    pub fn checked_out(&mut self, at: Millis) {
        let stored = self.0.get(LAST_CHECKOUT).and_then(|field| field.value.as_i64());
        if stored.is_none_or(|stored| stored < at) {
            let field = Field { value: Value::from(at), sender: Sender::System, time: at, verified: false };
            self.0.insert(LAST_CHECKOUT.to_owned(), field);
        }
    }

    /// Stores one field. Returns a detail if the field is refused.
    ///
    /// `room` is the used room of the whole profile, kept up to date.
    fn put(
        &mut self,
        within: &str,
        key: &str,
        value: &Value,
        by: Writer<'_>,
        room: &mut Room,
    ) -> Option<Detail> {
        let refuse = |message: String| Some(Detail::new(format!("{within}.{key}"), message));
        let full = |message| refuse(message).map(|detail| detail.because(RejectionReason::Limit));
        // A server names the contact points that it verifies, and verifies every further field.
        let verified = match ContactPointKind::of_key(key) {
            Some(kind) => by.verified.vouches_for(kind),
            None => by.sender != Sender::Page,
        };
        if let Some(stored) = self.0.get_mut(key) {
            if field::is_set_once(key) {
                return None;
            }
            // A repeated value is stored already, but the writer may now verify the value.
            if stored.value == *value {
                stored.verified |= verified;
                return None;
            }
        }
        // The time of the latest order is a maximum (R8). A page moves it forward too, at most 10 minutes
        // ahead of the clock.
        if key == LAST_CHECKOUT && by.sender == Sender::Page {
            if value.as_i64().is_none_or(|at| at > by.time + FUTURE_MS) {
                return refuse("must not lie in the future".into());
            }
            if self.0.get(key).is_some_and(|stored| stored.value.as_i64() > value.as_i64()) {
                return None;
            }
        }
        let field = Field { value: value.clone(), sender: by.sender, time: by.time, verified };
        room.store(&mut self.0, key, field).err().and_then(full)
    }
}

impl FromIterator<(String, Field)> for Profile {
    fn from_iter<I: IntoIterator<Item = (String, Field)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}

/// Returns the order of two values with the same time. Null is the smallest value.
fn rank(value: &Value) -> (bool, String) {
    (!value.is_null(), value.to_string())
}

/// Returns whether a page's reset leaves the key: the manager's memo, and the field derived by Okyaku.
fn is_not_a_pages(key: &str) -> bool {
    key == field::DESCRIPTION || key == LAST_CHECKOUT
}
