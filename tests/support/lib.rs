//! What every test stands on: a shop of its own, requests as a page or a server sends them, and a recorder of what
//! they cost at the table.

pub mod answer;
pub mod body;
pub mod canary;
pub mod channel;
pub mod contract;
pub mod crash;
pub mod crowd;
pub mod engine;
pub mod fault;
pub mod log;
pub mod model;
pub mod people;
pub mod recorder;
pub mod shop;
pub mod step;
pub mod stored;
pub mod storm;

pub use answer::Answer;
pub use body::{gzip, gzip_bomb, padded};
pub use channel::{Channel, development_channel};
pub use recorder::{Call, Recorder};
pub use shop::{NOW, Request, Shop};

/// The secrets of the development channel and the published memberHash of `lucas`.
pub mod dev {
    pub const PLUGIN_KEY: &str = "dev-plugin-key";
    pub const ACCESS_KEY: &str = "dev-access-key";
    pub const ACCESS_SECRET: &str = "dev-access-secret";
    pub const MEMBER_HASH_SECRET: &str = "4629de5def93d6a2abea6afa9bd5476d9c6cbc04223f9a2f7e517b535dde3e25";
    pub const SHOPIFY_SECRET: &str = "dev-shopify-secret";
    pub const SHOPIFY_SHOP: &str = "dev-shop.myshopify.com";
    pub const CAFE24_KEY: &str = "dev-cafe24-key";
    pub const LUCAS_HASH: &str = "99427c7bba36a6902c5fd6383f2fb0214d19b81023296b4bd6b9e024836afea2";
}

/// The memberHash of a member of the development channel.
pub fn hash_of(member_id: &str) -> String {
    okyaku_domain::member_hash::member_hash(dev::MEMBER_HASH_SECRET, member_id).unwrap()
}
