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
