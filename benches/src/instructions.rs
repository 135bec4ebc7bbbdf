//! Counts a function's instructions under callgrind, to the first answer and per warm call, beside [the bare
//! function](../bare.rs). Counts repeat where times do not.
//!
//!     cargo build --release -p okyaku-boot -p okyaku-track -p okyaku-benches
//!     target/release/instructions

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use bytes::Bytes;
use okyaku::clock::Clock;
use okyaku::keys::Keys;
use okyaku::store::{Table, client, schema};
use okyaku::{Base, Settings};
use okyaku_local::engine::Engine;
use okyaku_local::gateway::Gateway;
use serde_json::{Value, json};
use tokio::sync::Notify;

const HASH_KEY: &str = "a-hash-key-for-benches-of-32-letters";
const TOKEN_KEY: &str = "b:a-token-key-for-benches-of-32-letters";
const WARM: usize = 200;
const EVENT: &str = include_str!("../../events/boot-post-front-v1-boot.json");

#[tokio::main]
async fn main() {
    let engine = Engine::memory().unwrap();
    let client = client::loopback(&engine.endpoint(), client::http_client());
    schema::create_table(&client, "okyaku").await.unwrap();
    let settings = Settings { allow_development: true, ..Settings::default() };
    let keys = Keys::new(HASH_KEY, TOKEN_KEY).unwrap();
    let base = Base::new(Table::new(client, "okyaku"), keys, Clock::system(), settings);
    okyaku_admin::create_development_channel(&base.app()).await.unwrap();
    let gateway = Gateway::new(base);
    let boot = |veil: &Value| json!({"pluginKey": "dev-plugin-key", "veilId": veil}).to_string();
    let first = call(&gateway, "/front/v1/boot", "", &boot(&Value::Null)).await;
    let token = first["sessionToken"].as_str().unwrap().to_owned();

    println!("| function | calls | to the first answer | per warm call | first, of bare | warm, of bare |");
    println!("| --- | --- | --- | --- | --- | --- |");
    let (engine, veil) = (engine.endpoint(), first["veilId"].clone());
    let boots = move |_: usize| event("POST /front/v1/boot", "", &boot(&veil));
    compare(&engine, "boot", "get", Arc::new(boots)).await;
    let tracks = move |n: usize| {
        let now = Clock::system().now_ms();
        let event_of = json!({"id": format!("e{n}"), "name": "PageView", "createdAt": now, "property": {"url": "https://shop.example.com/"}});
        event("POST /front/v1/events", &token, &json!({"events": [event_of]}).to_string())
    };
    compare(&engine, "track", "get,put", Arc::new(tracks)).await;
}

async fn call(gateway: &Gateway, path: &str, token: &str, body: &str) -> Value {
    let mut request = http::Request::post(path).header("x-session", token);
    // The same browser as in the events, or their boots would store what they say of it.
    let event: Value = serde_json::from_str(EVENT).unwrap();
    for name in ["user-agent", "accept-language"] {
        request = request.header(name, event["headers"][name].as_str().unwrap());
    }
    let request = request.body(Bytes::from(body.to_owned())).unwrap();
    serde_json::from_slice(gateway.call(request).await.body()).unwrap()
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

type Events = Arc<dyn Fn(usize) -> String + Send + Sync>;

async fn compare(engine: &str, name: &str, calls: &str, events: Events) {
    let folder = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    let of = async |name: &str| {
        let one = instructions(&folder.join(name), engine, calls, 1, events.clone()).await;
        let many = instructions(&folder.join(name), engine, calls, 1 + WARM, events.clone()).await;
        (one, (many - one) / WARM as u64)
    };
    let (own, bare) = (of(name).await, of("bare").await);
    let ratio = |a: u64, b: u64| format!("{:.2}", a as f64 / b as f64);
    let (first, warm) = (ratio(own.0, bare.0), ratio(own.1, bare.1));
    println!("| {name} | {calls} | {} | {} | {first} | {warm} |", own.0, own.1);
    println!("| bare | {calls} | {} | {} | 1 | 1 |", bare.0, bare.1);
}

struct Runtime {
    events: Events,
    count: usize,
    next: AtomicUsize,
    done: Notify,
}

/// Runs a function under callgrind behind a stub of the Lambda Runtime API until it has answered `count` events.
async fn instructions(binary: &PathBuf, engine: &str, calls: &str, count: usize, events: Events) -> u64 {
    let state = Arc::new(Runtime { events, count, next: AtomicUsize::new(0), done: Notify::new() });
    let api = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .with_state(state.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, api).await });
    let out =
        std::env::temp_dir().join(format!("okyaku-callgrind-{}-{}", std::process::id(), address.port()));
    let mut child = tokio::process::Command::new("valgrind")
        .args(["--tool=callgrind", &format!("--callgrind-out-file={}", out.display())])
        .arg(binary)
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap())
        .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "bench")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ENDPOINT_URL_DYNAMODB", engine)
        .env("OKYAKU_TABLE", "okyaku")
        .env("OKYAKU_HASH_KEY", HASH_KEY)
        .env("OKYAKU_TOKEN_KEY", TOKEN_KEY)
        .env("BARE_CALLS", calls)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    tokio::time::timeout(Duration::from_secs(300), state.done.notified()).await.expect("answers in time");
    // Not a kill: callgrind writes its counts when it is asked to end.
    let pid = child.id().unwrap().to_string();
    tokio::process::Command::new("kill").arg(pid).status().await.unwrap();
    child.wait().await.unwrap();
    server.abort();
    total(&out)
}

fn total(out: &Path) -> u64 {
    let text = std::fs::read_to_string(out).unwrap();
    std::fs::remove_file(out).unwrap();
    let line =
        text.lines().rev().find_map(|line| line.strip_prefix("totals: ").or(line.strip_prefix("summary: ")));
    line.unwrap().trim().parse().unwrap()
}

async fn next(State(state): State<Arc<Runtime>>) -> (HeaderMap, String) {
    let n = state.next.fetch_add(1, Ordering::SeqCst);
    if n >= state.count {
        std::future::pending::<()>().await;
    }
    let deadline = Clock::system().now_ms() + 60_000;
    let mut headers = HeaderMap::new();
    headers.insert("lambda-runtime-aws-request-id", format!("request-{n}").parse().unwrap());
    headers.insert("lambda-runtime-deadline-ms", deadline.to_string().parse().unwrap());
    headers.insert(
        "lambda-runtime-invoked-function-arn",
        "arn:aws:lambda:us-east-1:123456789012:function:bench".parse().unwrap(),
    );
    (headers, (state.events)(n))
}

async fn response(State(state): State<Arc<Runtime>>, body: Bytes) -> http::StatusCode {
    let answer: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(answer["statusCode"], 200, "{answer}");
    if state.next.load(Ordering::SeqCst) >= state.count {
        state.done.notify_one();
    }
    http::StatusCode::ACCEPTED
}
