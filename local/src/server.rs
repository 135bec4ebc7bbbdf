//! The gateway behind a socket, with the demo shop beside it.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use http::header::HOST;
use http::{HeaderMap, Response, StatusCode, Uri};
use tokio::net::TcpListener;

use crate::event::SourceIp;
use crate::gateway::{Gateway, MAX_BODY};
use crate::host::Host;
use crate::reply::{self, message};
use crate::{contract, demo};

/// What the server is to listen on, and with it the Host headers it answers. A page of any other site can
/// make a browser send a request here under a name of its own (DNS rebinding), but never under one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    listens_on: String,
    further: Vec<String>,
}

impl Names {
    /// The names for a server that is to listen on `host`: always loopback ones; when `host` is not loopback, it
    /// and every address too.
    #[must_use]
    pub fn of(host: &str) -> Self {
        let listens_on = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        Self { listens_on, further: Vec::new() }
    }

    /// Adds the hosts of `origins`, under which a tunnel or another machine reaches the server.
    #[must_use]
    pub fn and_of(mut self, origins: &[String]) -> Self {
        // `null`, for pages from files, has no host.
        let uris = origins.iter().filter_map(|origin| origin.parse::<Uri>().ok());
        let hosts = uris.filter(|uri| uri.scheme().is_some()).filter_map(|uri| uri.host().map(str::to_owned));
        self.further.extend(hosts);
        self
    }

    /// Whether the server can be reached from this machine only.
    #[must_use]
    pub fn loopback_only(&self) -> bool {
        let host = if self.listens_on.contains(':') {
            format!("[{}]", self.listens_on)
        } else {
            self.listens_on.clone()
        };
        Host::parse(&host).is_some_and(|host| host.is_loopback())
    }

    fn admit(&self, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
        let Some(host) = host.to_str().ok().and_then(Host::parse) else { return false };
        let open = || host.address().is_some() || host.name.eq_ignore_ascii_case(&self.listens_on);
        let further = self.further.iter().any(|name| host.name.eq_ignore_ascii_case(name));
        host.is_loopback() || further || (!self.loopback_only() && open())
    }
}

#[derive(Debug)]
struct Server {
    gateway: Gateway,
    names: Names,
    region: Option<String>,
}

/// Serves until `shutdown` resolves; what is under way then is finished. Nothing is throttled. The demo shop is in
/// `region`.
pub async fn serve(
    listener: TcpListener,
    gateway: Gateway,
    names: Names,
    region: Option<String>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let router = Router::new().fallback(answer).with_state(Arc::new(Server { gateway, names, region }));
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(shutdown).await
}

async fn answer(
    State(server): State<Arc<Server>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response<Body> {
    let (mut parts, body) = request.into_parts();
    let response = if !server.names.admit(&parts.headers) {
        message(StatusCode::FORBIDDEN, "Forbidden")
    } else if let Some(page) = demo::answer(&parts.method, parts.uri.path(), server.region.as_deref()) {
        page
    } else if parts.method == http::Method::GET && parts.uri.path() == "/openapi.json" {
        reply::with(StatusCode::OK, &contract::document())
    } else if let Ok(body) = to_bytes(body, MAX_BODY).await {
        parts.extensions.insert(SourceIp(peer.ip()));
        server.gateway.call(Request::from_parts(parts, body)).await
    } else {
        // Too large, or cut off by a caller who is gone and reads no answer.
        message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large")
    };
    response.map(Body::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn admitted(names: &Names, host: &str) -> bool {
        names.admit(&HeaderMap::from_iter([(HOST, HeaderValue::from_str(host).unwrap())]))
    }

    #[test]
    fn loopback_server_answers_to_loopback_names_only() {
        for listens_on in ["127.0.0.1", "localhost", "::1", "[::1]"] {
            let names = Names::of(listens_on);
            assert!(names.loopback_only(), "{listens_on}");
            assert!(
                admitted(&names, "localhost:8787")
                    && admitted(&names, "127.0.0.1")
                    && admitted(&names, "[::1]:1")
            );
            for host in ["shop.example", "192.168.0.5:8787", "localhost.shop.example", "127.0.0.1.nip.io", ""]
            {
                assert!(!admitted(&names, host), "{host}");
            }
            assert!(!names.admit(&HeaderMap::new()));
            let mut headers = HeaderMap::new();
            headers.append(HOST, HeaderValue::from_static("localhost"));
            headers.append(HOST, HeaderValue::from_static("localhost"));
            assert!(!names.admit(&headers));
        }
    }

    #[test]
    fn public_server_answers_to_its_own_name_and_to_addresses() {
        let names = Names::of("shop.lan");
        assert!(!names.loopback_only());
        assert!(admitted(&names, "shop.lan:8787") && admitted(&names, "192.168.0.5:8787"));
        assert!(admitted(&names, "localhost") && !admitted(&names, "evil.example"));
        assert!(!Names::of("0.0.0.0").loopback_only());
    }

    #[test]
    fn server_answers_to_the_hosts_of_further_origins() {
        let names = Names::of("127.0.0.1").and_of(&["https://a.tunnel.example".into(), "null".into()]);
        assert!(names.loopback_only());
        assert!(admitted(&names, "a.tunnel.example") && admitted(&names, "localhost:8787"));
        assert!(!admitted(&names, "b.tunnel.example") && !admitted(&names, "null"));
    }
}
