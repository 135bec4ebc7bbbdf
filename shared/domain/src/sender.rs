//! The senders of requests, profile fields and tags.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::builder::Builder;
use crate::channel::Channel;

/// The sender of a request, a profile field or a tag. Serialised as its [`code`](Sender::code).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sender {
    /// A page, through the browser's script.
    Page,
    /// The shop's server, through the Open API.
    Server,
    /// A builder: Shopify and Cafe24 by webhooks, Firstmall by its pages.
    Builder(Builder),
    /// Okyaku itself, because of an event.
    System,
}

impl Sender {
    /// Every sender.
    pub const ALL: [Self; 6] = [
        Self::Page,
        Self::Server,
        Self::Builder(Builder::Shopify),
        Self::Builder(Builder::Cafe24),
        Self::Builder(Builder::Firstmall),
        Self::System,
    ];

    /// Returns the sender's name on the wire and in the log of rejections.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Server => "server",
            Self::Builder(builder) => builder.name(),
            Self::System => "system",
        }
    }

    /// Returns the letter for the sender in an item. A letter keeps the item of a customer small.
    #[must_use]
    pub fn code(self) -> char {
        match self {
            Self::Page => 'p',
            Self::Server => 's',
            Self::Builder(Builder::Shopify) => 'h',
            Self::Builder(Builder::Cafe24) => 'c',
            Self::Builder(Builder::Firstmall) => 'f',
            Self::System => 'e',
        }
    }

    /// Returns the sender with this letter, the reverse of [`Sender::code`].
    #[must_use]
    pub fn of_code(code: char) -> Option<Self> {
        Self::ALL.into_iter().find(|sender| sender.code() == code)
    }

    /// Returns the sender of a channel's pages for the log of rejections.
    ///
    /// The sender is Firstmall if the channel is or was connected to a mall.
    #[must_use]
    pub fn of_page(channel: &Channel) -> Self {
        match channel.limits_pages_to(Builder::Firstmall) {
            true => Self::Builder(Builder::Firstmall),
            false => Self::Page,
        }
    }

    /// Returns whether the sender is a builder.
    #[must_use]
    pub fn is_builder(self) -> bool {
        matches!(self, Self::Builder(_))
    }

    /// Returns whether the sender's field names are paths of a builder's payload, written by a parser of
    /// Okyaku.
    pub(crate) fn is_webhook(self) -> bool {
        matches!(self, Self::Builder(Builder::Shopify | Builder::Cafe24))
    }
}

impl Serialize for Sender {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.code().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Sender {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let unknown = || serde::de::Error::custom("is not the letter of a sender");
        Self::of_code(char::deserialize(deserializer)?).ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rejection_reason::RejectionReason;

    #[test]
    fn firstmall_pages_are_the_builders_also_after_it_was_switched_off() {
        let channel = |builders: serde_json::Value| -> Channel {
            serde_json::from_value(serde_json::json!({
                "id": "0123456789abcdef0123", "name": "Shop", "createdAt": 0, "region": "KR", "memberHashEnabled": true,
                "memberHashSecret": "", "origins": [], "eventDays": 365, "builders": builders,
            }))
            .unwrap()
        };
        let connected = |enabled| serde_json::json!({"firstmall": {"shop": "mall", "enabled": enabled}});
        for enabled in [true, false] {
            assert_eq!(Sender::of_page(&channel(connected(enabled))), Sender::Builder(Builder::Firstmall));
        }
        assert_eq!(Sender::of_page(&channel(serde_json::json!({}))), Sender::Page);
    }

    #[test]
    fn senders_and_reasons_have_names_of_their_own() {
        let senders: std::collections::BTreeSet<_> = Sender::ALL.map(Sender::name).into();
        let codes: std::collections::BTreeSet<_> = Sender::ALL.map(Sender::code).into();
        let reasons: std::collections::BTreeSet<_> = RejectionReason::ALL.map(RejectionReason::name).into();
        assert_eq!((senders.len(), codes.len()), (Sender::ALL.len(), Sender::ALL.len()));
        assert_eq!(reasons.len(), RejectionReason::ALL.len());
        assert!(Sender::ALL.iter().all(|sender| Sender::of_code(sender.code()) == Some(*sender)));
    }
}
