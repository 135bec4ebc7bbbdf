//! Channels and credentials, as the commands create and show them.

use okyaku_domain::channel::{Channel, Scope};
use okyaku_domain::error::Error;
use okyaku_domain::id::ChannelId;
use okyaku_engine::App;
use okyaku_engine::credential::Credential;
use okyaku_engine::keyring::secret_hash;
use serde_json::{Value, json};

use crate::access::Access;

pub(crate) async fn find(app: &App<Access>, id: &ChannelId) -> Result<Channel, Error> {
    app.store.channel(id).await?.ok_or(Error::NotFound("the channel"))
}

/// Returns a channel without its secrets.
pub(crate) fn show(channel: &Channel) -> Value {
    json!({
        "id": channel.id,
        "name": channel.name,
        "createdAt": channel.created_at,
        "region": channel.region,
        "origins": channel.origins,
        "eventDays": channel.event_days,
        "memberHash": channel.member_hash_enabled,
        "builders": channel.builders.iter().map(|(builder, connection)| {
            (builder.name().to_owned(), json!({ "shop": connection.shop, "enabled": connection.enabled }))
        }).collect::<serde_json::Map<_, _>>(),
        "purchaseMonths": channel.purchase_months,
        // An ended channel is listed until `sweep` has deleted its data.
        "erasedAt": channel.erased_at,
    })
}

pub(crate) fn public(channel: &Channel) -> Credential {
    Credential { channel: channel.id.clone(), secret_hash: None, scopes: Vec::new() }
}

pub(crate) fn pair(channel: &Channel, secret: &str, scopes: Vec<Scope>) -> Credential {
    Credential { channel: channel.id.clone(), secret_hash: Some(secret_hash(secret)), scopes }
}

pub(crate) fn hex<const N: usize>(bytes: [u8; N]) -> String {
    ::hex::encode(bytes)
}
