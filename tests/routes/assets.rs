//! The page script as it is served.

use std::io::Read;

use support::Shop;

/// What a page may have to load, compressed.
const LIMIT: usize = 6 * 1024;

#[tokio::test]
async fn script_is_served_whole_plain_or_compressed() {
    let shop = Shop::open().await;
    let get = async |encoding: &str| {
        let request = http::Request::get("/okyaku.js").header("accept-encoding", encoding);
        shop.gateway.call(request.body(bytes::Bytes::new()).unwrap()).await
    };
    let plain = get("identity").await;
    assert_eq!(plain.headers()["content-type"], "text/javascript; charset=utf-8");
    assert_eq!(plain.body(), okyaku_assets::SCRIPT.as_bytes());
    let compressed = get("gzip, br").await;
    assert_eq!(compressed.headers()["content-encoding"], "gzip");
    assert!(compressed.body().len() <= LIMIT, "{} bytes, of {LIMIT} at most", compressed.body().len());
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&compressed.body()[..]).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain.body()[..]);
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let shop = Shop::open().await;
    for encoding in ["identity", "gzip"] {
        let ask = async |method: &str| {
            let request = http::Request::builder().method(method).uri("/okyaku.js");
            let request = request.header("accept-encoding", encoding);
            shop.gateway.call(request.body(bytes::Bytes::new()).unwrap()).await
        };
        let (mut get, mut head) = (ask("GET").await, ask("HEAD").await);
        // Each answer of the gateway has an id of its own.
        for answer in [&mut get, &mut head] {
            answer.headers_mut().remove("apigw-requestid").unwrap();
        }
        assert_eq!((head.status().as_u16(), head.body().len()), (200, 0));
        assert_eq!(head.headers(), get.headers());
        assert_eq!(head.headers()["content-length"], get.body().len().to_string().as_str());
    }
}

/// The browser tests compare the syntax trees; this needs no JavaScript, and sees what was cut off.
#[test]
fn served_script_omits_comments_only() {
    let source = without_comments(include_str!("../../web/okyaku.js"));
    let (source, served) = (words(&source), words(okyaku_assets::SCRIPT));
    assert!(source.len() > 1_000);
    for (at, (source, served)) in source.iter().zip(&served).enumerate() {
        assert_eq!(source, served, "word {at}");
    }
    assert_eq!(source.len(), served.len());
}

/// The script has line comments on lines of their own or after a blank, and no string that looks like a comment.
fn without_comments(script: &str) -> String {
    let mut code = String::new();
    let mut rest = script;
    while let Some((before, comment)) = rest.split_once("/**") {
        code.push_str(before);
        rest = comment.split_once("*/").unwrap().1;
    }
    code.push_str(rest);
    let line = |line: &str| format!(" {line}").split(" //").next().map(str::to_owned);
    code.lines().filter_map(line).collect::<Vec<_>>().join("\n")
}

fn words(script: &str) -> Vec<&str> {
    script.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect()
}
