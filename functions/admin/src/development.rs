//! The development channel. Its secrets are public.

use okyaku_domain::id::ChannelId;
use std::collections::BTreeMap;

use okyaku_domain::builder::Builder;
use okyaku_domain::channel::{Channel, Connection, Scope};
use okyaku_domain::error::Error;
use okyaku_engine::credential::CredentialKind;
use okyaku_engine::{App, Setting};

use crate::access::Access;
use crate::channel::{pair, public};

/// The member-hash secret of Channel Talk's published example, so that the example's hash works.
const MEMBER_HASH_SECRET: &str = "4629de5def93d6a2abea6afa9bd5476d9c6cbc04223f9a2f7e517b535dde3e25";

/// The entry of the origins that stands for every origin on this machine.
const LOOPBACK: &str = "loopback";

/// Creates the development channel if missing. Call this function only for a table on this machine.
///
/// # Errors
/// [`Error::Busy`] or [`Error::Internal`].
pub async fn create_development_channel(app: &App<Access>) -> Result<(), Error> {
    let channel = Channel {
        id: id(),
        name: "Development".into(),
        created_at: app.now(),
        region: "KR".into(),
        member_hash_enabled: true,
        member_hash_secret: app.keys().seal(MEMBER_HASH_SECRET)?,
        origins: vec![LOOPBACK.into()],
        event_days: 365,
        development: true,
        builders: builders(app)?,
        erased_at: None,
        purchase_months: 3,
        plugin_keys: BTreeMap::new(),
    };
    let scopes = vec![Scope::Read, Scope::Write, Scope::Erase];
    let credentials = [
        (CredentialKind::Plugin, "dev-plugin-key".to_owned(), public(&channel)),
        (CredentialKind::Access, "dev-access-key".to_owned(), pair(&channel, "dev-access-secret", scopes)),
        (CredentialKind::Webhook, "dev-webhook-token".to_owned(), public(&channel)),
    ];
    // With `false` the channel exists, perhaps from a version without builders.
    if !app.store.create_channel(&channel, &credentials).await?
        && let Some(known) = app.store.channel(&channel.id).await?
        && known.builders.is_empty()
    {
        app.store.set_builders(&known, &channel.builders).await?;
    }
    // The shops lead to the channel, like the connected shops of other channels.
    for (builder, connection) in &channel.builders {
        let key = format!("{}:{}", builder.name(), connection.shop);
        app.store.save_credential(CredentialKind::Shop, &key, &public(&channel)).await?;
    }
    Ok(())
}

/// Sets the region and the further origins of the development channel. An absent value stays as it is.
///
/// # Errors
/// [`Error::NotFound`] if the channel is missing. [`Error::Busy`] or [`Error::Internal`].
pub async fn set_development_channel(
    app: &App<Access>,
    region: Option<&str>,
    origins: &[String],
) -> Result<(), Error> {
    if let Some(region) = region {
        app.store.change_channel(&id(), Setting::Region(region.to_owned())).await?;
    }
    if !origins.is_empty() {
        let origins = [LOOPBACK.to_owned()].into_iter().chain(origins.iter().cloned()).collect();
        app.store.change_channel(&id(), Setting::Origins(origins)).await?;
    }
    Ok(())
}

fn id() -> ChannelId {
    ChannelId::from_bytes([0xde, 0xc0, 0xde, 0, 0, 0, 0, 0, 0, 0])
}

/// Returns the channel's shops and their public secrets.
fn builders(app: &App<Access>) -> Result<BTreeMap<Builder, Connection>, Error> {
    let shops = [
        (Builder::Shopify, "dev-shop.myshopify.com", "dev-shopify-secret"),
        (Builder::Cafe24, "devmall", "dev-cafe24-key"),
    ];
    let connection = |(builder, shop, secret): (Builder, &str, &str)| {
        let secrets = vec![app.keys().seal(secret)?];
        Ok((builder, Connection { shop: shop.to_owned(), secrets, enabled: true }))
    };
    shops.into_iter().map(connection).collect()
}
