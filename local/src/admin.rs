//! `cargo run -- admin COMMAND`: what the admin function does, without AWS.

use std::io::Write;
use std::path::Path;

use serde_json::Value;

use crate::args::{Admin, Args};
use crate::failure::Failure;
use crate::home::Home;

/// Carries out the command and prints the answer.
pub(crate) async fn run(args: &Args, admin: &Admin) -> Result<(), Failure> {
    if args.dynamodb.is_none() && args.data == Path::new("memory") {
        return Err(
            "memory is gone with this command: name a folder, or the table of a running Okyaku".into()
        );
    }
    let command = match admin.command.as_str() {
        "-" => serde_json::from_reader(std::io::stdin()),
        text => serde_json::from_str::<Value>(text),
    };
    let command = command.map_err(|error| format!("the command is not JSON: {error}"))?;
    let home = Home::for_command(args)?;
    let base = home.base(&args.table).await?;
    let answer = okyaku_admin::handle(&base.app(), command).await.map_err(|error| error.explained())?;
    writeln!(std::io::stdout(), "{answer:#}")?;
    Ok(())
}
