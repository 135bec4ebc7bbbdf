//! The DynamoDB client: small, quick to start, and the same for AWS and for a loopback engine.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region};
use aws_smithy_http_client::tls;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use crate::keyring::KeyError;
use crate::meter::Metering;

/// Amazon Root CA 1–4 and Starfield Services Root G2: the roots that AWS publishes for its endpoints.
///
/// Loading the operating system's roots instead costs about 80 % of a function's start-up instructions.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon-roots.pem");

/// Returns the client of a function.
///
/// Region and credentials come from the environment that Lambda gives a function: `AWS_REGION`,
/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`. The environment ends before the
/// credentials expire. The SDK's own loader looks in more places, which costs a megabyte of code and a third
/// of the start-up.
///
/// `endpoint` replaces the region's endpoint. A loopback endpoint needs no account. Of the environment it gets
/// `AWS_ACCESS_KEY_ID` alone, which is the key of an embedded engine. Example: `http://127.0.0.1:8000`.
///
/// # Errors
/// [`KeyError::Missing`] if the environment lacks the region, the access key or the secret.
pub fn connect(endpoint: Option<&str>) -> Result<Client, KeyError> {
    let read = |name| std::env::var(name).map_err(|_| KeyError::Missing(name));
    if let Some(endpoint) = endpoint.filter(|endpoint| is_loopback(endpoint)) {
        let key = read("AWS_ACCESS_KEY_ID").unwrap_or_else(|_| PLACEHOLDER.to_owned());
        return Ok(loopback(endpoint, &key, http_client()));
    }
    let (key, secret) = (read("AWS_ACCESS_KEY_ID")?, read("AWS_SECRET_ACCESS_KEY")?);
    let session = std::env::var("AWS_SESSION_TOKEN").ok();
    let config = Builder::new()
        .region(Region::new(read("AWS_REGION")?))
        .credentials_provider(Credentials::new(key, secret, session, None, "environment"));
    Ok(client(config, endpoint, http_client()))
}

/// The access key id for an engine that accepts any credentials.
pub const PLACEHOLDER: &str = "local";

/// Returns a client of an engine on this machine, with a placeholder region and a placeholder secret.
///
/// `access_key_id` is the key of an embedded engine, or [`PLACEHOLDER`]. `http` is [`http_client`], or a test's
/// replacement.
#[must_use]
pub fn loopback(endpoint: &str, access_key_id: &str, http: SharedHttpClient) -> Client {
    let config = Builder::new().region(Region::new("us-east-1")).credentials_provider(Credentials::new(
        access_key_id,
        PLACEHOLDER,
        None,
        None,
        "loopback",
    ));
    client(config, Some(endpoint), http)
}

/// Returns a client of an engine that `http` reaches without a socket. A signature would be half of a call's time.
#[must_use]
pub fn unsigned(http: SharedHttpClient) -> Client {
    client(Builder::new().region(Region::new("us-east-1")).allow_no_auth(), Some("http://127.0.0.1:1"), http)
}

/// Returns a client with the retries, the time limits and the meter of every client.
///
/// `config` has region and credentials.
#[must_use]
pub fn client(config: Builder, endpoint: Option<&str>, http: SharedHttpClient) -> Client {
    let mut config = config
        .behavior_version(BehaviorVersion::latest())
        .http_client(http)
        // A throttled table answers 503 within a second. The caller knows best when to come again.
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(3)
                .with_initial_backoff(Duration::from_millis(100))
                .with_max_backoff(Duration::from_millis(300)),
        )
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(1))
                .operation_attempt_timeout(Duration::from_secs(3))
                .build(),
        )
        .interceptor(Metering);
    config.set_endpoint_url(endpoint.map(str::to_owned));
    Client::from_conf(config.build())
}

/// Returns the HTTP client: rustls with ring. The client also serves `http://` endpoints.
///
/// With `OKYAKU_OS_ROOTS=1` the client trusts the operating system's roots instead of Amazon's roots.
/// `SSL_CERT_FILE` may name a file with roots in that case.
#[must_use]
pub fn http_client() -> SharedHttpClient {
    let os_roots = std::env::var("OKYAKU_OS_ROOTS").is_ok_and(|value| value == "1");
    let roots = if os_roots {
        tls::TrustStore::default()
    } else {
        tls::TrustStore::empty().with_pem_certificate(AMAZON_ROOTS)
    };
    let builder = aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring));
    match tls::TlsContext::builder().with_trust_store(roots).build() {
        Ok(context) => builder.tls_context(context).build_https(),
        Err(_) => builder.build_https(),
    }
}

/// Returns whether `url` leads to this machine.
#[must_use]
pub fn is_loopback(url: &str) -> bool {
    matches!(host(url).as_deref(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

/// Returns whether `url` leads from a container to the machine that runs the container.
///
/// `host.docker.internal` is Docker's name of that machine. For example, `sam local invoke` runs a function in a
/// container, and the function's table is at `http://host.docker.internal:8000`.
#[must_use]
pub fn is_container_host(url: &str) -> bool {
    host(url).as_deref() == Some("host.docker.internal")
}

fn host(url: &str) -> Option<String> {
    url.parse::<http::Uri>().ok().and_then(|uri| uri.host().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machines_names_are_local() {
        for url in ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:8000"] {
            assert!(is_loopback(url) && !is_container_host(url), "{url}");
        }
        let container = "http://host.docker.internal:8000";
        assert!(is_container_host(container) && !is_loopback(container));
        let others = [
            "http://host.docker.internal.example.com:8000",
            "http://example.com/host.docker.internal",
            "https://dynamodb.ap-northeast-2.amazonaws.com",
            "host.docker.internal:8000/",
            "",
        ];
        for url in others {
            assert!(!is_loopback(url) && !is_container_host(url), "{url}");
        }
    }
}
