//! Who calls: from a credential to its channel, and never from anything else (R14).

use std::sync::Arc;

use http::HeaderMap;
use subtle::ConstantTimeEq;

use super::session_token::{self, Claims};
use okyaku_domain::channel::{Channel, Scope};
use okyaku_domain::error::Error;
use okyaku_domain::sender::Sender;
use okyaku_domain::time::Millis;
use okyaku_engine::App;
use okyaku_store::access::Read;
use okyaku_store::channels::CredentialKind;
use okyaku_store::keyring::secret_hash;
use okyaku_store::meter::{note_channel, note_sender};

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The channel of `x-access-key` and `x-access-secret`, if they allow `scope`.
///
/// # Errors
/// [`Error::Unauthorized`] for a missing, unknown or wrong pair, [`Error::Forbidden`] for a missing scope.
pub async fn server<A: Read>(app: &App<A>, headers: &HeaderMap, scope: Scope) -> Result<Arc<Channel>, Error> {
    let wrong = || Error::Unauthorized("the access key or its secret is missing or wrong");
    let key = header(headers, "x-access-key").ok_or_else(wrong)?;
    let secret = header(headers, "x-access-secret").ok_or_else(wrong)?;
    let known = app.store.channel_of(CredentialKind::Access, key).await?;
    let (channel, credential) = known.ok_or_else(wrong)?;
    let right = credential.secret_hash.ok_or_else(wrong)?;
    if !bool::from(right.as_bytes().ct_eq(secret_hash(secret).as_bytes())) {
        return Err(wrong());
    }
    note_channel(&channel.id);
    note_sender(Sender::Server);
    if !credential.scopes.contains(&scope) {
        return Err(Error::Forbidden(match scope {
            Scope::Read => "the access key lacks the scope read",
            Scope::Write => "the access key lacks the scope write",
            Scope::Erase => "the access key lacks the scope erase",
        }));
    }
    Ok(channel)
}

/// The channel of a plugin key, if the page's origin may call it.
///
/// # Errors
/// [`Error::Unauthorized`] for an unknown key, [`Error::Forbidden`] for a foreign origin.
pub async fn plugin<A: Read>(app: &App<A>, headers: &HeaderMap, key: &str) -> Result<Arc<Channel>, Error> {
    let known = app.store.channel_of(CredentialKind::Plugin, key).await?;
    let (channel, _) = known.ok_or(Error::Unauthorized("the plugin key is missing or unknown"))?;
    note_channel(&channel.id);
    note_sender(Sender::of_page(&channel));
    check_origin(&channel, headers)?;
    Ok(channel)
}

/// The channel and the claims of a session token, if the page's origin may call it.
///
/// # Errors
/// [`Error::Unauthorized`] for a malformed, foreign or over token, [`Error::Forbidden`] for a foreign origin.
pub async fn session<A: Read>(
    app: &App<A>,
    headers: &HeaderMap,
    token: Option<&str>,
    grace: Millis,
) -> Result<(Arc<Channel>, Claims), Error> {
    let token = token.or_else(|| header(headers, "x-session")).unwrap_or_default();
    let claims = session_token::verify(app.keys(), token, app.now(), grace)?;
    let known = app.store.channel_of(CredentialKind::Id, &claims.aud).await?;
    let (channel, _) = known.ok_or(Error::Unauthorized("the session's channel is gone"))?;
    note_channel(&channel.id);
    note_sender(Sender::of_page(&channel));
    check_origin(&channel, headers)?;
    // From before the channel asked for a proof: it must not go on by renewing itself (R1).
    if channel.member_hash_enabled && !claims.may_see {
        return Err(Error::Unauthorized("the session was not proven; boot again"));
    }
    Ok((channel, claims))
}

/// Refuses an `Sender` that is not the channel's. An absent one is allowed: this keeps honest pages apart and is no
/// boundary against anybody who can leave the header out.
fn check_origin(channel: &Channel, headers: &HeaderMap) -> Result<(), Error> {
    match headers.get("origin") {
        None => Ok(()),
        Some(origin)
            if origin.to_str().is_ok_and(|origin| channel.allows_origin(origin, is_loopback(origin))) =>
        {
            Ok(())
        }
        Some(_) => Err(Error::Forbidden("this origin is not one of the channel's")),
    }
}

/// Whether an origin is of this machine, at any port.
fn is_loopback(origin: &str) -> bool {
    let Ok(uri) = origin.parse::<http::Uri>() else { return false };
    matches!(uri.scheme_str(), Some("http" | "https"))
        && matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn loopback_is_this_machine_only() {
        for origin in
            ["http://localhost:3000", "http://127.0.0.1:8787", "http://[::1]:80", "https://localhost"]
        {
            assert!(is_loopback(origin), "{origin}");
        }
        for origin in
            ["http://localhost.example.com", "null", "http://127.0.0.1.example.com", "file://localhost"]
        {
            assert!(!is_loopback(origin), "{origin}");
        }
    }
}
