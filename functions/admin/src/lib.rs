//! Channel administration (R14).
//!
//! The function has no route and is invoked directly. IAM alone decides who may invoke the function.

mod access;
mod builders;
mod channel;
mod command;
mod development;
mod replay;

use okyaku_domain::id::ChannelId;
use std::collections::BTreeMap;

use okyaku_domain::channel::{Channel, Scope};
use okyaku_domain::error::Error;
use okyaku_engine::App;
use okyaku_engine::credential::CredentialKind;
use okyaku_engine::keyring::random;
use serde_json::{Value, json};

use channel::{find, hex, pair, public, show};
use command::{Command, KeyKind};

pub use access::Access;
pub use development::create_development_channel;

/// How long a rotated key still works, in hours, by default.
const GRACE_HOURS: u32 = 24;
const HOUR: i64 = 60 * 60 * 1000;

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
        Command::CreateChannel { name, region, origins, event_days, member_hash } => {
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
            };
            create(app, channel).await
        }
        Command::ListChannels => {
            let shown = app.store.channels().await?.iter().map(show).collect::<Vec<_>>();
            Ok(json!({ "channels": shown }))
        }
        Command::RotateKey { channel_id, kind, key, grace_hours, scopes } => {
            let channel = find(app, &channel_id).await?;
            rotate(app, &channel, kind, key, grace_hours, scopes).await
        }
        Command::SetOrigins { channel_id, origins } => {
            app.store.set_origins(&channel_id, &origins).await?;
            Ok(json!({ "channel": show(&find(app, &channel_id).await?) }))
        }
        Command::ListErasures { channel_id, since, after } => {
            replay::list(app, &find(app, &channel_id).await?, since, after.as_deref()).await
        }
        Command::ReplayErasures { channel_id, erasures } => {
            replay::replay(app, &find(app, &channel_id).await?, erasures).await
        }
        Command::SetBuilder { channel_id, builder, shop, secret, enabled } => {
            let channel = find(app, &channel_id).await?;
            builders::connect(app, channel, builder, &shop, secret.as_deref(), enabled).await
        }
        Command::SetPurchaseWindow { channel_id, months } => {
            app.store.set_purchase_months(&channel_id, months).await?;
            Ok(json!({ "channel": show(&find(app, &channel_id).await?) }))
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

async fn create(app: &App<Access>, mut channel: Channel) -> Result<Value, Error> {
    // Make the keys and secrets. The table keeps the secrets sealed or hashed.
    let member_hash_secret = hex(random::<32>()?);
    channel.member_hash_secret = app.keys().seal(&member_hash_secret)?;
    let (plugin, access, webhook) = (hex(random::<16>()?), hex(random::<10>()?), hex(random::<16>()?));
    let access_secret = hex(random::<16>()?);
    let scopes = vec![Scope::Read, Scope::Write, Scope::Erase];
    let credentials = [
        (CredentialKind::Plugin, plugin.clone(), public(&channel)),
        (CredentialKind::Access, access.clone(), pair(&channel, &access_secret, scopes)),
        (CredentialKind::Webhook, webhook.clone(), public(&channel)),
    ];
    if !app.store.create_channel(&channel, &credentials).await? {
        return Err(Error::internal("a random key was taken"));
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

/// Creates a new key. The old key, if named, ends after the grace.
async fn rotate(
    app: &App<Access>,
    channel: &Channel,
    kind: KeyKind,
    old: Option<String>,
    grace_hours: Option<u32>,
    scopes: Vec<Scope>,
) -> Result<Value, Error> {
    let of_store = match kind {
        KeyKind::Plugin => CredentialKind::Plugin,
        KeyKind::Access => CredentialKind::Access,
        KeyKind::Webhook => CredentialKind::Webhook,
    };
    // Check that the old key belongs to the channel before a new key is created.
    if let Some(old) = &old
        && !app.store.owns(&channel.id, of_store, old).await?
    {
        return Err(Error::NotFound("the key"));
    }
    let key = hex(random::<16>()?);
    // Make the new key. Only an access key has a secret.
    let (credential, shown) = match kind {
        KeyKind::Plugin => (public(channel), json!({ "pluginKey": key })),
        KeyKind::Webhook => (public(channel), json!({ "webhookToken": key })),
        KeyKind::Access => {
            let secret = hex(random::<16>()?);
            (pair(channel, &secret, scopes), json!({ "accessKey": key, "accessSecret": secret }))
        }
    };
    // Save the new key first. After a failure in between, the shop still has the old key.
    app.store.save_credential(of_store, &key, &credential).await?;
    if let Some(old) = old {
        let until = app.now() + i64::from(grace_hours.unwrap_or(GRACE_HOURS)) * HOUR;
        app.store.end_credential(&channel.id, of_store, &old, until).await?;
    }
    Ok(shown)
}
