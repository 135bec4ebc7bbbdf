//! The embedded engine as an HTTP client of the SDK: a call needs no socket.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;

use super::caller::Caller;

/// Hands the requests of the SDK to an engine of this process.
#[derive(Clone, Debug)]
pub(super) struct Connector(pub(super) Caller);

impl HttpClient for Connector {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let caller = self.0.clone();
        HttpConnectorFuture::new(async move {
            let operation = operation(request.headers().get("x-amz-target")).to_owned();
            let body = Bytes::copy_from_slice(request.body().bytes().unwrap_or_default());
            let answered = caller.call(operation, body).await;
            let (status, body) =
                answered.ok_or_else(|| ConnectorError::io("the embedded engine has stopped".into()))?;
            let status =
                StatusCode::try_from(status).map_err(|error| ConnectorError::other(error.into(), None))?;
            Ok(HttpResponse::new(status, SdkBody::from(body)))
        })
    }
}

/// Returns the name of the operation in the header `x-amz-target`. Example: `DynamoDB_20120810.PutItem` names
/// `PutItem`.
pub(super) fn operation(target: Option<&str>) -> &str {
    target.and_then(|target| target.strip_prefix("DynamoDB_20120810.")).unwrap_or_default()
}
