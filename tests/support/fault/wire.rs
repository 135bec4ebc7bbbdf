//! The wire between the SDK and an engine without a socket, where a test decides what becomes of each call.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use serde_json::Value;
use tokio::sync::oneshot;

use crate::fault::engine::Engine;
use crate::fault::{self, Fault};

/// A call that is about to be made.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Which of the store's calls it is, from 0. The SDK's tries of one call have the same number.
    pub call: usize,
    /// Which try, from 1.
    pub attempt: u32,
    /// Such as `PutItem`.
    pub operation: String,
    /// The request's JSON.
    pub body: Vec<u8>,
}

/// What a test makes of a call.
pub enum Act {
    /// Nothing.
    Pass,
    /// A fault.
    Fault(Fault),
    /// Nothing ever comes back, and the call has no effect.
    HangBefore,
    /// Nothing ever comes back, but the call took effect.
    HangAfter,
    /// It waits until the other end says so, or is dropped.
    Hold(oneshot::Receiver<()>),
}

/// Decides on each call.
pub type Hook = Box<dyn FnMut(&Asked) -> Act + Send>;

#[derive(Default)]
struct State {
    hook: Option<Hook>,
    /// The SDK's name of each call since the last [`Wire::hook`].
    seen: Vec<String>,
    /// The operation of each of them.
    operations: Vec<String>,
    tries: usize,
}

/// The wire of one instance. A clone is the same wire.
#[derive(Clone)]
pub struct Wire {
    engine: Engine,
    state: Arc<Mutex<State>>,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wire")
    }
}

impl Wire {
    pub fn new(engine: Engine) -> Self {
        Self { engine, state: Arc::default() }
    }

    /// From now on `hook` decides, and calls are counted from 0.
    pub fn hook(&self, hook: impl FnMut(&Asked) -> Act + Send + 'static) {
        *self.state.lock().unwrap() = State { hook: Some(Box::new(hook)), ..State::default() };
    }

    /// No more faults; calls are counted from 0.
    pub fn heal(&self) {
        *self.state.lock().unwrap() = State::default();
    }

    /// The operations of the store's calls since the last [`Wire::hook`] or [`Wire::heal`], in order.
    pub fn calls(&self) -> Vec<String> {
        self.state.lock().unwrap().operations.clone()
    }

    /// How many tries of the SDK they were.
    pub fn tries(&self) -> usize {
        self.state.lock().unwrap().tries
    }

    fn decide(&self, request: &HttpRequest) -> (Asked, Act) {
        let header = |name| request.headers().get(name).unwrap_or_default();
        let operation = header("x-amz-target").rsplit('.').next().unwrap_or_default().to_owned();
        let name = header("amz-sdk-invocation-id").to_owned();
        let attempt =
            header("amz-sdk-request").split(';').find_map(|part| part.trim().strip_prefix("attempt="));
        let attempt = attempt.and_then(|n| n.parse().ok()).unwrap_or(1);
        let body = request.body().bytes().unwrap_or_default().to_vec();
        let mut state = self.state.lock().unwrap();
        state.tries += 1;
        let known = state.seen.iter().position(|seen| *seen == name);
        let call = known.unwrap_or_else(|| {
            state.seen.push(name);
            state.operations.push(operation.clone());
            state.seen.len() - 1
        });
        let asked = Asked { call, attempt, operation, body };
        let act = state.hook.as_mut().map_or(Act::Pass, |hook| hook(&asked));
        (asked, act)
    }

    async fn act(&self, asked: Asked, act: Act) -> Result<(u16, Vec<u8>), ConnectorError> {
        let pass = || self.engine.answer(&asked.operation, &asked.body);
        match act {
            Act::Pass => Ok(pass()),
            Act::HangBefore => std::future::pending().await,
            Act::HangAfter => {
                pass();
                std::future::pending().await
            }
            Act::Hold(until) => {
                until.await.ok();
                Ok(pass())
            }
            Act::Fault(fault) => self.fail(&asked, fault).await,
        }
    }

    async fn fail(&self, asked: &Asked, fault: Fault) -> Result<(u16, Vec<u8>), ConnectorError> {
        let pass = || self.engine.answer(&asked.operation, &asked.body);
        let request = || -> Value { serde_json::from_slice(&asked.body).unwrap_or(Value::Null) };
        let (status, body) = match fault {
            Fault::Throttle => fault::refusal(400, "ThrottlingException"),
            Fault::Error => fault::refusal(500, "InternalServerError"),
            Fault::ErrorAfter => {
                pass();
                fault::refusal(500, "InternalServerError")
            }
            Fault::Refused => return Err(ConnectorError::io("refused".into())),
            Fault::TimeoutBefore => return Err(ConnectorError::timeout("injected".into())),
            Fault::TimeoutAfter => {
                pass();
                return Err(ConnectorError::timeout("injected".into()));
            }
            Fault::Silence => {
                pass();
                std::future::pending().await
            }
            Fault::Conflict => fault::conflict(&asked.operation, &request()),
            Fault::Partial(seed) => {
                let (done, left) = fault::split(&asked.operation, &request(), seed);
                let done = done.map(|done| self.engine.ask(&asked.operation, &done));
                (200, fault::leftover(&asked.operation, done, left))
            }
            Fault::Slow => {
                tokio::time::sleep(std::time::Duration::from_secs(2)).await;
                return Ok(pass());
            }
        };
        Ok((status, serde_json::to_vec(&body).unwrap()))
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let wire = self.clone();
        HttpConnectorFuture::new(async move {
            let (asked, act) = wire.decide(&request);
            let (status, body) = wire.act(asked, act).await?;
            Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body)))
        })
    }
}
