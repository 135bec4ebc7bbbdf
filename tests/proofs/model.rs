//! A state machine: sequences of whatever pages, servers and the clock do, done to the real thing and to a model in
//! plain memory that was written from `docs/reference/RULES.md`; their answers are compared, and then everything that can be
//! read (R1–R12).
//!
//! `OKYAKU_SEQUENCES` says how many sequences (100 unless said, 1,000 in CI), `OKYAKU_SEED` which ones.

#[path = "model/audit.rs"]
mod audit;
#[path = "model/orders.rs"]
mod orders;
#[path = "model/perform.rs"]
mod perform;
#[path = "model/steps.rs"]
mod steps;
#[path = "model/world.rs"]
mod world;

use std::cell::Cell;
use std::time::Instant;

use aws_sdk_dynamodb::Client;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use steps::Step;
use support::engine;
use world::World;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Does the steps to both sides. Says how many requests that took, or where they differ.
async fn run(client: &Client, steps: &[Step]) -> Result<usize, String> {
    let mut world = World::open(client).await;
    for (at, step) in steps.iter().enumerate() {
        let place = |why| format!("step {}, {step:?}: {why}", at + 1);
        world.perform(step).await.map_err(place)?;
        if at % 8 == 7 {
            world.audit(false).await.map_err(|why| format!("after {}", place(why)))?;
        }
    }
    world.audit(true).await.map_err(|why| format!("at the end: {why}"))?;
    world.probe_receipts().await.map_err(|why| format!("receipts: {why}"))?;
    world.probe_months().await.map_err(|why| format!("at the end: {why}"))?;
    world.probe_contacts().await.map_err(|why| format!("at the end: {why}"))?;
    Ok(world.requests)
}

#[test]
fn functions_and_model_agree_on_every_sequence() {
    // Futures of a debug build are large, and a test's thread has 2 MB.
    let machine = std::thread::Builder::new().stack_size(64 << 20).spawn(machine).unwrap();
    if let Err(why) = machine.join().unwrap() {
        panic!("{why}");
    }
}

fn machine() -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = engine::client(engine::http());
    let cases = u32::try_from(number("OKYAKU_SEQUENCES", 100)).unwrap();
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: u32::try_from(number("OKYAKU_SHRINKS", 2000)).unwrap(),
        ..Config::default()
    };
    let mut seed = *b"a model of a shop, of thirty-two";
    seed[..8].copy_from_slice(&number("OKYAKU_SEED", 4).to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let (sequences, steps, requests) = (Cell::new(0usize), Cell::new(0usize), Cell::new(0usize));
    let begun = Instant::now();
    let outcome = TestRunner::new_with_rng(config, rng).run(&steps::sequence(), |sequence| {
        let sent = runtime.block_on(run(&client, &sequence)).map_err(TestCaseError::fail)?;
        sequences.set(sequences.get() + 1);
        steps.set(steps.get() + sequence.len());
        requests.set(requests.get() + sent);
        Ok(())
    });
    println!(
        "model: {} sequences, {} steps, {} requests, {:.1} s",
        sequences.get(),
        steps.get(),
        requests.get(),
        begun.elapsed().as_secs_f64()
    );
    outcome.map_err(|why| match why {
        TestError::Fail(why, steps) => {
            let lines: Vec<String> =
                steps.iter().enumerate().map(|(at, step)| format!("\n{:3} {step:?}", at + 1)).collect();
            format!("{why}{}", lines.concat())
        }
        TestError::Abort(why) => why.to_string(),
    })
}
