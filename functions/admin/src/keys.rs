//! The public keys of a channel: listed and rotated.

use okyaku_domain::channel::{Channel, Scope};
use okyaku_domain::error::Error;
use okyaku_engine::App;
use okyaku_engine::credential::CredentialKind;
use okyaku_engine::keyring::random;
use serde_json::{Map, Value, json};

use crate::access::Access;
use crate::channel::{hex, pair, public};
use crate::command::KeyKind;

/// How long a rotated key still works, in hours, by default.
const GRACE_HOURS: u32 = 24;
const HOUR: i64 = 60 * 60 * 1000;

/// Returns the keys of a channel that still work, without secrets.
pub(crate) async fn list(app: &App<Access>, channel: &Channel) -> Result<Value, Error> {
    let keys = app.store.credentials(&channel.id).await?.into_iter().map(|known| {
        let mut shown = Map::from_iter([
            ("kind".to_owned(), json!(known.kind.name())),
            ("key".to_owned(), json!(known.key)),
        ]);
        if known.kind == CredentialKind::Access {
            shown.insert("scopes".to_owned(), json!(known.credential.scopes));
        }
        if let Some(until) = known.until {
            shown.insert("until".to_owned(), json!(until));
        }
        Value::Object(shown)
    });
    Ok(json!({ "keys": keys.collect::<Vec<_>>() }))
}

/// Creates a new key. The old key, if named, ends after the grace.
pub(crate) async fn rotate(
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
