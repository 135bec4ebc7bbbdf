//! API Gateway and Lambda in this process: finds a request's route, and runs the function on its event.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use okyaku_engine::Base;
use okyaku_store::clock::Clock;
use serde_json::Value;

use crate::functions::Functions;
use crate::host::Host;
use crate::invoke::{InvokeError, isolated};
use crate::reply::message;
use crate::routes::{Match, Router};
use crate::template::TEMPLATE;
use crate::{event, random, reply};

/// The gateway refuses a body larger than this, in bytes.
pub const MAX_BODY: usize = 10 * 1024 * 1024;
/// … and a request line and header values larger than this together.
const MAX_HEAD: usize = 10_240;

/// Status and text of a refusal by the gateway itself.
type Refusal = (StatusCode, &'static str);

/// The gateway. A clone shares everything.
#[derive(Clone, Debug)]
pub struct Gateway(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    functions: Functions,
    router: Router,
    clock: Clock,
}

impl Gateway {
    /// A gateway to all functions, each with its own permissions on `base`.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the routes are compiled in, and a unit test tells them apart")]
    pub fn new(base: Base) -> Self {
        let router = Router::new(&TEMPLATE.routes).expect("the routes of template.yaml can be told apart");
        Self(Arc::new(Inner { functions: Functions::new(&base), router, clock: base.backend.clock }))
    }

    /// Answers an HTTP request as API Gateway would. A request without a Host header, which no browser or
    /// client sends, counts as one to `localhost`.
    pub async fn call(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let Some(cors) = &TEMPLATE.cors else { return self.answer(&parts, &body).await };
        if let Some(preflight) = cors.preflight(&parts.method, &parts.headers) {
            return preflight;
        }
        let mut response = self.answer(&parts, &body).await;
        cors.decorate(parts.headers.get(ORIGIN), response.headers_mut());
        response
    }

    async fn answer(&self, parts: &Parts, body: &Bytes) -> Response<Bytes> {
        let (host, matched) = match self.admit(parts, body) {
            Ok(admitted) => admitted,
            Err((status, text)) => return message(status, text),
        };
        let now = self.0.clock.now_ms();
        let answer = match event::event(parts, body, host, &matched, now) {
            Ok(event) => self.invoke_function(&matched.route.function, event).await,
            Err(error) => Err(InvokeError::NoEntropy(error)),
        };
        // The route's key, never the path: that may name a person.
        let route = &matched.route.route_key;
        let response =
            answer.map_err(|e| e.to_string()).and_then(|a| reply::response(a).map_err(|e| e.to_string()));
        let mut response = response.unwrap_or_else(|error| {
            tracing::error!(route, error, "no answer");
            message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        });
        if let Some(id) = random::gateway_request_id().ok().and_then(|id| HeaderValue::try_from(id).ok()) {
            response.headers_mut().insert(HeaderName::from_static("apigw-requestid"), id);
        }
        response
    }

    /// What the gateway itself decides before any function runs.
    fn admit<'a>(&self, parts: &'a Parts, body: &Bytes) -> Result<(Host<'a>, Match), Refusal> {
        const BAD_REQUEST: Refusal = (StatusCode::BAD_REQUEST, "Bad Request");
        let mut hosts = parts.headers.get_all(HOST).iter();
        let host = match (hosts.next(), hosts.next()) {
            (None, _) => Some("localhost"),
            (Some(host), None) => host.to_str().ok(),
            (Some(_), Some(_)) => None,
        };
        let host = host.and_then(Host::parse).ok_or(BAD_REQUEST)?;
        if body.len() > MAX_BODY {
            return Err((StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"));
        }
        let values: usize = parts.headers.values().map(HeaderValue::len).sum();
        let line = parts.uri.path_and_query().map_or(0, |path| path.as_str().len());
        if line + values > MAX_HEAD {
            return Err((StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "Request Header Fields Too Large"));
        }
        let found = self.0.router.find(parts.method.as_str(), parts.uri.path()).map_err(|_| BAD_REQUEST)?;
        Ok((host, found.ok_or((StatusCode::NOT_FOUND, "Not Found"))?))
    }

    /// Invokes the function that the event's `routeKey` names, as Lambda does: the answer is the function's JSON.
    /// An event on `$default` goes by its method and path.
    pub async fn invoke(&self, event: Value) -> Result<Value, InvokeError> {
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let function = match text("/routeKey") {
            "$default" => {
                let found = self.0.router.find(text("/requestContext/http/method"), text("/rawPath"));
                found.ok().flatten().map(|found| found.route.function)
            }
            key => TEMPLATE
                .routes
                .iter()
                .find(|route| route.route_key == key)
                .map(|route| route.function.clone()),
        };
        let function = function.ok_or(InvokeError::UnknownRoute)?;
        self.invoke_function(&function, event).await
    }

    /// Invokes `function`, a logical id of the template, with `event`, whatever its `routeKey`. It goes on if
    /// the caller goes away, and is cut off at its `Timeout`.
    pub async fn invoke_function(&self, function: &str, event: Value) -> Result<Value, InvokeError> {
        let (functions, name) = (self.0.functions.clone(), function.to_owned());
        let limit = TEMPLATE.timeout(function);
        isolated(limit, async move { functions.run(&name, event, limit).await }).await
    }
}

#[cfg(test)]
mod tests;
