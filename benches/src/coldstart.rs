//! How long a function's first answer takes, from the start of its process, beside [the bare function](../bare.rs):
//! the real binaries behind a stub of the Lambda Runtime API, their table behind TLS 1.3 or plain HTTP.
//!
//!     cargo build --release -p okyaku-boot -p okyaku-track && cargo build --release -p okyaku-benches
//!     target/release/coldstart --starts 25
//!
//! The certificate is made here and trusted by `OKYAKU_OS_ROOTS=1` with `SSL_CERT_FILE`: one root, where a deployed
//! function reads the five of Amazon that it carries.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clap::Parser;
use okyaku_benches::function::{Events, Ran, Shop, run};
use okyaku_benches::process::beside;
use okyaku_benches::statistics::median;
use okyaku_local::engine::port::Endpoint;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, version};

/// First answers of the functions, medians over fresh processes.
#[derive(Debug, Parser)]
struct Args {
    /// Processes of each kind, started in turn
    #[arg(long, default_value_t = 21)]
    starts: usize,
}

/// A kind of start.
struct Kind<'a> {
    binary: &'a str,
    calls: &'a str,
    tls: bool,
    warm: bool,
    events: Events,
}

/// What one start took.
#[derive(Clone, Copy, Debug, Default)]
struct Start {
    /// From the start of the process to its first request for an event: Lambda's init.
    init: Duration,
    /// From the event to its answer.
    first: Duration,
    /// CPU time of init, and of all.
    init_cpu: Duration,
    cpu: Duration,
    /// From the start of the process to the first connection to the table.
    connected: Duration,
    /// The handshake, as the table's end sees it.
    handshake: Duration,
}

#[tokio::main]
async fn main() {
    let args = Args::parse();
    let shop = Shop::open().await;
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("root.pem");
    let (secure, plain) =
        (Proxy::start(&shop.table, Some(&roots)).await, Proxy::start(&shop.table, None).await);
    let mut kinds = Vec::new();
    for (calls, name) in [("get", "boot"), ("get,put", "track")] {
        for tls in [true, false] {
            for warm in [true, false] {
                for binary in [name, "bare"] {
                    let events = if name == "boot" { shop.boots() } else { shop.tracks() };
                    kinds.push(Kind { binary, calls, tls, warm, events });
                }
            }
        }
    }
    let mut starts = vec![Vec::with_capacity(args.starts); kinds.len()];
    // The first round fills the page cache and is not counted. The kinds take turns, so that a noisy minute is everybody's.
    for round in 0..=args.starts {
        for (kind, starts) in kinds.iter().zip(&mut starts) {
            let proxy = if kind.tls { &secure } else { &plain };
            let start = one(kind, proxy, &roots).await;
            if round > 0 {
                starts.push(start);
            }
        }
    }
    println!("Medians of {} starts, ms; ÷ is beside the bare function in the same case.\n", args.starts);
    println!(
        "| function | table | connection | init | first answer | together | ÷ | CPU, init | CPU, together | ÷ | to the first connection | handshake |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    let rows: Vec<Row> = starts.iter().map(|starts| Row::of(starts)).collect();
    for (at, (kind, row)) in kinds.iter().zip(&rows).enumerate() {
        let bare = kind.binary == "bare";
        let name = if bare { format!("*bare, {}*", kind.calls) } else { kind.binary.to_owned() };
        let beside = |part: fn(&Row) -> f64| match rows.get(at + 1) {
            Some(other) if !bare => format!("{:.2}", part(row) / part(other)),
            _ => String::new(),
        };
        println!(
            "| {name} | {} | {} | {:.1} | {:.1} | {:.1} | {} | {:.1} | {:.1} | {} | {:.1} | {} |",
            if kind.tls { "TLS" } else { "plain" },
            if kind.warm { "at init" } else { "at the first call" },
            row.init,
            row.first,
            row.together,
            beside(|row| row.together),
            row.init_cpu,
            row.cpu,
            beside(|row| row.cpu),
            row.connected,
            if kind.tls { format!("{:.1}", row.handshake) } else { "–".to_owned() },
        );
    }
}

struct Row {
    init: f64,
    first: f64,
    together: f64,
    init_cpu: f64,
    cpu: f64,
    connected: f64,
    handshake: f64,
}

impl Row {
    fn of(starts: &[Start]) -> Self {
        let of = |part: fn(&Start) -> Duration| median(starts.iter().map(part));
        Self {
            init: of(|start| start.init),
            first: of(|start| start.first),
            together: of(|start| start.init + start.first),
            init_cpu: of(|start| start.init_cpu),
            cpu: of(|start| start.cpu),
            connected: of(|start| start.connected),
            handshake: of(|start| start.handshake),
        }
    }
}

async fn one(kind: &Kind<'_>, proxy: &Proxy, roots: &Path) -> Start {
    let binary: PathBuf = beside(kind.binary);
    let mut command = Command::new(binary);
    command
        .env_clear()
        .env("BARE_CALLS", kind.calls)
        .env("OKYAKU_WARM", if kind.warm { "1" } else { "0" })
        .env("OKYAKU_OS_ROOTS", if kind.tls { "1" } else { "0" })
        .env("SSL_CERT_FILE", roots);
    proxy.seen.lock().unwrap().clear();
    let Ran { child, started, asked, answered } = run(command, &proxy.table, 1, kind.events.clone()).await;
    drop(child);
    let (asked, answered) = (asked[0], answered[0]);
    let seen = proxy.seen.lock().unwrap().first().copied();
    let (accepted, handshake) = seen.expect("a connection to the table");
    Start {
        init: asked.at - started,
        first: answered.at - asked.at,
        init_cpu: asked.cpu,
        cpu: answered.cpu,
        connected: accepted - started,
        handshake,
    }
}

/// The table's end: passes on to the engine, and notes when each connection came and how long its handshake took.
struct Proxy {
    table: Endpoint,
    seen: Arc<Mutex<Vec<(Instant, Duration)>>>,
}

impl Proxy {
    /// With `roots` it speaks TLS 1.3 alone, and writes there what a client is to trust.
    async fn start(table: &Endpoint, roots: Option<&Path>) -> Self {
        let engine: SocketAddr = table.url.trim_start_matches("http://").parse().unwrap();
        let acceptor = roots.map(|roots| {
            let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
            std::fs::write(roots, made.cert.pem()).unwrap();
            let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
            let config = ServerConfig::builder_with_protocol_versions(&[&version::TLS13])
                .with_no_client_auth()
                .with_single_cert(vec![made.cert.der().clone()], key);
            TlsAcceptor::from(Arc::new(config.unwrap()))
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = if acceptor.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let notes = seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass(stream, engine, acceptor.clone(), notes.clone()));
            }
        });
        Self { table: Endpoint { url, key: table.key.clone() }, seen }
    }
}

async fn pass(
    mut stream: TcpStream,
    engine: SocketAddr,
    acceptor: Option<TlsAcceptor>,
    seen: Arc<Mutex<Vec<(Instant, Duration)>>>,
) {
    let accepted = Instant::now();
    stream.set_nodelay(true).unwrap();
    let mut behind = TcpStream::connect(engine).await.unwrap();
    behind.set_nodelay(true).unwrap();
    // A function that is done ends the connection as it likes.
    match acceptor {
        Some(acceptor) => {
            let mut secure = acceptor.accept(stream).await.expect("a handshake");
            seen.lock().unwrap().push((accepted, accepted.elapsed()));
            tokio::io::copy_bidirectional(&mut secure, &mut behind).await.ok();
        }
        None => {
            seen.lock().unwrap().push((accepted, Duration::ZERO));
            tokio::io::copy_bidirectional(&mut stream, &mut behind).await.ok();
        }
    }
}
