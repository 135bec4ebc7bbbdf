//! Replies: a JSON body or an empty body, and the single match from errors to statuses.

use http::{Response, StatusCode};
use lambda_http::Body;
use serde::Serialize;
use serde_json::{Value, json};

use okyaku_domain::detail::Detail;
use okyaku_domain::error::Error;
use okyaku_domain::rejection::Rejection;

use crate::user;

/// A reply.
#[derive(Debug)]
pub struct Reply {
    status: StatusCode,
    body: Option<Value>,
    /// Seconds.
    retry_after: Option<u32>,
    rejections: Vec<Rejection>,
    events: Option<(usize, usize)>,
}

impl Reply {
    fn new(status: StatusCode, body: Option<Value>) -> Self {
        Self { status, body, retry_after: None, rejections: Vec::new(), events: None }
    }

    /// Returns the reply with the request's rejections, for the log of rejections.
    #[must_use]
    pub fn rejecting(self, rejections: Vec<Rejection>) -> Self {
        Self { rejections, ..self }
    }

    /// Returns the reply with the numbers of accepted and rejected events.
    #[must_use]
    pub fn tracking(self, accepted: usize, rejected: usize) -> Self {
        Self { events: Some((accepted, rejected)), ..self }
    }

    /// Returns the request's rejections.
    #[must_use]
    pub fn rejections(&self) -> &[Rejection] {
        &self.rejections
    }

    /// Returns the reply in the form of v4 of Channel Talk's Open API, if the route is one of v4.
    #[must_use]
    pub fn of_route(mut self, route: &str) -> Self {
        if route.contains(" /open/v4/")
            && let Some(user) =
                self.body.as_mut().and_then(|body| body.get_mut("user")).and_then(Value::as_object_mut)
        {
            user::add_v4(user);
        }
        self
    }

    /// Returns the numbers of accepted and rejected events, on a route for events.
    #[must_use]
    pub fn events(&self) -> Option<(usize, usize)> {
        self.events
    }

    /// Returns a reply with status 200 and a body.
    ///
    /// # Errors
    /// [`Error::Internal`] if the body cannot be serialised as JSON.
    pub fn ok(body: impl Serialize) -> Result<Self, Error> {
        Self::with(StatusCode::OK, body)
    }

    /// Returns a reply with any status and a body.
    ///
    /// # Errors
    /// [`Error::Internal`] if the body cannot be serialised as JSON.
    pub fn with(status: StatusCode, body: impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_value(body).map_err(Error::internal)?;
        Ok(Self::new(status, Some(body)))
    }

    /// Returns the reply to a delete: status 204.
    #[must_use]
    pub fn no_content() -> Self {
        Self::new(StatusCode::NO_CONTENT, None)
    }

    /// Returns the body.
    #[must_use]
    pub fn into_body(self) -> Option<Value> {
        self.body
    }

    /// Returns the status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// Returns the reply to an error, in both shapes that clients of Channel Talk read.
    ///
    /// The cause of an internal error is logged here, once, with the request's id. The reply hides the cause.
    #[must_use]
    pub fn of_error(error: &Error, request_id: &str) -> Self {
        // This match is the only place that gives an error its status.
        let (status, code) = match error {
            Error::Unparsable(_) => (StatusCode::BAD_REQUEST, "BAD_REQUEST"),
            Error::Unauthorized(_) => (StatusCode::UNAUTHORIZED, "UNAUTHORIZED"),
            Error::Forbidden(_) => (StatusCode::FORBIDDEN, "FORBIDDEN"),
            Error::Blocked => (StatusCode::FORBIDDEN, "BLOCKED"),
            Error::NotFound(_) => (StatusCode::NOT_FOUND, "ENTITY_NOT_FOUND"),
            Error::AlreadyExists { .. } => (StatusCode::CONFLICT, "ALREADY_EXISTS"),
            Error::Erased => (StatusCode::CONFLICT, "ERASED"),
            Error::Ambiguous(_) => (StatusCode::CONFLICT, "AMBIGUOUS"),
            Error::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE"),
            Error::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, "VALIDATION_FAILED"),
            Error::OverBudget { .. } => (StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS"),
            Error::Busy => (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"),
            Error::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR"),
        };
        if let Error::Internal(cause) = error {
            tracing::error!(cause, request_id, "failed");
        }
        // The details name the fields. The message names the first field.
        let details: Vec<Detail> = match error {
            Error::Unparsable(detail) => vec![detail.clone()],
            Error::Invalid(details) => details.clone(),
            Error::TooLarge { field, limit } => {
                vec![Detail::new(*field, format!("has at most {limit} bytes"))]
            }
            _ => Vec::new(),
        };
        let message = match details.as_slice() {
            [] => error.to_string(),
            [first, ..] => format!("{}: {}", first.field, first.message),
        };
        // The body has both shapes: the keys of an error, and the list `errors`.
        let mut body = json!({
            "status": status.as_u16(),
            "commonErrorCode": code,
            "message": message,
            "details": details,
            "errors": [{ "message": message }],
        });
        // Two errors carry more data: the registered customer's id, and the candidates of an address.
        match (error, body.as_object_mut()) {
            (Error::AlreadyExists { user_id, claimed }, Some(body)) => {
                body.insert("userId".into(), user_id.clone().into());
                if *claimed {
                    body.insert("claimed".into(), true.into());
                }
            }
            (Error::Ambiguous(candidates), Some(body)) => {
                body.insert("candidates".into(), json!(candidates));
            }
            _ => {}
        }
        let retry_after = match error {
            Error::Busy => Some(1),
            Error::OverBudget { retry_after } => Some(*retry_after),
            _ => None,
        };
        Self { retry_after, ..Self::new(status, Some(body)) }
    }

    /// Returns the reply as the gateway's response.
    #[must_use]
    pub fn into_response(self) -> Response<Body> {
        let body = self.body.map_or(Body::Empty, |body| Body::Text(body.to_string()));
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if self.status != StatusCode::NO_CONTENT {
            headers.insert("content-type", http::HeaderValue::from_static("application/json"));
        }
        headers.insert("cache-control", http::HeaderValue::from_static("no-store"));
        headers.insert("x-content-type-options", http::HeaderValue::from_static("nosniff"));
        if let Some(seconds) = self.retry_after {
            headers.insert("retry-after", http::HeaderValue::from(seconds));
        }
        response
    }
}
