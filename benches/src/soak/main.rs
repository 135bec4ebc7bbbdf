//! Whether anything is lost or doubled under load: pages boot and send single events and batches at a steady rate, some
//! on purpose twice, at the same time, or without waiting for the answer; then every timeline is read back and compared
//! with what was acknowledged. Ends with 1 if one event is lost, doubled or nobody's.
//!
//!     cargo build --release -p okyaku-local && cargo build --release -p okyaku-benches
//!     target/release/soak                     # ten minutes, engine in memory
//!     target/release/soak --data folder       # the same with the data on disk, in a folder of its own

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use futures_util::future::join_all;
use okyaku_benches::process::{Server, cpu, resident};
use okyaku_benches::shop;
use okyaku_benches::statistics::Draw;

mod ledger;
mod page;

use page::{Counts, Minute, Page};

/// Where the server keeps its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Data {
    /// In memory: what it holds is what was stored, so its memory grows with it.
    Memory,
    /// In a folder of its own, deleted afterwards: its memory must not grow.
    Folder,
}

/// Ten minutes of a shop, and what became of each event.
#[derive(Debug, Parser)]
struct Args {
    /// Seconds of load
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// Keep-alive clients at once
    #[arg(long, default_value_t = 16)]
    clients: usize,
    /// Customers
    #[arg(long, default_value_t = 480)]
    customers: usize,
    /// Events a second that are aimed at, all clients together
    #[arg(long, default_value_t = 2000)]
    rate: u64,
    /// Where the server keeps its data
    #[arg(long, value_enum, default_value_t = Data::Memory)]
    data: Data,
    /// What decides who does what next
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    if runtime.block_on(soak(&args)) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether nothing was lost, doubled or foreign.
async fn soak(args: &Args) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    let data = if args.data == Data::Memory { Path::new("memory") } else { folder.path() };
    let server = Server::start(data);
    let mut draw = Draw(args.seed);
    let run = u64::try_from(shop::now()).unwrap_or(0);
    // Each client has customers of its own: what became of their events is then known in one place.
    let count = args.customers.div_ceil(args.clients).max(1);
    let mut pages = Vec::with_capacity(args.clients);
    for _ in 0..args.clients {
        pages.push(Page::open(&server.address, run, count, Draw(draw.below(u64::MAX))).await);
    }
    let start = Instant::now();
    let end = start + Duration::from_secs(args.seconds);
    let share = args.rate as f64 / args.clients as f64;
    let work = join_all(pages.iter_mut().map(|page| page.work(start, end, share)));
    let ((), memory) = tokio::join!(async { drop(work.await) }, watch(server.id(), start, args.seconds));
    let used = cpu(server.id());

    let (mut minutes, mut counts, mut customers) = (Vec::<Minute>::new(), Counts::default(), Vec::new());
    for page in pages {
        for (at, minute) in page.minutes.into_iter().enumerate() {
            if minutes.len() <= at {
                minutes.push(Minute::default());
            }
            minutes[at].latencies.join(minute.latencies);
            minutes[at].acknowledged += minute.acknowledged;
        }
        counts.add(&page.counts);
        customers.extend(page.customers);
    }
    println!(
        "| minute | requests/s | acknowledged events/s | p50 ms | p99 ms | max ms | RSS MB at its end |"
    );
    println!("|---|---|---|---|---|---|---|");
    for (at, minute) in minutes.iter_mut().enumerate() {
        let (from, to) = (at as u64 * 60, (at as u64 * 60 + 60).min(args.seconds));
        let seconds = to.saturating_sub(from).max(1) as f64;
        let [p50, p99, max] = minute.latencies.percentiles([0.5, 0.99, 1.0]);
        println!(
            "| {} | {:.0} | {:.0} | {p50:.1} | {p99:.1} | {max:.1} | {:.0} |",
            at + 1,
            minute.latencies.count() as f64 / seconds,
            minute.acknowledged as f64 / seconds,
            memory.get(to as usize).or(memory.last()).copied().unwrap_or(0.0)
        );
    }
    println!("\n{counts}");
    let requests: usize = minutes.iter().map(|minute| minute.latencies.count()).sum();
    println!("server CPU: {:.0} µs a request", used.as_secs_f64() * 1e6 / requests.max(1) as f64);
    let verdict = ledger::check(&server.address, args.clients, &customers).await;
    let size = (args.data == Data::Folder).then(|| size_of(folder.path()));
    tell_memory(&memory, &minutes, verdict.stored, size);
    println!(
        "{} events acknowledged and {} stored: {} lost, {} doubled, {} foreign; {} without an answer, {} of them stored",
        verdict.acknowledged,
        verdict.stored,
        verdict.lost,
        verdict.doubled,
        verdict.foreign,
        verdict.unanswered,
        verdict.unanswered_stored
    );
    if counts.unrecognised > 0 {
        println!("{} replayed events were not called duplicates", counts.unrecognised);
    }
    let holds = verdict.holds() && counts.unrecognised == 0;
    println!("{}", if holds { "acknowledged = stored once" } else { "FAILED" });
    holds
}

/// Resident memory in MB at every second.
async fn watch(server: u32, start: Instant, seconds: u64) -> Vec<f64> {
    let mut memory = Vec::new();
    for second in 0..=seconds {
        tokio::time::sleep_until((start + Duration::from_secs(second)).into()).await;
        memory.push(resident(server));
    }
    memory
}

/// What can honestly be said of memory: in a folder it must stay where it was after the first minute; in memory it
/// grows by the data, so each event must cost the same in both halves.
fn tell_memory(memory: &[f64], minutes: &[Minute], stored: usize, folder: Option<u64>) {
    let at = |second: usize| memory.get(second).or(memory.last()).copied().unwrap_or(0.0);
    let last = memory.len().saturating_sub(1);
    let highest = memory.iter().copied().fold(0.0, f64::max);
    if let Some(bytes) = folder {
        let grown = at(last) - at(60.min(last / 2));
        let each = bytes as f64 / stored.max(1) as f64;
        println!(
            "RSS: {:.0} MB at the start, {highest:.0} at most, {grown:+.1} MB from the first minute (of a short run: the middle) to the end",
            at(0)
        );
        println!("data folder: {:.0} MB, {each:.0} bytes a stored event", bytes as f64 / 1e6);
        return;
    }
    // Whole minutes only, so that events and memory are of the same time.
    let half = minutes.len() / 2;
    let bytes = |from: usize, to: usize| {
        let events: usize = minutes[from..to].iter().map(|minute| minute.acknowledged).sum();
        (at((to * 60).min(last)) - at(from * 60)) * 1024.0 * 1024.0 / events.max(1) as f64
    };
    print!(
        "RSS: {:.0} MB at the start, {highest:.0} at the end; a stored event takes {:.0} bytes",
        at(0),
        bytes(0, minutes.len())
    );
    match half {
        0 => println!(),
        _ => println!(
            ", {:.0} in the first half and {:.0} in the second",
            bytes(0, half),
            bytes(half, minutes.len())
        ),
    }
}

fn size_of(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum()
}
