//! What the gateway decides by itself; no function here gets as far as the table.

use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_METHOD};
use okyaku_engine::Settings;
use okyaku_store::Table;
use okyaku_store::keyring::Keys;
use okyaku_store::table::client;
use serde_json::json;

use super::*;
use crate::routes::routes;

async fn gateway() -> Gateway {
    let client = client::loopback("http://127.0.0.1:9", client::PLACEHOLDER, client::http_client());
    let keys = Keys::new(&"h".repeat(64), &format!("k1:{}", "t".repeat(64))).unwrap();
    Gateway::new(Base::new(Table::new(client, "okyaku"), keys, Clock::system(), Settings::default()))
}

async fn say(request: http::request::Builder, body: impl Into<Bytes>) -> (u16, String) {
    let response = gateway().await.call(request.body(body.into()).unwrap()).await;
    (response.status().as_u16(), String::from_utf8(response.into_body().to_vec()).unwrap())
}

fn own(status: u16, text: &str) -> (u16, String) {
    (status, json!({"message": text}).to_string())
}

#[tokio::test]
async fn unrouted_request_is_not_found() {
    for request in [Request::get("/"), Request::head("/front/v1/boot"), Request::options("/front/v1/boot")] {
        assert_eq!(say(request, "").await, own(404, "Not Found"));
    }
    assert_eq!(say(Request::get("/open/v5/users/%ff"), "").await, own(400, "Bad Request"));
}

#[tokio::test]
async fn invalid_host_is_a_bad_request() {
    for host in ["a b", "a/../b", "[::1", "localhost@evil", "", "a:99999", "xn--", "1.2.3"] {
        let request = Request::get("/okyaku.js").header("host", host);
        assert_eq!(say(request, "").await, own(400, "Bad Request"), "{host}");
    }
    let twice = Request::get("/okyaku.js").header("host", "a").header("host", "b");
    assert_eq!(say(twice, "").await, own(400, "Bad Request"));
}

#[tokio::test]
async fn oversized_request_is_refused() {
    let large = vec![b' '; MAX_BODY + 1];
    assert_eq!(say(Request::post("/front/v1/boot"), large).await, own(413, "Request Entity Too Large"));
    let long = Request::post("/front/v1/boot").header("x-long", "x".repeat(MAX_HEAD));
    assert_eq!(say(long, "").await, own(431, "Request Header Fields Too Large"));
}

#[tokio::test]
async fn preflight_and_cors_headers_are_of_the_gateway_on_any_path() {
    let gateway = gateway().await;
    let with_origin = |request: http::request::Builder| request.header(ORIGIN, "https://shop.example");
    let preflight =
        with_origin(Request::options("/front/v1/boot")).header(ACCESS_CONTROL_REQUEST_METHOD, "POST");
    let response = gateway.call(preflight.body(Bytes::new()).unwrap()).await;
    assert_eq!((response.status().as_u16(), response.body().len()), (204, 0));
    assert_eq!(response.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    for (request, status) in [(Request::get("/okyaku.js"), 200), (Request::get("/nowhere"), 404)] {
        let response = gateway.call(with_origin(request).body(Bytes::new()).unwrap()).await;
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    }
    let response = gateway.call(Request::get("/okyaku.js").body(Bytes::new()).unwrap()).await;
    assert!(!response.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN));
}

#[tokio::test]
async fn every_route_has_its_function() {
    let gateway = gateway().await;
    for route in routes() {
        // Not an API event, so no handler runs; but the function is known.
        let answer = gateway.invoke_function(&route.function, json!({})).await;
        assert!(matches!(answer, Err(InvokeError::Event(_))), "{} {answer:?}", route.route_key);
        let event = json!({"routeKey": route.route_key});
        assert!(matches!(gateway.invoke(event).await, Err(InvokeError::Event(_))), "{}", route.route_key);
    }
    let event = json!({
        "routeKey": "$default", "rawPath": "/okyaku.js", "headers": {},
        "requestContext": {"stage": "$default", "http": {"method": "GET"}}
    });
    assert_eq!(gateway.invoke(event).await.unwrap()["statusCode"], 200);
    for event in [json!({}), json!({"routeKey": "GET /"}), json!({"routeKey": "$default"})] {
        assert!(matches!(gateway.invoke(event).await, Err(InvokeError::UnknownRoute)));
    }
    let unknown = gateway.invoke_function("NoFunction", json!({})).await;
    assert!(matches!(unknown, Err(InvokeError::UnknownFunction(_))));
}
