//! Every operation × every call it makes × every fault that applies to the call, once or for good.

use std::collections::BTreeMap;

use serde_json::Value;
use support::Answer;
use support::fault::dump::{Times, difference, lines};
use support::fault::scene::{self, Scene};
use support::fault::truth::Truth;
use support::fault::wire::{Act, Asked};
use support::fault::world::{full_size, run};
use support::fault::{FAULTS, Fault};

/// How an operation ends when nothing goes wrong.
struct Clean {
    answer: Answer,
    calls: Vec<String>,
    dump: Vec<String>,
}

async fn clean(scene: &Scene, settled: bool) -> Clean {
    let world = scene.stage.world().await;
    let answer = scene.ask.send(&world.shop).await;
    assert_eq!(answer.status, scene.status, "{}: {}", scene.name, answer.body);
    let calls = world.wire.calls();
    if settled {
        world.sweep_out().await;
    }
    let truth = Truth::of(&world);
    let faults = truth.faults(settled);
    assert!(faults.is_empty(), "{}: {faults:#?}", scene.name);
    Clean { answer, calls, dump: lines(&truth, Times::Exact) }
}

/// Whether a fault meets every try of a call, or only the first.
#[derive(Debug, Clone, Copy)]
enum Lasts {
    Once,
    Call,
}

fn hook(call: usize, fault: Fault, lasts: Lasts) -> impl FnMut(&Asked) -> Act + Send {
    move |asked| {
        let hit = asked.call == call && (asked.attempt == 1 || matches!(lasts, Lasts::Call));
        if hit && fault.applies(&asked.operation) { Act::Fault(fault) } else { Act::Pass }
    }
}

/// What an answer says (an accepted erasure says how far it is, which differs), without what differs from run to run.
fn said(answer: &Answer) -> Value {
    let mut body = answer.body.clone();
    for noise in ["requestId", "sessionToken", "veilId"] {
        body.as_object_mut().map(|body| body.remove(noise));
    }
    if let Some(user) =
        body["user"].as_object_mut().filter(|user| user.get("memberId").is_none_or(Value::is_null))
    {
        user.remove("id");
        user.remove("veilId");
    }
    body
}

/// One case; says what is wrong.
async fn case(
    scene: &Scene,
    clean: &Clean,
    settled: bool,
    hook: impl FnMut(&Asked) -> Act + Send + 'static,
) -> Result<(), String> {
    let world = scene.stage.world().await;
    world.wire.hook(hook);
    let answer = scene.ask.send(&world.shop).await;
    world.wire.heal();
    let minted = scene.name.contains("minted");
    if answer.status == 503 {
        let again = scene.ask.again().send(&world.shop).await;
        // The first try may have done it: then there is nobody to delete, and the lead is there already.
        let done_before = match (scene.ask.method, scene.ask.path.as_str()) {
            ("DELETE", _) => again.status == 404,
            ("POST", "/open/v5/users") => again.status == 409,
            _ => false,
        };
        if again.status != scene.status && !done_before {
            return Err(format!("repeated: {} {}", again.status, again.body));
        }
    } else if answer.status != scene.status {
        return Err(format!("answered {} {}", answer.status, answer.body));
    } else if !minted && scene.status != 202 && said(&answer) != said(&clean.answer) {
        return Err(format!("answered {}, wanted {}", said(&answer), said(&clean.answer)));
    }
    if settled {
        world.sweep_out().await;
    }
    let truth = Truth::of(&world);
    let faults = truth.faults(settled);
    if !faults.is_empty() {
        return Err(format!("{faults:#?}"));
    }
    if minted && answer.status == 200 && !truth.is_marked(answer.str("/user/id"), support::NOW) {
        return Err("answered, but not marked".into());
    }
    let found = lines(&truth, Times::Exact);
    if !minted && found != clean.dump {
        return Err(difference(&found, &clean.dump));
    }
    Ok(())
}

/// Everything at full size; else those faults that differ in what the code does about them.
fn chosen(fault: Fault, lasts: Lasts) -> bool {
    full_size()
        || match lasts {
            Lasts::Once => {
                matches!(fault, Fault::ErrorAfter | Fault::Silence | Fault::Conflict | Fault::Partial(_))
            }
            Lasts::Call => matches!(fault, Fault::Throttle | Fault::TimeoutAfter | Fault::Partial(_)),
        }
}

async fn every_fault(scenes: Vec<Scene>, settled: bool) {
    let (mut cases, mut calls) = (0, 0);
    let mut failed: BTreeMap<String, String> = BTreeMap::new();
    let count = scenes.len();
    for scene in scenes {
        let clean = clean(&scene, settled).await;
        calls += clean.calls.len();
        for (call, operation) in clean.calls.iter().enumerate() {
            for fault in FAULTS.into_iter().filter(|fault| fault.applies(operation)) {
                for lasts in [Lasts::Once, Lasts::Call].into_iter().filter(|lasts| chosen(fault, *lasts)) {
                    cases += 1;
                    let hook = hook(call, fault, lasts);
                    if let Err(wrong) = case(&scene, &clean, settled, hook).await {
                        let name = format!("{}, call {call} ({operation}), {fault:?} {lasts:?}", scene.name);
                        failed.insert(name, wrong);
                    }
                }
            }
        }
    }
    println!("exhaustive: {count} operations, {calls} calls, {cases} cases, {} failed", failed.len());
    for (name, wrong) in &failed {
        println!("- {name}: {wrong}");
    }
    assert!(failed.is_empty(), "{} of {cases} cases failed", failed.len());
}

#[test]
fn customer_operations_withstand_every_single_fault() {
    run(async { every_fault(scene::customers().await, false).await });
}

#[test]
fn tracking_withstands_every_single_fault() {
    run(async { every_fault(scene::tracking().await, false).await });
}

#[test]
fn erasures_withstand_every_single_fault() {
    run(async { every_fault(scene::erasures().await, true).await });
}

#[test]
fn deliveries_withstand_every_single_fault() {
    run(async { every_fault(scene::deliveries().await, true).await });
}

#[test]
fn reads_repeat_or_report_every_single_fault() {
    run(async { every_fault(scene::reads().await, false).await });
}
