//! A cursor of a list: a place, and a mark of the list that it belongs to.
//!
//! The mark is no proof. It tells a caller who mixes up two lists, instead of answering with the wrong people.

use sha2::{Digest, Sha256};

/// Hex digits of the mark.
const DIGITS: usize = 8;

/// Why a cursor is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The text is no cursor.
    Malformed,
    /// The cursor belongs to another list.
    OfAnother,
}

impl Wrong {
    /// Returns the message for the caller.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::Malformed => "is not a cursor",
            Self::OfAnother => "is a cursor of another filter, order or channel",
        }
    }
}

/// Returns the cursor of a place in the list that `parts` describe, such as its channel and its filter.
#[must_use]
pub fn of(place: &str, parts: &[&str]) -> String {
    format!("{place}-{}", mark(parts))
}

/// Returns the place of a cursor.
///
/// # Errors
/// [`Wrong`].
pub fn place<'a>(cursor: &'a str, parts: &[&str]) -> Result<&'a str, Wrong> {
    let (place, own) = cursor.rsplit_once('-').ok_or(Wrong::Malformed)?;
    if own.len() != DIGITS || !own.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(Wrong::Malformed);
    }
    if own == mark(parts) { Ok(place) } else { Err(Wrong::OfAnother) }
}

fn mark(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        // The length before each part keeps two lists apart that differ in where a part ends.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut mark = hex::encode(hash.finalize());
    mark.truncate(DIGITS);
    mark
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursor_belongs_to_one_list() {
        let cursor = of("7-a", &["shop", "vip"]);
        assert_eq!(place(&cursor, &["shop", "vip"]), Ok("7-a"));
        for parts in [&["shop", "vi", "p"][..], &["shopvip"], &["other", "vip"], &[]] {
            assert_eq!(place(&cursor, parts), Err(Wrong::OfAnother), "{parts:?}");
        }
        for wrong in ["", "7-a", "7-a-", "7-a-1234567", "7-a-1234567G", "７"] {
            assert_eq!(place(wrong, &["shop"]), Err(Wrong::Malformed), "{wrong}");
        }
    }
}
