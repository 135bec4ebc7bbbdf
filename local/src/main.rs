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
mod log;
mod send;

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use okyaku_local::gateway::Gateway;
use okyaku_local::server::Names;
use okyaku_local::{server, sweep};
use tokio::net::TcpListener;

use crate::args::{Args, Command};
use crate::failure::Failure;
use crate::home::Home;

#[global_allocator]
static ALLOCATOR: okyaku_api::Allocator = okyaku_api::Allocator;

/// How long requests under way may take after the signal to stop.
const GRACE: Duration = Duration::from_secs(12);

#[tokio::main]
async fn main() -> ExitCode {
    log::start();
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
    let names = Names::of(&args.host).and_of(&args.origin);
    let home = Home::open(&args)?;
    let listener = TcpListener::bind((args.host.as_str(), args.port));
    let listener = listener.await.map_err(|error| cannot_listen(&args, &error))?;
    let base = home.base(&args.table).await?;
    if home.ours {
        let region = args.region.as_deref();
        okyaku_admin::set_development_channel(&base.app(), region, &args.origin).await?;
    }
    let region = home.region(&base).await?;
    let gateway = Gateway::new(base);
    let address = listener.local_addr()?;
    if !names.loopback_only() {
        let keys = if home.ours { ", and the development channel's keys are public" } else { "" };
        writeln!(std::io::stderr(), "warning: {address} can be reached from other machines{keys}")?;
    }
    let text = banner::banner(address, &home.name, home.port.as_ref(), home.ours);
    let signals = signals()?;
    let timer = tokio::spawn(sweep::run_every_second(gateway.clone(), home.forget()));
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

/// The refusal of an address, with the way out.
fn cannot_listen(args: &Args, error: &std::io::Error) -> String {
    let address = format!("{}:{}", args.host, args.port);
    match error.kind() {
        std::io::ErrorKind::AddrInUse => format!(
            "another program listens on {address}: stop that program, or choose another port with --port, such as --port {}",
            args.port.saturating_add(1)
        ),
        _ => format!("{address}: {error}"),
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
