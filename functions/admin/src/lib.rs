//! Channel administration (R14).
//!
//! The function has no route and is invoked directly. IAM alone decides who may invoke the function.

mod access;
pub mod actions;
mod builders;
mod channel;
mod command;
mod development;
mod keys;
mod replay;

use okyaku_domain::id::ChannelId;
use std::collections::BTreeMap;

use okyaku_domain::channel::{Channel, Scope};
use okyaku_domain::erasure::REOPENABLE;
use okyaku_domain::error::Error;
use okyaku_engine::credential::CredentialKind;
use okyaku_engine::keyring::random;

use okyaku_engine::{App, Invocation, Setting, erase};
use serde_json::{Value, json};

use channel::{find, hex, pair, public, show};
use command::Command;

pub use access::Access;
pub use command::is_origin;
pub use development::{create_development_channel, set_development_channel};

/// Runs a command, such as `{"action":"createChannel","name":"My shop"}`.
///
/// The reply is the only place that ever shows the secrets.
///
/// # Errors
/// [`Error::Invalid`] for a malformed command. [`Error::NotFound`] for an unknown channel. The errors of the
/// store.
pub async fn handle(app: &App<Access>, command: Value) -> Result<Value, Error> {
    match command::parse(command)? {
        // A channel begins without builders and with a purchase window of three months.
        Command::CreateChannel {
            name,
            region,
            origins,
            event_days,
            member_hash,
            plugin_key,
            access_key,
            access_secret,
        } => {
            let channel = Channel {
                id: ChannelId::from_bytes(random()?),
                name,
                created_at: app.now(),
                region,
                member_hash_enabled: member_hash,
                member_hash_secret: String::new(),
                origins,
                event_days,
                development: false,
                builders: BTreeMap::new(),
                erased_at: None,
                purchase_months: 3,
                plugin_keys: BTreeMap::new(),
            };
            create(app, channel, OwnKeys { plugin_key, access_key, access_secret }).await
        }
        Command::ListChannels {} => {
            let shown = app.store.channels().await?.iter().map(show).collect::<Vec<_>>();
            Ok(json!({ "channels": shown }))
        }
        Command::RotateKey { channel_id, kind, key, grace_hours, scopes } => {
            let channel = find(app, &channel_id).await?;
            keys::rotate(app, &channel, kind, key, grace_hours, scopes).await
        }
        Command::ListKeys { channel_id } => keys::list(app, &find(app, &channel_id).await?).await,
        Command::SetName { channel_id, name } => change(app, &channel_id, Setting::Name(name)).await,
        Command::SetRegion { channel_id, region } => change(app, &channel_id, Setting::Region(region)).await,
        Command::SetEventDays { channel_id, event_days } => {
            change(app, &channel_id, Setting::EventDays(event_days)).await
        }
        Command::DeleteChannel { channel_id, name } => {
            delete(app, &find(app, &channel_id).await?, &name).await
        }
        Command::ReopenChannel { channel_id } => reopen(app, &find(app, &channel_id).await?).await,
        Command::SetOrigins { channel_id, origins } => {
            change(app, &channel_id, Setting::Origins(origins)).await
        }
        Command::ListErasures { channel_id, since, after } => {
            replay::list(app, &find(app, &channel_id).await?, since, after.as_deref()).await
        }
        Command::ReplayErasures { channel_id, erasures } => {
            replay::replay(app, &find(app, &channel_id).await?, erasures).await
        }
        Command::SetBuilder { channel_id, builder, shop, secret, enabled } => {
            let channel = find(app, &channel_id).await?;
            builders::connect(app, channel, builder, shop, secret.as_deref(), enabled).await
        }
        Command::SetPurchaseWindow { channel_id, months } => {
            change(app, &channel_id, Setting::PurchaseMonths(months)).await
        }
        Command::ListDataRequests { channel_id } => {
            builders::data_requests(app, &find(app, &channel_id).await?).await
        }
        // The table keeps only the sealed secret.
        Command::SetSecret { channel_id, secret, enabled } => {
            let secret = match secret {
                Some(secret) => secret,
                None => hex(random::<32>()?),
            };
            app.store.set_member_hash(&channel_id, &app.keys().seal(&secret)?, enabled).await?;
            Ok(json!({ "channel": show(&find(app, &channel_id).await?), "memberHashSecret": secret }))
        }
    }
}

/// The keys that a shop brings along. A missing key is made.
struct OwnKeys {
    plugin_key: Option<String>,
    access_key: Option<String>,
    access_secret: Option<String>,
}

async fn create(app: &App<Access>, mut channel: Channel, own: OwnKeys) -> Result<Value, Error> {
    // Make the keys and secrets. The table keeps the secrets sealed or hashed.
    let member_hash_secret = hex(random::<32>()?);
    channel.member_hash_secret = app.keys().seal(&member_hash_secret)?;
    let brought = own.plugin_key.is_some() || own.access_key.is_some();
    let plugin = own.plugin_key.map_or_else(|| random::<16>().map(hex), Ok)?;
    let access = own.access_key.map_or_else(|| random::<10>().map(hex), Ok)?;
    let access_secret = own.access_secret.map_or_else(|| random::<16>().map(hex), Ok)?;
    let webhook = hex(random::<16>()?);
    let scopes = vec![Scope::Read, Scope::Write, Scope::Erase];
    let credentials = [
        (CredentialKind::Plugin, plugin.clone(), public(&channel)),
        (CredentialKind::Access, access.clone(), pair(&channel, &access_secret, scopes)),
        (CredentialKind::Webhook, webhook.clone(), public(&channel)),
    ];
    if !app.store.create_channel(&channel, &credentials).await? {
        return Err(match brought {
            true => Error::invalid("command", "has a pluginKey or an accessKey of another channel"),
            false => Error::internal("a random key was taken"),
        });
    }
    Ok(json!({
        "channel": show(&channel),
        "pluginKey": plugin,
        "accessKey": access,
        "accessSecret": access_secret,
        "memberHashSecret": member_hash_secret,
        "webhookToken": webhook,
    }))
}

/// Takes back the end of a channel. Keys, builders and data are as they were.
async fn reopen(app: &App<Access>, channel: &Channel) -> Result<Value, Error> {
    if !app.store.reopen_channel(&channel.id, app.now() - REOPENABLE).await? {
        return Err(Error::invalid("channelId", "is no channel that ended within the last day"));
    }
    shown(app, &channel.id).await
}

/// Ends a channel at once. The function `sweep` deletes the data of the channel a day later.
async fn delete(app: &App<Access>, channel: &Channel, name: &str) -> Result<Value, Error> {
    if channel.development {
        return Err(Error::invalid(
            "channelId",
            "is the development channel: remove the data folder instead",
        ));
    }
    // The name guards against the id of another channel.
    if channel.name != name {
        return Err(Error::invalid("name", "must repeat the channel's name"));
    }
    erase::end_channel(app, channel, &Invocation::direct()?).await?;
    shown(app, &channel.id).await
}

async fn change(app: &App<Access>, id: &ChannelId, setting: Setting) -> Result<Value, Error> {
    app.store.change_channel(id, setting).await?;
    shown(app, id).await
}

/// Returns the answer of a command that changed a channel.
async fn shown(app: &App<Access>, id: &ChannelId) -> Result<Value, Error> {
    Ok(json!({ "channel": show(&find(app, id).await?) }))
}
