//! The memberHash: the proof of a page's memberId (R1).

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Returns the memberHash: `lower-hex(HMAC-SHA256(key = hex-decoded secret, message = UTF-8 memberId))`.
///
/// The definition is Channel Talk's (<https://developers.channel.io/docs/member-hash>). `None` if the secret
/// is not hexadecimal.
#[must_use]
pub fn member_hash(secret_hex: &str, member_id: &str) -> Option<String> {
    let secret = hex::decode(secret_hex).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&secret).ok()?;
    mac.update(member_id.as_bytes());
    Some(hex::encode(mac.finalize().into_bytes()))
}

/// Returns whether `given` is the memberHash of `member_id`. The comparison takes constant time.
#[must_use]
pub fn proves(secret_hex: &str, member_id: &str, given: &str) -> bool {
    member_hash(secret_hex, member_id).is_some_and(|right| right.as_bytes().ct_eq(given.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "4629de5def93d6a2abea6afa9bd5476d9c6cbc04223f9a2f7e517b535dde3e25";
    const HASH: &str = "99427c7bba36a6902c5fd6383f2fb0214d19b81023296b4bd6b9e024836afea2";

    #[test]
    fn official_vector_proves_lucas() {
        assert!(proves(SECRET, "lucas", HASH));
    }

    #[test]
    fn any_other_hash_proves_nothing() {
        for given in ["", &HASH[..63], &HASH.replace('9', "8"), &HASH.to_uppercase(), &format!("{HASH}0")] {
            assert!(!proves(SECRET, "lucas", given));
        }
        assert!(!proves(SECRET, "lucaz", HASH));
        assert!(!proves("not hex", "lucas", HASH));
    }
}
