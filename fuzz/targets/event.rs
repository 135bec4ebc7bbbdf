//! Any event, at any function: never a panic, never a 5xx. Input that begins with `{` is an event itself; else its
//! first two bytes choose one of `events/` and what of it the rest replaces.
#![no_main]

use std::cell::RefCell;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use okyaku_fuzz::Shop;
use serde_json::{Value, json};

thread_local! {
    static BENCH: RefCell<Option<(Shop, Vec<Value>)>> = const { RefCell::new(None) };
}

/// Headers and query parameters that some route reads.
const HEADERS: [&str; 8] = [
    "x-session",
    "x-access-key",
    "x-access-secret",
    "origin",
    "user-agent",
    "accept-language",
    "content-encoding",
    "x-okyaku-origin",
];
const QUERIES: [&str; 7] = ["since", "limit", "sortOrder", "month", "days", "expiration", "kanarie"];

/// The events of `events/` that have a route, in the order of their names, as `seeds.py` counts them.
fn templates() -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("events").map(|entry| entry.expect("an event").path()).collect();
    files.retain(|file| file.is_file());
    files.sort();
    let texts = files.iter().map(|file| std::fs::read_to_string(file).expect("an event"));
    texts.filter(|text| text.contains("\"routeKey\"")).collect()
}

fuzz_target!(|data: &[u8]| {
    BENCH.with_borrow_mut(|bench| {
        let (shop, events) = bench.get_or_insert_with(|| {
            let shop = Shop::open();
            let events = templates();
            let events =
                events.iter().map(|text| serde_json::from_str(&shop.fill(text)).expect("an event")).collect();
            (shop, events)
        });
        let event = if data.first() == Some(&b'{') {
            serde_json::from_str(&shop.fill(&String::from_utf8_lossy(data))).ok()
        } else {
            bent(shop, events, data)
        };
        if let Some(event) = event.and_then(of_gateway) {
            shop.invoke(&event);
        }
    });
});

/// What the gateway itself says in every event, and no caller can change: host and scheme, a path from the root, a query
/// that an HTTP request may have, and a body in right base64. `lambda_http` panics where these are wrong.
fn of_gateway(mut event: Value) -> Option<Value> {
    const HOST: &str = "a1b2c3d4e5.execute-api.ap-northeast-2.amazonaws.com";
    let rooted =
        |pointer| event.pointer(pointer).and_then(Value::as_str).is_some_and(|path| path.starts_with('/'));
    if !rooted("/rawPath") || !rooted("/requestContext/http/path") {
        return None;
    }
    let query = event.get("rawQueryString").and_then(Value::as_str).unwrap_or_default();
    format!("/?{query}").parse::<http::Uri>().ok()?;
    let encoded = event.get("isBase64Encoded").and_then(Value::as_bool).unwrap_or_default();
    let body = event.get("body").and_then(Value::as_str).unwrap_or_default();
    if encoded && STANDARD.decode(body).is_err() {
        return None;
    }
    event["requestContext"]["domainName"] = json!(HOST);
    let headers = event.get_mut("headers")?.as_object_mut()?;
    headers.retain(|name, _| !["host", "x-forwarded-proto"].contains(&name.to_lowercase().as_str()));
    headers.insert("host".into(), json!(HOST));
    headers.insert("x-forwarded-proto".into(), json!("https"));
    Some(event)
}

fn bent(shop: &Shop, events: &[Value], data: &[u8]) -> Option<Value> {
    let [which, what, rest @ ..] = data else { return None };
    let mut event = events.get(usize::from(*which) % events.len())?.clone();
    let text = shop.fill(&String::from_utf8_lossy(rest));
    let name = usize::from(*what / 8);
    match what % 8 {
        0..=2 => {
            event["body"] = json!(text);
            event["isBase64Encoded"] = json!(false);
        }
        3 => {
            event["body"] = json!(STANDARD.encode(rest));
            event["isBase64Encoded"] = json!(true);
        }
        4 => event["pathParameters"]["userId"] = json!(text),
        5 => event["queryStringParameters"][QUERIES[name % QUERIES.len()]] = json!(text),
        6 => event["headers"][HEADERS[name % HEADERS.len()]] = json!(text),
        _ => {
            // Another route's path and method, through the router that `$default` takes.
            let (method, path) = text.split_once(' ')?;
            event["routeKey"] = json!("$default");
            event["requestContext"]["routeKey"] = json!("$default");
            event["requestContext"]["http"]["method"] = json!(method);
            event["requestContext"]["http"]["path"] = json!(path);
            event["rawPath"] = json!(path);
        }
    }
    Some(event)
}
