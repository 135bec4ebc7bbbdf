//! `cargo run`: Okyaku on this machine.

mod args;
mod banner;

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use clap::Parser;
use okyaku::clock::Clock;
use okyaku::keys::Keys;
use okyaku::store::{Table, client, schema};
use okyaku::{Base, Settings};
use okyaku_local::engine::Engine;
use okyaku_local::folder::Folder;
use okyaku_local::gateway::Gateway;
use okyaku_local::server::Names;
use okyaku_local::{keys, server, sweep};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::args::Args;

/// The engine warns of every condition that does not hold, which is everyday business.
const QUIET: &str = "warn,dynoxide=error";

type Failure = Box<dyn Error + Send + Sync>;

/// How long requests under way may take after the signal to stop.
const GRACE: Duration = Duration::from_secs(12);

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(QUIET));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There is nobody left to tell if standard error is closed.
            writeln!(std::io::stderr(), "okyaku: {error}").ok();
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<(), Failure> {
    let names = Names::of(&args.host);
    let home = Home::open(&args)?;
    let listener = TcpListener::bind((args.host.as_str(), args.port));
    let listener = listener.await.map_err(|error| format!("{}:{}: {error}", args.host, args.port))?;
    let client = home.client().await;
    if home.ours {
        let created = schema::create_table(&client, &args.table).await;
        created.map_err(|error| format!("the table {} cannot be created: {error}", args.table))?;
    }
    let origin_secret = std::env::var("OKYAKU_ORIGIN_SECRET").ok().filter(|secret| !secret.is_empty());
    let settings = Settings { allow_development: home.ours, origin_secret, ..Settings::default() };
    let base = Base::new(Table::new(client, args.table), home.keys, Clock::system(), settings);
    if home.ours {
        okyaku_admin::create_development_channel(&base.app()).await?;
    }
    let gateway = Gateway::new(base);
    let address = listener.local_addr()?;
    if !names.loopback_only() {
        let keys = if home.ours { ", and the development channel's keys are public" } else { "" };
        writeln!(std::io::stderr(), "warning: {address} can be reached from other machines{keys}")?;
    }
    let exposed = args.engine_port.and(home.endpoint.as_deref());
    let text = banner::banner(address, &home.name, exposed, home.ours);
    let signals = signals()?;
    let timer = tokio::spawn(sweep::run_every_second(gateway.clone()));
    // The socket listens already, so whoever reads this can connect.
    writeln!(std::io::stdout(), "{text}")?;
    std::io::stdout().flush()?;

    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serve = server::serve(listener, gateway, names, async move {
        stopped.await.ok();
    });
    let end = async {
        signals.await;
        drop(stop);
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = serve => served?,
        () = end => {}
    }
    timer.abort();
    Ok(())
}

/// Where the table is.
struct Home {
    /// What the banner calls it.
    name: String,
    endpoint: Option<String>,
    /// Whether it is embedded or on this machine, and so may have the development channel.
    ours: bool,
    keys: Keys,
    /// Runs until the server has stopped.
    _engine: Option<Engine>,
}

impl Home {
    fn open(args: &Args) -> Result<Self, Failure> {
        let environment = keys::from_environment()?;
        if let Some(url) = &args.dynamodb {
            let keys = environment.ok_or(keys::LoadError::Missing)?;
            let ours = client::is_loopback(url);
            let name = format!("table {} of {url}", args.table);
            return Ok(Self { name, endpoint: Some(url.clone()), ours, keys, _engine: None });
        }
        let port = args.engine_port.unwrap_or(0);
        let (name, keys, engine) = if args.data == Path::new("memory") {
            let keys = environment.map_or_else(keys::fresh, Ok)?;
            ("in memory, gone when this stops".to_owned(), keys, Engine::memory_on(port)?)
        } else {
            let folder = Folder::lock(&args.data)?;
            let keys = environment.map_or_else(|| keys::of_folder(&folder), Ok)?;
            (folder.path().display().to_string(), keys, Engine::in_folder(folder, port)?)
        };
        engine.expire_every(Duration::from_secs(60))?;
        Ok(Self { name, endpoint: Some(engine.endpoint()), ours: true, keys, _engine: Some(engine) })
    }

    /// A client of the table: of an engine on this machine, or of an account, whose region and credentials the SDK
    /// looks for in the environment, the profile and the instance.
    async fn client(&self) -> Client {
        let http = client::http_client();
        match self.endpoint.as_deref() {
            Some(endpoint) if client::is_loopback(endpoint) => client::loopback(endpoint, http),
            endpoint => {
                let loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http.clone());
                client::client((&loader.load().await).into(), endpoint, http)
            }
        }
    }
}

/// A future that resolves on SIGINT (Ctrl-C) or SIGTERM. They are caught from the call on, not from the first poll.
#[cfg(unix)]
fn signals() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// A future that resolves on Ctrl-C.
#[cfg(windows)]
fn signals() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}
