//! The room in a profile: pages fill at most half, and the shop always fits (R5).

use std::collections::BTreeMap;

use crate::field::Field;
use crate::json::json_bytes;
use crate::limit::{PAGE_BYTES, PAGE_KEYS, PROFILE_BYTES, PROFILE_KEYS};
use crate::sender::Sender;

/// The used room of a profile, kept up to date by every write.
///
/// A new count for each of thousands of fields would take seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    bytes: usize,
    page_keys: usize,
    page_bytes: usize,
}

impl Room {
    /// Counts the room that the fields use.
    pub(crate) fn of(fields: &BTreeMap<String, Field>) -> Self {
        let mut room = Self { bytes: 1, page_keys: 0, page_bytes: 0 };
        fields.iter().for_each(|(key, field)| room.add(key, field));
        room
    }

    /// Returns the bytes of all keys and values as compact JSON.
    pub(crate) fn bytes(self) -> usize {
        self.bytes
    }

    /// Stores a field. A field of a page fits into the page's half. A field of any other sender pushes out the
    /// oldest fields of pages, if needed.
    ///
    /// # Errors
    /// A message with the exceeded limit. Then nothing has changed.
    pub(crate) fn store(
        &mut self,
        fields: &mut BTreeMap<String, Field>,
        key: &str,
        field: Field,
    ) -> Result<(), String> {
        // Count as if the field were stored.
        let mut next = *self;
        let old = fields.get(key);
        if let Some(old) = old {
            next.take(key, old);
        }
        next.add(key, &field);
        let mut keys = fields.len() + usize::from(old.is_none());
        let mut gone = Vec::new();
        if field.sender == Sender::Page {
            next.fits_a_page()?;
        } else {
            // Push out the oldest fields of pages until the field fits.
            let mut oldest: Vec<(&String, &Field)> =
                fields.iter().filter(|(name, field)| *name != key && field.sender == Sender::Page).collect();
            oldest.sort_by_key(|(name, field)| (std::cmp::Reverse(field.time), std::cmp::Reverse(*name)));
            while next.is_over(keys)
                && let Some((name, field)) = oldest.pop()
            {
                next.take(name, field);
                keys -= 1;
                gone.push(name.clone());
            }
        }
        next.fits(keys)?;
        for name in gone {
            fields.remove(&name);
        }
        fields.insert(key.to_owned(), field);
        *self = next;
        Ok(())
    }

    /// Stores a cleared field, whatever the limits say, because the field guards against an older update.
    pub(crate) fn keep(&mut self, fields: &mut BTreeMap<String, Field>, key: &str, field: Field) {
        self.add(key, &field);
        fields.insert(key.to_owned(), field);
    }

    /// Removes a field.
    pub(crate) fn remove(&mut self, fields: &mut BTreeMap<String, Field>, key: &str) -> Option<Field> {
        let field = fields.remove(key)?;
        self.take(key, &field);
        Some(field)
    }

    fn add(&mut self, key: &str, field: &Field) {
        let bytes = entry_bytes(key, field);
        self.bytes += bytes;
        if field.sender == Sender::Page {
            self.page_keys += 1;
            self.page_bytes += bytes;
        }
    }

    fn take(&mut self, key: &str, field: &Field) {
        let bytes = entry_bytes(key, field);
        self.bytes -= bytes;
        if field.sender == Sender::Page {
            self.page_keys -= 1;
            self.page_bytes -= bytes;
        }
    }

    fn is_over(self, keys: usize) -> bool {
        keys > PROFILE_KEYS || self.bytes > PROFILE_BYTES
    }

    fn fits(self, keys: usize) -> Result<(), String> {
        if keys > PROFILE_KEYS {
            return Err(format!("a profile has at most {PROFILE_KEYS} keys"));
        }
        if self.bytes > PROFILE_BYTES {
            return Err(format!("a profile has at most {PROFILE_BYTES} bytes"));
        }
        Ok(())
    }

    fn fits_a_page(self) -> Result<(), String> {
        if self.page_keys > PAGE_KEYS {
            return Err(format!("pages set at most {PAGE_KEYS} keys of a profile"));
        }
        if self.page_bytes > PAGE_BYTES {
            return Err(format!("pages fill at most {PAGE_BYTES} bytes of a profile"));
        }
        Ok(())
    }
}

/// Returns the bytes of a key and its value in the profile's JSON.
fn entry_bytes(key: &str, field: &Field) -> usize {
    key.len() + 4 + json_bytes(&field.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn field(sender: Sender, time: i64, bytes: usize) -> Field {
        Field { value: Value::from("x".repeat(bytes)), sender, time, verified: false }
    }

    #[test]
    fn page_fills_half_and_the_server_always_fits() {
        let mut fields = BTreeMap::new();
        let mut room = Room::of(&fields);
        for at in 0..PAGE_KEYS {
            room.store(&mut fields, &format!("p{at:03}"), field(Sender::Page, at as i64, 1)).unwrap();
        }
        let refused = room.store(&mut fields, "p100", field(Sender::Page, 0, 1)).unwrap_err();
        assert_eq!(refused, "pages set at most 100 keys of a profile");
        for at in 0..PROFILE_KEYS {
            room.store(&mut fields, &format!("s{at:03}"), field(Sender::Server, 0, 1)).unwrap();
            assert_eq!(room, Room::of(&fields));
            assert!(fields.len() <= PROFILE_KEYS);
            // The oldest field of a page goes first.
            let pushed_out = (at + 1).saturating_sub(PROFILE_KEYS - PAGE_KEYS);
            assert_eq!(
                fields.keys().next().unwrap().as_str(),
                match pushed_out {
                    PAGE_KEYS => "s000".to_owned(),
                    gone => format!("p{gone:03}"),
                }
            );
        }
        let refused = room.store(&mut fields, "s200", field(Sender::Server, 0, 1)).unwrap_err();
        assert_eq!(refused, "a profile has at most 200 keys");
        assert_eq!(room, Room::of(&fields));
    }

    #[test]
    fn large_value_pushes_out_no_more_than_needed() {
        let mut fields = BTreeMap::new();
        let mut room = Room::of(&fields);
        for (at, key) in ["a", "b", "c"].into_iter().enumerate() {
            room.store(&mut fields, key, field(Sender::Page, at as i64, 5000)).unwrap();
        }
        let over = room.store(&mut fields, "d", field(Sender::Page, 9, 5000)).unwrap_err();
        assert_eq!(over, "pages fill at most 16384 bytes of a profile");
        room.store(&mut fields, "big", field(Sender::Server, 9, 20_000)).unwrap();
        assert_eq!(fields.keys().collect::<Vec<_>>(), ["b", "big", "c"]);
        let over = room.store(&mut fields, "huge", field(Sender::Server, 9, 20_000)).unwrap_err();
        assert_eq!(over, "a profile has at most 32768 bytes");
        assert_eq!(fields.keys().collect::<Vec<_>>(), ["b", "big", "c"]);
    }
}
