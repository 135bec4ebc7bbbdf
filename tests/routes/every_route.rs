//! The template is the one list of routes: every one is answered by its function and by no other, and has an event
//! in `events/` that its function answers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use okyaku_local::routes::routes;
use serde_json::{Value, json};
use support::{NOW, Shop};

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

/// The events by file name, with a real session and real ids in place of their placeholders.
async fn events(shop: &Shop) -> BTreeMap<String, Value> {
    let member = shop.boot_member("event-member", json!({"profile": {"email": "event@example.com"}})).await;
    let tracked = json!([{"id": "seed", "name": "PageView", "createdAt": NOW}]);
    shop.track(member.str("/sessionToken"), tracked).await.expect(200);
    let event = shop.events("@event-member").await[0]["id"].as_str().unwrap().to_owned();
    let erased = json!({"by": {"memberId": "event-gone"}});
    let erased = shop.server("POST", "/okyaku/v1/erasures").json(erased).await;
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../events");
    let mut events = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // What builders deliver lies in a folder of its own.
        if path.is_dir() {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text
            .replace("{{sessionToken}}", member.str("/sessionToken"))
            .replace("{{userId}}", member.str("/user/id"))
            .replace("{{eventId}}", &event)
            .replace("{{erasureId}}", erased.str("/erasure/id"))
            .replace("{{now}}", &NOW.to_string());
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        events.insert(name, serde_json::from_str(&text).unwrap());
    }
    events
}

#[tokio::test]
async fn every_route_has_an_event_and_its_function_answers_it() {
    let mut covered = BTreeSet::new();
    for name in events(&Shop::open().await).await.into_keys() {
        // A shop each: an event that deletes must not take another's customer away.
        let shop = Shop::open().await;
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
    let shop = Shop::open().await;
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
    for name in events(&Shop::open().await).await.into_keys() {
        let shop = Shop::open().await;
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
    let shop = Shop::open().await;
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
