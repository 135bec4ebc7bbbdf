//! A function's answer (payload format 2.0) as an HTTP response, and the gateway's own answers.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, SET_COOKIE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error as ThisError;

/// An answer that is none: its status, a header or its base64 is malformed. The gateway says 500.
#[derive(Debug, ThisError)]
#[error("the function's answer has a malformed {0}")]
pub struct BadReply(&'static str);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    status_code: u16,
    #[serde(default)]
    headers: Option<BTreeMap<String, String>>,
    #[serde(default)]
    cookies: Option<Vec<String>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// The response of a function's answer `{"statusCode","headers","cookies","body","isBase64Encoded"}`.
/// `multiValueHeaders` is not read, just as the gateway does not. Each cookie becomes a `Set-Cookie` header.
pub fn response(answer: Value) -> Result<Response<Bytes>, BadReply> {
    let reply: Reply = serde_json::from_value(answer).map_err(|_| BadReply("shape"))?;
    let body = reply.body.unwrap_or_default();
    let body = if reply.is_base64_encoded {
        Bytes::from(STANDARD.decode(body).map_err(|_| BadReply("base64 body"))?)
    } else {
        Bytes::from(body)
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(reply.status_code).map_err(|_| BadReply("status code"))?;
    for (name, value) in reply.headers.unwrap_or_default() {
        let name = HeaderName::try_from(name).map_err(|_| BadReply("header name"))?;
        response.headers_mut().append(name, header(&value)?);
    }
    for cookie in reply.cookies.unwrap_or_default() {
        response.headers_mut().append(SET_COOKIE, header(&cookie)?);
    }
    Ok(response)
}

fn header(value: &str) -> Result<HeaderValue, BadReply> {
    HeaderValue::from_str(value).map_err(|_| BadReply("header value"))
}

/// An answer of the gateway itself: `{"message": …}`, never Okyaku's error shape.
#[must_use]
pub fn message(status: StatusCode, text: &str) -> Response<Bytes> {
    with(status, &json!({"message": text}))
}

/// An answer of the local server itself, in JSON.
#[must_use]
pub fn with(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_becomes_a_response() {
        let answer = json!({
            "statusCode": 201, "headers": {"Content-Type": "image/png"}, "multiValueHeaders": {"x": ["y"]},
            "cookies": ["a=1; Path=/", "b=2"], "body": "AAH/", "isBase64Encoded": true
        });
        let response = response(answer).unwrap();
        assert_eq!(response.status(), 201);
        assert_eq!(response.headers()["content-type"], "image/png");
        assert!(!response.headers().contains_key("x"));
        let cookies: Vec<_> = response.headers().get_all(SET_COOKIE).iter().collect();
        assert_eq!(cookies, ["a=1; Path=/", "b=2"]);
        assert_eq!(response.body().as_ref(), b"\x00\x01\xff");
    }

    #[test]
    fn bare_answer_has_no_body_and_malformed_answer_is_refused() {
        assert!(response(json!({"statusCode": 204})).unwrap().body().is_empty());
        for answer in [
            json!(null),
            json!({}),
            json!({"statusCode": 99}),
            json!({"statusCode": 200, "headers": {"a b": "c"}}),
            json!({"statusCode": 200, "headers": {"a": "c\r\nd: e"}}),
            json!({"statusCode": 200, "body": "?", "isBase64Encoded": true}),
        ] {
            assert!(response(answer.clone()).is_err(), "{answer}");
        }
    }
}
