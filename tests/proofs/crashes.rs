//! A process that is killed before or after any of its calls: then only `sweep` runs, then the client comes again.

use serde_json::Value;
use support::crash::{Point, forms, found, stop_at};
use support::development_channel;
use support::fault::ask::Ask;
use support::fault::dump::{Times, difference, dump};
use support::fault::scene::{self, Scene, VEILS};
use support::fault::truth::Truth;
use support::fault::world::{World, full_size, run};

/// What is planted about the one who is erased; the second browser is linked.
const PLANTED: [&str; 4] = ["canary", "+821077770001", VEILS[1], "821077770001"];

/// The operation, the sweeps, the operation again, the sweeps: without a crash.
async fn unharmed(scene: &Scene) -> (Vec<String>, Vec<String>) {
    let world = scene.stage.world().await;
    scene.ask.send(&world.shop).await.expect(scene.status);
    let calls = world.wire.calls();
    world.wire.heal();
    world.sweep_out().await;
    scene.ask.again().send(&world.shop).await;
    world.sweep_out().await;
    (calls, dump(&world, Times::Masked))
}

async fn crash(scene: &Scene, point: Point, wanted: &[String]) -> Result<(), String> {
    let world = scene.stage.world().await;
    stop_at(&world.wire, point);
    let answer = scene.ask.send(&world.shop).await;
    let world = world.another_instance();
    if scene.name.starts_with("an erasure") {
        whole_or_gone(&world).await?;
    }
    world.sweep_out().await;
    // A marker goes before its customer: until the client comes again it may be there alone.
    let alone = |fault: &String| fault.contains("was not active");
    let faults: Vec<_> = Truth::of(&world).faults(true).into_iter().filter(|fault| !alone(fault)).collect();
    if !faults.is_empty() {
        return Err(format!("after sweep: {faults:#?}"));
    }
    if scene.name.contains("minted") {
        return Ok(());
    }
    no_planted_byte(&world).await?;
    // Answered is answered; everybody else comes again.
    let again = scene.ask.again().send(&world.shop).await;
    if again.status >= 500 {
        return Err(format!("repeated: {} {}", again.status, again.body));
    }
    world.sweep_out().await;
    let faults = Truth::of(&world).faults(true);
    if !faults.is_empty() {
        return Err(format!("after the client came again: {faults:#?}"));
    }
    let dump = dump(&world, Times::Masked);
    if dump != wanted {
        return Err(format!("answered {}\n{}", answer.status, difference(&dump, wanted)));
    }
    no_planted_byte(&world).await
}

/// Either everybody reads the whole person, or nobody reads anything of it.
async fn whole_or_gone(world: &World) -> Result<(), String> {
    let get = async |path: String| Ask::server("GET", path, None).send(&world.shop).await;
    let member = get("/open/v5/users/@canary-lee".into()).await;
    let truth = Truth::of(world);
    let alive = truth.alive.values().find(|item| item["memberId"]["S"] == "canary-lee").is_some();
    if member.status != if alive { 200 } else { 404 } {
        return Err(format!("the member is {} of a table where alive is {alive}", member.status));
    }
    let veil = okyaku_domain::id::VeilId::parse(VEILS[1]).unwrap();
    let visitor = okyaku_domain::id::NaturalKey::Visitor(&veil);
    let linked = world.shop.base.backend.keys.customer_id(&development_channel(), visitor, 0);
    let linked = get(format!("/open/v5/users/{linked}")).await;
    if linked.status != member.status {
        return Err(format!("the member is {}, the linked visitor {}", member.status, linked.status));
    }
    let events = get("/open/v5/users/@canary-lee/events".into()).await;
    let count = events.body["events"].as_array().map_or(0, Vec::len);
    if alive && count != 4 {
        return Err(format!("the member lives with {count} of 4 events"));
    }
    Ok(())
}

/// Nothing of an erased person is left in any form.
async fn no_planted_byte(world: &World) -> Result<(), String> {
    let records = Truth::of(world).alive.values().any(|item| item["memberId"]["S"] == "canary-lee");
    let left = found(world, &PLANTED);
    if records || left.is_empty() { Ok(()) } else { Err(format!("left: {left:#?}")) }
}

async fn every_point(scenes: Vec<Scene>) {
    let (mut points, mut failed) = (0, Vec::new());
    let count = scenes.len();
    for scene in scenes {
        let (calls, wanted) = unharmed(&scene).await;
        let all = (0..calls.len()).flat_map(|n| [Point::Before(n), Point::After(n)]);
        // Between two calls it is the same table; full size proves that too.
        let reads = |n: usize| matches!(calls[n].as_str(), "GetItem" | "BatchGetItem" | "Query");
        for point in all.filter(|point| full_size() || matches!(point, Point::After(n) if !reads(*n))) {
            points += 1;
            if let Err(wrong) = crash(&scene, point, &wanted).await {
                failed.push(format!("{}, {point:?}: {wrong}", scene.name));
            }
        }
    }
    println!("crashes: {count} operations, {points} points, {} failed", failed.len());
    for wrong in &failed {
        println!("- {wrong}");
    }
    assert!(failed.is_empty(), "{} of {points} points failed", failed.len());
}

#[test]
fn customer_operation_killed_at_any_call_is_done_or_undone() {
    run(async { every_point(scene::customers().await).await });
}

#[test]
fn tracking_killed_at_any_call_misses_and_doubles_nothing() {
    run(async { every_point(scene::tracking().await).await });
}

#[test]
fn erasure_killed_at_any_call_is_whole_or_not_begun() {
    run(async { every_point(scene::erasures().await).await });
}

#[test]
fn delivery_killed_at_any_call_is_whole_once_repeated() {
    run(async { every_point(scene::deliveries().await).await });
}

#[test]
fn planted_text_is_found_in_every_form() {
    for around in ["", "x", "xy"] {
        let text = format!("{around}canary{around}");
        let encoded = [
            text.to_uppercase().to_lowercase(),
            hex::encode(&text),
            support::shop::base64(text.as_bytes()).to_lowercase(),
        ];
        for encoded in encoded {
            assert!(forms("canary").iter().any(|form| encoded.contains(form)), "{encoded}");
        }
    }
    run(async {
        let (world, _) = scene::cast().await;
        let items: Vec<Value> = world.items();
        assert!(found(&world, &PLANTED).len() > 8, "{items:?}");
    });
}
