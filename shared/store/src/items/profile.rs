//! The profile within a customer's item, in MessagePack.
//!
//! - A profile may hold numbers and keys that DynamoDB refuses.
//! - Every touch pays for each byte of a customer.
//! - A preset key is a number of one byte.
//! - Sender and verification share one byte.
//! - A time is the difference to the earliest time.

use okyaku_domain::error::Error;
use okyaku_domain::field::{Field, PRESET};
use okyaku_domain::profile::Profile;
use okyaku_domain::sender::Sender;
use okyaku_domain::time::Millis;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A profile key: the place of a preset key in [`PRESET`], or the key's name.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum FieldKey {
    Preset(u8),
    Name(String),
}

/// Key, value, sender's letter with the verified bit, and milliseconds after the profile's earliest time.
type StoredField = (FieldKey, Value, u8, Millis);
/// The earliest time of any field, epoch ms, and the fields.
type StoredProfile = (Millis, Vec<StoredField>);

/// The bit of a verified field in the sender's letter. All letters are below this bit.
const VERIFIED: u8 = 0x80;

/// Returns a profile as bytes.
///
/// # Errors
/// [`Error::Internal`] if the profile cannot be serialized.
pub fn encode(profile: &Profile) -> Result<Vec<u8>, Error> {
    let earliest = profile.stored().map(|(_, field)| field.time).min().unwrap_or_default();
    let fields: Vec<StoredField> = profile
        .stored()
        .map(|(key, field)| {
            let preset = PRESET.iter().position(|(name, _)| name == key).and_then(|at| u8::try_from(at).ok());
            let key = preset.map_or_else(|| FieldKey::Name(key.clone()), FieldKey::Preset);
            let letter = u8::try_from(field.sender.code()).unwrap_or_default();
            let letter = if field.verified { letter | VERIFIED } else { letter };
            (key, field.value.clone(), letter, field.time.wrapping_sub(earliest))
        })
        .collect();
    rmp_serde::to_vec(&(earliest, fields)).map_err(Error::internal)
}

/// Returns the profile of bytes that [`encode`] made.
///
/// # Errors
/// [`Error::Internal`] if the bytes are malformed.
pub fn decode(bytes: &[u8]) -> Result<Profile, Error> {
    let unreadable = || Error::internal("a profile cannot be read");
    let (earliest, fields): StoredProfile = rmp_serde::from_slice(bytes).map_err(|_| unreadable())?;
    let field = |(key, value, letter, after): StoredField| {
        let key = match key {
            FieldKey::Preset(at) => PRESET.get(usize::from(at)).map(|(name, _)| (*name).to_owned()),
            FieldKey::Name(name) => Some(name),
        };
        let sender = Sender::of_code(char::from(letter & !VERIFIED));
        let (key, sender) = key.zip(sender)?;
        let time = earliest.wrapping_add(after);
        Some((key, Field { value, sender, time, verified: letter & VERIFIED != 0 }))
    };
    fields.into_iter().map(field).collect::<Option<Profile>>().ok_or_else(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(Value::from),
            "\\PC{0,20}".prop_map(Value::from),
            prop::collection::vec("\\PC{0,9}", 0..4).prop_map(Value::from),
            Just(Value::Null),
        ]
    }

    proptest! {
        #[test]
        fn profile_survives_the_round_trip(
            fields in prop::collection::btree_map(
                prop_oneof!["\\PC{1,12}", prop::sample::select(&PRESET[..]).prop_map(|(name, _)| name.to_owned())],
                (value(), prop::sample::select(&Sender::ALL[..]), 0..9_999_999_999_999_i64, any::<bool>()),
                0..9,
            ),
        ) {
            let field = |(value, sender, time, verified)| Field { value, sender, time, verified };
            let profile: Profile = fields.into_iter().map(|(key, parts)| (key, field(parts))).collect();
            prop_assert_eq!(decode(&encode(&profile).unwrap()).unwrap(), profile);
        }

        #[test]
        fn foreign_bytes_are_an_error(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = decode(&bytes);
        }
    }

    /// The table stores the places of preset keys, so a new preset key goes to the end of the list.
    #[test]
    fn preset_keys_keep_their_places() {
        let names: Vec<&str> = PRESET.iter().map(|(name, _)| *name).collect();
        let known = [
            "mobileNumber",
            "email",
            "referrer",
            "utmCampaign",
            "utmMedium",
            "utmSource",
            "utmContent",
            "utmTerm",
            "description",
            "lastCheckoutCompletedAt",
            "name",
            "firstName",
            "lastName",
            "avatarUrl",
            "landlineNumber",
            "recentPurchaseCount",
            "recentPurchaseAmount",
        ];
        assert_eq!(names.get(..known.len()), Some(&known[..]));
    }

    #[test]
    fn preset_field_takes_four_bytes_beside_its_value() {
        let field = |time| Field { value: json!(true), sender: Sender::Page, time, verified: true };
        let profile: Profile =
            [("email".to_owned(), field(5)), ("name".to_owned(), field(5))].into_iter().collect();
        let one: Profile = [("email".to_owned(), field(5))].into_iter().collect();
        assert_eq!(encode(&profile).unwrap().len() - encode(&one).unwrap().len(), 6);
    }
}
