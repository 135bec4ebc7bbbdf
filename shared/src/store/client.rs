//! The DynamoDB client: small, quick to start, the same binary for AWS and for a loopback engine.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Credentials;
use aws_smithy_http_client::{Builder, tls};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::meter::Metering;

/// Amazon Root CA 1–4 and Starfield Services Root G2, the set AWS publishes for its endpoints. Loading the operating
/// system's roots instead costs about 80 % of a function's start-up instructions.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon-roots.pem");

/// Connects. `endpoint` overrides the one of the environment; a loopback one needs no account: it is given a region
/// and credentials that mean nothing. `OKYAKU_OS_ROOTS=1` trusts the operating system's roots instead of Amazon's.
pub async fn connect(endpoint: Option<&str>) -> Client {
    connect_with(endpoint, http_client()).await
}

/// As [`connect`], over a given HTTP client: tests put a recorder or a fault in between.
pub async fn connect_with(endpoint: Option<&str>, http: SharedHttpClient) -> Client {
    let config = aws_sdk_dynamodb::config::Builder::from(&sdk_config(endpoint, http).await);
    Client::from_conf(config.interceptor(Metering).build())
}

/// The SDK's configuration: retries, time limits, and for a loopback endpoint a region and credentials.
pub async fn sdk_config(endpoint: Option<&str>, http: SharedHttpClient) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(3))
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .timeout_config(timeouts);
    if let Some(endpoint) = endpoint {
        loader = loader.endpoint_url(endpoint);
        if is_loopback(endpoint) {
            loader = loader
                .region(Region::new("us-east-1"))
                .credentials_provider(Credentials::new("local", "local", None, None, "loopback"));
        }
    }
    loader.load().await
}

/// The HTTP client: rustls with ring. Also serves `http://` endpoints.
#[must_use]
pub fn http_client() -> SharedHttpClient {
    let os_roots = std::env::var("OKYAKU_OS_ROOTS").is_ok_and(|value| value == "1");
    let roots = if os_roots {
        tls::TrustStore::default()
    } else {
        tls::TrustStore::empty().with_pem_certificate(AMAZON_ROOTS)
    };
    let builder = Builder::new().tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring));
    match tls::TlsContext::builder().with_trust_store(roots).build() {
        Ok(context) => builder.tls_context(context).build_https(),
        Err(_) => builder.build_https(),
    }
}

/// Whether `url` leads to this machine.
#[must_use]
pub fn is_loopback(url: &str) -> bool {
    let host = url.parse::<http::Uri>().ok().and_then(|uri| uri.host().map(str::to_owned));
    matches!(host.as_deref(), Some("localhost" | "127.0.0.1" | "[::1]"))
}
