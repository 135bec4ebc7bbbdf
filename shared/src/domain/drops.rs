//! What was left out of something that was otherwise taken, or refused as a whole, and why. Names fields and reasons,
//! never values or persons (R15).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::builder::Builder;
use super::channel::Channel;
use super::field;
use super::patch::is_basic;
use crate::error::{Detail, Error};

/// Who sent what was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A page, through the browser's script.
    Page,
    /// The shop's server, through the Open API.
    Server,
    /// Shopify's webhooks.
    Shopify,
    /// Cafe24's webhooks.
    Cafe24,
    /// A page of a Firstmall shop.
    Firstmall,
}

impl Origin {
    /// Every origin.
    pub const ALL: [Self; 5] = [Self::Page, Self::Server, Self::Shopify, Self::Cafe24, Self::Firstmall];

    /// Its name on the wire and in the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Server => "server",
            Self::Shopify => "shopify",
            Self::Cafe24 => "cafe24",
            Self::Firstmall => "firstmall",
        }
    }

    /// What a channel's pages are: Firstmall's, if it is connected to one.
    #[must_use]
    pub fn of_page(channel: &Channel) -> Self {
        channel.connection(Builder::Firstmall).map_or(Self::Page, |_| Self::Firstmall)
    }

    /// Whether it names fields by the paths of a builder's payload, which come from a parser of ours.
    fn is_webhook(self) -> bool {
        matches!(self, Self::Shopify | Self::Cafe24)
    }
}

/// Why something was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// The field is missing, mistyped or out of its bounds.
    Invalid,
    /// The body is not JSON, or not what its topic has.
    Unreadable,
    /// The topic or event number is none that is used.
    UnknownTopic,
    /// It names no customer, so it is nobody's.
    NoCustomer,
    /// It is about somebody who was erased, and older than that (R12).
    Erased,
    /// It is older than what it is about may be.
    TooOld,
    /// The builder does not supply it (Firstmall's fixed list).
    NotSupplied,
    /// It would pass a limit.
    Limit,
    /// The order belongs to another customer.
    Foreign,
    /// An address that does not pick one person, so nobody was erased.
    Ambiguous,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 10] = [
        Self::Invalid,
        Self::Unreadable,
        Self::UnknownTopic,
        Self::NoCustomer,
        Self::Erased,
        Self::TooOld,
        Self::NotSupplied,
        Self::Limit,
        Self::Foreign,
        Self::Ambiguous,
    ];

    /// Its name on the wire and in the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Unreadable => "unreadable",
            Self::UnknownTopic => "unknownTopic",
            Self::NoCustomer => "noCustomer",
            Self::Erased => "erased",
            Self::TooOld => "tooOld",
            Self::NotSupplied => "notSupplied",
            Self::Limit => "limit",
            Self::Foreign => "foreign",
            Self::Ambiguous => "ambiguous",
        }
    }
}

/// One thing that was not kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Drop {
    /// Path of the field in what was sent, such as `customer.phone`, or the topic. A name of ours, or one that
    /// the sender chose: the log keeps only those it knows.
    pub field: String,
    /// Why.
    pub reason: Reason,
}

impl Drop {
    /// A drop of `field`.
    pub fn new(field: impl Into<String>, reason: Reason) -> Self {
        Self { field: field.into(), reason }
    }

    /// What a reply says of a field.
    #[must_use]
    pub fn of(detail: &Detail) -> Self {
        Self::new(detail.field.clone(), detail.reason)
    }
}

/// What a refusal means to the log: 413, 422, and the 409 of the erased. Any other says nothing of what was sent, or
/// that the sender is nobody.
#[must_use]
pub fn refused(error: &Error) -> Vec<Drop> {
    match error {
        Error::Invalid(details) => details.iter().map(Drop::of).collect(),
        Error::TooLarge { field, .. } => vec![Drop::new(*field, Reason::Limit)],
        Error::Erased => vec![Drop::new("user", Reason::Erased)],
        _ => Vec::new(),
    }
}

/// What every name becomes that the log does not know.
pub const OTHER: &str = "other";

/// What bodies have beside a profile, and a batch's events. Basic keys ([`is_basic`]) are known too.
const KNOWN: [&str; 37] = [
    "app",
    "app.device",
    "app.name",
    "app.os",
    "app.osName",
    "app.pushToken",
    "app.version",
    "attempt",
    "blocked",
    "body",
    "createdAt",
    "events",
    "events.createdAt",
    "events.id",
    "events.name",
    "events.property",
    "id",
    "language",
    "memberHash",
    "memberId",
    "name",
    "page",
    "page.referrer",
    "page.url",
    "pluginKey",
    "profile",
    "profileOnce",
    "property",
    "qualified",
    "revive",
    "sessionToken",
    "tags",
    "unsubscribe",
    "unsubscribeEmail",
    "unsubscribeTexting",
    "user",
    "veilId",
];

/// Undeclared profile keys that builders' own scripts send: of Firstmall and Sixshop Pro as Channel Talk lists them
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
/// Digits in a row that a path may have: fewer than any phone number or customer's id.
const PATH_DIGITS: usize = 4;

/// The name under which the log keeps a field: itself without the numbers of a list, where it is one of ours; `other`
/// where anybody may have chosen it, since that can be anything. Of a builder's delivery, which is signed and whose
/// paths a parser wrote down, every short path of plain letters is kept.
#[must_use]
pub fn known_field(origin: Origin, name: &str) -> Cow<'_, str> {
    let name = without_numbers(name);
    if is_known(&name) || origin.is_webhook() && is_path(&name) {
        return name;
    }
    let head = name.split('.').next().unwrap_or_default();
    if is_basic(head) { Cow::Owned(head.to_owned()) } else { Cow::Borrowed(OTHER) }
}

/// `events[3].name` as `events.name`.
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
        _ => KNOWN.contains(&name),
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
    use proptest::prelude::*;

    #[test]
    fn a_name_of_ours_is_kept_without_its_numbers_and_any_other_becomes_other() {
        for (said, kept) in [
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
            assert_eq!(known_field(Origin::Page, said), kept, "{said}");
            assert_eq!(known_field(Origin::Server, said), kept, "{said}");
        }
    }

    #[test]
    fn a_builders_path_is_kept_as_long_as_it_can_be_nothing_else() {
        let long = "a".repeat(PATH_CHARS);
        for kept in ["customer.phone", "orders/create", "line_items[3].price", "resource.event_no", &long] {
            assert_eq!(known_field(Origin::Shopify, kept), kept.replace("[3]", ""));
        }
        let longer = "a".repeat(PATH_CHARS + 1);
        for other in ["a@b", "Lee", "+821024682468", "01024682468", "a/12345", "note.lee kim", "a#b", &longer]
        {
            assert_eq!(known_field(Origin::Cafe24, other), OTHER, "{other}");
        }
        assert_eq!(known_field(Origin::Cafe24, "90023"), OTHER);
    }

    proptest! {
        #[test]
        fn no_name_can_break_a_key(name in "\\PC{0,80}") {
            for origin in Origin::ALL {
                let kept = known_field(origin, &name);
                prop_assert!(!kept.contains('#') && !kept.is_empty() && kept.len() <= PATH_CHARS);
            }
        }
    }

    #[test]
    fn a_page_is_firstmalls_while_its_channel_is_connected_to_it() {
        let channel = |builders: serde_json::Value| -> Channel {
            serde_json::from_value(serde_json::json!({
                "id": "c", "name": "Shop", "createdAt": 0, "region": "KR", "memberHashEnabled": true,
                "memberHashSecret": "", "origins": [], "eventDays": 365, "builders": builders,
            }))
            .unwrap()
        };
        let connected = |enabled| serde_json::json!({"firstmall": {"shop": "mall", "enabled": enabled}});
        assert_eq!(Origin::of_page(&channel(connected(true))), Origin::Firstmall);
        assert_eq!(Origin::of_page(&channel(connected(false))), Origin::Page);
        assert_eq!(Origin::of_page(&channel(serde_json::json!({}))), Origin::Page);
    }

    #[test]
    fn every_origin_and_reason_has_a_name_of_its_own() {
        let origins: std::collections::BTreeSet<_> = Origin::ALL.map(Origin::name).into();
        let reasons: std::collections::BTreeSet<_> = Reason::ALL.map(Reason::name).into();
        assert_eq!((origins.len(), reasons.len()), (Origin::ALL.len(), Reason::ALL.len()));
    }
}
