//! A customer's profile and how a patch changes it (R2, R3, R5).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::contact::ContactKind;
use super::field::{self, Field, LAST_CHECKOUT, Source};
use super::limit::{FUTURE_MS, PROFILE_BYTES, PROFILE_KEYS};
use super::patch::{ProfilePatch, Verified};
use super::time::Millis;
use crate::error::Detail;

/// The fields of a profile by key, without `profile.`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Profile(BTreeMap<String, Field>);

/// A write: who, when, and whether contacts are vouched for.
#[derive(Clone, Copy, Debug)]
pub struct Writer<'a> {
    /// Who writes.
    pub source: Source,
    /// When it was true at the source, epoch ms.
    pub time: Millis,
    /// Which contacts the writer vouches for.
    pub verified: &'a Verified,
}

impl Profile {
    /// The field at `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Field> {
        self.0.get(key)
    }

    /// The text at `key`.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|field| field.value.as_str())
    }

    /// Every field, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Field)> {
        self.0.iter()
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
                self.0.retain(|key, _| {
                    field::is_set_once(key) || (by.source == Source::Page && is_not_a_pages(key))
                });
                Vec::new()
            }
            ProfilePatch::Fields(fields) => {
                let mut bytes = self.bytes();
                let refused = fields.iter().filter_map(|(key, value)| match value {
                    Some(value) => self.put("profile", key, value, by, &mut bytes),
                    None => {
                        if !field::is_set_once(key)
                            && let Some(field) = self.0.remove(key)
                        {
                            bytes -= entry_bytes(key, &field.value);
                        }
                        None
                    }
                });
                refused.collect()
            }
        }
    }

    /// Applies `profileOnce`: writes only where nothing is.
    pub fn apply_once(&mut self, fields: &BTreeMap<String, Value>, by: Writer<'_>) -> Vec<Detail> {
        let missing = fields.iter().filter(|(key, _)| !self.0.contains_key(*key)).collect::<Vec<_>>();
        let mut bytes = self.bytes();
        missing
            .into_iter()
            .filter_map(|(key, value)| self.put("profileOnce", key, value, by, &mut bytes))
            .collect()
    }

    /// Moves `lastCheckoutCompletedAt` forward to `at`, never back (R8).
    pub fn checked_out(&mut self, at: Millis) {
        let stored = self.0.get(LAST_CHECKOUT).and_then(|field| field.value.as_i64());
        if stored.is_none_or(|stored| stored < at) {
            let field = Field { value: Value::from(at), source: Source::Event, time: at, verified: false };
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
        let verified = match ContactKind::of_key(key) {
            Some(kind) => by.verified.vouches_for(kind),
            None => by.source != Source::Page,
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
            return refuse(format!("a profile has at most {PROFILE_KEYS} keys"));
        }
        // The time of the latest order is a maximum (R8): a page moves it forward as well, and never ahead of the clock.
        if key == LAST_CHECKOUT && by.source == Source::Page {
            if value.as_i64().is_none_or(|at| at > by.time + FUTURE_MS) {
                return refuse("must not lie in the future".into());
            }
            if self.0.get(key).is_some_and(|stored| stored.value.as_i64() > value.as_i64()) {
                return None;
            }
        }
        let new = entry_bytes(key, value);
        if *bytes - old + new > PROFILE_BYTES {
            return refuse(format!("a profile has at most {PROFILE_BYTES} bytes"));
        }
        *bytes = *bytes - old + new;
        let field = Field { value: value.clone(), source: by.source, time: by.time, verified };
        self.0.insert(key.to_owned(), field);
        None
    }
}

/// Bytes of a key and its value in the profile's JSON.
fn entry_bytes(key: &str, value: &Value) -> usize {
    key.len() + 4 + json_bytes(value)
}

/// What a page's reset leaves: the manager's memo, and what Okyaku derived itself.
fn is_not_a_pages(key: &str) -> bool {
    key == field::DESCRIPTION || key == LAST_CHECKOUT
}

/// Bytes of a value as compact JSON.
#[must_use]
pub fn json_bytes(value: &Value) -> usize {
    serde_json::to_vec(value).map_or(usize::MAX / 4, |bytes| bytes.len())
}
