//! Between the SDK and the engine: records every call, its request, its units and when it was under way; and can be
//! told to fail or hold calls.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt;
use serde_json::Value;

/// One call of the table.
#[derive(Debug, Clone)]
pub struct Call {
    /// Such as `PutItem`.
    pub operation: String,
    pub request: Value,
    pub response: Value,
    /// Consumed units, indexes included.
    pub units: f64,
    started: u64,
    ended: u64,
}

impl Call {
    /// Whether its units are read units.
    pub fn reads(&self) -> bool {
        matches!(self.operation.as_str(), "GetItem" | "BatchGetItem" | "Query" | "Scan" | "TransactGetItems")
    }

    /// Whether it counts in the log of drops.
    pub fn notes_rejections(&self) -> bool {
        let partition = self.request["Key"]["pk"]["S"].as_str().unwrap_or_default();
        self.operation == "UpdateItem" && partition.starts_with("D#")
    }
}

/// What a test makes of a call: `None` lets it through; `Some` answers it with this status and body instead.
pub type Fault = Box<dyn Fn(&str, &Value) -> Option<(u16, Value)> + Send + Sync>;

#[derive(Default)]
struct State {
    calls: Mutex<Vec<Call>>,
    tick: AtomicU64,
    fault: Mutex<Option<Fault>>,
    lost: Mutex<Option<&'static str>>,
}

/// Records what a shop does at its table.
#[derive(Clone)]
pub struct Recorder {
    inner: SharedHttpClient,
    state: Arc<State>,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recorder")
    }
}

impl Recorder {
    pub fn new(inner: SharedHttpClient) -> Self {
        Self { inner, state: Arc::default() }
    }

    /// Forgets what it recorded.
    pub fn reset(&self) {
        self.state.calls.lock().unwrap().clear();
    }

    /// Everything since the last reset, in the order of starting.
    pub fn calls(&self) -> Vec<Call> {
        let mut calls = self.state.calls.lock().unwrap().clone();
        calls.sort_by_key(|call| call.started);
        calls
    }

    /// From now on every call is first shown to `fault`.
    pub fn inject(&self, fault: impl Fn(&str, &Value) -> Option<(u16, Value)> + Send + Sync + 'static) {
        *self.state.fault.lock().unwrap() = Some(Box::new(fault));
    }

    /// Lets the next call of `operation` take effect and answers it 500, as if its reply was lost.
    pub fn lose_reply(&self, operation: &'static str) {
        *self.state.lost.lock().unwrap() = Some(operation);
    }

    /// No more faults.
    pub fn heal(&self) {
        *self.state.fault.lock().unwrap() = None;
    }

    /// Sequential round trips: calls that were under way together are one.
    pub fn trips(&self) -> usize {
        let (mut trips, mut first_end) = (0, 0);
        for call in self.calls() {
            if trips == 0 || call.started > first_end {
                trips += 1;
                first_end = call.ended;
            } else {
                first_end = first_end.min(call.ended);
            }
        }
        trips
    }

    /// Read and write units since the last reset.
    pub fn units(&self) -> (f64, f64) {
        let calls = self.calls();
        let sum =
            |reads: bool| calls.iter().filter(|call| call.reads() == reads).map(|call| call.units).sum();
        (sum(true), sum(false))
    }

    /// Trips and units as one text, such as `2 trips, 1 R, 1 W`.
    pub fn cost(&self) -> String {
        let (read, write) = self.units();
        format!("{} trips, {read} R, {write} W", self.trips())
    }
}

impl HttpClient for Recorder {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Recording {
            inner: self.inner.http_connector(settings, components),
            state: self.state.clone(),
        })
    }
}

#[derive(Clone)]
struct Recording {
    inner: SharedHttpConnector,
    state: Arc<State>,
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recording")
    }
}

impl HttpConnector for Recording {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (inner, state) = (self.inner.clone(), self.state.clone());
        HttpConnectorFuture::new(async move {
            let target = request.headers().get("x-amz-target").unwrap_or_default();
            let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
            let asked = request
                .body()
                .bytes()
                .map(serde_json::from_slice)
                .and_then(Result::ok)
                .unwrap_or(Value::Null);
            let started = state.tick.fetch_add(1, Ordering::SeqCst);
            // What starts at the same time starts before the first answer, however fast the engine is.
            tokio::task::yield_now().await;
            let fault = state.fault.lock().unwrap().as_ref().and_then(|fault| fault(&operation, &asked));
            let (response, bytes) = match fault {
                Some((status, body)) => (None, (status, serde_json::to_vec(&body).unwrap().into())),
                None => {
                    let response = inner.call(request).await?;
                    let (head, body) = split(response).await?;
                    let status = head.status().as_u16();
                    (Some(head), (status, body))
                }
            };
            let ended = state.tick.fetch_add(1, Ordering::SeqCst);
            let (status, bytes): (u16, bytes::Bytes) = bytes;
            let answered: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
            let units = units(&answered["ConsumedCapacity"]);
            let call_of = operation.clone();
            let call = Call { operation, request: asked, response: answered, units, started, ended };
            state.calls.lock().unwrap().push(call);
            let mut response =
                response.unwrap_or_else(|| HttpResponse::new(status.try_into().unwrap(), SdkBody::empty()));
            response.headers_mut().remove("x-amz-crc32");
            let lost = state.lost.lock().unwrap().take_if(|lost| call_of == *lost).is_some();
            if lost {
                let body = br#"{"__type":"InternalServerError","message":"lost"}"#;
                return Ok(HttpResponse::new(500.try_into().unwrap(), SdkBody::from(&body[..])));
            }
            *response.body_mut() = SdkBody::from(bytes);
            Ok(response)
        })
    }
}

async fn split(mut response: HttpResponse) -> Result<(HttpResponse, bytes::Bytes), ConnectorError> {
    let body = response.take_body();
    let bytes = body.collect().await.map_err(ConnectorError::io)?.to_bytes();
    Ok((response, bytes))
}

fn units(capacity: &Value) -> f64 {
    match capacity {
        Value::Array(tables) => tables.iter().map(units).sum(),
        table => table["CapacityUnits"].as_f64().unwrap_or(0.0),
    }
}
