//! A channel: one shop, the tenant (R14).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::builder::Builder;
use super::id::ChannelId;
use super::time::{DAY, Millis};

/// What an access key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Scope {
    /// Read customers and events.
    Read,
    /// Write customers and events.
    Write,
    /// Erase.
    Erase,
}

/// A shop at a builder whose data comes to the channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// The shop's name there: `shop.myshopify.com`, or the mall's id. A delivery must name it.
    pub shop: String,
    /// What its deliveries are signed with or carry, sealed; the newest first, at most two (a rotation).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
    /// Whether its deliveries are taken. Switched off, what is stored stays.
    pub enabled: bool,
}

/// Configuration of a channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Channel {
    /// Id: 20 lower-hex characters.
    pub id: ChannelId,
    /// The shop's name for it.
    pub name: String,
    /// When it was created, epoch ms.
    pub created_at: Millis,
    /// ISO 3166-1 alpha-2: how national phone numbers are read.
    pub region: String,
    /// Whether a page must prove a memberId by its hash (R1).
    pub member_hash_enabled: bool,
    /// The member-hash secret, sealed.
    pub member_hash_secret: String,
    /// Origins whose pages may call, such as `https://shop.example.com`; `loopback` stands for any on this machine.
    pub origins: Vec<String>,
    /// How long events are kept, in days.
    pub event_days: u32,
    /// Whether its secrets are public, for development.
    #[serde(default)]
    pub development: bool,
    /// The builders whose data comes to it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub builders: BTreeMap<Builder, Connection>,
    /// When it was ended because its shop left, epoch ms: its keys lead nowhere since then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<Millis>,
    /// How many months back a purchase is a recent one, 1 to 12 (Channel Talk's default is 3).
    #[serde(default = "three")]
    pub purchase_months: u32,
}

fn three() -> u32 {
    3
}

impl Channel {
    /// How long events are kept, in ms.
    #[must_use]
    pub fn event_retention(&self) -> Millis {
        Millis::from(self.event_days) * DAY
    }

    /// The connection to a builder, if it is switched on.
    #[must_use]
    pub fn connection(&self, builder: Builder) -> Option<&Connection> {
        self.builders.get(&builder).filter(|connection| connection.enabled)
    }

    /// Whether a page of `origin` may call. `loopback` in the list allows every origin that `is_loopback`.
    #[must_use]
    pub fn allows_origin(&self, origin: &str, is_loopback: bool) -> bool {
        self.origins.iter().any(|allowed| allowed == origin || (allowed == "loopback" && is_loopback))
    }
}
