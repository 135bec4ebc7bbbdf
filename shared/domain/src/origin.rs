//! Who sent something.

use crate::builder::Builder;
use crate::channel::Channel;

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
    pub(crate) fn is_webhook(self) -> bool {
        matches!(self, Self::Shopify | Self::Cafe24)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rejection_code::Reason;

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
