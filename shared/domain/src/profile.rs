//! A customer's profile and how a patch changes it (R2, R3, R5).

use std::collections::BTreeMap;

use serde_json::Value;

use super::contact_point::ContactPointKind;
use super::field::{self, Field, LAST_CHECKOUT};
use super::json::json_bytes;
use super::limit::{FUTURE_MS, PROFILE_BYTES, PROFILE_KEYS};
use super::patch::{ProfilePatch, Verified};
use super::rejection_reason::RejectionReason;
use super::sender::Sender;
use super::time::Millis;
use crate::detail::Detail;

/// The fields of a profile by key, without `profile.`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile(BTreeMap<String, Field>);

/// A write: who, when, and whether contacts are vouched for.
#[derive(Clone, Copy, Debug)]
pub struct Writer<'a> {
    /// Who writes.
    pub sender: Sender,
    /// When it was true at the source, epoch ms.
    pub time: Millis,
    /// Which contacts the writer vouches for.
    pub verified: &'a Verified,
}

impl Profile {
    /// The field at `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Field> {
        self.0.get(key).filter(|field| !field.is_cleared())
    }

    /// The text at `key`.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(|field| field.value.as_str())
    }

    /// Every field, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Field)> {
        self.0.iter().filter(|(_, field)| !field.is_cleared())
    }

    /// Every field that is kept, also those of which only the time of their clearing is remembered.
    pub fn stored(&self) -> impl Iterator<Item = (&String, &Field)> {
        self.0.iter()
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes of the keys and values as compact JSON.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.iter().map(|(key, field)| entry_bytes(key, &field.value)).sum::<usize>() + 1
    }

    /// Applies `profile` of a patch: set, clear, or reset the whole. Returns what could not be kept: on a page's
    /// patch it is reported, on another the caller refuses the whole.
    pub fn apply(&mut self, patch: &ProfilePatch, by: Writer<'_>) -> Vec<Detail> {
        match patch {
            ProfilePatch::Reset => {
                let stays = |key: &str| by.sender == Sender::Page && is_not_a_pages(key);
                let gone: Vec<String> = self.0.keys().filter(|key| !stays(key)).cloned().collect();
                let mut bytes = self.bytes();
                for key in gone {
                    self.clear(&key, by, &mut bytes);
                }
                Vec::new()
            }
            ProfilePatch::Fields(fields) => {
                let mut bytes = self.bytes();
                let refused = fields.iter().filter_map(|(key, value)| match value {
                    Some(value) => self.put("profile", key, value, by, &mut bytes),
                    None => {
                        self.clear(key, by, &mut bytes);
                        None
                    }
                });
                refused.collect()
            }
        }
    }

    /// Applies `profileOnce`: writes only where nothing is.
    pub fn apply_once(&mut self, fields: &BTreeMap<String, Value>, by: Writer<'_>) -> Vec<Detail> {
        let missing = fields.iter().filter(|(key, _)| self.get(key).is_none()).collect::<Vec<_>>();
        let mut bytes = self.bytes();
        missing
            .into_iter()
            .filter_map(|(key, value)| self.put("profileOnce", key, value, by, &mut bytes))
            .collect()
    }

    /// Takes what a builder says of a field, unless something later is known of it (R13): of the latest word the value
    /// counts, and of two of one time the greater one, so that no order of arrival matters. `None` clears, and that is
    /// remembered with its time.
    ///
    /// # Errors
    /// The limit that it would pass.
    pub fn apply_builder_value(
        &mut self,
        key: &str,
        value: Option<&Value>,
        sender: Sender,
        at: Millis,
    ) -> Result<(), String> {
        let value = value.unwrap_or(&Value::Null);
        let (bytes, keys) = (self.bytes(), self.0.len());
        let old = match self.0.get_mut(key) {
            Some(known) if known.value == *value => {
                known.verified = true;
                // Said again, later: whoever says something else of a time in between comes too late.
                if known.time <= at {
                    known.sender = if known.time < at { sender } else { known.sender.max(sender) };
                    known.time = at;
                }
                return Ok(());
            }
            Some(known) if (known.time, rank(&known.value)) > (at, rank(value)) => return Ok(()),
            Some(_) if field::is_set_once(key) => return Ok(()),
            Some(known) => entry_bytes(key, &known.value),
            None if keys >= PROFILE_KEYS => {
                return Err(format!("a profile has at most {PROFILE_KEYS} keys"));
            }
            None => 0,
        };
        if bytes - old + entry_bytes(key, value) > PROFILE_BYTES {
            return Err(format!("a profile has at most {PROFILE_BYTES} bytes"));
        }
        let field = Field { value: value.clone(), sender, time: at, verified: true };
        self.0.insert(key.to_owned(), field);
        Ok(())
    }

    /// Clears a field. Of one that a builder has spoken of the time is remembered, lest an older word of it comes.
    fn clear(&mut self, key: &str, by: Writer<'_>, bytes: &mut usize) {
        if field::is_set_once(key) {
            return;
        }
        let Some(field) = self.0.remove(key) else { return };
        *bytes -= entry_bytes(key, &field.value);
        if field.sender.is_builder() {
            let cleared =
                Field { value: Value::Null, sender: by.sender, time: by.time, verified: field.verified };
            *bytes += entry_bytes(key, &cleared.value);
            self.0.insert(key.to_owned(), cleared);
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

    /// Stores one field, or says why not. `bytes` is the size of the whole, kept up to date: counting anew for each of
    /// thousands of fields would take seconds.
    fn put(
        &mut self,
        within: &str,
        key: &str,
        value: &Value,
        by: Writer<'_>,
        bytes: &mut usize,
    ) -> Option<Detail> {
        let refuse = |message: String| Some(Detail::new(format!("{within}.{key}"), message));
        let full = |message| refuse(message).map(|detail| detail.because(RejectionReason::Limit));
        let verified = match ContactPointKind::of_key(key) {
            Some(kind) => by.verified.vouches_for(kind),
            None => by.sender != Sender::Page,
        };
        let mut old = 0;
        if let Some(stored) = self.0.get_mut(key) {
            if field::is_set_once(key) {
                return None;
            }
            // A value said again is not news; but somebody may now vouch for it.
            if stored.value == *value {
                stored.verified |= verified;
                return None;
            }
            old = entry_bytes(key, &stored.value);
        } else if self.0.len() >= PROFILE_KEYS {
            return full(format!("a profile has at most {PROFILE_KEYS} keys"));
        }
        // The time of the latest order is a maximum (R8): a page moves it forward as well, and never ahead of the clock.
        if key == LAST_CHECKOUT && by.sender == Sender::Page {
            if value.as_i64().is_none_or(|at| at > by.time + FUTURE_MS) {
                return refuse("must not lie in the future".into());
            }
            if self.0.get(key).is_some_and(|stored| stored.value.as_i64() > value.as_i64()) {
                return None;
            }
        }
        let new = entry_bytes(key, value);
        if *bytes - old + new > PROFILE_BYTES {
            return full(format!("a profile has at most {PROFILE_BYTES} bytes"));
        }
        *bytes = *bytes - old + new;
        let field = Field { value: value.clone(), sender: by.sender, time: by.time, verified };
        self.0.insert(key.to_owned(), field);
        None
    }
}

impl FromIterator<(String, Field)> for Profile {
    fn from_iter<I: IntoIterator<Item = (String, Field)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}

/// Bytes of a key and its value in the profile's JSON.
fn entry_bytes(key: &str, value: &Value) -> usize {
    key.len() + 4 + json_bytes(value)
}

/// An order of values, for two that are said of one time: nothing is the least.
fn rank(value: &Value) -> (bool, String) {
    (!value.is_null(), value.to_string())
}

/// What a page's reset leaves: the manager's memo, and what Okyaku derived itself.
fn is_not_a_pages(key: &str) -> bool {
    key == field::DESCRIPTION || key == LAST_CHECKOUT
}
