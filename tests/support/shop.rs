//! A shop of its own: a table on the embedded engine, the development channel, a clock that stands.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use base64::Engine as _;
use bytes::Bytes;
use okyaku_engine::{Base, Settings};
use okyaku_local::event::SourceIp;
use okyaku_local::gateway::Gateway;
use okyaku_store::Table;
use okyaku_store::clock::Clock;
use okyaku_store::keyring::Keys;
use serde_json::{Value, json};

use crate::{Answer, Recorder, contract, dev, engine, hash_of};

/// Where every shop's clock stands at first: 2026-11-22T12:00:00Z, epoch ms.
pub const NOW: i64 = 1_795_348_800_000;

/// A shop with the development channel.
#[derive(Clone)]
pub struct Shop {
    pub gateway: Gateway,
    pub base: Base,
    pub clock: Clock,
    pub recorder: Recorder,
}

impl Shop {
    pub async fn open() -> Self {
        Self::open_with(Settings { allow_development: true, ..Settings::default() }).await
    }

    pub async fn open_with(settings: Settings) -> Self {
        let keys =
            Keys::new("a-hash-key-for-tests-of-32-letters", "t:a-token-key-for-tests-of-32-letters").unwrap();
        Self::open_under(keys, settings).await
    }

    /// A shop with the public keys of `tests/sam/env.json`. Under these keys the files of `events/` are right as they
    /// lie.
    pub async fn open_for_events() -> Self {
        let file: Value = serde_json::from_str(include_str!("../sam/env.json")).unwrap();
        let of = |name: &str| file["Parameters"][name].as_str().unwrap();
        let keys = Keys::new(of("OKYAKU_HASH_KEY"), of("OKYAKU_TOKEN_KEY")).unwrap();
        Self::open_under(keys, Settings { allow_development: true, ..Settings::default() }).await
    }

    async fn open_under(keys: Keys, settings: Settings) -> Self {
        let recorder = Recorder::new(engine::http());
        let http = SharedHttpClient::new(recorder.clone());
        let client = engine::client(http);
        let name = engine::fresh_table(&client).await;
        let clock = Clock::fixed(NOW);
        let base = Base::new(Table::new(client, name), keys, clock.clone(), settings);
        okyaku_admin::create_development_channel(&base.app()).await.unwrap();
        Self { gateway: Gateway::new(base.clone()), base, clock, recorder }
    }

    /// A shop whose channel is in this region.
    pub async fn in_region(region: &str) -> Self {
        let shop = Self::open().await;
        let channel = crate::development_channel();
        let command = json!({"action": "setRegion", "channelId": channel, "region": region});
        shop.admin(command).await.unwrap();
        shop.another_instance()
    }

    /// The same table seen by another instance: nothing cached.
    pub fn another_instance(&self) -> Self {
        let base = Base::new(
            self.base.backend.table.clone(),
            self.base.backend.keys.clone(),
            self.clock.clone(),
            self.base.settings.clone(),
        );
        Self { gateway: Gateway::new(base.clone()), base, ..self.clone() }
    }

    /// A request without credentials.
    pub fn request(&self, method: &str, path: &str) -> Request<'_> {
        let builder = http::Request::builder().method(method).uri(path);
        Request { shop: self, builder, body: Bytes::new() }
    }

    /// A request as the shop's server sends it.
    pub fn server(&self, method: &str, path: &str) -> Request<'_> {
        self.request(method, path)
            .header("x-access-key", dev::ACCESS_KEY)
            .header("x-access-secret", dev::ACCESS_SECRET)
    }

    /// A request as a page with a session sends it.
    pub fn page(&self, method: &str, path: &str, token: &str) -> Request<'_> {
        self.request(method, path).header("x-session", token)
    }

    /// Boots with this body; the plugin key is added.
    pub async fn boot(&self, mut body: Value) -> Answer {
        body["pluginKey"] = json!(dev::PLUGIN_KEY);
        self.request("POST", "/front/v1/boot").json(body).await
    }

    /// Boots a member of the development channel with its right hash.
    pub async fn boot_member(&self, member_id: &str, mut body: Value) -> Answer {
        body["memberId"] = json!(member_id);
        body["memberHash"] = json!(hash_of(member_id));
        self.boot(body).await
    }

    /// Sends a page's batch.
    pub async fn track(&self, token: &str, events: Value) -> Answer {
        self.page("POST", "/front/v1/events", token).json(json!({ "events": events })).await
    }

    /// The customer as the Open API shows it.
    pub async fn customer(&self, user_id: &str) -> Answer {
        self.server("GET", &format!("/open/v5/users/{user_id}")).send().await
    }

    /// The customer's newest events, up to 500.
    pub async fn events(&self, user_id: &str) -> Vec<Value> {
        let path = format!("/open/v5/users/{user_id}/events?sortOrder=desc&limit=500");
        self.server("GET", &path).send().await.expect(200)["events"].as_array().unwrap().clone()
    }

    /// A delivery of Shopify to the development channel, signed as its body is sent.
    pub async fn shopify(&self, topic: &str, body: &Value) -> Answer {
        self.shopify_at(topic, body, None).await
    }

    /// The same, triggered at this time, RFC 3339.
    pub async fn shopify_at(&self, topic: &str, body: &Value, triggered_at: Option<&str>) -> Answer {
        let body = Bytes::from(named(topic, body.clone()).to_string());
        let signed = okyaku_builders::signature::shopify(dev::SHOPIFY_SECRET, &body);
        let mut request = self
            .request("POST", "/webhooks/shopify/dev-webhook-token")
            .header("x-shopify-hmac-sha256", &signed)
            .header("x-shopify-topic", topic)
            .header("x-shopify-shop-domain", dev::SHOPIFY_SHOP);
        if let Some(at) = triggered_at {
            request = request.header("x-shopify-triggered-at", at);
        }
        request.bytes(body).await
    }

    /// A delivery of Cafe24 to the development channel.
    pub async fn cafe24(&self, body: &Value) -> Answer {
        let request = self.request("POST", "/webhooks/cafe24/dev-webhook-token");
        request.header("x-api-key", dev::CAFE24_KEY).json(body.clone()).await
    }

    /// Runs `sweep` once.
    pub async fn sweep(&self) -> okyaku_engine::sweep::Report {
        okyaku_engine::sweep::run(&self.base.app::<okyaku_sweep::Access>()).await.unwrap()
    }

    /// Carries out a command of channel administration.
    pub async fn admin(&self, command: Value) -> Result<Value, okyaku_domain::error::Error> {
        okyaku_admin::handle(&self.base.app(), command).await
    }

    /// Every item of the table.
    pub async fn items(&self) -> Vec<std::collections::HashMap<String, AttributeValue>> {
        let (mut items, mut start) = (Vec::new(), None);
        loop {
            let table = &self.base.backend.table;
            let scan = table
                .client
                .scan()
                .table_name(&table.name)
                .consistent_read(true)
                .set_exclusive_start_key(start);
            let reply = scan.send().await.unwrap();
            items.extend(reply.items.unwrap_or_default());
            start = reply.last_evaluated_key;
            if start.is_none() {
                return items;
            }
        }
    }

    /// Every item but the channel's own, its log of drops among them, as text: to look for what must not be there, and
    /// to see that a refusal changed nothing of any customer.
    pub async fn dump(&self) -> String {
        let items = self.items().await;
        let own = |pk: &str| pk == "CH" || pk == "KEY" || pk.starts_with("K#") || pk.starts_with("D#");
        let items = items.into_iter().filter(|item| !item["pk"].as_s().is_ok_and(|pk| own(pk)));
        items.map(|item| stable(&AttributeValue::M(item)) + "\n").collect()
    }
}

/// An attribute as text, the keys of maps in order: two dumps of the same table are equal.
fn stable(value: &AttributeValue) -> String {
    match value {
        AttributeValue::M(map) => {
            let sorted: BTreeMap<_, _> = map.iter().map(|(key, value)| (key, stable(value))).collect();
            let pairs: Vec<_> = sorted.iter().map(|(key, value)| format!("{key:?}: {value}")).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        AttributeValue::L(list) => format!("{:?}", list.iter().map(stable).collect::<Vec<_>>()),
        // What is text in it stays readable: a dump is searched for what must not be there.
        AttributeValue::B(bytes) => format!("B({})", String::from_utf8_lossy(bytes.as_ref())),
        value => format!("{value:?}"),
    }
}

/// A request being built.
pub struct Request<'a> {
    shop: &'a Shop,
    builder: http::request::Builder,
    body: Bytes,
}

impl Request<'_> {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.builder = self.builder.header(name, value);
        self
    }

    /// Sends from another address than this machine's.
    pub fn from(mut self, address: &str) -> Self {
        self.builder = self.builder.extension(SourceIp(address.parse().unwrap()));
        self
    }

    /// Sends a JSON body.
    pub async fn json(self, body: Value) -> Answer {
        self.header("content-type", "application/json").bytes(body.to_string()).await
    }

    /// Sends any body.
    pub async fn bytes(mut self, body: impl Into<Bytes>) -> Answer {
        self.body = body.into();
        self.send().await
    }

    /// Sends no body.
    pub async fn send(self) -> Answer {
        let request = self.builder.body(self.body).unwrap();
        let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
        let answer = Answer::of(self.shop.gateway.call(request).await);
        contract::check(&method, &path, &answer);
        answer
    }
}

/// Base64, as the gateway encodes a binary body.
pub fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// The body with the shop's domain, which Shopify names in the bodies of these topics.
pub fn named(topic: &str, mut body: Value) -> Value {
    // The body of a deletion has an empty list of addresses.
    if topic == "customers/delete" && body.is_object() && body["addresses"].is_null() {
        body["addresses"] = json!([]);
    }
    if matches!(topic, "customers/redact" | "customers/data_request")
        && body.is_object()
        && body["shop_domain"].is_null()
    {
        body["shop_domain"] = dev::SHOPIFY_SHOP.into();
    }
    body
}
