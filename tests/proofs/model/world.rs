//! The model beside the real thing: each step is done to both, and their answers are compared.

use aws_sdk_dynamodb::Client;
use okyaku_engine::{Base, Settings};
use okyaku_local::gateway::Gateway;
use okyaku_store::Table;
use okyaku_store::clock::Clock;
use okyaku_store::keyring::Keys as Secrets;
use serde_json::{Value, json};
use support::model::boot::Session;
use support::model::{Expected, Model, Named, Receipt, Sent};
use support::{Answer, NOW, Recorder, Shop, engine};

/// The days that the channels keep events.
pub const EVENT_DAYS: [i64; 2] = [365, 30];

const MALL_KEY: &str = "a-key-of-a-mall";

/// The mall of a channel.
fn mall(channel: usize) -> String {
    format!("mall{channel}")
}

/// A channel's credentials.
pub struct Keys {
    pub id: String,
    pub plugin: String,
    access: String,
    secret: String,
    hash: String,
    webhook: String,
}

/// Both sides, and what pages and servers remember.
pub struct World {
    pub shop: Shop,
    pub keys: Vec<Keys>,
    pub model: Model,
    /// The veilId of each device, per channel.
    pub devices: Vec<Vec<Option<String>>>,
    pub veils: Vec<String>,
    pub sessions: Vec<Vec<(Session, String)>>,
    pub tracked: Vec<Vec<(usize, Vec<Sent>)>>,
    pub posted: Vec<Option<(Named, Sent)>>,
    /// What is to be on the receipts.
    pub receipts: Vec<(usize, String, Receipt)>,
    pub n: u64,
    pub months: i64,
    pub requests: usize,
}

/// What a comparison found.
pub type Verdict = Result<(), String>;

macro_rules! differ {
    ($($text:tt)*) => { return Err(format!($($text)*)) };
}
pub(crate) use differ;

/// A shop whose calls nobody records.
async fn open(client: &Client) -> Shop {
    let name = engine::fresh_table(client).await;
    let keys =
        Secrets::new("a-hash-key-for-tests-of-32-letters", "t:a-token-key-for-tests-of-32-letters").unwrap();
    let clock = Clock::fixed(NOW);
    let base = Base::new(Table::new(client.clone(), name), keys, clock.clone(), Settings::default());
    let recorder = Recorder::new(engine::http());
    Shop { gateway: Gateway::new(base.clone()), base, clock, recorder }
}

impl World {
    /// `client` is one for all: building it costs more than many a request.
    pub async fn open(client: &Client) -> Self {
        let shop = open(client).await;
        let mut keys = Vec::new();
        for (n, days) in EVENT_DAYS.into_iter().enumerate() {
            let made =
                shop.admin(json!({"action": "createChannel", "name": "Model", "eventDays": days})).await;
            let made = made.unwrap();
            let text = |at: &str| made.pointer(at).and_then(Value::as_str).unwrap().to_owned();
            keys.push(Keys {
                id: text("/channel/id"),
                plugin: text("/pluginKey"),
                access: text("/accessKey"),
                secret: text("/accessSecret"),
                hash: text("/memberHashSecret"),
                webhook: text("/webhookToken"),
            });
            let mall = json!({"action": "setBuilder", "channelId": text("/channel/id"), "builder": "cafe24",
                "shop": mall(n), "secret": MALL_KEY});
            shop.admin(mall).await.unwrap();
        }
        Self {
            shop,
            keys,
            model: Model::new(NOW, &EVENT_DAYS),
            devices: vec![vec![None; 15]; 2],
            veils: vec!["5f0f2a4e-0b5d-4a57-9f0e-6c1d2e3f4a5b".to_owned()],
            sessions: vec![Vec::new(); 2],
            tracked: vec![Vec::new(); 2],
            posted: vec![None, None],
            receipts: Vec::new(),
            n: 0,
            months: 0,
            requests: 0,
        }
    }

    pub async fn server(&mut self, channel: usize, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.requests += 1;
        let request = self.shop.request(method, path).header("x-access-key", &self.keys[channel].access);
        let request = request.header("x-access-secret", &self.keys[channel].secret);
        match body {
            Some(body) => request.json(body).await,
            None => request.send().await,
        }
    }

    /// A delivery of the channel's mall.
    pub async fn delivery(&mut self, channel: usize, event: u64, mut resource: Value) -> Answer {
        self.requests += 1;
        resource["mall_id"] = json!(mall(channel));
        let path = format!("/webhooks/cafe24/{}", self.keys[channel].webhook);
        let request = self.shop.request("POST", &path).header("x-api-key", MALL_KEY);
        request.json(json!({"event_no": event, "resource": resource})).await
    }

    pub async fn page(&mut self, method: &str, path: &str, token: &str, body: Value) -> Answer {
        self.requests += 1;
        self.shop.page(method, path, token).json(body).await
    }

    pub async fn boot(&mut self, channel: usize, mut body: Value, member: Option<(&str, bool)>) -> Answer {
        self.requests += 1;
        body["pluginKey"] = json!(self.keys[channel].plugin);
        if let Some((name, right)) = member {
            let hash = okyaku_domain::member_hash::member_hash(&self.keys[channel].hash, name).unwrap();
            body["memberId"] = json!(name);
            body["memberHash"] = json!(if right { hash } else { "0".repeat(64) });
        }
        self.shop.request("POST", "/front/v1/boot").json(body).await
    }

    /// How a path names a customer.
    pub fn name(&self, channel: usize, named: &Named) -> String {
        match named {
            Named::Member(name) => format!("@{name}"),
            Named::Record(record) => self.model.channels[channel].records[*record].id.clone().unwrap(),
            Named::Nobody | Named::Stranger => "0123456789abcdef0123".to_owned(),
        }
    }

    /// The status, and where the Open API answers a customer, all of it that the model knows.
    pub fn compare(&mut self, channel: usize, answer: &Answer, wanted: &Expected, page: bool) -> Verdict {
        if answer.status != wanted.status {
            differ!("status {} instead of {}: {}", answer.status, wanted.status, answer.body);
        }
        let (Some(record), 200) = (wanted.record, wanted.status) else { return Ok(()) };
        let user = &answer.body["user"];
        let id = user["id"].as_str().unwrap_or_default().to_owned();
        let veil = if page { answer.body["veilId"].as_str() } else { user["veilId"].as_str() };
        self.model.bind(channel, record, &id, veil)?;
        let record = &self.model.channels[channel].records[record];
        let Some(customer) = &record.customer else { differ!("the model shows a life that is over") };
        let shown = if page {
            customer.shown_to_page(record, self.model.now)
        } else {
            customer.shown(record, self.model.now)
        };
        for (key, value) in shown.as_object().unwrap() {
            let real = user.pointer(&format!("/{}", key.replace('.', "/"))).unwrap_or(&Value::Null);
            if real != value {
                differ!("{key} is {real} instead of {value}");
            }
        }
        if page {
            return Ok(());
        }
        // `lastSeenAt` may lag by a minute.
        match (user["lastSeenAt"].as_i64(), customer.seen) {
            (None, None) => Ok(()),
            (Some(real), Some(seen)) if (real - seen).abs() <= 60_000 => Ok(()),
            (real, seen) => differ!("lastSeenAt is {real:?} instead of {seen:?}"),
        }
    }
}
