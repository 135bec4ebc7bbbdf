//! The commands and their parser.

use lambda_http::http::Uri;
use okyaku_domain::builder::Builder;
use okyaku_domain::channel::Scope;
use okyaku_domain::detail::Detail;
use okyaku_domain::error::Error;
use okyaku_domain::id::ChannelId;
use okyaku_domain::limit::NAME_CHARS;
use okyaku_domain::text;
use okyaku_domain::time::Millis;
use serde::Deserialize;
use serde_json::{Map, Value};

use okyaku_engine::erase::Replayed;

use crate::actions::{ACTIONS, form};

/// The characters of a key that a shop brings along. A shorter key could be guessed.
const OWN_KEY_CHARS: std::ops::RangeInclusive<usize> = 16..=200;

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
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
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
        /// The plugin key that the shop's pages use already, for example of Channel Talk. A missing key is made.
        plugin_key: Option<String>,
        /// The access key that the shop's servers use already.
        access_key: Option<String>,
        /// The access key's secret.
        access_secret: Option<String>,
    },
    /// Lists every channel, without secrets.
    ListChannels {},
    /// Lists the public keys of a channel.
    ListKeys { channel_id: ChannelId },
    /// Creates a new key. The old key, if named, ends after the grace.
    RotateKey {
        channel_id: ChannelId,
        kind: KeyKind,
        key: Option<String>,
        grace_hours: Option<u32>,
        #[serde(default = "all")]
        scopes: Vec<Scope>,
    },
    /// Renames a channel.
    SetName { channel_id: ChannelId, name: String },
    /// Sets the region. Stored phone numbers stay as they are.
    SetRegion { channel_id: ChannelId, region: String },
    /// Sets how many days new events are kept. Stored events keep their end.
    SetEventDays { channel_id: ChannelId, event_days: u32 },
    /// Deletes a channel with all its data. The name must be the channel's name.
    DeleteChannel { channel_id: ChannelId, name: String },
    /// Takes back the end of a channel, within a day.
    ReopenChannel { channel_id: ChannelId },
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
/// [`Error::Invalid`] with every missing or unknown field, or with the fields of a wrong form.
pub(crate) fn parse(command: Value) -> Result<Command, Error> {
    let Value::Object(mut fields) = command else {
        return Err(Error::invalid("command", "must be a JSON object with an action"));
    };
    // Find the action, and name every field that is missing or unknown.
    let name = fields.remove("action").unwrap_or_default();
    let Some(action) = ACTIONS.iter().find(|action| name == action.name) else {
        let names = ACTIONS.iter().map(|action| action.name).collect::<Vec<_>>().join(", ");
        return Err(Error::invalid("action", format!("must be one of {names}")));
    };
    let is_missing = |field: &&&str| fields.get(**field).is_none_or(Value::is_null);
    let missing = action.required.iter().filter(is_missing);
    let missing = missing.map(|field| Detail::new(*field, format!("is required by {}", action.name)));
    let is_known = |field: &str| action.required.contains(&field) || action.optional.contains(&field);
    let unknown = fields.keys().filter(|field| !is_known(field));
    let unknown = unknown.map(|field| Detail::new(field, format!("is not a field of {}", action.name)));
    let wrong: Vec<Detail> = missing.chain(unknown).collect();
    if !wrong.is_empty() {
        return Err(Error::Invalid(wrong));
    }
    // A text of serde may quote a value, so the error has the form of the field instead.
    let command = Value::Object(Map::from_iter([(action.name.to_owned(), Value::Object(fields))]));
    let mut command = serde_path_to_error::deserialize(command).map_err(|error| {
        let path = error.path().to_string();
        let path = path.strip_prefix(action.name).unwrap_or(&path).trim_start_matches('.');
        let field = path.split(['.', '[']).next().unwrap_or_default();
        Error::invalid(path, form(field))
    })?;
    check(&mut command)?;
    Ok(command)
}

/// Checks the values that the shape leaves open. Trims names.
fn check(command: &mut Command) -> Result<(), Error> {
    match command {
        Command::CreateChannel {
            name,
            region,
            origins,
            event_days,
            plugin_key,
            access_key,
            access_secret,
            ..
        } => {
            check_own_keys(plugin_key.as_ref(), access_key.as_ref(), access_secret.as_ref())?;
            check_name(name)?;
            check_region(region)?;
            check_event_days(*event_days)?;
            check_origins(origins)?;
        }
        Command::SetName { name, .. } => check_name(name)?,
        Command::SetRegion { region, .. } => check_region(region)?,
        Command::SetEventDays { event_days, .. } => check_event_days(*event_days)?,
        Command::SetOrigins { origins, .. } => check_origins(origins)?,
        Command::SetSecret { secret: Some(secret), .. }
            if ::hex::decode(secret.as_str()).map_or(true, |bytes| bytes.len() < 16) =>
        {
            return Err(Error::invalid("secret", "must be hexadecimal, of at least 32 digits"));
        }
        Command::SetBuilder { builder, shop, secret, .. } => {
            *shop = text::short(shop, NAME_CHARS).map_err(|message| Error::invalid("shop", message))?;
            *shop = shop.to_lowercase();
            builder.check_shop(shop).map_err(|message| Error::invalid("shop", message))?;
            // A builder's secret has 32 characters or more. A short secret could be guessed.
            if secret.as_ref().is_some_and(|secret| secret.trim().len() < 8) {
                return Err(Error::invalid("secret", "must have at least 8 characters"));
            }
        }
        Command::SetPurchaseWindow { months, .. } if !(1..=12).contains(months) => {
            return Err(Error::invalid("months", form("months")));
        }
        _ => {}
    }
    Ok(())
}

/// Checks the keys that a shop brings along.
fn check_own_keys(
    plugin_key: Option<&String>,
    access_key: Option<&String>,
    access_secret: Option<&String>,
) -> Result<(), Error> {
    // A key is a header or a part of JSON, as it stands.
    let is_right =
        |key: &String| OWN_KEY_CHARS.contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    let named = [("pluginKey", plugin_key), ("accessKey", access_key), ("accessSecret", access_secret)];
    let wrong = named.into_iter().filter(|(_, key)| key.is_some_and(|key| !is_right(key)));
    let mut wrong: Vec<Detail> = wrong.map(|(field, _)| Detail::new(field, form(field))).collect();
    match (access_key, access_secret) {
        (Some(_), None) => wrong.push(Detail::new("accessSecret", "is needed beside an accessKey")),
        (None, Some(_)) => wrong.push(Detail::new("accessKey", "is needed beside an accessSecret")),
        _ => {}
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::Invalid(wrong)) }
}

fn check_name(name: &mut String) -> Result<(), Error> {
    *name = text::short(name, NAME_CHARS).map_err(|message| Error::invalid("name", message))?;
    Ok(())
}

fn check_region(region: &str) -> Result<(), Error> {
    if region.len() == 2 && region.bytes().all(|b| b.is_ascii_uppercase()) {
        return Ok(());
    }
    Err(Error::invalid("region", form("region")))
}

fn check_event_days(days: u32) -> Result<(), Error> {
    if (1..=3650).contains(&days) { Ok(()) } else { Err(Error::invalid("eventDays", form("eventDays"))) }
}

fn check_origins(origins: &[String]) -> Result<(), Error> {
    match origins.iter().position(|origin| !is_origin(origin)) {
        None => Ok(()),
        Some(at) => Err(Error::invalid(
            format!("origins[{at}]"),
            "must be an origin, such as https://shop.example.com",
        )),
    }
}

/// Returns whether a text is an origin in the form that browsers send: lower case, without a default port, without
/// a path.
#[must_use]
pub fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else { return false };
    let (Some(scheme @ ("http" | "https")), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return false;
    };
    let default = if scheme == "http" { 80 } else { 443 };
    text == format!("{scheme}://{authority}").to_lowercase()
        && !authority.as_str().contains('@')
        && authority.port_u16() != Some(default)
}
