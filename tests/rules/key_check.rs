//! A table belongs to one hash key: with another, every customer would get another id (R1, R12).

use okyaku_engine::{Base, Settings};
use okyaku_store::keyring::{KeyError, Keys};
use serde_json::json;
use support::Shop;

const OTHER: &str = "another-hash-key-of-32-characters-or-more";
const TOKENS: &str = "k1:a-token-key-of-32-characters-or-more-too";

/// The table of a shop, opened with other keys.
fn opened(shop: &Shop, hash_key: &str) -> Base {
    let keys = Keys::new(hash_key, TOKENS).unwrap();
    Base::new(shop.base.backend.table.clone(), keys, shop.clock.clone(), Settings::default())
}

#[tokio::test]
async fn table_refuses_another_hash_key() {
    let shop = Shop::open().await;
    let app = shop.base.app::<okyaku_track::Access>();
    app.store.check_key().await.unwrap();
    let other = opened(&shop, OTHER).app::<okyaku_track::Access>();
    assert!(matches!(other.store.check_key().await, Err(KeyError::OtherTable)));
}

#[tokio::test]
async fn later_channel_keeps_the_first_key_check() {
    let shop = Shop::open().await;
    let other = opened(&shop, OTHER).app::<okyaku_admin::Access>();
    okyaku_admin::handle(&other, json!({"action": "createChannel", "name": "Other"})).await.unwrap();
    assert!(matches!(other.store.check_key().await, Err(KeyError::OtherTable)));
    shop.base.app::<okyaku_track::Access>().store.check_key().await.unwrap();
}

#[tokio::test]
async fn rotated_token_key_still_fits_the_table() {
    let shop = Shop::open().await;
    let base = opened(&shop, "a-hash-key-for-tests-of-32-letters");
    base.app::<okyaku_track::Access>().store.check_key().await.unwrap();
}
