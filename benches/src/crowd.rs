//! What contacts cost and how long they take, by the number of contacts: the list, filters, a count, a look-up.
//!
//!     cargo run --release -p okyaku-benches --bin crowd                      # 1,000, 100,000 and 1,000,000 contacts
//!     cargo run --release -p okyaku-benches --bin crowd -- --sizes 1000
//!
//! The engine is in memory and in this process. So the times have no network in them, and the engine's own work.

use std::time::Instant;

use clap::Parser;
use okyaku_benches::process::resident;
use serde_json::{Value, json};
use support::{NOW, Shop, crowd, development_channel};

/// Contacts that are written between two lines of progress.
const SLICE: u32 = 10_000;

/// What contacts cost, by their number.
#[derive(Debug, Parser)]
struct Args {
    /// Numbers of contacts, rising
    #[arg(long, value_delimiter = ',', default_values_t = [1000, 100_000, 1_000_000])]
    sizes: Vec<u32>,
    /// Runs of each request
    #[arg(long, default_value_t = 20)]
    runs: usize,
}

fn main() {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(measure(&args));
}

fn leaf(key: &str, operator: &str, values: Value) -> Value {
    json!({"key": key, "operator": operator, "values": values})
}

async fn measure(args: &Args) {
    let shop = Shop::open().await;
    let mut from = 0;
    println!("| contacts | request | contacts shown or counted | R | p50 ms | worst ms |");
    println!("|---|---|---|---|---|---|");
    for &size in &args.sizes {
        let start = Instant::now();
        while from < size {
            let to = size.min(from + SLICE);
            crowd::fill(&shop.base.backend.table, &development_channel(), from, to, NOW).await;
            // The recorder remembers every call.
            shop.recorder.reset();
            from = to;
            eprintln!("{from} of {size} contacts, {:.0} s", start.elapsed().as_secs_f64());
        }
        let terms: Vec<String> =
            (0..1000).map(|n| format!("person{}@example.com", n * (size / 1000))).collect();
        let search = |filter: Value| ("search", json!({ "filter": filter, "limit": 50 }));
        let requests = [
            ("first page of 25", ("search", json!({}))),
            ("page of 50, 1 in 10 matches", search(leaf("tags", "$in", json!(["vip"])))),
            ("page of 50, 1 in 100 matches", search(leaf("tags", "$in", json!(["gold"])))),
            ("page of 50, none matches", search(leaf("tags", "$in", json!(["none"])))),
            ("page of 50, a part of a name", ("search", json!({"query": "佐藤", "limit": 50}))),
            ("count", ("count", json!({"filter": leaf("unsubscribeEmail", "$eq", json!([false]))}))),
            ("look-up of 1,000 addresses", ("lookup", json!({ "terms": terms }))),
        ];
        for (name, (route, body)) in requests {
            let mut times = Vec::new();
            let mut answer = Value::Null;
            for _ in 0..args.runs {
                shop.recorder.reset();
                let start = Instant::now();
                let reply =
                    shop.server("POST", &format!("/okyaku/v1/contacts/{route}")).json(body.clone()).await;
                times.push(start.elapsed().as_secs_f64() * 1000.0);
                assert_eq!(reply.status, 200, "{}", reply.body);
                answer = reply.body;
            }
            times.sort_by(f64::total_cmp);
            let found = ["users", "results"].iter().find_map(|key| Some(answer[*key].as_array()?.len()));
            let whole = if answer["complete"] == json!(false) || answer["exact"] == json!(false) {
                ", in part"
            } else {
                ""
            };
            let found = found.map_or_else(|| answer["count"].to_string(), |count| count.to_string());
            let (middle, worst) = (times[times.len() / 2], times[times.len() - 1]);
            let units = answer["units"].as_f64().unwrap_or_default();
            println!("| {size} | {name} | {found}{whole} | {units} | {middle:.1} | {worst:.1} |");
        }
        let memory = resident(std::process::id());
        eprintln!("{size} contacts: {:.0} MB in this process", memory);
    }
}
