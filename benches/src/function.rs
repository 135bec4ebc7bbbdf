//! A function's own binary behind a stub of the Lambda Runtime API, and a shop in an embedded engine for it.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use bytes::Bytes;
use okyaku_engine::{Base, Settings};
use okyaku_local::engine::Engine;
use okyaku_local::engine::port::{Endpoint, EngineKey};
use okyaku_local::gateway::Gateway;
use okyaku_store::Table;
use okyaku_store::clock::Clock;
use okyaku_store::keyring::Keys;
use okyaku_store::table::schema;
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use tokio::sync::Notify;

use crate::process::exact_cpu;

const HASH_KEY: &str = "a-hash-key-for-benches-of-32-letters";
const TOKEN_KEY: &str = "b:a-token-key-for-benches-of-32-letters";
const EVENT: &str = include_str!("../../events/boot-post-front-v1-boot.json");

/// The event of the nth invocation.
pub type Events = Arc<dyn Fn(usize) -> String + Send + Sync>;

/// An engine with the development channel and one visitor.
pub struct Shop {
    /// The table of a function's own process.
    pub table: Endpoint,
    _engine: Engine,
    /// A client of it.
    pub client: aws_sdk_dynamodb::Client,
    /// Every function in this process.
    pub gateway: Gateway,
    veil: Value,
    token: String,
}

impl Shop {
    /// Opens it.
    pub async fn open() -> Self {
        let mut engine = Engine::memory().unwrap();
        let table = engine.open_port(0, EngineKey::random().unwrap()).unwrap();
        let client = engine.client();
        schema::create_table(&client, "okyaku").await.unwrap();
        let settings = Settings { allow_development: true, ..Settings::default() };
        let keys = Keys::new(HASH_KEY, TOKEN_KEY).unwrap();
        let base = Base::new(Table::new(client.clone(), "okyaku"), keys, Clock::system(), settings);
        okyaku_admin::create_development_channel(&base.app()).await.unwrap();
        let gateway = Gateway::new(base);
        let mut shop =
            Self { table, _engine: engine, client, gateway, veil: Value::Null, token: String::new() };
        let first = shop.call("/front/v1/boot", boot(&Value::Null)).await;
        shop.token = first["sessionToken"].as_str().unwrap().to_owned();
        shop.veil = first["veilId"].clone();
        shop
    }

    /// Calls a route of a page, as the visitor.
    pub async fn call(&self, path: &str, body: impl Into<Bytes>) -> Value {
        let mut request = http::Request::post(path).header("x-session", &self.token);
        // The same browser as in the events, or their boots would store what they say of it.
        let event: Value = serde_json::from_str(EVENT).unwrap();
        for name in ["user-agent", "accept-language"] {
            request = request.header(name, event["headers"][name].as_str().unwrap());
        }
        let response = self.gateway.call(request.body(body.into()).unwrap()).await;
        assert_eq!(response.status(), 200, "{:?}", response.body());
        serde_json::from_slice(response.body()).unwrap()
    }

    /// Boots of the visitor with nothing new.
    #[must_use]
    pub fn boots(&self) -> Events {
        let event = event("POST /front/v1/boot", "", &boot(&self.veil));
        Arc::new(move |_| event.clone())
    }

    /// Single events of the visitor.
    #[must_use]
    pub fn tracks(&self) -> Events {
        let token = self.token.clone();
        Arc::new(move |_| {
            let of_page = json!({"id": format!("e{}", crate::shop::number()), "name": "PageView",
                "createdAt": crate::shop::now(), "property": {"url": "https://shop.example.com/"}});
            event("POST /front/v1/events", &token, &json!({"events": [of_page]}).to_string())
        })
    }
}

fn boot(veil: &Value) -> String {
    json!({"pluginKey": "dev-plugin-key", "veilId": veil}).to_string()
}

fn event(route: &str, token: &str, body: &str) -> String {
    let path = route.split(' ').next_back().unwrap();
    let mut event: Value = serde_json::from_str(EVENT).unwrap();
    event["routeKey"] = json!(route);
    event["rawPath"] = json!(path);
    event["requestContext"]["routeKey"] = json!(route);
    event["requestContext"]["http"]["path"] = json!(path);
    event["headers"]["x-session"] = json!(token);
    event["headers"].as_object_mut().unwrap().remove("origin");
    event["body"] = json!(body);
    event["isBase64Encoded"] = json!(false);
    event.to_string()
}

/// A moment of a function's life, and the CPU time that it had used then.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// When.
    pub at: Instant,
    /// CPU time used.
    pub cpu: Duration,
}

/// A function that has answered.
#[derive(Debug)]
pub struct Ran {
    /// The process, which still runs.
    pub child: Child,
    /// Just before it was started.
    pub started: Instant,
    /// When it asked for each event, the one that it did not get included if it came to that.
    pub asked: Vec<Moment>,
    /// When it answered each.
    pub answered: Vec<Moment>,
}

struct Runtime {
    events: Events,
    count: usize,
    next: AtomicUsize,
    id: AtomicU32,
    asked: Mutex<Vec<Moment>>,
    answered: Mutex<Vec<Moment>>,
    done: Notify,
}

impl Runtime {
    fn moment(&self) -> Moment {
        let at = Instant::now();
        Moment { at, cpu: exact_cpu(self.id.load(Ordering::SeqCst)) }
    }
}

/// Starts a function, with the environment that Lambda gives it and its table at `table`, and lets it answer `count`
/// events.
pub async fn run(mut command: Command, table: &Endpoint, count: usize, events: Events) -> Ran {
    let runtime = Arc::new(Runtime {
        events,
        count,
        next: AtomicUsize::new(0),
        id: AtomicU32::new(0),
        asked: Mutex::default(),
        answered: Mutex::default(),
        done: Notify::new(),
    });
    let api = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .with_state(runtime.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, api).await });
    command
        .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "bench")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ENDPOINT_URL_DYNAMODB", &table.url)
        .env("AWS_ACCESS_KEY_ID", table.key.as_str())
        .env("OKYAKU_TABLE", "okyaku")
        .env("OKYAKU_HASH_KEY", HASH_KEY)
        .env("OKYAKU_TOKEN_KEY", TOKEN_KEY)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .kill_on_drop(true);
    let started = Instant::now();
    let child = command.spawn().unwrap();
    runtime.id.store(child.id().unwrap_or(0), Ordering::SeqCst);
    let patience = Duration::from_secs(300);
    tokio::time::timeout(patience, runtime.done.notified()).await.expect("answers in time");
    server.abort();
    let taken = |moments: &Mutex<Vec<Moment>>| moments.lock().unwrap().clone();
    Ran { child, started, asked: taken(&runtime.asked), answered: taken(&runtime.answered) }
}

async fn next(State(runtime): State<Arc<Runtime>>) -> (HeaderMap, String) {
    let n = runtime.next.fetch_add(1, Ordering::SeqCst);
    if n >= runtime.count {
        std::future::pending::<()>().await;
    }
    let event = (runtime.events)(n);
    let deadline = Clock::system().now_ms() + 60_000;
    let mut headers = HeaderMap::new();
    headers.insert("lambda-runtime-aws-request-id", format!("request-{n}").parse().unwrap());
    headers.insert("lambda-runtime-deadline-ms", deadline.to_string().parse().unwrap());
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:bench";
    headers.insert("lambda-runtime-invoked-function-arn", arn.parse().unwrap());
    let moment = runtime.moment();
    runtime.asked.lock().unwrap().push(moment);
    (headers, event)
}

async fn response(State(runtime): State<Arc<Runtime>>, body: Bytes) -> http::StatusCode {
    let moment = runtime.moment();
    runtime.answered.lock().unwrap().push(moment);
    let answer: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(answer["statusCode"], 200, "{answer}");
    if runtime.next.load(Ordering::SeqCst) >= runtime.count {
        runtime.done.notify_one();
    }
    http::StatusCode::ACCEPTED
}
