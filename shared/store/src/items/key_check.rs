//! The item by which a function knows that its hash key belongs to the table.

use super::attributes::{FORMAT, number, string, text};
use crate::item::Item;
use crate::key::Key;
use crate::keyring::Keys;

/// The partition and the sort key of the item.
const KEY_CHECK: &str = "KEY";
/// The attribute with the keyed hash of a constant, in hex.
pub(crate) const MAC: &str = "mac";

/// Returns the key of the item.
#[must_use]
pub fn key() -> Key {
    Key::new(KEY_CHECK.to_owned(), KEY_CHECK)
}

/// Returns the item of these keys.
pub(crate) fn item(keys: &Keys) -> Item {
    let mut item = key().attributes();
    item.insert(MAC.to_owned(), text(keys.key_check()));
    item.insert(FORMAT.into(), number(1));
    item
}

/// Returns whether the item was made with these keys.
pub(crate) fn is_of(item: &Item, keys: &Keys) -> bool {
    string(item, MAC) == Some(keys.key_check().as_str())
}
