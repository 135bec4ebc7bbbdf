//! Session tokens, which a page gets at boot: JWT, HS256, with the key's id.

use std::sync::Once;

use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error as JwtError, ErrorKind};
use jsonwebtoken::signature::{self, Signer, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::time::{DAY, Millis};
use okyaku_store::keyring::Keys;

/// How long a token is valid, in ms. A touch renews it.
pub const LIFETIME: Millis = DAY;
/// How long after its boot a session can be renewed, in ms.
pub const LONGEST_SESSION: Millis = 90 * DAY;
/// How long the event route accepts an ended token, in ms. A closed tab may leave a queue of events (R9).
pub const GRACE_FOR_EVENTS: Millis = 30 * DAY;

/// The fields of a token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// The channel's id.
    pub aud: ChannelId,
    /// The customer's id.
    pub sub: CustomerId,
    /// The boot that opened the session, epoch seconds. A renewed token keeps the time.
    pub iat: i64,
    /// The plugin key of the boot. The session ends with the key.
    pub key: String,
    /// When the token ends, epoch seconds.
    pub exp: i64,
    /// The browser's veilId.
    #[serde(rename = "veil")]
    pub veil_id: String,
    /// Whether the page may see stored data. `false` for a member without a proving memberHash (R1).
    #[serde(rename = "full")]
    pub may_see: bool,
    /// Whether the session is an app's session. `false` for a browser.
    #[serde(rename = "app", default)]
    pub mobile: bool,
    /// The end of a session that a server issued, epoch seconds. The page cannot renew the session beyond it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
}

impl Claims {
    /// Returns the claims with a new end: a day from now, and at most 90 days after the boot.
    ///
    /// A session that a server issued ends when the server said.
    #[must_use]
    pub fn renewed(self, now: Millis) -> Self {
        let last = self.iat.saturating_mul(1000).saturating_add(LONGEST_SESSION);
        Self { exp: self.until.unwrap_or((now + LIFETIME).min(last) / 1000), ..self }
    }
}

/// Signs a token with the first key.
///
/// # Errors
/// [`Error::Internal`] if the installation has no token key.
pub fn sign(keys: &Keys, claims: &Claims) -> Result<String, Error> {
    install();
    let (kid, key) = keys.tokens().next().ok_or_else(|| Error::internal("no token key"))?;
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::HS256) };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(key)).map_err(Error::internal)
}

/// Verifies a token with the key that the token names. The token is valid for `grace` ms after its end.
///
/// # Errors
/// [`Error::Unauthorized`] if the token is malformed, altered, ended, or signed by another key.
pub fn verify(keys: &Keys, token: &str, now: Millis, grace: Millis) -> Result<Claims, Error> {
    install();
    let wrong = Error::Unauthorized("the session token is missing, malformed or foreign; boot again");
    let Ok(header) = jsonwebtoken::decode_header(token) else { return Err(wrong) };
    // Only the installation's keys count. The token's header chooses among them.
    let key = keys.tokens().find(|(kid, _)| header.kid.as_deref() == Some(*kid));
    let Some((_, key)) = key else { return Err(wrong) };
    // The end is compared below with the passed time. The audience is the channel's id, and the caller loads
    // that channel.
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let decoded = jsonwebtoken::decode::<Claims>(token, &DecodingKey::from_secret(key), &validation);
    let Ok(decoded) = decoded else { return Err(wrong) };
    // A session that a server issued ends when the server said.
    let grace = if decoded.claims.until.is_some() { 0 } else { grace };
    if now > decoded.claims.exp.saturating_mul(1000).saturating_add(grace) {
        return Err(Error::Unauthorized("the session is over; boot again"));
    }
    Ok(decoded.claims)
}

/// Gives `jsonwebtoken` the HMAC of the other code, and only HS256.
///
/// The crate's own providers bring RSA and elliptic curves along.
fn install() {
    static ONCE: Once = Once::new();
    static PROVIDER: CryptoProvider = CryptoProvider {
        signer_factory: |algorithm, key| match algorithm {
            Algorithm::HS256 => Ok(Box::new(Hs256(key.as_bytes().to_vec()))),
            _ => Err(JwtError::from(ErrorKind::InvalidAlgorithm)),
        },
        verifier_factory: |algorithm, key| match algorithm {
            Algorithm::HS256 => Ok(Box::new(Hs256(key.try_get_as_bytes()?.to_vec()))),
            _ => Err(JwtError::from(ErrorKind::InvalidAlgorithm)),
        },
        key_utils: KeyUtils::new_unimplemented(),
    };
    ONCE.call_once(|| {
        // The call fails only if another provider is installed. That provider then serves.
        let _ = PROVIDER.install_default();
    });
}

struct Hs256(Vec<u8>);

impl Hs256 {
    fn mac(&self, message: &[u8]) -> Result<Hmac<Sha256>, signature::Error> {
        let mut mac = Hmac::new_from_slice(&self.0).map_err(signature::Error::from_source)?;
        mac.update(message);
        Ok(mac)
    }
}

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(self.mac(message)?.finalize().into_bytes().to_vec())
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        self.mac(message)?.verify_slice(signature).map_err(signature::Error::from_source)
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(token: &str) -> Keys {
        Keys::new("0123456789abcdef0123456789abcdef", token).unwrap()
    }

    const OLD: &str = "1:0123456789abcdef0123456789abcdef";
    const ROTATED: &str = "2:0123456789abcdef0123456789abcdef,1:0123456789abcdef0123456789abcdef";

    fn claims() -> Claims {
        let sub = CustomerId::from_bytes([7; 10]);
        Claims {
            aud: ChannelId::from_bytes([7; 10]),
            sub,
            iat: 0,
            key: "plugin".into(),
            exp: 1000,
            veil_id: "v".into(),
            until: None,
            may_see: true,
            mobile: false,
        }
    }

    #[test]
    fn token_survives_rotation_and_not_a_foreign_key() {
        let token = sign(&keys(OLD), &claims()).unwrap();
        assert_eq!(verify(&keys(ROTATED), &token, 0, 0).unwrap(), claims());
        assert!(verify(&keys("1:fedcba9876543210fedcba9876543210"), &token, 0, 0).is_err());
        assert!(verify(&keys("2:0123456789abcdef0123456789abcdef"), &token, 0, 0).is_err());
    }

    #[test]
    fn renewed_token_ends_a_day_later_and_at_most_90_days_after_the_boot() {
        let end = |now| claims().renewed(now).exp * 1000;
        assert_eq!(end(0), DAY);
        assert_eq!(end(89 * DAY), 90 * DAY);
        assert_eq!(end(89 * DAY + 1000), 90 * DAY);
        // A renewal after the end stays at the end.
        assert_eq!(end(91 * DAY), 90 * DAY);
    }

    #[test]
    fn token_ends_at_its_expiry_plus_the_grace() {
        let token = sign(&keys(OLD), &claims()).unwrap();
        assert!(verify(&keys(OLD), &token, 1_000_000, 0).is_ok());
        assert!(verify(&keys(OLD), &token, 1_000_001, 0).is_err());
        assert!(verify(&keys(OLD), &token, 1_000_001, 1).is_ok());
    }

    #[test]
    fn token_of_another_algorithm_or_altered_is_refused() {
        use base64::Engine;
        let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        let token = sign(&keys(OLD), &claims()).unwrap();
        let parts: Vec<&str> = token.split('.').collect();
        for header in
            [r#"{"alg":"none","kid":"1"}"#, r#"{"alg":"HS512","kid":"1"}"#, r#"{"alg":"RS256","kid":"1"}"#]
        {
            for signature in ["", parts[2]] {
                let forged = format!("{}.{}.{signature}", encode(header), parts[1]);
                assert!(verify(&keys(OLD), &forged, 0, 0).is_err());
            }
        }
        for cut in [&token[..token.len() - 1], "", "a.b.c", ".."] {
            assert!(verify(&keys(OLD), cut, 0, 0).is_err());
        }
    }
}
