//! The proof of a delivery.
//!
//! - The token in the path leads to the channel.
//! - The signature over the raw bytes, or the API key, proves the builder.
//! - The shop that the delivery names must be the channel's shop.

use std::sync::Arc;

use okyaku_api::{Call, json};
use okyaku_builders::{cafe24, signature};
use okyaku_domain::builder::Builder;
use okyaku_domain::channel::{Channel, Connection};
use okyaku_domain::error::Error;
use okyaku_domain::limit::WEBHOOK_BYTES;
use okyaku_domain::rejection::Rejection;
use okyaku_domain::rejection_reason::RejectionReason;
use okyaku_domain::time::Millis;
use okyaku_engine::App;
use okyaku_engine::credential::CredentialKind;
use serde_json::{Map, Value};

use crate::access::Access;

/// A delivery with a proven builder and a proven shop.
pub(crate) struct Proven {
    pub(crate) channel: Arc<Channel>,
    pub(crate) builder: Builder,
    /// Shopify's topic. Empty for Cafe24, because Cafe24's event number is in the body.
    pub(crate) topic: String,
    /// When the delivery was triggered or arrived, epoch ms.
    pub(crate) at: Millis,
    /// The body, or the rejection of an unreadable body.
    pub(crate) body: Result<Map<String, Value>, Rejection>,
}

/// Returns a header of either family of names that Shopify sends: `X-Shopify-Topic` or `shopify-topic`.
/// <https://shopify.dev/docs/apps/build/webhooks>
fn header<'a>(call: &'a Call, name: &str) -> Option<&'a str> {
    call.header(&format!("x-shopify-{name}")).or_else(|| call.header(&format!("shopify-{name}")))
}

pub(crate) async fn check(app: &App<Access>, call: &Call) -> Result<Proven, Error> {
    // The path leads to the channel and its connection to the builder.
    let bytes = call.raw(WEBHOOK_BYTES)?;
    let builder = Builder::of_name(call.param("builder")).ok_or_else(unproven)?;
    let token = call.param("webhookToken");
    call.gate.check_look_up(app, CredentialKind::Webhook, token)?;
    let known = app.store.channel_of(CredentialKind::Webhook, token).await?;
    let (channel, _) = known.ok_or_else(unproven)?;
    let connection = channel.connection(builder).ok_or_else(unproven)?;
    let secrets = open(app, connection)?;
    let now = app.now();
    // Check the builder's signature or API key, and the shop.
    let (topic, at, body) = match builder {
        Builder::Shopify => {
            // Shopify signs the raw body, and names the shop in a header.
            let signed = header(call, "hmac-sha256").unwrap_or_default();
            let shop = header(call, "shop-domain").unwrap_or_default();
            if !signature::is_shopifys(&secrets, bytes, signed)
                || !shop.eq_ignore_ascii_case(&connection.shop)
            {
                return Err(unproven());
            }
            let topic = header(call, "topic").unwrap_or_default().to_owned();
            (topic, triggered_at(header(call, "triggered-at"), now), read(bytes))
        }
        Builder::Cafe24 => {
            // Cafe24 sends an API key, and names the shop in the body.
            if !signature::is_cafe24s(&secrets, call.header("x-api-key").unwrap_or_default()) {
                return Err(unproven());
            }
            let body = read(bytes);
            if let Ok(body) = &body
                && !cafe24::mall(body).is_some_and(|mall| mall.eq_ignore_ascii_case(&connection.shop))
            {
                return Err(unproven());
            }
            (String::new(), now, body)
        }
        // Firstmall sends no webhooks. Firstmall's pages and servers speak for themselves.
        Builder::Firstmall => return Err(unproven()),
    };
    // The delivery is proven, so the log line may name the channel.
    call.note_builder(&channel.id, builder);
    Ok(Proven { channel, builder, topic, at, body })
}

fn read(bytes: &[u8]) -> Result<Map<String, Value>, Rejection> {
    json::object(bytes).map_err(|_| Rejection::new("body", RejectionReason::Unreadable))
}

/// Returns when a delivery was triggered. A malformed or future time gives the current time.
pub(crate) fn triggered_at(text: Option<&str>, now: Millis) -> Millis {
    let at = text.and_then(|text| chrono::DateTime::parse_from_rfc3339(text.trim()).ok());
    at.map_or(now, |at| at.timestamp_millis().clamp(0, now))
}

/// Opens the secrets of a connection. After a lost hash key a secret cannot be opened, and so proves nothing.
fn open(app: &App<Access>, connection: &Connection) -> Result<Vec<String>, Error> {
    connection.secrets.iter().map(|sealed| app.keys().open(sealed)).collect()
}

/// Returns the error of a wrong, missing or foreign proof.
///
/// The error hides which proof failed. The delivery changes nothing.
pub(crate) fn unproven() -> Error {
    Error::Unauthorized("the webhook's token, signature or shop is missing or wrong")
}
