//! The template is the one list of routes: every one is answered by its function and by no other, and has an event
//! in `events/` that its function answers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use okyaku_api::session_token;
use okyaku_domain::event::EventKey;
use okyaku_domain::id::CustomerId;
use okyaku_domain::sender::Sender;
use okyaku_local::routes::routes;
use serde_json::{Value, json};
use support::{Shop, development_channel};

fn of_functions() -> BTreeMap<String, BTreeSet<String>> {
    let functions: [(&str, &[&str]); 7] = [
        ("BootFunction", okyaku_boot::ROUTES),
        ("TrackFunction", okyaku_track::ROUTES),
        ("LeadFunction", okyaku_lead::ROUTES),
        ("EraseFunction", okyaku_erase::ROUTES),
        ("WebhookFunction", okyaku_webhook::ROUTES),
        ("ContactsFunction", okyaku_contacts::ROUTES),
        ("AssetsFunction", okyaku_assets::ROUTES),
    ];
    let owned = |routes: &[&str]| routes.iter().map(|route| (*route).to_owned()).collect();
    functions.map(|(name, routes)| (name.to_owned(), owned(routes))).into()
}

#[test]
fn template_and_functions_name_the_same_routes() {
    let mut template: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for route in routes() {
        template.entry(route.function.clone()).or_default().insert(route.route_key.clone());
    }
    assert_eq!(template, of_functions());
}

/// The one id of `events/` that is random in a running channel, so that its event is answered 404 as it lies.
const ERASURE: &str = "0123456789abcdef0123456789abcdef";
/// The id of a job in `events/`, which is random too.
const JOB: &str = "fedcba9876543210fedcba9876543210";

/// The events by file name, as they lie.
fn files() -> BTreeMap<String, String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../events");
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    // What builders deliver lies in a folder of its own.
    let files = paths.filter(|path| path.is_file());
    let named = |path: PathBuf| {
        (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap())
    };
    files.map(named).collect()
}

/// The events, for a shop in which the members and the events that they name exist, and a real erasure's id.
async fn events(shop: &Shop) -> BTreeMap<String, Value> {
    let files = files();
    for first in [
        "boot-post-front-v1-boot",
        "boot-put-open-v5-users-userId",
        "boot-put-open-v4-users-userId",
        "track-post-front-v1-events",
    ] {
        let event = serde_json::from_str(&files[&format!("{first}.json")]).unwrap();
        let answer = shop.gateway.invoke(event).await.unwrap();
        assert_eq!(answer["statusCode"], 200, "{first}: {}", answer["body"]);
    }
    let erased = json!({"by": {"memberId": "event-gone"}});
    let erased = shop.server("POST", "/okyaku/v1/erasures").json(erased).await;
    let act = json!({"ids": ["@lucas"], "action": {"addTags": ["vip"]}});
    let act = shop.server("POST", "/okyaku/v1/contacts/bulk").json(act).await;
    let real =
        |text: String| text.replace(ERASURE, erased.str("/erasure/id")).replace(JOB, act.str("/job/id"));
    files.into_iter().map(|(name, text)| (name, serde_json::from_str(&real(text)).unwrap())).collect()
}

#[tokio::test]
async fn events_name_lucas_and_his_session_as_the_public_keys_do() {
    let shop = Shop::open_for_events().await;
    let lucas = shop.boot_member("lucas", json!({})).await;
    let claims = session_token::Claims {
        aud: development_channel(),
        sub: CustomerId::parse(lucas.str("/user/id")).unwrap(),
        iat: 4_102_358_400, // 2099-12-31
        key: "dev-plugin-key".into(),
        exp: 4_102_444_800, // 2100-01-01
        veil_id: "0123456789abcdef0123456789abcdef".into(),
        may_see: true,
        mobile: false,
        until: None,
    };
    let token = session_token::sign(&shop.base.backend.keys, &claims).unwrap();
    // The events to delete are events of the page's batch.
    let batch: Value = serde_json::from_str(&files()["track-post-front-v1-events.json"]).unwrap();
    let batch: Value = serde_json::from_str(batch["body"].as_str().unwrap()).unwrap();
    let public_id = |event: &Value| {
        let id = event["id"].as_str().unwrap();
        let hash = shop.base.backend.keys.event(&development_channel(), Sender::Page, id);
        let owner = claims.sub.clone();
        EventKey { owner, created_at: event["createdAt"].as_i64().unwrap(), hash }.to_string()
    };
    let tracked: Vec<String> = batch["events"].as_array().unwrap().iter().map(public_id).collect();
    for (name, text) in files() {
        let event: Value = serde_json::from_str(&text).unwrap();
        if let Some(session) = event["headers"]["x-session"].as_str() {
            assert_eq!(session, token, "{name}");
        }
        if let Some(id) = event["pathParameters"]["eventId"].as_str() {
            assert!(tracked.iter().any(|tracked| tracked == id), "{name}");
        }
        assert!(!text.contains("{{"), "{name} has a placeholder");
    }
}

#[tokio::test]
async fn base64_event_is_a_compressed_batch_and_accepted() {
    let shop = Shop::open_for_events().await;
    let mut events = events(&shop).await;
    let event = events.remove("track-post-front-v1-events-gzip.json").unwrap();
    assert_eq!(event["isBase64Encoded"], true);
    let answer = shop.gateway.invoke(event).await.unwrap();
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    let statuses: Vec<_> = body["results"].as_array().unwrap().iter().map(|each| &each["status"]).collect();
    assert_eq!(statuses, ["accepted", "accepted"]);
}

#[tokio::test]
async fn every_route_has_an_event_and_its_function_answers_it() {
    let mut covered = BTreeSet::new();
    for name in files().into_keys() {
        // A shop each: an event that deletes must not take another's customer away.
        let shop = Shop::open_for_events().await;
        let event = events(&shop).await.remove(&name).unwrap();
        let Some(key) = event["routeKey"].as_str() else { continue };
        covered.insert(key.to_owned());
        let answer = shop.gateway.invoke(event.clone()).await.unwrap();
        let status = answer["statusCode"].as_u64().unwrap();
        assert!((200..300).contains(&status), "{name}: {status} {}", answer["body"]);
    }
    let all: BTreeSet<_> = routes().iter().map(|route| route.route_key.clone()).collect();
    assert_eq!(covered, all);
}

#[tokio::test]
async fn functions_answer_no_route_of_another() {
    let shop = Shop::open_for_events().await;
    let functions = of_functions();
    for (name, event) in events(&shop).await {
        let Some(key) = event["routeKey"].as_str() else { continue };
        for (function, own) in &functions {
            // `assets` has one route and no other code.
            if own.contains(key) || function == "AssetsFunction" {
                continue;
            }
            // A lead is created by whatever reaches its only route.
            let answer = shop.gateway.invoke_function(function, event.clone()).await.unwrap();
            assert_eq!(answer["statusCode"], 404, "{function} answers {name}: {}", answer["body"]);
        }
    }
}

#[tokio::test]
async fn default_route_decides_by_method_and_path_in_the_same_table() {
    for name in files().into_keys() {
        let shop = Shop::open_for_events().await;
        let mut event = events(&shop).await.remove(&name).unwrap();
        if event["routeKey"].is_null() {
            continue;
        }
        event["routeKey"] = json!("$default");
        event["requestContext"]["routeKey"] = json!("$default");
        event["pathParameters"] = json!({});
        let answer = shop.gateway.invoke(event).await.unwrap();
        let status = answer["statusCode"].as_u64().unwrap();
        assert!((200..300).contains(&status), "{name}: {status} {}", answer["body"]);
    }
}

#[tokio::test]
async fn functions_without_a_route_answer_their_events() {
    let shop = Shop::open_for_events().await;
    for (name, event) in events(&shop).await {
        let function = match name.split('-').next().unwrap() {
            "sweep" => "SweepFunction",
            "admin" => "AdminFunction",
            _ => continue,
        };
        shop.gateway.invoke_function(function, event).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[tokio::test]
async fn unknown_route_is_a_404_of_the_gateway() {
    let shop = Shop::open().await;
    for (method, path) in
        [("GET", "/"), ("GET", "/front/v1/boot"), ("POST", "/open/v5/users/a/b/c"), ("GET", "/demo")]
    {
        let answer = shop.request(method, path).send().await;
        assert_eq!(answer.expect(404), &json!({"message": "Not Found"}), "{method} {path}");
    }
}

#[tokio::test]
async fn preflight_allows_any_origin_and_no_server_headers() {
    let shop = Shop::open().await;
    let answer = shop
        .request("OPTIONS", "/front/v1/boot")
        .header("origin", "https://shop.example.com")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,x-session")
        .send()
        .await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.headers["access-control-allow-origin"], "*");
    let allowed = answer.headers["access-control-allow-headers"].to_str().unwrap();
    assert_eq!(allowed, "content-type,x-session,authorization");
}
