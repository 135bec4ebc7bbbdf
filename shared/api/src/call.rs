//! A call of a route: reads the gateway's event and serves the call.

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, Response};
use lambda_http::request::RequestContext;
use lambda_http::{Body, Context, Request, RequestExt};
use okyaku_domain::builder::Builder;
use okyaku_domain::error::Error;
use okyaku_domain::id::ChannelId;
use okyaku_domain::limit::BODY_BYTES;
use okyaku_domain::rejection;
use okyaku_domain::sender::Sender;
use okyaku_engine::{App, Invocation, Settings};
use okyaku_store::access::CountRejections;
use okyaku_store::meter::Meter;
use serde_json::{Map, Value};

use crate::gate::Gate;
use crate::reply::Reply;
use crate::{gzip, json};

/// A call of a route.
#[derive(Debug)]
pub struct Call {
    /// The headers.
    pub headers: HeaderMap,
    /// The invocation of the call.
    pub invocation: Invocation,
    params: Vec<(String, String)>,
    query: Vec<(String, String)>,
    body: Vec<u8>,
    /// The origin secret, the source network and the budgets of the call.
    pub gate: Gate,
    caller: OnceLock<(ChannelId, Sender)>,
}

/// The part of the time limit that stays for the reply when a request is given up.
const TIME_FOR_REPLY: Duration = Duration::from_millis(500);
/// The part of the time limit that must be left for the log of rejections.
const TIME_FOR_REJECTIONS: Duration = Duration::from_secs(2);

/// Serves a request.
///
/// Finds the route among `routes` (such as `GET /open/v5/users/{userId}`), runs the handler, turns an error
/// into its reply, and writes one log line without personal data (R15).
pub async fn serve<A, F, Fut>(
    app: &App<A>,
    request: Request,
    routes: &'static [&'static str],
    handler: F,
) -> Response<Body>
where
    F: FnOnce(&'static str, Arc<Call>) -> Fut,
    Fut: Future<Output = Result<Reply, Error>>,
{
    let start = Instant::now();
    let (route, call) = Call::of(request, routes, app.settings());
    let call = Arc::new(call);
    let id = &call.invocation.id;
    let meter = Meter::default();
    // Give the handler the time until shortly before the limit.
    let left = call.invocation.deadline.saturating_duration_since(start).saturating_sub(TIME_FOR_REPLY);
    let reply = match route.map(|route| call.gate.check(app.settings()).map(|()| route)) {
        // Answer 503 before the time limit. If the table hangs and Lambda stops the function, the caller gets
        // 500 instead.
        Some(Ok(route)) => {
            let work = Box::pin(meter.clone().count(handler(route, call.clone())));
            tokio::time::timeout(left, work).await.unwrap_or(Err(Error::Busy))
        }
        Some(Err(refused)) => Err(refused),
        None => Err(Error::NotFound("the route")),
    };
    let unauthorized = matches!(reply, Err(Error::Unauthorized(_)));
    call.gate.charge(app, &meter, unauthorized);
    let reply = reply.unwrap_or_else(|error| Reply::of_error(&error, id)).of_route(route.unwrap_or_default());
    // One log line per request.
    let milliseconds = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(
        route,
        channel = call.caller().map(|(channel, _)| channel.as_str()),
        status = reply.status(),
        ms = milliseconds,
        calls = meter.calls(),
        units = meter.units(),
        events = reply.events().map(|(accepted, _)| accepted),
        rejected = reply.events().map(|(_, rejected)| rejected).filter(|rejected| *rejected > 0),
        request_id = id,
        "served"
    );
    reply.into_response()
}

/// Serves a request like [`serve`], and counts the request's rejections in the log of rejections.
///
/// The rejections come from the reply, or from the error of a refused request. Requests without a credential
/// are left out. Failures of Okyaku are left out too, because the caller sends the request again.
pub async fn serve_counting_rejections<A, F, Fut>(
    app: &App<A>,
    request: Request,
    routes: &'static [&'static str],
    handler: F,
) -> Response<Body>
where
    A: CountRejections,
    F: FnOnce(&'static str, Arc<Call>) -> Fut,
    Fut: Future<Output = Result<Reply, Error>>,
{
    serve(app, request, routes, |route, call| async move {
        let reply = handler(route, call.clone()).await;
        // Take the rejections of the reply, or make them from the error.
        let rejections = match &reply {
            Ok(reply) => reply.rejections().to_vec(),
            // The caller sends the request again, with the same rejections.
            Err(Error::Busy | Error::Internal(_)) => Vec::new(),
            Err(error) => rejection::refused(error),
        };
        // Skip the log if little time is left. A slow log must not turn a finished reply into 503.
        let has_time =
            call.invocation.deadline.saturating_duration_since(Instant::now()) > TIME_FOR_REJECTIONS;
        if let Some((channel, sender)) = call.caller().filter(|_| has_time) {
            app.store.count_rejections(channel, *sender, &rejections).await;
        }
        reply
    })
    .await
}

impl Call {
    fn of(
        request: Request,
        routes: &'static [&'static str],
        settings: &Settings,
    ) -> (Option<&'static str>, Self) {
        let gate = Gate::of(&request, settings);
        // A request without a Lambda context has a time limit of 10 s.
        let invocation = match request.lambda_context_ref() {
            Some(context) => invocation(context),
            None => Invocation { id: String::new(), deadline: Instant::now() + Duration::from_secs(10) },
        };
        let mut params: Vec<(String, String)> =
            request.path_parameters().iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let query = request
            .query_string_parameters()
            .iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        // Find the route by the gateway's key, or by the path if the gateway gives no key.
        let key = match request.request_context_ref() {
            Some(RequestContext::ApiGatewayV2(context)) => context.route_key.clone(),
            _ => None,
        };
        let route = match key.as_deref() {
            // `cargo lambda watch` has a router of its own and sends every event under the key `$default`.
            Some("$default") | None => {
                let found = by_path(request.method().as_str(), request.raw_http_path(), routes);
                found.map(|(route, found)| {
                    params = found;
                    route
                })
            }
            Some(key) => routes.iter().copied().find(|route| *route == key),
        };
        // Keep the raw bytes, because a signature covers them.
        let (parts, body) = request.into_parts();
        let body = match body {
            Body::Text(text) => text.into_bytes(),
            Body::Binary(bytes) => bytes,
            _ => Vec::new(),
        };
        (
            route,
            Self { headers: parts.headers, invocation, params, query, body, gate, caller: OnceLock::new() },
        )
    }

    /// Returns the credential's channel, and the caller as a sender.
    ///
    /// Returns `None` if the request has no valid credential.
    #[must_use]
    pub fn caller(&self) -> Option<&(ChannelId, Sender)> {
        self.caller.get()
    }

    /// Notes the channel and the builder of a proven delivery.
    pub fn note_builder(&self, channel: &ChannelId, builder: Builder) {
        self.note_caller(channel, Sender::Builder(builder));
    }

    /// Notes the channel and the sender of the credential.
    pub(crate) fn note_caller(&self, channel: &ChannelId, sender: Sender) {
        self.caller.set((channel.clone(), sender)).ok();
    }

    /// Returns a path parameter. The gateway has decoded the parameter already.
    #[must_use]
    pub fn param(&self, name: &str) -> &str {
        find(&self.params, name).unwrap_or_default()
    }

    /// Returns a query parameter.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        find(&self.query, name)
    }

    /// Returns a header, if the header is present and readable.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the body as it was sent, of at most `limit` bytes. A signature covers these bytes.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if the body has more bytes.
    pub fn raw(&self, limit: usize) -> Result<&[u8], Error> {
        if self.body.len() > limit {
            return Err(Error::TooLarge { field: "body", limit });
        }
        Ok(&self.body)
    }

    /// Returns the body as a JSON object, and the decoded size in bytes.
    ///
    /// The content type is ignored. A gzip body is decompressed. The decoded body has at most 1 MB.
    ///
    /// # Errors
    /// [`Error::TooLarge`] or [`Error::Unparsable`].
    pub fn json(&self) -> Result<(Map<String, Value>, usize), Error> {
        let too_large = Error::TooLarge { field: "body", limit: BODY_BYTES };
        if self.body.len() > BODY_BYTES {
            return Err(too_large);
        }
        // Decompress if the header says gzip or the bytes look like gzip.
        let declared =
            self.header("content-encoding").is_some_and(|value| value.eq_ignore_ascii_case("gzip"));
        if declared || gzip::is_gzip(&self.body) {
            let body = gzip::decompress(&self.body, BODY_BYTES)?;
            return Ok((json::object(&body)?, body.len()));
        }
        Ok((json::object(&self.body)?, self.body.len()))
    }
}

/// Returns the invocation of Lambda's context.
#[must_use]
pub fn invocation(context: &Context) -> Invocation {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let left = Duration::from_millis(context.deadline).saturating_sub(now);
    Invocation { id: context.request_id.clone(), deadline: Instant::now() + left }
}

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// Returns the route of a method and a path, and the path's parameters. `routes` is the template's table.
fn by_path(
    method: &str,
    path: &str,
    routes: &'static [&'static str],
) -> Option<(&'static str, Vec<(String, String)>)> {
    routes.iter().find_map(|route| {
        let (of, template) = route.split_once(' ')?;
        let (wanted, given) = (template.split('/'), path.split('/'));
        // Method and number of parts must be equal.
        if of != method || wanted.clone().count() != given.clone().count() {
            return None;
        }
        let mut params = Vec::new();
        for (want, is) in wanted.zip(given) {
            match want.strip_prefix('{').and_then(|want| want.strip_suffix('}')) {
                Some(name) if !is.is_empty() => params.push((name.to_owned(), is.to_owned())),
                None if want == is => {}
                _ => return None,
            }
        }
        Some((*route, params))
    })
}
