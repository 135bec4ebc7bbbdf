//! The limits of replies.

use okyaku_domain::limit::{DETAIL_FIELD_CHARS, DETAILS, EVENT_BYTES, TIMELINE_BYTES};
use serde_json::{Map, Value, json};
use support::{NOW, Shop};

#[tokio::test]
async fn reply_names_at_most_50_fields() {
    let shop = Shop::open().await;
    let fields = |count: usize| -> Value {
        (0..count).map(|at| (format!("k{at:02}"), json!({}))).collect::<Map<_, _>>().into()
    };
    for count in [DETAILS, DETAILS + 1] {
        let refused = shop.server("PUT", "/open/v5/users/@m").json(json!({"profile": fields(count)})).await;
        assert_eq!(refused.expect(422)["details"].as_array().unwrap().len(), DETAILS);
        let refused = shop.server("PUT", "/open/v5/users/@m").json(fields(count)).await;
        assert_eq!(refused.expect(422)["details"].as_array().unwrap().len(), DETAILS);
        let booted = shop.boot(json!({"profile": fields(count), "language": "ko"})).await;
        assert_eq!(booted.expect(200)["dropped"].as_array().unwrap().len(), DETAILS);
        assert_eq!(booted.body["user"]["language"], "ko");
    }
}

#[tokio::test]
async fn reply_names_a_field_by_at_most_200_characters() {
    let shop = Shop::open().await;
    let full = "あ".repeat(DETAIL_FIELD_CHARS);
    for key in [full.clone(), format!("{full}あ")] {
        let refused = shop.server("PUT", "/open/v5/users/@m").json(json!({key: 1})).await;
        assert_eq!(refused.expect(422)["details"], json!([{"field": full, "message": "is not a known key"}]));
    }
}

#[tokio::test]
async fn timeline_page_has_at_most_1_mb() {
    let shop = Shop::open().await;
    let full = TIMELINE_BYTES / EVENT_BYTES;
    // Quotes double in the JSON of a reply, which is itself text in the function's JSON.
    let property = json!({"q": format!("x{}", "\"".repeat((EVENT_BYTES - 10) / 2))});
    assert_eq!("A".len() + property.to_string().len(), EVENT_BYTES);
    shop.server("PUT", "/open/v5/users/@m").json(json!({})).await.expect(200);
    let path = "/open/v5/users/@m/events";
    for at in 1..=full + 1 {
        let event = json!({"name": "A", "property": property, "createdAt": NOW});
        shop.server("POST", path).json(event).await.expect(200);
        if at == full {
            let page = shop.server("GET", &format!("{path}?limit=500")).send().await;
            assert_eq!(page.expect(200)["events"].as_array().unwrap().len(), full);
            assert_eq!(page.body["next"], Value::Null);
        }
    }
    let page = shop.server("GET", &format!("{path}?limit=500")).send().await;
    assert_eq!(page.expect(200)["events"].as_array().unwrap().len(), full);
    let rest = format!("{path}?limit=500&since={}", page.str("/next"));
    let rest = shop.server("GET", &rest).send().await;
    assert_eq!(rest.expect(200)["events"].as_array().unwrap().len(), 1);
    assert_eq!(rest.body["next"], Value::Null);
    shop.server("GET", "/okyaku/v1/contacts/@m").send().await.expect(200);
}
