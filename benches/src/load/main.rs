//! How much the local server takes over HTTP, and what its own part in that is: beside each row run the same calls of
//! the SDK, with items as large, on the same engine in a process of its own, without HTTP and domain.
//!
//!     cargo build --release -p okyaku-local && cargo build --release -p okyaku-benches
//!     target/release/load --seconds 10
//!
//! Client and server share the machine's cores. A server's CPU time is its own; the client's is not in it.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use clap::Parser;
use futures_util::future::join_all;
use http::Method;
use okyaku_benches::client::Client;
use okyaku_benches::process::{Server, cpu, resident};
use okyaku_benches::shop::{self, BROWSER, Visitor};
use okyaku_benches::statistics::Latencies;

mod operation;
mod sdk;

use operation::Operation::{self, Again, First, Track};

/// Visitors that are there before the clock starts.
const VISITORS: usize = 256;

/// Load on the local server, each row on a server of its own with an engine in memory.
#[derive(Debug, Parser)]
struct Args {
    /// Seconds for each row, after one more to warm up
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Keep-alive clients at once
    #[arg(long, default_value_t = 16)]
    clients: usize,
    /// Only the row of this name
    #[arg(long)]
    only: Option<String>,
    /// A server that runs already, instead of one for each row; its CPU time and memory are not known then
    #[arg(long)]
    url: Option<String>,
    /// Only the SDK's calls of this row, in this process
    #[arg(long, hide = true)]
    sdk: Option<String>,
}

/// Rows: name, what it is called in the table, and what is done in turn.
const ROWS: [(&str, &str, &[Operation]); 6] = [
    ("first", "boot, new visitor", &[First]),
    ("again", "boot, returning visitor", &[Again]),
    ("single", "track, one event", &[Track(1)]),
    ("batch25", "track, 25 events", &[Track(25)]),
    ("batch100", "track, 100 events", &[Track(100)]),
    (
        "mixed",
        "mixed: 6 boots, 8 single, 5 of 25, 1 of 100",
        &[
            Again,
            Track(1),
            Track(25),
            Track(1),
            First,
            Track(1),
            Track(25),
            Again,
            Track(1),
            Track(100),
            Track(1),
            Again,
            Track(25),
            Track(1),
            Again,
            Track(1),
            Track(25),
            Track(1),
            Again,
            Track(25),
        ],
    ),
];

fn main() {
    let args = Args::parse();
    if let Some(name) = &args.sdk {
        let row = ROWS.iter().find(|row| row.0 == name).expect("a row of this name");
        return sdk::main(row.2, args.clients, Duration::from_secs(args.seconds));
    }
    // One thread: the client must not take more of the cores than it needs.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(load(&args));
}

async fn load(args: &Args) {
    let url = args.url.as_deref().map(okyaku_benches::loopback);
    println!(
        "| operation | requests/s | events/s | p50 ms | p90 ms | p99 ms | max ms | errors | server CPU µs | SDK calls alone, CPU µs | ÷ | SDK calls alone, /s | RSS MB |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    let (mut aims, mut failed) = (Vec::new(), 0);
    for (name, title, operations) in ROWS {
        if args.only.as_deref().is_some_and(|only| only != name) {
            continue;
        }
        let server = url.is_none().then(|| Server::start(Path::new("memory")));
        let address =
            url.as_deref().or(server.as_ref().map(|server| server.address.as_str())).unwrap_or_default();
        let done = drive(args, address, server.as_ref().map(Server::id), operations).await;
        let memory = server.as_ref().map(|server| resident(server.id()));
        drop(server);
        let alone = url.is_none().then(|| sdk_alone(args, name));
        let mut latencies = done.latencies;
        let requests = latencies.count() as f64;
        let [p50, p90, p99, max] = latencies.percentiles([0.5, 0.9, 0.99, 1.0]);
        let per_second = requests / done.elapsed.as_secs_f64();
        let events = done.events as f64 / done.elapsed.as_secs_f64();
        let micros = done.cpu.as_secs_f64() * 1e6 / requests;
        let [alone_micros, alone_rate] = alone.unwrap_or([f64::NAN; 2]);
        println!(
            "| {title} | {per_second:.0} | {events:.0} | {p50:.1} | {p90:.1} | {p99:.1} | {max:.1} | {} | {micros:.0} | {alone_micros:.0} | {:.2} | {alone_rate:.0} | {:.0} |",
            done.errors,
            micros / alone_micros,
            memory.unwrap_or(f64::NAN)
        );
        failed += done.errors;
        match name {
            "first" | "again" => aims.push((title, per_second, 1500.0, "boots/s")),
            "single" => aims.push((title, per_second, 1500.0, "events/s")),
            "batch25" | "batch100" => aims.push((title, events, 10_000.0, "events/s")),
            _ => {}
        }
    }
    println!();
    for (title, reached, aim, of) in aims {
        let verdict = if reached >= aim { "reached" } else { "missed" };
        println!("{title}: {reached:.0} {of}, aim {aim:.0}: {verdict}");
    }
    if failed > 0 {
        println!("{failed} requests failed");
        std::process::exit(1);
    }
}

/// What came of a row.
#[derive(Default)]
struct Done {
    latencies: Latencies,
    events: usize,
    errors: usize,
    elapsed: Duration,
    cpu: Duration,
}

async fn drive(args: &Args, address: &str, server: Option<u32>, operations: &'static [Operation]) -> Done {
    let mut visitors = Vec::with_capacity(VISITORS);
    let mut client = Client::new(address);
    for _ in 0..VISITORS {
        visitors.push(Visitor::boot(&mut client).await);
    }
    let run = u64::try_from(shop::now()).unwrap_or(0);
    let for_seconds = async |seconds: u64| {
        let (start, before) = (Instant::now(), server.map(cpu));
        let end = start + Duration::from_secs(seconds);
        let clients = (0..args.clients).map(|client| work(address, run, &visitors, operations, client, end));
        let mut done = Done::default();
        for part in join_all(clients).await {
            done.latencies.join(part.latencies);
            done.events += part.events;
            done.errors += part.errors;
        }
        done.elapsed = start.elapsed();
        done.cpu = server.map_or(Duration::ZERO, cpu).saturating_sub(before.unwrap_or_default());
        done
    };
    for_seconds(1).await;
    for_seconds(args.seconds).await
}

/// One client until `end`, without a pause.
async fn work(
    address: &str,
    run: u64,
    visitors: &[Visitor],
    operations: &[Operation],
    client: usize,
    end: Instant,
) -> Done {
    let mut done = Done::default();
    let mut connection = Client::new(address);
    // Clients begin at different places, or all would do the same at once.
    for turn in client * 7.. {
        let (operation, visitor) =
            (operations[turn % operations.len()], &visitors[turn * 31 % visitors.len()]);
        let start = Instant::now();
        if start >= end {
            break;
        }
        let answer = match operation {
            First => connection.call(Method::POST, shop::BOOT, &BROWSER, shop::boot(None)).await,
            Again => {
                connection.call(Method::POST, shop::BOOT, &BROWSER, shop::boot(Some(&visitor.veil))).await
            }
            Track(count) => {
                let events: Vec<_> = (0..count).map(|_| (shop::number(), shop::now())).collect();
                let body = shop::batch(run, &events, 1);
                connection.call(Method::POST, shop::EVENTS, &visitor.headers(), body).await
            }
        };
        done.latencies.note(start.elapsed());
        let count = operation.events();
        match answer {
            Ok((200, body)) if shop::verdicts(&body, "accepted") == count => done.events += count,
            _ => done.errors += 1,
        }
    }
    done
}

/// CPU time in µs of an operation's SDK calls alone, engine included, and how many operations a second.
fn sdk_alone(args: &Args, name: &str) -> [f64; 2] {
    let this = std::env::current_exe().expect("a path of its own");
    let output = Command::new(this)
        .args(["--sdk", name, "--seconds", &args.seconds.to_string(), "--clients", &args.clients.to_string()])
        .output()
        .expect("the SDK's calls alone");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut numbers = text.split_whitespace().map(|number| number.parse().expect("a number"));
    [numbers.next().expect("CPU time"), numbers.next().expect("a rate")]
}
