//! Serves the page script.

use lambda_http::http::{HeaderValue, Response};
use lambda_http::{Body, Request};

/// The routes it answers, as the template has them.
pub const ROUTES: &[&str] = &["GET /okyaku.js"];

/// The page script.
const SCRIPT: &str = include_str!("../../../web/okyaku.js");

/// Answers one request. The script may be kept for five minutes, so that a new one reaches every page soon.
pub async fn handle(_: Request) -> Response<Body> {
    let mut response = Response::new(Body::Text(SCRIPT.to_owned()));
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static("text/javascript; charset=utf-8"));
    headers.insert("cache-control", HeaderValue::from_static("public, max-age=300"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    response
}
