//! A world: one small shop on an engine of its own, in a runtime whose clock is paused; and a stage, which is a world
//! that was prepared once and can be had again as often as needed.

use std::future::Future;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::{RetryPartition, TokenBucket};
use aws_sdk_dynamodb::config::{Builder, Region};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use okyaku_engine::{Base, Settings};
use okyaku_local::gateway::Gateway;
use okyaku_store::Table;
use okyaku_store::clock::Clock;
use okyaku_store::keyring::Keys;
use okyaku_store::table::{client, schema};
use serde_json::{Value, json};

use crate::fault::engine::{Engine, table_name};
use crate::fault::wire::Wire;
use crate::{NOW, Recorder, Shop};

/// Runs `story` to its end in a runtime of one thread whose clock is paused: sleeping costs nothing.
pub fn run<T>(story: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().start_paused(true).build().unwrap().block_on(story)
}

/// Whether the proofs run at full size: `OKYAKU_PROOFS=full`.
pub fn full_size() -> bool {
    std::env::var("OKYAKU_PROOFS").is_ok_and(|size| size == "full")
}

/// A shop and its table.
#[derive(Clone)]
pub struct World {
    pub engine: Engine,
    pub table: String,
    /// The instance that requests go to, unless another one is asked for.
    pub shop: Shop,
    /// Its wire.
    pub wire: Wire,
}

impl World {
    /// A shop with the development channel and nobody in it.
    pub async fn open() -> Self {
        let world = Self::on(Engine::default(), Clock::fixed(NOW)).await;
        okyaku_admin::create_development_channel(&world.shop.base.app()).await.unwrap();
        world
    }

    async fn on(engine: Engine, clock: Clock) -> Self {
        let table = table_name();
        let (shop, wire) = instance(&engine, &table, clock);
        schema::create_table(&shop.base.backend.table.client, &table).await.unwrap();
        wire.heal();
        Self { engine, table, shop, wire }
    }

    /// Another instance of every function at the same table, with a wire of its own and nothing cached.
    pub fn another_instance(&self) -> Self {
        let (shop, wire) = instance(&self.engine, &self.table, self.shop.clock.clone());
        Self { shop, wire, ..self.clone() }
    }

    /// Every item.
    pub fn items(&self) -> Vec<Value> {
        self.engine.items(&self.table)
    }

    /// What `sweep` does now and once the last sweeps are due, until nothing is left for it.
    pub async fn sweep_out(&self) {
        self.shop.sweep().await;
        self.shop.clock.advance(71_000);
        self.shop.sweep().await;
    }
}

/// A world that was prepared once.
pub struct Stage {
    items: Vec<Value>,
    now: i64,
}

impl Stage {
    /// Keeps what is in the world now.
    pub fn of(world: &World) -> Self {
        Self { items: world.items(), now: world.shop.clock.now_ms() }
    }

    /// The same at another time.
    pub fn at(&self, now: i64) -> Self {
        Self { items: self.items.clone(), now }
    }

    /// A world of its own that begins as this one was. Session tokens of it are good there too.
    pub async fn world(&self) -> World {
        let world = World::on(Engine::default(), Clock::fixed(self.now)).await;
        world.engine.load(&world.table, &self.items);
        world
    }
}

impl Stage {
    /// Makes a world that was used begin again as this one was: quicker than another world.
    pub fn reset(&self, world: &World) {
        let keys = |item: &Value| json!({"DeleteRequest": {"Key": {"pk": item["pk"], "sk": item["sk"]}}});
        let now: Vec<Value> = world.items();
        let gone: Vec<_> = now.iter().filter(|item| !self.items.contains(item)).map(keys).collect();
        for some in gone.chunks(25) {
            world.engine.ask("BatchWriteItem", &json!({"RequestItems": {&world.table: some}}));
        }
        let lost: Vec<_> = self.items.iter().filter(|item| !now.contains(item)).cloned().collect();
        world.engine.load(&world.table, &lost);
        world.shop.clock.set(self.now);
        world.shop.base.backend.channels.clear();
        world.wire.heal();
    }
}

fn instance(engine: &Engine, table: &str, clock: Clock) -> (Shop, Wire) {
    let wire = Wire::new(engine.clone());
    let http = SharedHttpClient::new(wire.clone());
    let table = Table::new(connect(http.clone()), table);
    let keys =
        Keys::new("a-hash-key-for-tests-of-32-letters", "t:a-token-key-for-tests-of-32-letters").unwrap();
    let settings = Settings { allow_development: true, ..Settings::default() };
    let base = Base::new(table, keys, clock.clone(), settings);
    let shop = Shop { gateway: Gateway::new(base.clone()), base, clock, recorder: Recorder::new(http) };
    (shop, wire)
}

/// A client with the project's own retries and time limits. Only their budget is not: the SDK's usual one is shared by
/// all clients of a process, so that what one test wastes another one would miss.
fn connect(http: SharedHttpClient) -> Client {
    let retries = RetryPartition::custom("world").token_bucket(TokenBucket::unlimited()).build();
    let config = Builder::new()
        .region(Region::new("us-east-1"))
        // Nobody checks a signature here, and half of a call's time would go into it.
        .allow_no_auth()
        .retry_partition(retries);
    client::client(config, Some("http://127.0.0.1:1"), http)
}
