//! Counts a function's instructions under callgrind beside [the bare function](../bare.rs), to the first answer and per
//! warm call. Counts repeat where times do not.
//!
//!     cargo build --release -p okyaku-boot -p okyaku-track && cargo build --release -p okyaku-benches
//!     target/release/instructions

use std::path::Path;

use okyaku_benches::function::{Events, Shop, run};
use okyaku_benches::process::beside;
use tokio::process::Command;

const WARM: usize = 200;

#[tokio::main]
async fn main() {
    let shop = Shop::open().await;
    println!("| function | SDK calls | to the first answer | per warm call | first ÷ bare | warm ÷ bare |");
    println!("|---|---|---|---|---|---|");
    compare(&shop, "boot", "get", shop.boots()).await;
    compare(&shop, "track", "get,put", shop.tracks()).await;
}

async fn compare(shop: &Shop, name: &str, calls: &str, events: Events) {
    let of = async |name: &str| {
        let one = instructions(shop, name, calls, 1, &events).await;
        let many = instructions(shop, name, calls, 1 + WARM, &events).await;
        (one, (many - one) / WARM as u64)
    };
    let (own, bare) = (of(name).await, of("bare").await);
    let ratio = |a: u64, b: u64| format!("{:.2}", a as f64 / b as f64);
    let (first, warm) = (ratio(own.0, bare.0), ratio(own.1, bare.1));
    println!("| {name} | {calls} | {} | {} | {first} | {warm} |", own.0, own.1);
    println!("| *bare* | {calls} | {} | {} | | |", bare.0, bare.1);
}

/// Instructions until it has answered `count` events.
async fn instructions(shop: &Shop, name: &str, calls: &str, count: usize, events: &Events) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("counts");
    let mut command = Command::new("valgrind");
    command
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap())
        .env("BARE_CALLS", calls)
        .args(["--tool=callgrind", &format!("--callgrind-out-file={}", out.display())])
        .arg(beside(name));
    let mut ran = run(command, &shop.table, count, events.clone()).await;
    // Not a kill: callgrind writes its counts when it is asked to end.
    let id = ran.child.id().unwrap().to_string();
    Command::new("kill").arg(id).status().await.unwrap();
    ran.child.wait().await.unwrap();
    total(&out)
}

fn total(out: &Path) -> u64 {
    let text = std::fs::read_to_string(out).unwrap();
    let line =
        text.lines().rev().find_map(|line| line.strip_prefix("totals: ").or(line.strip_prefix("summary: ")));
    line.unwrap().trim().parse().unwrap()
}
