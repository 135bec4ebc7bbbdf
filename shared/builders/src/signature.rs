//! The proof that a builder sent a delivery, over the raw bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Returns Shopify's signature: base64 of HMAC-SHA256 over the raw body. The key is the app's client secret
/// as text.
///
/// Source: <https://shopify.dev/docs/apps/build/webhooks/verify-deliveries>
#[must_use]
pub fn shopify(secret: &str, body: &[u8]) -> String {
    // HMAC takes a key of any length, so `new_from_slice` never fails.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

/// Returns whether `given` is Shopify's signature under one of the secrets.
///
/// Every secret is compared, each in constant time.
#[must_use]
pub fn is_shopifys(secrets: &[String], body: &[u8], given: &str) -> bool {
    any(secrets, given, |secret| shopify(secret, body))
}

/// Returns whether `given` is one of the keys that Cafe24 sends unchanged (`x-api-key`).
#[must_use]
pub fn is_cafe24s(keys: &[String], given: &str) -> bool {
    any(keys, given, Clone::clone)
}

fn any(secrets: &[String], given: &str, expected: impl Fn(&String) -> String) -> bool {
    let same = |secret: &String| {
        // An empty secret is refused, because anybody could sign with an empty secret.
        !secret.is_empty() & bool::from(expected(secret).as_bytes().ct_eq(given.as_bytes()))
    };
    secrets.iter().fold(false, |found, secret| found | same(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signature_must_be_whole_and_under_a_known_secret() {
        let (old, new) = ("old-secret".to_owned(), "new-secret".to_owned());
        let pair = [new, old.clone()];
        let right = shopify(&old, b"{}");
        // One secret of the rotation is enough, and every byte of the body counts.
        assert!(is_shopifys(&pair, b"{}", &right));
        assert!(!is_shopifys(&pair[..1], b"{}", &right));
        assert!(!is_shopifys(&pair, b"{} ", &right));
        for forged in
            [String::new(), right[..43].to_owned(), format!("{right}="), right.to_lowercase(), "A".repeat(44)]
        {
            assert!(!is_shopifys(&pair, b"{}", &forged), "{forged}");
        }
        // An empty secret proves nothing.
        let empty = [String::new()];
        assert!(!is_shopifys(&empty, b"{}", &shopify("", b"{}")) && !is_cafe24s(&empty, ""));
        assert!(
            is_cafe24s(&pair, &old) && !is_cafe24s(&pair, "old-secre") && !is_cafe24s(&pair, "old-secrets")
        );
    }
}
