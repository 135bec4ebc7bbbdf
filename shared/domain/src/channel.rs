//! A channel: one shop, the tenant (R14).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::builder::Builder;
use super::id::ChannelId;
use super::time::{DAY, Millis};

/// The permission of an access key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Scope {
    /// Read customers and events.
    Read,
    /// Write customers and events.
    Write,
    /// Erase persons.
    Erase,
}

/// A shop at a builder. The shop's data comes to the channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// The shop's name at the builder: `shop.myshopify.com`, or the mall's id. A delivery must name the shop.
    pub shop: String,
    /// The secrets of the shop's deliveries, sealed. A delivery is signed with a secret, or carries a secret.
    ///
    /// The newest secret comes first. During a rotation there are two secrets, which is the most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
    /// Whether Okyaku takes the shop's deliveries. Stored data stays after the switch to `false`.
    pub enabled: bool,
}

/// The configuration of a channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Channel {
    /// The id: 20 lower-hex characters.
    pub id: ChannelId,
    /// The shop's name for the channel.
    pub name: String,
    /// The time of creation, epoch ms.
    pub created_at: Millis,
    /// The region, ISO 3166-1 alpha-2. National phone numbers are read by the rules of the region.
    pub region: String,
    /// Whether a page must prove a memberId with a memberHash (R1).
    pub member_hash_enabled: bool,
    /// The member-hash secret, sealed.
    pub member_hash_secret: String,
    /// The origins of the pages that may call, for example `https://shop.example.com`.
    ///
    /// `loopback` stands for every origin on this machine.
    pub origins: Vec<String>,
    /// The retention of events, in days.
    pub event_days: u32,
    /// Whether the channel's secrets are public, for development.
    #[serde(default)]
    pub development: bool,
    /// The connected builders.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub builders: BTreeMap<Builder, Connection>,
    /// The time at which the channel ended because the shop left, epoch ms. Since then, the channel's keys
    /// are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<Millis>,
    /// The window of recent purchases, in months, 1 to 12. The default is 3, as in Channel Talk.
    #[serde(default = "three")]
    pub purchase_months: u32,
    /// The plugin keys that were ever made, each with its end in epoch ms if the key was rotated.
    ///
    /// The table keeps the keys beside the other attributes.
    #[serde(skip)]
    pub plugin_keys: BTreeMap<String, Option<Millis>>,
}

fn three() -> u32 {
    3
}

impl Channel {
    /// Returns the retention of events, in ms.
    #[must_use]
    pub fn event_retention(&self) -> Millis {
        Millis::from(self.event_days) * DAY
    }

    /// Returns the connection to a builder, if the connection is switched on.
    #[must_use]
    pub fn connection(&self, builder: Builder) -> Option<&Connection> {
        self.builders.get(&builder).filter(|connection| connection.enabled)
    }

    /// Returns whether pages may send only what this builder supplies. The list stays in force after the connection was
    /// switched off: nothing new opens (R13).
    #[must_use]
    pub fn limits_pages_to(&self, builder: Builder) -> bool {
        self.builders.contains_key(&builder)
    }

    /// Returns the name of the channel's time zone, as in the IANA database.
    #[must_use]
    pub fn time_zone(&self) -> &'static str {
        match self.region.as_str() {
            "KR" => "Asia/Seoul",
            "JP" => "Asia/Tokyo",
            _ => "UTC",
        }
    }

    /// Returns the plugin key whose sessions go on longest, for a session that a server issues. Empty if no key is known.
    #[must_use]
    pub fn plugin_key(&self) -> &str {
        let latest = self.plugin_keys.iter().max_by_key(|(key, end)| (end.unwrap_or(Millis::MAX), *key));
        latest.map_or("", |(key, _)| key)
    }

    /// Returns whether a session that came from this plugin key goes on.
    ///
    /// A session ends with its key. A channel without a list of keys is older than the list.
    #[must_use]
    pub fn has_plugin_key(&self, key: &str, now: Millis) -> bool {
        match self.plugin_keys.get(key) {
            Some(end) => end.is_none_or(|end| end > now),
            None => self.plugin_keys.is_empty(),
        }
    }

    /// Returns whether a page of `origin` may call.
    ///
    /// `loopback` in the list allows every origin with `is_loopback`.
    #[must_use]
    pub fn allows_origin(&self, origin: &str, is_loopback: bool) -> bool {
        self.origins.iter().any(|allowed| allowed == origin || (allowed == "loopback" && is_loopback))
    }
}
