//! A loopback port of the embedded engine, for the programs that have its key.
//!
//! Every page that a browser shows can send requests to a loopback port. So the port answers a request only if the
//! request has the key, comes from no page, and names this machine.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::{io, thread};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, ORIGIN};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use tokio::sync::oneshot;

use super::caller::Caller;
use super::connector::operation;
use super::operations::refusal;
use crate::host::Host;
use crate::random;

/// The environment variable with the key of the port.
pub const ENGINE_KEY: &str = "OKYAKU_ENGINE_KEY";

/// DynamoDB's own limit of a body, 16 MB.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// The key of a port: the access key id of each request.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct EngineKey(String);

impl EngineKey {
    /// Makes a key of 128 random bits.
    pub fn random() -> Result<Self, random::NoEntropy> {
        random::hex(16).map(Self)
    }

    /// Takes a key of 16 to 128 letters, digits, hyphens and underscores. Returns `None` for other texts.
    ///
    /// A client writes the key between `Credential=` and `/`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        (plain && (16..=128).contains(&text.len())).then(|| Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the `Authorization` header has this key as its access key id. The signature does not matter.
    fn signs(&self, headers: &HeaderMap) -> bool {
        let header = headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok()).unwrap_or_default();
        let credential = header
            .strip_prefix("AWS4-HMAC-SHA256")
            .and_then(|rest| rest.split(',').find_map(|part| part.trim().strip_prefix("Credential=")));
        let given = credential.and_then(|credential| credential.split('/').next()).unwrap_or_default();
        given.as_bytes().ct_eq(self.0.as_bytes()).into()
    }
}

impl std::fmt::Debug for EngineKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EngineKey")
    }
}

/// How another program reaches an engine.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Endpoint {
    /// The URL. Example: `http://127.0.0.1:40123`.
    pub url: String,
    /// The access key id.
    pub key: EngineKey,
}

/// An open port. It closes when this value is dropped.
pub(super) struct Port {
    address: SocketAddr,
    key: EngineKey,
    _stop: oneshot::Sender<()>,
}

impl Port {
    /// Listens on `port` of 127.0.0.1. 0 lets the system choose the port.
    ///
    /// The port has a thread of its own, so that it serves any runtime and outlives each.
    pub(super) fn open(caller: Caller, port: u16, key: EngineKey) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let router = Router::new().fallback(answer).with_state(Arc::new(Door { caller, key: key.clone() }));
        let serve = async move {
            let serving = async { axum::serve(tokio::net::TcpListener::from_std(listener)?, router).await };
            tokio::select! {
                served = serving => served,
                _ = stopped => Ok(()),
            }
        };
        let run = move || {
            if let Err(error) = runtime.block_on(serve) {
                tracing::error!(%error, "the port of the embedded engine closed");
            }
            runtime.shutdown_background();
        };
        thread::Builder::new().name("engine port".into()).spawn(run)?;
        Ok(Self { address, key, _stop: stop })
    }

    pub(super) fn endpoint(&self) -> Endpoint {
        Endpoint { url: format!("http://{}", self.address), key: self.key.clone() }
    }
}

struct Door {
    caller: Caller,
    key: EngineKey,
}

impl Door {
    /// Returns the answer to a request that is not let in. Nothing else of the request is looked at before.
    fn refuse(&self, headers: &HeaderMap) -> Option<(u16, Vec<u8>)> {
        let refused = |message| Some(refusal(403, "AccessDeniedException", Some(message)));
        if !is_this_machine(headers) {
            return refused("the Host header must name this machine, such as 127.0.0.1");
        }
        if headers.contains_key(ORIGIN) {
            return refused("a page may not call the engine");
        }
        let unknown = "the access key id must be the key of the engine, which the server prints at its start";
        let known = self.key.signs(headers);
        (!known).then(|| refusal(403, "UnrecognizedClientException", Some(unknown)))
    }
}

/// Whether the one Host header is a loopback name, an IP address, or Docker's name of the machine that runs a
/// container. A page of any site can reach the port under a name of its own (DNS rebinding).
fn is_this_machine(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    host.to_str().ok().and_then(Host::parse).is_some_and(|host| {
        host.is_loopback()
            || host.address().is_some()
            || host.name.eq_ignore_ascii_case("host.docker.internal")
    })
}

async fn answer(State(door): State<Arc<Door>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let (status, body) = if let Some(refused) = door.refuse(&parts.headers) {
        refused
    } else if parts.method != Method::POST || parts.uri.path() != "/" {
        refusal(404, "UnknownOperationException", None)
    } else if let Ok(body) = to_bytes(body, MAX_BODY).await {
        let answered = door.caller.call(operation(target).to_owned(), body).await;
        answered.unwrap_or_else(|| refusal(500, "InternalServerError", Some("the engine has stopped")))
    } else {
        refusal(413, "RequestEntityTooLargeException", None)
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.0"));
    response
}

#[cfg(test)]
mod tests;
