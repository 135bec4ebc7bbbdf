//! The keys of the installation.
//!
//! - The hash key hashes identifiers and never rotates.
//! - The token keys sign session tokens and rotate.
//! - The sealing key encrypts channel secrets.

use std::fmt;
use std::sync::Arc;

use chacha20poly1305::aead::Aead;
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use thiserror::Error as ThisError;

use okyaku_domain::contact_point::ContactPoint;
use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId, NaturalKey};
use okyaku_domain::sender::Sender;

/// Why the keys cannot be used. The function's start-up ends with this error.
#[derive(Debug, ThisError)]
pub enum KeyError {
    /// The variable is not set.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// The variable is no number.
    #[error("{0} must be a number of at least 0")]
    Number(&'static str),
    /// The hash key has fewer than 32 characters.
    #[error("OKYAKU_HASH_KEY must have at least 32 characters")]
    ShortHashKey,
    /// The table was made with another hash key. With this key every customer would get another id.
    #[error(
        "the table was made with another OKYAKU_HASH_KEY: put the value of KeySecret back that the table was \
         made with, or name its secret in ExistingKeySecret"
    )]
    OtherTable,
    /// The token keys are not `kid:secret[,kid:secret]` with secrets of at least 32 characters.
    #[error("OKYAKU_TOKEN_KEY must be kid:secret[,kid:secret] with secrets of at least 32 characters")]
    TokenKeys,
}

/// The keys. A clone is cheap. The debug output hides the keys from logs.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    hash: [u8; 32],
    seal: [u8; 32],
    /// The first key signs. All keys verify.
    tokens: Vec<(String, [u8; 32])>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl Keys {
    /// Derives the keys from two texts.
    ///
    /// - `hash_key` has at least 32 characters.
    /// - `token_keys` has the form `kid:secret[,kid:secret]`. The first key signs, and all keys verify.
    ///
    /// A token key is derived from its secret and its kid. So the same secret under a new kid is a new key.
    ///
    /// # Errors
    /// [`KeyError`] if a text is too short or malformed.
    pub fn new(hash_key: &str, token_keys: &str) -> Result<Self, KeyError> {
        if hash_key.len() < 32 {
            return Err(KeyError::ShortHashKey);
        }
        // Each pair is a kid and a secret.
        let token = |pair: &str| {
            let (kid, secret) = pair.trim().split_once(':')?;
            (!kid.is_empty() && secret.len() >= 32)
                .then(|| (kid.to_owned(), mac(secret.as_bytes(), &["token", kid])))
        };
        let tokens =
            token_keys.split(',').map(token).collect::<Option<Vec<_>>>().ok_or(KeyError::TokenKeys)?;
        let hash = mac(hash_key.as_bytes(), &["hash"]);
        let seal = mac(hash_key.as_bytes(), &["seal"]);
        Ok(Self(Arc::new(Inner { hash, seal, tokens })))
    }

    /// Reads the keys from `OKYAKU_HASH_KEY` and `OKYAKU_TOKEN_KEY`.
    ///
    /// # Errors
    /// [`KeyError`] if a variable is missing or malformed.
    pub fn from_env() -> Result<Self, KeyError> {
        let read = |name| std::env::var(name).map_err(|_| KeyError::Missing(name));
        Self::new(&read("OKYAKU_HASH_KEY")?, &read("OKYAKU_TOKEN_KEY")?)
    }

    /// Returns the id of a customer: a keyed hash of channel, kind, identifier and generation.
    ///
    /// A boot finds the item without a look-up, and a tombstone names nobody.
    #[must_use]
    pub fn customer_id(
        &self,
        channel: &ChannelId,
        natural_key: NaturalKey<'_>,
        generation: u32,
    ) -> CustomerId {
        let (kind, text) = match natural_key {
            NaturalKey::Member(member) => ("member", member.as_str()),
            NaturalKey::Visitor(veil) => ("veil", veil.as_str()),
        };
        let hash = self.hash(&["customer", channel.as_str(), kind, text, &generation.to_string()]);
        CustomerId::from_bytes(first(&hash))
    }

    /// Returns the keyed hash of a constant: 32 lower-hex characters. The table keeps the hash, so that a
    /// function with another hash key refuses to start.
    #[must_use]
    pub fn key_check(&self) -> String {
        hex::encode(first::<16>(&self.hash(&["key check"])))
    }

    /// Returns the keyed hash of a contact point in a channel: 32 lower-hex characters.
    #[must_use]
    pub fn contact_point(&self, channel: &ChannelId, contact_point: &ContactPoint) -> String {
        hex::encode(first::<16>(&self.hash(&[
            "contact",
            channel.as_str(),
            contact_point.kind.key(),
            &contact_point.address,
        ])))
    }

    /// Returns the keyed hash of an event's id under its sender: 20 lower-hex characters.
    ///
    /// The sender is a part of the hash, so a page cannot reach the event of a server or builder (R9).
    #[must_use]
    pub fn event(&self, channel: &ChannelId, sender: Sender, id: &str) -> String {
        hex::encode(first::<10>(&self.hash(&["event", channel.as_str(), sender.name(), id])))
    }

    /// Returns the keyed hash of an order's id at the builder: 20 lower-hex characters.
    #[must_use]
    pub fn order(&self, channel: &ChannelId, id: &str) -> String {
        hex::encode(first::<10>(&self.hash(&["order", channel.as_str(), id])))
    }

    /// Returns a customer's name in a month's set of actives: 20 lower-hex characters.
    ///
    /// The name is a keyed hash, so readers of the table cannot recover the customer.
    #[must_use]
    pub fn active(&self, channel: &ChannelId, month: &str, id: &CustomerId) -> String {
        hex::encode(first::<10>(&self.hash(&["active", channel.as_str(), month, id.as_str()])))
    }

    /// Returns the ids and keys of session tokens. The first key signs.
    pub fn tokens(&self) -> impl Iterator<Item = (&str, &[u8; 32])> {
        self.0.tokens.iter().map(|(kid, key)| (kid.as_str(), key))
    }

    /// Seals a channel's secret for the table: nonce and ciphertext in hex.
    ///
    /// # Errors
    /// [`Error::Internal`] if the system gives no random bytes.
    pub fn seal(&self, secret: &str) -> Result<String, Error> {
        let nonce = random::<12>()?;
        let sealed = self
            .cipher()
            .encrypt(&Nonce::from(nonce), secret.as_bytes())
            .map_err(|_| Error::internal("cannot seal"))?;
        Ok(hex::encode(nonce) + &hex::encode(sealed))
    }

    /// Opens a secret that [`Keys::seal`] sealed.
    ///
    /// # Errors
    /// [`Error::Internal`] if the secret was altered or sealed under another key.
    pub fn open(&self, sealed: &str) -> Result<String, Error> {
        let wrong = || Error::internal("a sealed secret cannot be opened with this hash key");
        let bytes = hex::decode(sealed).map_err(|_| wrong())?;
        // The first 12 bytes are the nonce.
        let (nonce, sealed) = bytes.split_at_checked(12).ok_or_else(wrong)?;
        let nonce: [u8; 12] = nonce.try_into().map_err(|_| wrong())?;
        let open = self.cipher().decrypt(&Nonce::from(nonce), sealed).map_err(|_| wrong())?;
        String::from_utf8(open).map_err(|_| wrong())
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&self.0.seal.into())
    }

    fn hash(&self, parts: &[&str]) -> [u8; 32] {
        mac(&self.0.hash, parts)
    }
}

/// Returns the SHA-256 of an access secret in hex. An access secret has at least 128 random bits.
#[must_use]
pub fn secret_hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

/// Returns random bytes of the operating system.
///
/// # Errors
/// [`Error::Internal`] if the system gives no random bytes.
pub fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(bytes)
}

/// Returns the HMAC-SHA256 of several parts.
///
/// The length of each part precedes the part, so that two lists of parts are always two messages.
fn mac(key: &[u8], parts: &[&str]) -> [u8; 32] {
    // HMAC takes a key of any length, so `new_from_slice` always succeeds.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

fn first<const N: usize>(hash: &[u8; 32]) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.iter_mut().zip(hash).for_each(|(to, from)| *to = *from);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use okyaku_domain::id::{MemberId, VeilId};

    fn keys(token: &str) -> Keys {
        Keys::new("0123456789abcdef0123456789abcdef", token).unwrap()
    }

    const TOKEN: &str = "1:0123456789abcdef0123456789abcdef";

    #[test]
    fn id_depends_on_channel_kind_identifier_and_generation() {
        let keys = keys(TOKEN);
        let (x, y) = (MemberId::parse("x").unwrap(), MemberId::parse("y").unwrap());
        let veil = VeilId::parse(&"0".repeat(32)).unwrap();
        let (a, b) = (ChannelId::from_bytes([0xa; 10]), ChannelId::from_bytes([0xb; 10]));
        let ids = [
            keys.customer_id(&a, NaturalKey::Member(&x), 0),
            keys.customer_id(&b, NaturalKey::Member(&x), 0),
            keys.customer_id(&a, NaturalKey::Visitor(&veil), 0),
            keys.customer_id(&a, NaturalKey::Member(&y), 0),
            keys.customer_id(&a, NaturalKey::Member(&x), 1),
        ];
        let different: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(different.len(), ids.len());
    }

    #[test]
    fn event_hash_depends_on_channel_sender_and_id() {
        let keys = keys(TOKEN);
        let (a, b) = (ChannelId::from_bytes([0xa; 10]), ChannelId::from_bytes([0xb; 10]));
        let of_channel = |channel| {
            let ids = ["5501", "shopify", "shopify5501", ""];
            let senders = Sender::ALL.into_iter();
            senders.flat_map(move |sender| ids.map(|id| (channel, sender, id)))
        };
        let all: Vec<_> = of_channel(&a).chain(of_channel(&b)).collect();
        let hashes: std::collections::BTreeSet<_> =
            all.iter().map(|(channel, sender, id)| keys.event(channel, *sender, id)).collect();
        assert_eq!(hashes.len(), all.len());
    }

    #[test]
    fn seal_opens_under_its_own_key_only() {
        let sealed = keys(TOKEN).seal("secret").unwrap();
        assert_eq!(keys(TOKEN).open(&sealed).unwrap(), "secret");
        let other = Keys::new("another-key-another-key-another-key", TOKEN).unwrap();
        assert!(other.open(&sealed).is_err());
        assert!(keys(TOKEN).open("00").is_err());
    }

    #[test]
    fn short_or_malformed_keys_are_refused() {
        assert!(Keys::new("short", TOKEN).is_err());
        for token in
            ["", "1", "1:short", ":0123456789abcdef0123456789abcdef", "1:0123456789abcdef0123456789abcdef,"]
        {
            assert!(Keys::new("0123456789abcdef0123456789abcdef", token).is_err(), "{token}");
        }
    }
}
