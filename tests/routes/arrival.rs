//! What arrives with a boot beside its customer: language, browser, app, first page, place (R2, R4, R6).

use okyaku_engine::Settings;
use serde_json::{Value, json};
use support::{Answer, NOW, Shop, dev};

const UUID: &str = "5f0f2a4e-0b5d-4a57-9f0e-6c1d2e3f4a5b";
const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                      Chrome/142.0.0.0 Safari/537.36";

/// A boot of the development channel with one more header.
async fn boot_with(shop: &Shop, header: (&str, &str), mut body: Value) -> Answer {
    body["pluginKey"] = json!(dev::PLUGIN_KEY);
    shop.request("POST", "/front/v1/boot").header(header.0, header.1).json(body).await
}

/// The customer that a boot answered, as the Open API shows it.
async fn stored(shop: &Shop, booted: &Answer) -> Value {
    booted.expect(200);
    shop.customer(booted.str("/user/id")).await.expect(200)["user"].clone()
}

#[tokio::test]
async fn language_of_a_new_customer_is_the_option_else_the_header() {
    let shop = Shop::open().await;
    let asked = boot_with(&shop, ("accept-language", "en-US,en;q=0.9"), json!({"language": "ja"})).await;
    assert_eq!(asked.expect(200)["user"]["language"], "ja");
    let header = boot_with(&shop, ("accept-language", "ko-KR,ko;q=0.9"), json!({"veilId": UUID})).await;
    assert_eq!(header.expect(200)["user"]["language"], "ko");
    let again = boot_with(&shop, ("accept-language", "en"), json!({"veilId": UUID, "language": "ja"})).await;
    assert_eq!(again.expect(200)["user"]["language"], "ko");
    let wrong = boot_with(&shop, ("accept-language", "en"), json!({"language": "not a language"})).await;
    assert_eq!(wrong.body["dropped"][0]["field"], "language");
    assert_eq!(wrong.body["user"]["language"], "en");
    let none = shop.boot(json!({})).await;
    assert_eq!(none.expect(200)["user"]["language"], Value::Null);
}

#[tokio::test]
async fn user_agent_describes_the_browser() {
    let shop = Shop::open().await;
    let booted = boot_with(&shop, ("user-agent", CHROME), json!({})).await;
    let wanted = json!({"browser": "Chrome 142.0.0.0", "browserName": "Chrome", "os": "Windows 10 NT 10.0",
        "osName": "Windows 10",
        "device": "pc", "sessionsCount": 1, "lastSeenAt": NOW});
    assert_eq!(stored(&shop, &booted).await["web"], wanted);
}

#[tokio::test]
async fn app_session_is_mobile_and_its_push_token_is_never_stored() {
    let shop = Shop::open().await;
    let app = json!({"name": "Shop", "version": "3.1.0", "os": "iOS 18.2", "osName": "iOS",
        "device": "iPhone16,2", "pushToken": "very-secret-token"});
    let booted = boot_with(&shop, ("user-agent", CHROME), json!({"veilId": UUID, "app": app})).await;
    let user = stored(&shop, &booted).await;
    let mobile = json!({"appName": "Shop", "appVersion": "3.1.0", "os": "iOS 18.2", "osName": "iOS",
        "device": "iPhone16,2", "sessionsCount": 1, "lastSeenAt": NOW});
    assert_eq!(user["mobile"], mobile);
    assert_eq!(user["web"]["sessionsCount"], 0);
    assert_eq!(user["web"]["browser"], Value::Null);
    assert_eq!((&user["sessionsCount"], &user["hasPushToken"]), (&json!(1), &json!(true)));
    assert!(!shop.dump().await.contains("very-secret-token"));

    let kept = shop.boot(json!({"veilId": UUID, "app": {"version": "3.2.0"}})).await;
    let kept = stored(&shop, &kept).await;
    assert_eq!((&kept["hasPushToken"], &kept["mobile"]["appVersion"]), (&json!(true), &json!("3.2.0")));
}

#[tokio::test]
async fn utm_and_referrer_of_the_first_page_are_set_once() {
    let shop = Shop::open().await;
    let url = "https://shop.example.com/p?utm_source=news%20letter&utm_medium=email&utm_campaign=%EB%B4%84\
               &utm_term=mug&utm_content=a+b&x=1#utm_source=no";
    let page = json!({"url": url, "referrer": "https://search.example.net/?q=mug"});
    let booted = shop.boot(json!({"veilId": UUID, "page": page})).await;
    let wanted = json!({"utmSource": "news letter", "utmMedium": "email", "utmCampaign": "봄",
        "utmTerm": "mug", "utmContent": "a b", "referrer": "https://search.example.net/?q=mug"});
    assert_eq!(booted.expect(200)["user"]["profile"], wanted);
    let later =
        json!({"url": "https://shop.example.com/?utm_source=ad", "referrer": "https://other.example.net/"});
    let body = json!({"veilId": UUID, "page": later, "profile": {"utmMedium": "cpc", "referrer": null}});
    assert_eq!(shop.boot(body).await.expect(200)["user"]["profile"], wanted);
    let within = json!({"url": "https://shop.example.com/b", "referrer": "https://shop.example.com/a"});
    assert_eq!(shop.boot(json!({"page": within})).await.expect(200)["user"]["profile"], json!({}));
}

#[tokio::test]
async fn country_and_city_need_the_origin_secret() {
    let settings =
        Settings { allow_development: true, origin_secret: Some("vouched".into()), ..Settings::default() };
    for (shop, secret, known) in [
        (Shop::open_with(settings.clone()).await, Some("vouched"), true),
        (Shop::open_with(settings.clone()).await, Some("guessed"), false),
        (Shop::open_with(settings).await, None, false),
        (Shop::open().await, Some("vouched"), false),
    ] {
        let mut request = shop.request("POST", "/front/v1/boot").header("cloudfront-viewer-country", "KR");
        request = request.header("cloudfront-viewer-city", "Seoul");
        if let Some(secret) = secret {
            request = request.header("x-okyaku-origin", secret);
        }
        let booted = request.json(json!({"pluginKey": dev::PLUGIN_KEY})).await;
        let user = stored(&shop, &booted).await;
        let place = if known { json!(["KR", "Seoul"]) } else { json!([null, null]) };
        assert_eq!(json!([user["country"], user["city"]]), place, "{secret:?}");
    }
}

#[tokio::test]
async fn url_value_has_at_most_1_kb_and_a_longer_one_is_dropped() {
    let shop = Shop::open().await;
    // With its two quotes.
    for (length, kept) in [(1022, true), (1023, false)] {
        let value = "x".repeat(length);
        let page = json!({"url": format!("https://shop.example.com/?utm_source={value}&utm_term=mug")});
        let booted = shop.boot(json!({ "page": page })).await;
        let profile = &booted.expect(200)["user"]["profile"];
        assert_eq!((profile["utmSource"] == value.as_str(), &profile["utmTerm"]), (kept, &json!("mug")));
        let dropped = booted.body["dropped"].as_array().unwrap();
        assert_eq!(dropped.iter().any(|detail| detail["field"] == "profileOnce.utmSource"), !kept);
    }
}
