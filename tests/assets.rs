//! The page script as it is served.

use std::io::Read;

use support::Shop;

#[tokio::test]
async fn the_script_is_served_whole_plain_or_compressed() {
    let shop = Shop::open().await;
    let get = async |encoding: &str| {
        let request = http::Request::get("/okyaku.js").header("accept-encoding", encoding);
        shop.gateway.call(request.body(bytes::Bytes::new()).unwrap()).await
    };
    let script = include_bytes!("../web/okyaku.js");
    let plain = get("identity").await;
    assert_eq!(plain.headers()["content-type"], "text/javascript; charset=utf-8");
    assert_eq!(plain.body(), &script[..]);
    let compressed = get("gzip, br").await;
    assert_eq!(compressed.headers()["content-encoding"], "gzip");
    assert!(compressed.body().len() <= 6 * 1024, "{} bytes", compressed.body().len());
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&compressed.body()[..]).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, script);
}
