//! `cargo run`: Okyaku on this machine. `cargo run -- erase FILE` erases a list, `cargo run -- send-webhook` delivers as
//! a builder does, `cargo run -- admin` is the admin function.

mod admin;
mod args;
mod banner;
mod destination;
mod erase;
mod examples;
mod failure;
mod home;
mod send;

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use okyaku_local::gateway::Gateway;
use okyaku_local::server::Names;
use okyaku_local::{server, sweep};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::args::{Args, Command};
use crate::failure::Failure;
use crate::home::Home;

#[global_allocator]
static ALLOCATOR: okyaku_api::Allocator = okyaku_api::Allocator;

/// The engine warns of every condition that does not hold, which is everyday business.
const QUIET: &str = "warn,dynoxide=error";

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
    match &args.command {
        Some(Command::Erase(list)) => return erase::run(&args, list).await,
        Some(Command::SendWebhook(delivery)) => return send::run(delivery),
        Some(Command::Admin(admin)) => return admin::run(&args, admin).await,
        None => {}
    }
    let names = Names::of(&args.host);
    let home = Home::open(&args)?;
    let listener = TcpListener::bind((args.host.as_str(), args.port));
    let listener = listener.await.map_err(|error| format!("{}:{}: {error}", args.host, args.port))?;
    let base = home.base(&args.table).await?;
    let region = home.region(&base).await?;
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
    let serve = server::serve(listener, gateway, names, region, async move {
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
