//! Serves the page script.

use lambda_http::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, VARY,
};
use lambda_http::http::{HeaderValue, Method, Response};
use lambda_http::{Body, Request};
use okyaku_api::Reply;
use okyaku_api::gate::Gate;
use okyaku_engine::Settings;

/// The routes of this function, as in the template.
///
/// The second path is that of Channel Talk's plugin, so that Channel's snippet works with another host name.
pub const ROUTES: &[&str] =
    &["GET /okyaku.js", "HEAD /okyaku.js", "GET /plugin/ch-plugin-web.js", "HEAD /plugin/ch-plugin-web.js"];

/// The page script as pages get the script: `web/okyaku.js` without comments and white space.
pub const SCRIPT: &str = include_str!(concat!(env!("OUT_DIR"), "/okyaku.js"));

/// The compressed script. The gateway compresses nothing.
const COMPRESSED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/okyaku.js.gz"));

/// Answers a request. Browsers may keep the script for five minutes, so that a new script reaches every page
/// soon. HEAD has the headers of GET and no body, for monitors and proxies.
pub async fn handle(settings: &Settings, request: Request) -> Response<Body> {
    if let Err(refused) = Gate::of(&request, settings).check(settings) {
        return Reply::of_error(&refused, "").into_response();
    }
    let accepted =
        request.headers().get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let compressed = accepts_gzip(accepted).then_some(COMPRESSED);
    let length = compressed.map_or(SCRIPT.len(), <[u8]>::len);
    let mut response = Response::new(match compressed {
        _ if request.method() == Method::HEAD => Body::Empty,
        Some(bytes) => Body::Binary(bytes.to_vec()),
        None => Body::Text(SCRIPT.to_owned()),
    });
    let headers = response.headers_mut();
    if compressed.is_some() {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    response
}

/// Returns whether an `Accept-Encoding` header accepts gzip.
fn accepts_gzip(header: &str) -> bool {
    header.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        gzip && !parts.any(|q| q.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0_f32)))
    })
}

#[cfg(test)]
mod tests {
    use super::accepts_gzip;

    #[test]
    fn gzip_is_sent_only_if_accepted() {
        for header in ["gzip", "gzip, deflate, br", "br;q=1.0, gzip;q=0.8"] {
            assert!(accepts_gzip(header), "{header}");
        }
        for header in ["", "br", "gzip;q=0", "identity"] {
            assert!(!accepts_gzip(header), "{header}");
        }
    }
}
