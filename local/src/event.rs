//! An HTTP request as the event API Gateway sends to a function (HTTP API, payload format 2.0).

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::DateTime;
use http::header::{CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, COOKIE, TRANSFER_ENCODING, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderName};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use crate::host::Host;
use crate::random;
use crate::routes::Match;

/// Address of the caller, an extension of the request. Without it the caller is 127.0.0.1.
#[derive(Clone, Copy, Debug)]
pub struct SourceIp(pub IpAddr);

/// Headers the event does not carry: hop-by-hop ones end at the gateway, and cookies have a field of their own.
const LEFT_OUT: [HeaderName; 3] = [CONNECTION, COOKIE, TRANSFER_ENCODING];

/// The event of a request that matched a route. `now_ms` is the time of its arrival in epoch milliseconds.
/// Fails only if the operating system gives no random bytes for the ids.
pub fn event(
    parts: &Parts,
    body: &Bytes,
    host: Host<'_>,
    matched: &Match,
    now_ms: i64,
) -> Result<Value, getrandom::Error> {
    let ip = parts.extensions.get::<SourceIp>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |source| source.0);
    let path = decoded_path(parts.uri.path());
    let route_key = &matched.route.route_key;
    let mut event = json!({
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": path,
        "rawQueryString": parts.uri.query().unwrap_or_default(),
        "headers": headers(&parts.headers, body.len(), host, ip, now_ms)?,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "okyakulocal",
            "domainName": host.name,
            "domainPrefix": host.name.split('.').next(),
            "http": {
                "method": parts.method.as_str(),
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": ip.to_string(),
                "userAgent": parts.headers.get(USER_AGENT).map(|value| text(value.as_bytes())).unwrap_or_default(),
            },
            "requestId": random::gateway_request_id()?,
            "routeKey": route_key,
            "stage": "$default",
            "time": time(now_ms),
            "timeEpoch": now_ms,
        },
        "isBase64Encoded": false,
    });
    if let Some(fields) = event.as_object_mut() {
        let cookies = cookies(&parts.headers);
        let query = query(parts.uri.query().unwrap_or_default());
        add(fields, "cookies", cookies.is_empty(), cookies.into());
        add(fields, "queryStringParameters", query.is_empty(), query.into());
        let parameters: Map<_, _> =
            matched.parameters.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        add(fields, "pathParameters", parameters.is_empty(), parameters.into());
        if let Some(text) = text_body(&parts.headers, body) {
            add(fields, "body", text.is_empty(), text.into());
        } else {
            fields.insert("body".into(), STANDARD.encode(body).into());
            fields.insert("isBase64Encoded".into(), true.into());
        }
    }
    Ok(event)
}

fn add(fields: &mut Map<String, Value>, key: &str, absent: bool, value: Value) {
    if !absent {
        fields.insert(key.into(), value);
    }
}

/// The path after one decoding. As the gateway does, it ends at a `?` that was encoded; handlers read the
/// parameters instead, which are whole.
fn decoded_path(path: &str) -> String {
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    decoded.split('?').next().unwrap_or_default().to_owned()
}

fn headers(
    from: &HeaderMap,
    length: usize,
    host: Host<'_>,
    ip: IpAddr,
    now_ms: i64,
) -> Result<Map<String, Value>, getrandom::Error> {
    let mut headers = Map::new();
    for name in from.keys().filter(|name| !LEFT_OUT.contains(name)) {
        let values: Vec<_> = from.get_all(name).iter().map(|value| text(value.as_bytes())).collect();
        headers.insert(name.as_str().to_owned(), values.join(",").into());
    }
    let port = host.port.unwrap_or(80);
    let authority = host.port.map_or_else(|| host.name.to_owned(), |port| format!("{}:{port}", host.name));
    let forwarded = match headers.get("x-forwarded-for").and_then(Value::as_str) {
        Some(before) => format!("{before}, {ip}"),
        None => ip.to_string(),
    };
    // Never the caller's own: the scheme becomes part of the request's URL.
    headers.insert("x-forwarded-proto".into(), "http".into());
    headers.insert("x-forwarded-port".into(), port.to_string().into());
    headers.insert("x-forwarded-for".into(), forwarded.into());
    headers.insert("host".into(), authority.into());
    headers.insert("content-length".into(), length.to_string().into());
    let trace = format!("Root=1-{:08x}-{}", now_ms.div_euclid(1000), random::hex(12)?);
    headers.insert("x-amzn-trace-id".into(), trace.into());
    Ok(headers)
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    let all: Vec<_> = headers.get_all(COOKIE).iter().map(|value| text(value.as_bytes())).collect();
    all.iter()
        .flat_map(|line| line.split(';'))
        .map(|pair| pair.trim().to_owned())
        .filter(|p| !p.is_empty())
        .collect()
}

/// Decoded parameters; the values of a repeated name are joined with commas.
fn query(raw: &str) -> Map<String, Value> {
    let mut parameters: Map<String, Value> = Map::new();
    for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = form_decoded(value);
        let joined = match parameters.get(&form_decoded(name)).and_then(Value::as_str) {
            Some(before) => format!("{before},{value}"),
            None => value,
        };
        parameters.insert(form_decoded(name), joined.into());
    }
    parameters
}

fn form_decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// The body as text: it must be of a textual type, not compressed, and UTF-8. Anything else goes as base64.
fn text_body<'a>(headers: &HeaderMap, body: &'a Bytes) -> Option<&'a str> {
    if body.is_empty() {
        return Some("");
    }
    let value = headers.get(CONTENT_TYPE).map(|value| text(value.as_bytes())).unwrap_or_default();
    let media = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let textual = media.starts_with("text/")
        || ["application/json", "application/javascript", "application/xml"].contains(&media.as_str())
        || media.ends_with("+json")
        || media.ends_with("+xml");
    if textual && !headers.contains_key(CONTENT_ENCODING) { std::str::from_utf8(body).ok() } else { None }
}

fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

fn time(now_ms: i64) -> String {
    DateTime::from_timestamp_millis(now_ms).unwrap_or_default().format("%d/%b/%Y:%H:%M:%S +0000").to_string()
}

#[cfg(test)]
mod tests;
