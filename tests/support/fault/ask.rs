//! A request as data, so that it can be sent again exactly as a real client would.

use serde_json::{Value, json};

use crate::{Answer, Shop, dev, hash_of, shop::named};

/// Who sends it.
#[derive(Debug, Clone, PartialEq)]
enum Sender {
    /// A page without a session: a boot.
    Page,
    /// A page with this session token.
    Session(String),
    /// The shop's server.
    Server,
    /// Shopify, about this topic.
    Shopify(&'static str),
    /// Cafe24.
    Cafe24,
    /// The schedule.
    Schedule,
}

/// A request, or a run of `sweep`.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    by: Sender,
    pub method: &'static str,
    pub path: String,
    pub body: Option<Value>,
}

impl Ask {
    /// A boot of whoever `body` names.
    pub fn boot(mut body: Value) -> Self {
        body["pluginKey"] = json!(dev::PLUGIN_KEY);
        if let Some(member) = body["memberId"].as_str() {
            body["memberHash"] = json!(hash_of(member));
        }
        Self { by: Sender::Page, method: "POST", path: "/front/v1/boot".into(), body: Some(body) }
    }

    /// A request of a page with a session.
    pub fn page(token: &str, method: &'static str, path: &str, body: Option<Value>) -> Self {
        Self { by: Sender::Session(token.into()), method, path: path.into(), body }
    }

    /// Events of a page.
    pub fn track(token: &str, events: Value) -> Self {
        Self::page(token, "POST", "/front/v1/events", Some(json!({ "events": events })))
    }

    /// A request of the shop's server.
    pub fn server(method: &'static str, path: impl Into<String>, body: Option<Value>) -> Self {
        Self { by: Sender::Server, method, path: path.into(), body }
    }

    /// A delivery of Shopify.
    pub fn shopify(topic: &'static str, body: Value) -> Self {
        let body = Some(named(topic, body));
        Self { by: Sender::Shopify(topic), method: "POST", path: "/webhooks".into(), body }
    }

    /// A delivery of Cafe24.
    pub fn cafe24(body: Value) -> Self {
        Self { by: Sender::Cafe24, method: "POST", path: "/webhooks".into(), body: Some(body) }
    }

    /// A run of `sweep`.
    pub fn sweep() -> Self {
        Self { by: Sender::Schedule, method: "", path: "sweep".into(), body: None }
    }

    /// The same request as its sender repeats it: a batch says that it is one.
    pub fn again(&self) -> Self {
        let mut again = self.clone();
        if let Some(body) = again.body.as_mut().filter(|body| body["events"].is_array()) {
            body["attempt"] = json!(body["attempt"].as_u64().unwrap_or(1) + 1);
        }
        again
    }

    /// Sends it to an instance. A `sweep` that succeeds counts as 200, one that is to come again as 503.
    pub async fn send(&self, shop: &Shop) -> Answer {
        let request = match &self.by {
            Sender::Page => shop.request(self.method, &self.path),
            Sender::Session(token) => shop.page(self.method, &self.path, token),
            Sender::Server => shop.server(self.method, &self.path),
            Sender::Shopify(topic) => {
                return shop.shopify(topic, self.body.as_ref().unwrap_or(&Value::Null)).await;
            }
            Sender::Cafe24 => return shop.cafe24(self.body.as_ref().unwrap_or(&Value::Null)).await,
            Sender::Schedule => {
                let status = match okyaku_engine::sweep::run(&shop.base.app::<okyaku_sweep::Access>()).await {
                    Ok(_) => 200,
                    Err(okyaku_domain::error::Error::Busy) => 503,
                    Err(_) => 500,
                };
                return Answer { status, headers: http::HeaderMap::new(), body: Value::Null };
            }
        };
        match &self.body {
            Some(body) => request.json(body.clone()).await,
            None => request.send().await,
        }
    }
}
