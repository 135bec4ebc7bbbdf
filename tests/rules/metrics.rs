//! The figures that AWS does not measure by itself, as lines of the embedded metric format.

use std::sync::{Arc, Mutex};

use okyaku_engine::Settings;
use okyaku_engine::metrics::Metrics;
use serde_json::{Value, json};
use support::{NOW, Shop};

/// A shop whose metrics are kept.
async fn shop() -> (Shop, Arc<Mutex<Vec<u8>>>) {
    let out: Arc<Mutex<Vec<u8>>> = Arc::default();
    let metrics = Metrics::new("my-shop", out.clone());
    (Shop::open_with(Settings { allow_development: true, metrics, ..Settings::default() }).await, out)
}

/// The lines since the last time.
fn lines(out: &Mutex<Vec<u8>>) -> Vec<Value> {
    let text = String::from_utf8(std::mem::take(&mut *out.lock().unwrap())).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn sweep_reports_the_age_of_the_oldest_erasure() {
    let (shop, out) = shop().await;
    shop.sweep().await;
    let idle = lines(&out);
    assert_eq!(idle.len(), 1);
    assert_eq!(
        idle[0]["_aws"],
        json!({"Timestamp": NOW, "CloudWatchMetrics": [{"Namespace": "Okyaku", "Dimensions": [["Stack"]], "Metrics": [
            {"Name": "OldestErasureSeconds", "Unit": "Seconds"},
            {"Name": "OpenErasures", "Unit": "Count"},
            {"Name": "DeletedItems", "Unit": "Count"},
        ]}]})
    );
    let values = |line: &Value| {
        ["Stack", "OldestErasureSeconds", "OpenErasures", "DeletedItems"].map(|key| line[key].clone())
    };
    assert_eq!(values(&idle[0]), [json!("my-shop"), json!(0), json!(0), json!(0)]);

    shop.boot_member("lee", json!({})).await.expect(200);
    shop.server("DELETE", "/open/v5/users/@lee").send().await.expect(204);
    shop.clock.advance(30_000);
    shop.sweep().await;
    assert_eq!(values(&lines(&out)[0]), [json!("my-shop"), json!(30), json!(1), json!(0)]);
    shop.clock.advance(41_000);
    shop.sweep().await;
    assert_eq!(values(&lines(&out)[0]), [json!("my-shop"), json!(71), json!(0), json!(0)], "it is finished");
}

#[tokio::test]
async fn batch_counts_its_rejected_events_only() {
    let (shop, out) = shop().await;
    let token = shop.boot(json!({})).await.str("/sessionToken").to_owned();
    let good = json!({"id": "1", "name": "A", "createdAt": NOW});
    shop.track(&token, json!([good])).await.expect(200);
    assert!(lines(&out).is_empty(), "a batch without rejected events has no metric");
    shop.track(&token, json!([good, {"id": "2", "name": ""}, 3])).await.expect(200);
    let lines = lines(&out);
    assert_eq!((lines.len(), &lines[0]["RejectedEvents"]), (1, &json!(2)));
}

#[tokio::test]
async fn metrics_need_a_stack() {
    let shop = Shop::open().await;
    assert_eq!(format!("{:?}", shop.base.settings.metrics), "Metrics(None)");
    shop.sweep().await;
}
