//! What fuzz targets stand on: a shop in memory, behind the gateway of the local server.

use bytes::Bytes;
use http::Request;
use okyaku_engine::{Base, Settings};
use okyaku_local::engine::Engine;
use okyaku_local::gateway::Gateway;
use okyaku_local::invoke::InvokeError;
use okyaku_store::Table;
use okyaku_store::clock::Clock;
use okyaku_store::keyring::Keys;
use okyaku_store::table::schema;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

/// Where the clock stands: 2026-11-22T12:00:00Z, epoch ms.
pub const NOW: i64 = 1_795_348_800_000;

/// A shop with the development channel.
pub struct Shop {
    runtime: Runtime,
    gateway: Gateway,
    _engine: Engine,
    /// A member's session and id, and the id of an event of it: for the placeholders of `events/`.
    values: [(&'static str, String); 4],
}

impl Shop {
    /// Opens one.
    ///
    /// # Panics
    /// If it cannot.
    #[must_use]
    pub fn open() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let engine = Engine::memory().expect("an engine");
        let base = runtime.block_on(async {
            let client = engine.client();
            schema::create_table(&client, "okyaku").await.expect("a table");
            // The public keys, under which the session tokens in `events/` are right.
            let file: Value = serde_json::from_str(include_str!("../../tests/sam/env.json")).expect("keys");
            let of = |name: &str| file["Parameters"][name].as_str().expect("a key");
            let keys = Keys::new(of("OKYAKU_HASH_KEY"), of("OKYAKU_TOKEN_KEY"));
            let settings = Settings { allow_development: true, ..Settings::default() };
            let base =
                Base::new(Table::new(client, "okyaku"), keys.expect("keys"), Clock::fixed(NOW), settings);
            okyaku_admin::create_development_channel(&base.app()).await.expect("a channel");
            base
        });
        let mut shop =
            Self { runtime, gateway: Gateway::new(base), _engine: engine, values: Default::default() };
        let boot = json!({
            "pluginKey": "dev-plugin-key",
            "memberId": "lucas",
            "memberHash": "99427c7bba36a6902c5fd6383f2fb0214d19b81023296b4bd6b9e024836afea2",
        });
        let booted = shop.answer(Request::post("/front/v1/boot"), &boot);
        let text = |answer: &Value, pointer: &str| {
            answer
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_else(|| panic!("{pointer} in {answer}"))
                .to_owned()
        };
        let request = Request::post("/open/v5/users/@lucas/events").header("x-access-key", "dev-access-key");
        let event =
            shop.answer(request.header("x-access-secret", "dev-access-secret"), &json!({"name": "View"}));
        shop.values = [
            ("{{sessionToken}}", text(&booted, "/sessionToken")),
            ("{{userId}}", text(&booted, "/user/id")),
            ("{{eventId}}", text(&event, "/event/id")),
            ("{{now}}", NOW.to_string()),
        ];
        shop
    }

    fn answer(&self, request: http::request::Builder, body: &Value) -> Value {
        let request = request.body(Bytes::from(body.to_string())).expect("a request");
        let response = self.runtime.block_on(self.gateway.call(request));
        serde_json::from_slice(response.body()).unwrap_or_default()
    }

    /// The status of a request.
    #[must_use]
    pub fn call(&self, request: Request<Bytes>) -> u16 {
        self.runtime.block_on(self.gateway.call(request)).status().as_u16()
    }

    /// Puts real values in place of the placeholders of `events/`.
    #[must_use]
    pub fn fill(&self, text: &str) -> String {
        self.values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    /// Invokes the function that has the event's route; the answer, unless there is no such route or the event is none.
    ///
    /// # Panics
    /// If the function panics, is cut off, answers more than Lambda lets through, or a 5xx.
    pub fn invoke(&self, event: &Value) -> Option<Value> {
        match self.runtime.block_on(self.gateway.invoke(event.clone())) {
            Ok(answer) => {
                let status = answer["statusCode"].as_u64().unwrap_or(0);
                assert!((200..500).contains(&status), "{answer}\n{event}");
                Some(answer)
            }
            Err(InvokeError::UnknownRoute | InvokeError::Event(_)) => None,
            Err(error) => panic!("{error}\n{event}"),
        }
    }
}
