//! The files of the demo shop, which exist only here, never on AWS.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Method, Response, StatusCode};

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const PICTURE: &str = "image/svg+xml";

/// The one page, which shows whatever address under `/demo` it was asked for. Its `data-region` is still empty.
const PAGE: &str = include_str!("../../web/demo/index.html");

/// Nothing but this server's own; the hash is that of the snippet's first line, the only script within the page.
const POLICY: &str = "default-src 'none'; script-src 'self' 'sha256-i5xLUbGoaBj1CSOpq+utKr5upfB/qdnD+tcacZ1VYas='; \
     style-src 'self'; img-src 'self'; connect-src 'self'; worker-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Path, media type, text.
const FILES: &[(&str, &str, &str)] = &[
    ("/demo/account.js", SCRIPT, include_str!("../../web/demo/account.js")),
    ("/demo/ask.js", SCRIPT, include_str!("../../web/demo/ask.js")),
    ("/demo/channel.js", SCRIPT, include_str!("../../web/demo/channel.js")),
    ("/demo/dom.js", SCRIPT, include_str!("../../web/demo/dom.js")),
    ("/demo/order.js", SCRIPT, include_str!("../../web/demo/order.js")),
    ("/demo/pages.js", SCRIPT, include_str!("../../web/demo/pages.js")),
    ("/demo/panel-view.js", SCRIPT, include_str!("../../web/demo/panel-view.js")),
    ("/demo/panel.js", SCRIPT, include_str!("../../web/demo/panel.js")),
    ("/demo/products.js", SCRIPT, include_str!("../../web/demo/products.js")),
    ("/demo/region.js", SCRIPT, include_str!("../../web/demo/region.js")),
    ("/demo/shop-server.js", SCRIPT, include_str!("../../web/demo/shop-server.js")),
    ("/demo/shop.js", SCRIPT, include_str!("../../web/demo/shop.js")),
    ("/demo/state.js", SCRIPT, include_str!("../../web/demo/state.js")),
    ("/demo/pages.css", STYLE, include_str!("../../web/demo/pages.css")),
    ("/demo/panel.css", STYLE, include_str!("../../web/demo/panel.css")),
    ("/demo/shop.css", STYLE, include_str!("../../web/demo/shop.css")),
    ("/demo/icon.svg", PICTURE, include_str!("../../web/demo/icon.svg")),
    ("/demo/pictures.svg", PICTURE, include_str!("../../web/demo/pictures.svg")),
    ("/favicon.ico", PICTURE, include_str!("../../web/demo/icon.svg")),
];

/// The answer to `method` and `path`, if it is the demo's: a file, the page, or from `/` the way to it. The shop of the
/// page is in `region`, for example `KR`.
pub(crate) fn answer(method: &Method, path: &str, region: Option<&str>) -> Option<Response<Bytes>> {
    if method != Method::GET {
        return None;
    }
    if path == "/" {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::FOUND;
        response.headers_mut().insert(LOCATION, HeaderValue::from_static("/demo"));
        return Some(response);
    }
    if let Some((_, kind, text)) = FILES.iter().find(|(name, ..)| *name == path) {
        return Some(file(kind, Bytes::from_static(text.as_bytes())));
    }
    is_page(path).then(|| file(HTML, page(region).into()))
}

/// The page for a shop in `region`. A region has two letters; the page gets nothing else.
fn page(region: Option<&str>) -> String {
    let region = region.filter(|name| name.len() == 2 && name.bytes().all(|byte| byte.is_ascii_uppercase()));
    PAGE.replacen("data-region=\"\"", &format!("data-region=\"{}\"", region.unwrap_or_default()), 1)
}

/// `/demo` and what lies under it, but for names of files: a file that is missing must not be answered by a page.
fn is_page(path: &str) -> bool {
    path.strip_prefix("/demo")
        .is_some_and(|rest| rest.is_empty() || (rest.starts_with('/') && !rest.contains('.')))
}

fn file(kind: &'static str, text: Bytes) -> Response<Bytes> {
    let mut response = Response::new(text);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(path: &str) -> Option<Response<Bytes>> {
        answer(&Method::GET, path, Some("JP"))
    }

    #[test]
    fn shop_paths_serve_the_page_and_missing_files_serve_nothing() {
        for path in ["/demo", "/demo/", "/demo/cart", "/demo/products/moon-jar", "/demo/not/there"] {
            let response = get(path).unwrap();
            assert_eq!(response.headers()[CONTENT_TYPE], HTML, "{path}");
            assert_eq!(response.headers()[CONTENT_SECURITY_POLICY], POLICY);
        }
        for path in [
            "/demo.js",
            "/demo/none.js",
            "/demo/../keys.json",
            "/demonstration",
            "/okyaku.js",
            "/open/v5/users",
        ] {
            assert!(get(path).is_none(), "{path}");
        }
        assert!(answer(&Method::POST, "/demo", None).is_none());
        assert_eq!(get("/").unwrap().headers()[LOCATION], "/demo");
    }

    #[test]
    fn every_file_that_the_pages_name_is_served() {
        let mut named = 0;
        for text in FILES.iter().map(|(_, _, text)| *text).chain([PAGE]) {
            for part in
                text.split(['"', '\'', '`', '#']).filter(|part| part.contains('.') && !part.contains('$'))
            {
                let Some(name) = part.strip_prefix("./").or_else(|| part.strip_prefix("/demo/")) else {
                    continue;
                };
                assert!(get(&format!("/demo/{name}")).is_some(), "{part}");
                named += 1;
            }
        }
        assert!(named > 30, "{named}");
    }

    #[test]
    fn page_names_the_region_of_the_channel() {
        let html = |region| page(region).lines().nth(1).map(str::to_owned).unwrap();
        assert_eq!(html(Some("JP")), "<html lang=\"en\" data-region=\"JP\">");
        for region in [None, Some(""), Some("\"><"), Some("jp"), Some("JPN")] {
            assert_eq!(html(region), "<html lang=\"en\" data-region=\"\">", "{region:?}");
        }
    }

    #[test]
    fn page_contains_the_snippet_of_the_readme() {
        let readme = include_str!("../../README.md");
        let line = readme.lines().find(|line| line.starts_with("<script>(function(w)")).unwrap();
        assert!(PAGE.contains(line));
        assert!(PAGE.contains("<script async src=\"/okyaku.js\"></script>"));
    }
}
