//! The commands and their parser.

use lambda_http::http::Uri;
use okyaku_domain::builder::Builder;
use okyaku_domain::channel::Scope;
use okyaku_domain::error::Error;
use okyaku_domain::id::ChannelId;
use okyaku_domain::limit::NAME_CHARS;
use okyaku_domain::text;
use okyaku_domain::time::Millis;
use serde::Deserialize;
use serde_json::Value;

use okyaku_engine::erase::Replayed;

/// The kinds of keys that can be rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum KeyKind {
    /// The page's plugin key.
    Plugin,
    /// The server's access key, with its secret.
    Access,
    /// The token in a webhook's path.
    Webhook,
}

/// A command, by its `action`.
#[derive(Debug, Deserialize)]
#[serde(tag = "action", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub(crate) enum Command {
    /// Creates a channel with new keys.
    CreateChannel {
        /// The shop's name for the channel.
        name: String,
        /// The region, ISO 3166-1 alpha-2.
        #[serde(default = "korea")]
        region: String,
        /// The allowed origins, such as `https://shop.example.com`.
        #[serde(default)]
        origins: Vec<String>,
        /// How many days events are kept.
        #[serde(default = "year")]
        event_days: u32,
        /// Whether pages must prove a memberId.
        #[serde(default = "yes")]
        member_hash: bool,
    },
    /// Lists every channel, without secrets.
    ListChannels,
    /// Creates a new key. The old key, if named, ends after the grace.
    RotateKey {
        channel_id: ChannelId,
        kind: KeyKind,
        key: Option<String>,
        grace_hours: Option<u32>,
        #[serde(default = "all")]
        scopes: Vec<Scope>,
    },
    /// Replaces the allowed origins.
    SetOrigins { channel_id: ChannelId, origins: Vec<String> },
    /// Lists the erasures since `since`, which a table restored to that time lacks. `after` is the `next` of
    /// the previous answer.
    ListErasures { channel_id: ChannelId, since: Millis, after: Option<String> },
    /// Repeats the erasures that `listErasures` listed.
    ReplayErasures { channel_id: ChannelId, erasures: Vec<Replayed> },
    /// Connects a shop at a builder, adds a newer secret to the connection, or switches the connection on or
    /// off.
    SetBuilder {
        channel_id: ChannelId,
        builder: Builder,
        shop: String,
        secret: Option<String>,
        #[serde(default = "yes")]
        enabled: bool,
    },
    /// Sets how many months back a purchase counts as recent.
    SetPurchaseWindow { channel_id: ChannelId, months: u32 },
    /// Lists the data requests and their customers.
    ListDataRequests { channel_id: ChannelId },
    /// Sets the member-hash secret, or a random secret, and whether pages need a memberHash.
    SetSecret {
        channel_id: ChannelId,
        secret: Option<String>,
        #[serde(default = "yes")]
        enabled: bool,
    },
}

fn korea() -> String {
    "KR".into()
}

fn year() -> u32 {
    365
}

fn yes() -> bool {
    true
}

fn all() -> Vec<Scope> {
    vec![Scope::Read, Scope::Write, Scope::Erase]
}

/// Reads a command.
///
/// # Errors
/// [`Error::Invalid`] with the name of the wrong field.
pub(crate) fn parse(command: Value) -> Result<Command, Error> {
    // serde checks the shape. Its message may quote a value, so the caller gets this message.
    let shape = "must be createChannel, listChannels, rotateKey, setOrigins, setSecret, setBuilder, setPurchaseWindow, listDataRequests, listErasures or replayErasures with its fields";
    let command = serde_json::from_value(command).map_err(|_| Error::invalid("action", shape))?;
    // Check the values that the shape leaves open.
    match &command {
        Command::CreateChannel { name, region, origins, event_days, .. } => {
            text::short(name, NAME_CHARS).map_err(|message| Error::invalid("name", message))?;
            if region.len() != 2 || !region.bytes().all(|b| b.is_ascii_uppercase()) {
                return Err(Error::invalid("region", "must be ISO 3166-1 alpha-2, such as KR"));
            }
            if !(1..=3650).contains(event_days) {
                return Err(Error::invalid("eventDays", "must be from 1 to 3650"));
            }
            check_origins(origins)?;
        }
        Command::SetOrigins { origins, .. } => check_origins(origins)?,
        Command::SetSecret { secret: Some(secret), .. }
            if ::hex::decode(secret).map_or(true, |bytes| bytes.len() < 16) =>
        {
            return Err(Error::invalid("secret", "must be hexadecimal, of at least 32 digits"));
        }
        Command::SetBuilder { shop, secret, .. } => {
            text::short(shop, NAME_CHARS).map_err(|message| Error::invalid("shop", message))?;
            // A builder's secret has 32 characters or more. A short secret could be guessed.
            if secret.as_ref().is_some_and(|secret| secret.trim().len() < 8) {
                return Err(Error::invalid("secret", "must have at least 8 characters"));
            }
        }
        Command::SetPurchaseWindow { months, .. } if !(1..=12).contains(months) => {
            return Err(Error::invalid("months", "must be from 1 to 12"));
        }
        _ => {}
    }
    Ok(command)
}

fn check_origins(origins: &[String]) -> Result<(), Error> {
    for (at, origin) in origins.iter().enumerate() {
        // Compare with the form that browsers send: lower case, without a default port, without a path.
        let uri = origin.parse::<Uri>().ok();
        let plain = uri.is_some_and(|uri| match (uri.scheme_str(), uri.authority()) {
            (Some(scheme @ ("http" | "https")), Some(authority)) => {
                let default = if scheme == "http" { 80 } else { 443 };
                *origin == format!("{scheme}://{authority}").to_lowercase()
                    && !authority.as_str().contains('@')
                    && authority.port_u16() != Some(default)
            }
            _ => false,
        });
        if !plain {
            return Err(Error::invalid(
                format!("origins[{at}]"),
                "must be an origin, such as https://shop.example.com",
            ));
        }
    }
    Ok(())
}
