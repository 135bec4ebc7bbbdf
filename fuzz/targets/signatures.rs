//! Proofs: a member's hash, an access key's secret, a session token. Nothing but the right one is ever taken.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use okyaku_api::session_token::{self, Claims};
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::member_hash;
use okyaku_fuzz::{NOW, Shop};
use okyaku_store::keyring::Keys;

const SECRET: &str = "4629de5def93d6a2abea6afa9bd5476d9c6cbc04223f9a2f7e517b535dde3e25";
const ACCESS: (&str, &str) = ("dev-access-key", "dev-access-secret");

thread_local! {
    static SHOP: RefCell<Option<Shop>> = const { RefCell::new(None) };
}

fuzz_target!(|data: &[u8]| {
    let [kind, at, by, rest @ ..] = data else { return };
    match kind % 8 {
        0 | 1 | 2 => token(*at, *by, rest),
        3 | 4 => forged(rest),
        5 | 6 => hash(*at, *by, &String::from_utf8_lossy(rest)),
        _ => access(*at, *by, rest),
    }
});

fn keys() -> Keys {
    Keys::new(
        "a-hash-key-for-tests-of-32-letters",
        "t:a-token-key-for-tests-of-32-letters,u:another-key-of-32-letters-and-more",
    )
    .expect("keys")
}

/// `text` with one byte changed, or cut off, or with something behind it.
fn bend(text: &str, at: u8, by: u8, more: &[u8]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    match by {
        0 => bytes.truncate(usize::from(at)),
        255 => bytes.extend_from_slice(more),
        _ => {
            let place = usize::from(at) % bytes.len();
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= by;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A token that was altered.
fn token(at: u8, by: u8, rest: &[u8]) {
    let keys = keys();
    let claims = Claims {
        aud: ChannelId::from_bytes([0xde, 0xc0, 0xde, 0, 0, 0, 0, 0, 0, 0]),
        sub: CustomerId::from_bytes([7; 10]),
        iat: NOW / 1000,
        key: "plugin".into(),
        exp: NOW / 1000 + 60,
        veil_id: "0123456789abcdef0123456789abcdef".into(),
        may_see: true,
        mobile: false,
        until: None,
    };
    let right = session_token::sign(&keys, &claims).expect("a token");
    assert_eq!(session_token::verify(&keys, &right, NOW, 0).ok().as_ref(), Some(&claims));
    assert!(session_token::verify(&keys, &right, NOW + 61_001, 0).is_err());
    let bent = bend(&right, at, by, rest);
    if bent != right {
        assert!(session_token::verify(&keys, &bent, NOW, 0).is_err(), "{bent}");
    }
    let foreign = Keys::new("a-hash-key-for-tests-of-32-letters", "t:a-foreign-key-for-tests-of-32-letters");
    assert!(session_token::verify(&foreign.expect("keys"), &right, NOW, 0).is_err());
}

/// A token that nobody signed.
fn forged(rest: &[u8]) {
    let text = String::from_utf8_lossy(rest);
    assert!(session_token::verify(&keys(), &text, NOW, i64::MAX).is_err(), "{text}");
}

fn hash(at: u8, by: u8, member: &str) {
    let right = member_hash::member_hash(SECRET, member).expect("a hash");
    assert!(member_hash::proves(SECRET, member, &right));
    let bent = bend(&right, at, by, member.as_bytes());
    assert_eq!(member_hash::proves(SECRET, member, &bent), bent == right, "{bent}");
    assert!(!member_hash::proves(SECRET, member, member));
    assert!(!member_hash::proves(SECRET, &format!("{member}0"), &right));
}

/// A bent secret or key, in headers, at every route's common door.
fn access(at: u8, by: u8, rest: &[u8]) {
    let (key, secret) = if by % 2 == 0 {
        (ACCESS.0.to_owned(), bend(ACCESS.1, at, by, rest))
    } else {
        (bend(ACCESS.0, at, by, rest), ACCESS.1.to_owned())
    };
    SHOP.with_borrow_mut(|shop| {
        let shop = shop.get_or_insert_with(Shop::open);
        let request = http::Request::get("/open/v5/users/@nobody").header("x-access-key", &key);
        let Ok(request) = request.header("x-access-secret", &secret).body(bytes::Bytes::new()) else {
            return;
        };
        let right = (key.as_str(), secret.as_str()) == ACCESS;
        let status = shop.call(request);
        assert_eq!(status == 404, right, "{status}: {key:?} {secret:?}");
        assert!(right || matches!(status, 401 | 431), "{status}");
    });
}
