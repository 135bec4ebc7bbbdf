//! Channels besides the development one, and their credentials.

use okyaku_domain::id::ChannelId;
use serde_json::{Value, json};

use crate::{Answer, Shop};

/// The id of the development channel.
pub fn development_channel() -> ChannelId {
    ChannelId::parse("dec0de00000000000000").unwrap()
}

/// A channel of its own with every credential.
#[derive(Debug, Clone)]
pub struct Channel {
    pub id: String,
    pub plugin_key: String,
    pub access_key: String,
    pub access_secret: String,
    pub member_hash_secret: String,
}

impl Channel {
    /// Creates one.
    pub async fn create(shop: &Shop, name: &str, origins: &[&str]) -> Self {
        let made =
            shop.admin(json!({"action": "createChannel", "name": name, "origins": origins})).await.unwrap();
        let text = |pointer| made.pointer(pointer).and_then(Value::as_str).unwrap().to_owned();
        Self {
            id: text("/channel/id"),
            plugin_key: text("/pluginKey"),
            access_key: text("/accessKey"),
            access_secret: text("/accessSecret"),
            member_hash_secret: text("/memberHashSecret"),
        }
    }

    /// Sends a server's request.
    pub async fn server(&self, shop: &Shop, method: &str, path: &str, body: &Value) -> Answer {
        let request = shop.request(method, path);
        let request = request.header("x-access-key", &self.access_key);
        request.header("x-access-secret", &self.access_secret).json(body.clone()).await
    }

    /// Boots; a `memberId` comes with its right hash.
    pub async fn boot(&self, shop: &Shop, mut body: Value) -> Answer {
        body["pluginKey"] = json!(self.plugin_key);
        if let Some(member) = body["memberId"].as_str() {
            let hash = okyaku_domain::member_hash::member_hash(&self.member_hash_secret, member);
            body["memberHash"] = json!(hash);
        }
        shop.request("POST", "/front/v1/boot").json(body).await
    }
}
