//! Seeded storms. `OKYAKU_STORMS` is how many; `OKYAKU_STORM` is one seed to see again.

use support::fault::world::{Stage, World, run};
use support::storm::storm;

/// How many run when nobody says.
const STORMS: u64 = 400;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Every `of`-th seed from `first` on: the tests run beside each other.
fn storms(first: u64, of: u64) {
    let start = std::time::Instant::now();
    let all = number("OKYAKU_STORMS").unwrap_or(STORMS);
    let seeds = match number("OKYAKU_STORM") {
        Some(seed) => seed..seed + u64::from(first == 0),
        None => first..all,
    };
    let world = run(World::open());
    let empty = Stage::of(&world);
    let (mut count, mut calls, mut failed) = (0, 0, Vec::new());
    for seed in seeds.step_by(of as usize) {
        count += 1;
        empty.reset(&world);
        match run(storm(&world, seed)) {
            Ok(made) => calls += made,
            Err(wrong) => failed.push(wrong),
        }
        if failed.len() > 3 {
            break;
        }
    }
    println!(
        "storms: {count} of {all}, {calls} calls, {:.0} s, {} failed",
        start.elapsed().as_secs_f32(),
        failed.len()
    );
    for wrong in &failed {
        println!("- {wrong}");
    }
    assert!(failed.is_empty(), "storms failed");
}

#[test]
fn storms_of_even_seeds_keep_the_table_consistent() {
    storms(0, 2);
}

#[test]
fn storms_of_odd_seeds_keep_the_table_consistent() {
    storms(1, 2);
}
