//! Connects a channel to its shop at a builder, and lists data requests.

use okyaku_domain::builder::Builder;
use okyaku_domain::channel::{Channel, Connection};
use okyaku_domain::error::Error;
use okyaku_engine::App;
use okyaku_engine::credential::CredentialKind;
use serde_json::{Value, json};

use crate::access::Access;
use crate::channel::{find, public, show};

/// Secrets that are valid at the same time: the newest and the previous secret.
///
/// After a rotation the builder may use the previous secret for up to an hour
/// (<https://shopify.dev/docs/apps/build/webhooks/verify-deliveries>).
const SECRETS: usize = 2;

/// Connects a shop. A new secret keeps the previous secret valid.
pub(crate) async fn connect(
    app: &App<Access>,
    channel: Channel,
    builder: Builder,
    shop: String,
    secret: Option<&str>,
    enabled: bool,
) -> Result<Value, Error> {
    let key = format!("{}:{shop}", builder.name());
    let mut builders = channel.builders.clone();
    // Keep the secrets of the same shop. Another shop starts without secrets.
    let known = builders.get(&builder).filter(|connection| connection.shop == shop);
    let mut secrets = known.map(|connection| connection.secrets.clone()).unwrap_or_default();
    // Put the new secret first, and keep one previous secret.
    if let Some(secret) = secret.map(str::trim) {
        secrets.insert(0, app.keys().seal(secret)?);
        secrets.truncate(SECRETS);
    }
    if secrets.is_empty() && enabled && builder != Builder::Firstmall {
        return Err(Error::invalid("secret", "is missing: nothing could prove a delivery"));
    }
    // A shop leads to one channel only.
    if let Some((other, _)) = app.store.channel_of(CredentialKind::Shop, &key).await?
        && other.id != channel.id
    {
        return Err(Error::invalid("shop", "is connected to another channel"));
    }
    // Save the connection first. The key of the shop then leads to a connected channel.
    builders.insert(builder, Connection { shop, secrets, enabled });
    app.store.set_builders(&channel, &builders).await?;
    app.store.save_credential(CredentialKind::Shop, &key, &public(&channel)).await?;
    Ok(json!({ "channel": show(&find(app, &channel.id).await?) }))
}

/// Returns the data requests, each with its customers and the paths of their exports.
pub(crate) async fn data_requests(app: &App<Access>, channel: &Channel) -> Result<Value, Error> {
    let requests = app.store.data_requests(&channel.id).await?.into_iter().map(|request| {
        let customers = request
            .customers
            .iter()
            .map(|id| json!({ "id": id, "export": format!("/okyaku/v1/contacts/{id}/export") }));
        json!({ "at": request.at, "customers": customers.collect::<Vec<_>>() })
    });
    Ok(json!({ "dataRequests": requests.collect::<Vec<_>>() }))
}
