//! A hostile page beside the shop's server and its builder, in every order of their calls at the table: nothing of theirs
//! is read, replaced, refused or delayed beyond a second.
//!
//! The page has what anybody has, the public plugin key. It claimed the victim's address many times, filled its own
//! record, and knows the ids of the builder's and the server's events.

use std::sync::Arc;

use serde_json::{Value, json};
use support::NOW;
use support::fault::ask::Ask;
use support::fault::scene::{order, seven};
use support::fault::truth::Truth;
use support::fault::world::{Stage, World, full_size, run};
use support::step::{self, Script};

const VICTIM: &str = "@7";
const ADDRESS: &str = "canary7@example.com";
/// What the server and the builder write, and no page may read.
const SECRET: &str = "sekret";
/// More claims than a contact point lists.
const CLAIMS: usize = 12;

/// The stage, and what the page has.
struct Scene {
    stage: Arc<Stage>,
    token: String,
    veil: String,
    id: String,
}

async fn scene() -> Scene {
    let world = World::open().await;
    let shop = &world.shop;
    shop.shopify("customers/create", &seven(300, 200)).await.expect(200);
    let victim = json!({"profile": {"email": ADDRESS}});
    shop.server("PATCH", &format!("/open/v5/users/{VICTIM}")).json(victim.clone()).await.expect(200);
    for _ in 0..CLAIMS {
        shop.boot(victim.clone()).await.expect(200);
    }
    let page = shop.boot(victim).await;
    let token = page.str("/sessionToken").to_owned();
    // It fills its half of the profile and of the tags.
    let full: serde_json::Map<_, _> = (0..110).map(|key| (format!("k{key}"), json!(key))).collect();
    shop.page("PATCH", "/front/v1/users/me", &token).json(json!({ "profile": full })).await.expect(200);
    let tags: Vec<String> = (0..10).map(|tag| format!("t{tag}")).collect();
    shop.page("PATCH", "/front/v1/users/me/tags", &token).json(json!({ "tags": tags })).await.expect(200);
    // The shop's server made a lead of it, so the record holds what the page must not see.
    let id = page.str("/user/id").to_owned();
    let noted = json!({"profile": {"address": SECRET, "name": SECRET}, "tags": [SECRET]});
    shop.server("PATCH", &format!("/open/v5/users/{id}")).json(noted).await.expect(200);
    Scene { stage: Arc::new(Stage::of(&world)), token, veil: page.str("/veilId").to_owned(), id }
}

fn event(id: &str, from: &str) -> Value {
    json!({"id": id, "name": "CheckoutComplete", "createdAt": NOW - 1000, "property": {"from": from, "id": "1"}})
}

/// Every call that a page can make.
fn page_calls(scene: &Scene) -> Vec<(&'static str, Ask)> {
    let page = |method, path: &str, body| Ask::page(&scene.token, method, path, Some(body));
    let forged = json!([event("order-1", "page"), event("shopify:order:5501", "page")]);
    vec![
        ("boot", Ask::boot(json!({"veilId": scene.veil, "profile": {"address": "page", "more": 1}}))),
        ("claim", Ask::boot(json!({"profile": {"email": ADDRESS}}))),
        ("touch", page("POST", "/front/v1/touch", json!({}))),
        (
            "patch",
            page("PATCH", "/front/v1/users/me", json!({"profile": {"size": "page", "email": ADDRESS}})),
        ),
        ("flags", page("PATCH", "/front/v1/users/me", json!({"unsubscribeEmail": false}))),
        ("add tags", page("PATCH", "/front/v1/users/me/tags", json!({"tags": [SECRET]}))),
        ("remove tags", page("DELETE", "/front/v1/users/me/tags", json!({"tags": [SECRET, "vip"]}))),
        ("events", Ask::track(&scene.token, forged)),
    ]
}

/// What must be true of a world after a trusted call.
type Check = fn(&Value, &[Value]) -> bool;

/// A call of the server or the builder: its status, whose record it writes, and what must be stored afterwards.
struct Trusted {
    name: &'static str,
    ask: Ask,
    status: u16,
    of: String,
    holds: Check,
}

fn trusted_calls(scene: &Scene) -> Vec<Trusted> {
    let own = format!("/open/v5/users/{}", scene.id);
    let trusted =
        |name, ask, status, of: &str, holds| Trusted { name, ask, status, of: of.to_owned(), holds };
    let server = |method, path: &str, body| Ask::server(method, path, Some(body));
    let twenty: serde_json::Map<_, _> = (0..20).map(|key| (format!("s{key}"), json!(SECRET))).collect();
    let by = json!({"by": {"email": ADDRESS}});
    let redact = json!({"customer": {"email": ADDRESS}, "orders_to_redact": []});
    vec![
        trusted(
            "server's fields",
            server("PATCH", &own, json!({ "profile": twenty })),
            200,
            &scene.id,
            |user, _| (0..20).all(|key| user["profile"][format!("s{key}")] == SECRET),
        ),
        trusted(
            "server's opt-out",
            server("PATCH", &own, json!({"unsubscribeTexting": true})),
            200,
            &scene.id,
            |user, _| user["unsubscribeTexting"] == true,
        ),
        trusted(
            "server's tags",
            server("PATCH", &own, json!({"tags": ["vip", SECRET]})),
            200,
            &scene.id,
            |user, _| {
                let tags = user["tags"].as_array().unwrap();
                tags.contains(&json!("vip")) && tags.contains(&json!(SECRET))
            },
        ),
        trusted(
            "server's event",
            server("POST", &format!("{own}/events"), event("order-1", SECRET)),
            200,
            &scene.id,
            |_, events| events.iter().any(|event| event["property"]["from"] == SECRET),
        ),
        trusted(
            "builder's order",
            Ask::shopify("orders/create", order(5501, 90, "70.00")),
            200,
            VICTIM,
            |user, _| user["profile"]["totalPurchaseAmount"] == 70.0,
        ),
        trusted(
            "builder's customer",
            Ask::shopify("customers/update", seven(300, 100)),
            200,
            VICTIM,
            |user, _| user["type"] == "member",
        ),
        trusted("erasure by address", server("POST", "/okyaku/v1/erasures", by), 202, VICTIM, |user, _| {
            user.is_null()
        }),
        trusted("builder's redact", Ask::shopify("customers/redact", redact), 200, VICTIM, |user, _| {
            user.is_null()
        }),
    ]
}

/// What is wrong after both calls, if anything.
async fn wrong(world: &World, scene: &Scene, trusted: &Trusted, run: &step::Run) -> Option<String> {
    let [page, answer] = &run.answers;
    if answer.status != trusted.status
        || answer.body["dropped"].as_array().is_some_and(|dropped| !dropped.is_empty())
    {
        return Some(format!("refused: {} {}", answer.status, answer.body));
    }
    if page.status >= 500 {
        return Some(format!("the page got {}", page.status));
    }
    // The page sees nothing, now and later. A tag that the page names itself is its own word.
    let shop = &world.shop;
    let later = shop.boot(json!({"veilId": scene.veil})).await;
    let touch = shop.page("POST", "/front/v1/touch", &scene.token).send().await;
    for seen in [page, &later, &touch] {
        if seen.body["user"].to_string().contains(SECRET) || seen.body["results"].to_string().contains(SECRET)
        {
            return Some(format!("read: {}", seen.body));
        }
    }
    let user = shop.customer(&trusted.of).await.body["user"].clone();
    let events = if user.is_null() { Vec::new() } else { shop.events(&trusted.of).await };
    if !(trusted.holds)(&user, &events) {
        return Some(format!("replaced: {user} {events:?}"));
    }
    let faults = Truth::of(world).faults(false);
    (!faults.is_empty()).then(|| format!("{faults:?}"))
}

#[test]
fn nothing_of_the_servers_or_builders_is_read_replaced_refused_or_delayed() {
    let limit = if full_size() { 500 } else { 12 };
    run(async {
        let scene = scene().await;
        let (mut orders, mut failed) = (0, Vec::new());
        for (page, call) in page_calls(&scene) {
            for trusted in trusted_calls(&scene) {
                let mut script = Some(Vec::new());
                let mut ran = 0;
                while let Some(next) = script.take().filter(|_| ran < limit) {
                    let world = scene.stage.world().await;
                    let begun = tokio::time::Instant::now();
                    let asks = [call.clone(), trusted.ask.clone()];
                    let run = step::run(&world, asks, &Script::Then(next)).await;
                    let delay = begun.elapsed();
                    let found = wrong(&world, &scene, &trusted, &run).await;
                    let late = (delay.as_millis() > 1_000).then(|| format!("delayed: {delay:?}"));
                    if let Some(found) = found.or(late) {
                        failed.push(format!("{page} and {}, {:?}: {found}", trusted.name, run.trace));
                    }
                    script = step::next(&run.steps, usize::MAX);
                    ran += 1;
                }
                orders += ran;
            }
        }
        println!("hostile page: {orders} orders, {} failed", failed.len());
        for failure in failed.iter().take(8) {
            println!("- {failure}");
        }
        assert!(failed.is_empty());
    });
}
