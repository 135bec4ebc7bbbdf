//! The callers: each credential leads to its channel, and only a credential leads to a channel (R14).
//!
//! A caller is a type, so that a handler's signature names the caller. For example, a handler with a
//! `Server<scope::Erase>` may only be called with the scope `erase`.

use std::marker::PhantomData;
use std::sync::Arc;

use http::HeaderMap;
use okyaku_domain::budget::Payer;
use okyaku_domain::channel::{Channel, Scope};
use okyaku_domain::error::Error;
use okyaku_domain::sender::Sender;
use okyaku_domain::time::Millis;
use okyaku_engine::App;
use okyaku_store::access::Read;
use okyaku_store::items::credential::CredentialKind;
use okyaku_store::keyring::secret_hash;
use subtle::ConstantTimeEq;

use crate::call::Call;
use crate::session_token::{self, Claims};

/// The scopes of an access key, as types.
pub mod scope {
    use okyaku_domain::channel::Scope;

    /// A scope.
    pub trait Scoped {
        /// The scope that an access key must have.
        const SCOPE: Scope;
    }

    /// Reads customers and events.
    #[derive(Debug)]
    pub struct Read;
    /// Writes customers and events.
    #[derive(Debug)]
    pub struct Write;
    /// Erases customers and events.
    #[derive(Debug)]
    pub struct Erase;

    impl Scoped for Read {
        const SCOPE: Scope = Scope::Read;
    }
    impl Scoped for Write {
        const SCOPE: Scope = Scope::Write;
    }
    impl Scoped for Erase {
        const SCOPE: Scope = Scope::Erase;
    }
}

/// The shop's server, with an access key that has the scope `S`.
#[derive(Debug)]
pub struct Server<S> {
    /// The channel.
    pub channel: Arc<Channel>,
    scope: PhantomData<fn() -> S>,
}

/// A page that boots. The page's plugin key is public, so the key proves only the channel.
#[derive(Debug)]
pub struct NewPage {
    /// The channel.
    pub channel: Arc<Channel>,
    /// The plugin key.
    pub key: String,
}

/// A page with a session.
#[derive(Debug)]
pub struct Page {
    /// The channel.
    pub channel: Arc<Channel>,
    /// The fields of the session token.
    pub claims: Claims,
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

impl<S: scope::Scoped> Server<S> {
    /// Returns the server of `x-access-key` and `x-access-secret`, if the key has the scope `S`.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] for a missing, unknown or wrong pair. [`Error::Forbidden`] for a missing
    /// scope. [`Error::OverBudget`] after too many wrong pairs from the same network.
    pub async fn of<A: Read>(app: &App<A>, call: &Call) -> Result<Self, Error> {
        let wrong = || Error::Unauthorized("the access key or its secret is missing or wrong");
        let key = header(&call.headers, "x-access-key").ok_or_else(wrong)?;
        let secret = header(&call.headers, "x-access-secret").ok_or_else(wrong)?;
        call.gate.check_look_up(app, CredentialKind::Access, key)?;
        let known = app.store.channel_of(CredentialKind::Access, key).await?;
        let (channel, credential) = known.ok_or_else(wrong)?;
        let right = credential.secret_hash.ok_or_else(wrong)?;
        if !bool::from(right.as_bytes().ct_eq(secret_hash(secret).as_bytes())) {
            return Err(wrong());
        }
        call.note_caller(&channel.id, Sender::Server);
        if !credential.scopes.contains(&S::SCOPE) {
            return Err(Error::Forbidden(match S::SCOPE {
                Scope::Read => "the access key lacks the scope read",
                Scope::Write => "the access key lacks the scope write",
                Scope::Erase => "the access key lacks the scope erase",
            }));
        }
        Ok(Self { channel, scope: PhantomData })
    }
}

impl NewPage {
    /// Returns the page of a plugin key, if the page's origin is allowed.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] for an unknown key. [`Error::Forbidden`] for a foreign origin.
    /// [`Error::OverBudget`].
    pub async fn of<A: Read>(app: &App<A>, call: &Call, key: &str) -> Result<Self, Error> {
        call.gate.check_look_up(app, CredentialKind::Plugin, key)?;
        call.gate.enter_page(app, None)?;
        let known = app.store.channel_of(CredentialKind::Plugin, key).await?;
        let (channel, _) = known.ok_or(Error::Unauthorized("the plugin key is missing or unknown"))?;
        call.note_caller(&channel.id, Sender::of_page(&channel));
        check_origin(&channel, &call.headers)?;
        Ok(Self { channel, key: key.to_owned() })
    }
}

impl Page {
    /// Returns the page of the session token in the header `x-session`.
    ///
    /// # Errors
    /// The errors of [`Page::of_token`].
    pub async fn of<A: Read>(app: &App<A>, call: &Call) -> Result<Self, Error> {
        Self::of_token(app, call, None, 0).await
    }

    /// Returns the page of a session token, if the page's origin is allowed.
    ///
    /// The token is valid for `grace` ms after its end. With `None` the token comes from the header
    /// `x-session`.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] for a malformed, foreign or ended token. [`Error::Forbidden`] for a foreign
    /// origin. [`Error::OverBudget`].
    pub async fn of_token<A: Read>(
        app: &App<A>,
        call: &Call,
        token: Option<&str>,
        grace: Millis,
    ) -> Result<Self, Error> {
        let token = token.or_else(|| header(&call.headers, "x-session")).unwrap_or_default();
        // The token names the channel. Only a token that Okyaku signed is believed.
        let claims = session_token::verify(app.keys(), token, app.now(), grace)?;
        call.gate.enter_page(app, Some(Payer::Session(claims.aud.clone(), claims.sub.clone())))?;
        let known = app.store.channel_of(CredentialKind::Id, claims.aud.as_str()).await?;
        let (channel, _) = known.ok_or(Error::Unauthorized("the session's channel is gone"))?;
        call.note_caller(&channel.id, Sender::of_page(&channel));
        check_origin(&channel, &call.headers)?;
        // The shop replaced the key, so the sessions that came from the key end too.
        if !channel.has_plugin_key(&claims.key, app.now()) {
            return Err(Error::Unauthorized("the plugin key of the session was replaced; boot again"));
        }
        // The token is older than the channel's demand for a proof. Without this check, the page could renew
        // the session forever (R1).
        if channel.member_hash_enabled && !claims.may_see {
            return Err(Error::Unauthorized("the session was not proven; boot again"));
        }
        Ok(Self { channel, claims })
    }
}

/// Refuses a foreign `Origin` header.
///
/// An absent header is allowed. The check keeps honest pages apart. A caller outside a browser can leave the
/// header out.
fn check_origin(channel: &Channel, headers: &HeaderMap) -> Result<(), Error> {
    match headers.get("origin") {
        None => Ok(()),
        Some(origin)
            if origin.to_str().is_ok_and(|origin| channel.allows_origin(origin, is_loopback(origin))) =>
        {
            Ok(())
        }
        // Browsers send `null` for a page that was opened from a file.
        Some(origin) if origin == "null" => Err(Error::Forbidden(
            "the page has no origin, because the page was opened from a file: serve the page by HTTP, or run Okyaku locally with --origin null",
        )),
        Some(_) => {
            Err(Error::Forbidden("this origin is not one of the channel's: the command setOrigins sets them"))
        }
    }
}

/// Returns whether an origin is on this machine, at any port. Names under `localhost` are too (RFC 6761, section 6.3), so
/// that a shop with several hosts can be tried.
fn is_loopback(origin: &str) -> bool {
    let Ok(uri) = origin.parse::<http::Uri>() else { return false };
    matches!(uri.scheme_str(), Some("http" | "https"))
        && uri.host().is_some_and(|host| {
            matches!(host, "localhost" | "127.0.0.1" | "[::1]") || host.ends_with(".localhost")
        })
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn loopback_is_this_machine_only() {
        for origin in [
            "http://localhost:3000",
            "http://127.0.0.1:8787",
            "http://[::1]:80",
            "https://localhost",
            "http://m.shop.localhost:80",
        ] {
            assert!(is_loopback(origin), "{origin}");
        }
        for origin in [
            "http://localhost.example.com",
            "http://notlocalhost",
            "null",
            "http://127.0.0.1.example.com",
            "file://localhost",
        ] {
            assert!(!is_loopback(origin), "{origin}");
        }
    }
}
