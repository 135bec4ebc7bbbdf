//! Events, field by field.

use http::Request;

use super::*;
use crate::route::Route;

fn matched(parameters: &[(&str, &str)]) -> Match {
    Match {
        route: Route {
            route_key: "POST /open/v5/users/{userId}".into(),
            method: "POST".into(),
            path: "/open/v5/users/{userId}".into(),
            function: "LeadFunction".into(),
        },
        parameters: parameters.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
    }
}

fn build(request: http::request::Builder, body: &'static [u8]) -> Value {
    let body = Bytes::from_static(body);
    let (parts, body) = request.body(body).unwrap().into_parts();
    let host = Host { name: "shop.localhost", port: Some(8787) };
    event(&parts, &body, host, &matched(&[("userId", "@a/b")]), 1_700_000_000_123).unwrap()
}

#[test]
fn event_has_every_field() {
    let request = Request::post("/open/v5/users/%40a%2Fb?tag=x&tag=y%20z&empty&k=a+b")
        .header("Host", "shop.localhost:8787")
        .header("User-Agent", "test/1")
        .header("X-Twice", "one")
        .header("X-Twice", "two")
        .header("Connection", "keep-alive")
        .header("X-Forwarded-Proto", "javascript")
        .header("X-Forwarded-For", "203.0.113.9")
        .header("Cookie", "a=1; b=2")
        .header("Cookie", "c=3")
        .header("Content-Type", "application/json; charset=utf-8");
    let mut event = build(request, br#"{"profile":{}}"#);
    let trace = event["headers"]["x-amzn-trace-id"].take();
    assert!(trace.as_str().unwrap().starts_with("Root=1-6553f100-"), "{trace}");
    let id = event["requestContext"]["requestId"].take();
    assert_eq!(id.as_str().unwrap().len(), 16);
    assert_eq!(
        event,
        json!({
            "version": "2.0",
            "routeKey": "POST /open/v5/users/{userId}",
            "rawPath": "/open/v5/users/@a/b",
            "rawQueryString": "tag=x&tag=y%20z&empty&k=a+b",
            "cookies": ["a=1", "b=2", "c=3"],
            "headers": {
                "content-length": "14",
                "content-type": "application/json; charset=utf-8",
                "host": "shop.localhost:8787",
                "user-agent": "test/1",
                "x-amzn-trace-id": null,
                "x-forwarded-for": "203.0.113.9, 127.0.0.1",
                "x-forwarded-port": "8787",
                "x-forwarded-proto": "http",
                "x-twice": "one,two",
            },
            "queryStringParameters": {"tag": "x,y z", "empty": "", "k": "a b"},
            "pathParameters": {"userId": "@a/b"},
            "requestContext": {
                "accountId": "000000000000",
                "apiId": "okyakulocal",
                "domainName": "shop.localhost",
                "domainPrefix": "shop",
                "http": {
                    "method": "POST",
                    "path": "/open/v5/users/@a/b",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "127.0.0.1",
                    "userAgent": "test/1",
                },
                "requestId": null,
                "routeKey": "POST /open/v5/users/{userId}",
                "stage": "$default",
                "time": "14/Nov/2023:22:13:20 +0000",
                "timeEpoch": 1_700_000_000_123_i64,
            },
            "body": "{\"profile\":{}}",
            "isBase64Encoded": false,
        })
    );
}

#[test]
fn absent_parts_have_no_field() {
    let event = build(Request::get("/"), b"");
    for field in ["cookies", "queryStringParameters", "body"] {
        assert_eq!(event.get(field), None, "{field}");
    }
    assert_eq!(event["isBase64Encoded"], false);
}

#[test]
fn plain_utf8_text_alone_stays_text() {
    let body = |kind: &str, body: &'static [u8]| build(Request::post("/").header("content-type", kind), body);
    for kind in
        ["text/plain", "application/json", "Application/XML", "application/vnd.a+json", "image/svg+xml"]
    {
        assert_eq!(body(kind, b"{}")["body"], "{}", "{kind}");
    }
    for kind in ["application/x-www-form-urlencoded", "application/octet-stream", "", "application/json5"] {
        let event = body(kind, b"{}");
        assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("e30="), &json!(true)), "{kind}");
    }
    assert_eq!(body("text/plain", b"\xff")["body"], "/w==");
    let zipped = Request::post("/").header("content-type", "text/plain").header("content-encoding", "gzip");
    assert_eq!(build(zipped, b"x")["isBase64Encoded"], true);
}

#[test]
fn encoded_question_mark_ends_the_raw_path() {
    assert_eq!(build(Request::get("/a%3Fb%20c?d=e"), b"")["rawPath"], "/a");
    assert_eq!(build(Request::get("/a%2540"), b"")["rawPath"], "/a%40");
}

#[test]
fn runtime_reads_the_event_back() {
    let request = Request::post("/open/v5/users/%23%7B?x=1").header("x-session", "é").header("cookie", "a=1");
    let event = build(request, b"\0binary");
    let request = lambda_http::request::from_str(&event.to_string()).unwrap();
    assert_eq!(request.headers()["cookie"], "a=1");
    assert_eq!(request.headers()["x-session"].as_bytes(), "é".as_bytes());
    assert!(matches!(request.body(), lambda_http::Body::Binary(bytes) if bytes == b"\0binary"));
    assert_eq!(request.uri().host(), Some("shop.localhost"));
}

#[test]
fn runtime_survives_any_path() {
    for character in (0..0x180).chain([0x3042, 0xfeff, 0x1f600]).filter_map(char::from_u32) {
        let mut utf8 = [0; 4];
        let encoded: String =
            character.encode_utf8(&mut utf8).bytes().map(|byte| format!("%{byte:02X}")).collect();
        for path in [format!("/{encoded}"), format!("/a{encoded}{encoded}/../%2e%2e/{encoded}?{encoded}")] {
            let event = build(Request::get(path.as_str()), b"");
            assert!(lambda_http::request::from_str(&event.to_string()).is_ok(), "{path}");
        }
    }
}
