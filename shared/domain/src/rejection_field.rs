//! The names of fields in the log of rejections.

use std::borrow::Cow;

use crate::basic_key::is_basic;
use crate::field;
use crate::patch;
use crate::sender::Sender;

/// The name of every unknown field in the log.
pub const OTHER: &str = "other";

/// Names in bodies beside the keys of a patch ([`patch::KEYS`]) and the basic keys ([`is_basic`]).
const KNOWN: [&str; 30] = [
    "app",
    "app.device",
    "app.name",
    "app.os",
    "app.osName",
    "app.pushToken",
    "app.version",
    "attempt",
    "body",
    "createdAt",
    "events",
    "events.createdAt",
    "events.id",
    "events.name",
    "events.property",
    "id",
    "memberHash",
    "memberId",
    "name",
    "page",
    "page.referrer",
    "page.url",
    "pluginKey",
    "property",
    "qualified",
    "revive",
    "sessionToken",
    "unsubscribe",
    "user",
    "veilId",
];

/// Undeclared profile keys from builders' own scripts.
///
/// The list has the keys of Firstmall and Sixshop Pro from Channel Talk
/// (<https://developers.channel.io/docs/firstmall>).
const PROFILE_KEYS: [&str; 13] = [
    "availableMileage",
    "cartAmount",
    "cartCount",
    "cartPrice",
    "couponCount",
    "groupName",
    "memberType",
    "totalAmount",
    "totalDeposit",
    "totalPurchaseAmount",
    "totalPurchasedAmount",
    "totalPurchasedCount",
    "wishCount",
];

/// Characters of a builder's path or topic.
const PATH_CHARS: usize = 64;
/// Digits in a row in a path. Every phone number and every customer's id has more digits.
const PATH_DIGITS: usize = 4;

/// Returns the name of a field in the log.
///
/// - A known name is kept, less the numbers of a list. For example, `events[3].name` becomes `events.name`.
/// - A builder's delivery is signed, and a parser of Okyaku wrote the paths. So every short path of plain
///   letters is kept.
/// - A name below a basic key becomes the basic key. For example, `web.browser` becomes `web`.
/// - Any further name becomes `other`, because the sender could have chosen any text.
#[must_use]
pub fn known_field(sender: Sender, name: &str) -> Cow<'_, str> {
    let name = without_numbers(name);
    if is_known(&name) || sender.is_webhook() && is_path(&name) {
        return name;
    }
    let head = name.split('.').next().unwrap_or_default();
    if is_basic(head) { Cow::Owned(head.to_owned()) } else { Cow::Borrowed(OTHER) }
}

/// Takes out the numbers of a list. For example, `events[3].name` becomes `events.name`.
fn without_numbers(name: &str) -> Cow<'_, str> {
    let mut parts = name.split('[');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(']') {
            Some((number, rest)) if number.bytes().all(|byte| byte.is_ascii_digit()) => plain.push_str(rest),
            _ => return Cow::Borrowed(name),
        }
    }
    if plain.len() == name.len() { Cow::Borrowed(name) } else { Cow::Owned(plain) }
}

fn is_known(name: &str) -> bool {
    match name.split_once('.') {
        Some(("profile" | "profileOnce", key)) => {
            field::declared(key).is_some() || PROFILE_KEYS.contains(&key)
        }
        _ => patch::KEYS.contains(&name) || KNOWN.contains(&name),
    }
}

fn is_path(name: &str) -> bool {
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'/');
    let numbers = name.split(|c: char| !c.is_ascii_digit());
    name.len() <= PATH_CHARS
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(plain)
        && numbers.into_iter().all(|number| number.len() <= PATH_DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::Builder;
    use proptest::prelude::*;

    #[test]
    fn field_name_is_kept_if_known_and_else_becomes_other() {
        for (given, kept) in [
            ("profile.email", "profile.email"),
            ("profileOnce.utmTerm", "profileOnce.utmTerm"),
            ("profile.wishCount", "profile.wishCount"),
            ("profile.lee@example.com", OTHER),
            ("profile.", OTHER),
            ("profile.email.x", OTHER),
            ("profile.[1]", OTHER),
            ("events[3].name", "events.name"),
            ("events[3]", "events"),
            ("events[x].name", OTHER),
            ("events[3.name", OTHER),
            ("tags[12]", "tags"),
            ("app.osName", "app.osName"),
            ("app.other", OTHER),
            ("web.lee", "web"),
            ("createdAt.lee", "createdAt"),
            ("lee", OTHER),
            ("", OTHER),
            ("line_items.price", OTHER),
        ] {
            assert_eq!(known_field(Sender::Page, given), kept, "{given}");
            assert_eq!(known_field(Sender::Server, given), kept, "{given}");
        }
    }

    #[test]
    fn builder_path_is_kept_only_if_it_can_be_nothing_else() {
        let long = "a".repeat(PATH_CHARS);
        for kept in ["customer.phone", "orders/create", "line_items[3].price", "resource.event_no", &long] {
            assert_eq!(known_field(Sender::Builder(Builder::Shopify), kept), kept.replace("[3]", ""));
        }
        let longer = "a".repeat(PATH_CHARS + 1);
        for other in ["a@b", "Lee", "+821024682468", "01024682468", "a/12345", "note.lee kim", "a#b", &longer]
        {
            assert_eq!(known_field(Sender::Builder(Builder::Cafe24), other), OTHER, "{other}");
        }
        assert_eq!(known_field(Sender::Builder(Builder::Cafe24), "90023"), OTHER);
    }

    proptest! {
        #[test]
        fn field_name_never_breaks_a_key(name in "\\PC{0,80}") {
            for sender in Sender::ALL {
                let kept = known_field(sender, &name);
                prop_assert!(!kept.contains('#') && !kept.is_empty() && kept.len() <= PATH_CHARS);
            }
        }
    }
}
