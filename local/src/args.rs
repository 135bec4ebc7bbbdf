//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use http::Uri;
use okyaku_domain::builder::Builder;
use okyaku_domain::person_ref::PersonRef;

use crate::destination::destination;

const KEYS_HELP: &str = "Keys: OKYAKU_HASH_KEY and OKYAKU_TOKEN_KEY win over every other if they are set. Without them a \
                         data folder has its own in keys.json, memory has fresh ones, and --dynamodb refuses to start.";

const ADMIN_HELP: &str = "The command also works while a server runs on the same folder. The server sees a change of a \
                          channel within a minute.";

const EXAMPLES_HELP: &str = "Each call moves the example's times to now. So an order that is sent twice is twice in the \
                             timeline. To repeat a delivery unchanged, send your own with --body.";

/// Okyaku on this machine: every route of the deployed service, a development channel and a demo shop.
#[derive(Debug, Parser)]
#[command(name = "okyaku", version, after_help = KEYS_HELP)]
pub(crate) struct Args {
    /// What to do instead of serving
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// Port to listen on; 0 lets the system choose
    #[arg(long, default_value_t = 8787)]
    pub(crate) port: u16,
    /// Address or name to listen on
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) host: String,
    /// Region of the development channel, such as JP; national phone numbers are read by its rules
    #[arg(long, value_name = "CC", value_parser = region)]
    pub(crate) region: Option<String>,
    /// A further origin of the development channel's pages, such as a LAN address, a tunnel, or `null` for pages
    /// from file://; the server also answers under the origin's host
    #[arg(long, value_name = "URL", value_parser = origin)]
    pub(crate) origin: Vec<String>,
    /// Limit each page session and each source network, as the deployed service does
    #[arg(long)]
    pub(crate) budgets: bool,
    /// Folder of the embedded engine's data, or `memory` for none
    #[arg(
        long,
        global = true,
        value_name = "DIR|memory",
        default_value = ".okyaku",
        conflicts_with = "dynamodb"
    )]
    pub(crate) data: PathBuf,
    /// Another DynamoDB instead of the embedded engine; on a loopback URL the table is created
    #[arg(long, global = true, value_name = "URL", value_parser = url)]
    pub(crate) dynamodb: Option<String>,
    /// Name of the table
    #[arg(long, global = true, value_name = "NAME", default_value = "okyaku")]
    pub(crate) table: String,
    /// Loopback port of the embedded engine, for other tools; they need the access key id that the banner shows, or
    /// that `OKYAKU_ENGINE_KEY` sets
    #[arg(long, value_name = "N", conflicts_with = "dynamodb")]
    pub(crate) engine_port: Option<u16>,
}

/// What to do instead of serving.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Erases everybody in a list, for good; run again it goes on where it was cut off
    Erase(List),
    /// Signs a delivery as a builder does, and sends it to a running Okyaku
    SendWebhook(Delivery),
    /// Carries out one command of the admin function, such as '{"action":"listChannels"}'
    Admin(Admin),
}

/// A command of the admin function.
#[derive(Debug, clap::Args)]
#[command(after_help = admin_help())]
pub(crate) struct Admin {
    /// The command as JSON; `-` reads it from standard input, which keeps a secret out of the shell's history
    pub(crate) command: String,
}

/// A builder that sends webhooks.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Sender {
    Shopify,
    Cafe24,
}

impl From<Sender> for Builder {
    fn from(sender: Sender) -> Self {
        match sender {
            Sender::Shopify => Self::Shopify,
            Sender::Cafe24 => Self::Cafe24,
        }
    }
}

/// What is delivered, and where.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES_HELP)]
pub(crate) struct Delivery {
    /// Whose delivery it is
    pub(crate) builder: Sender,
    /// Shopify's topic, such as customers/create, or Cafe24's event number, such as 90032; the example of it is sent,
    /// its times moved so that it happens now
    pub(crate) topic: String,
    /// Where Okyaku listens: http on this machine, or with --print any https
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8787", value_parser = destination)]
    pub(crate) to: String,
    /// The channel's webhook token
    #[arg(long, default_value = "dev-webhook-token")]
    pub(crate) token: String,
    /// The connection's secret; without it the development channel's
    #[arg(long)]
    pub(crate) secret: Option<String>,
    /// The connection's shop: a myshopify.com domain or a mall's id; without it the development channel's
    #[arg(long)]
    pub(crate) shop: Option<String>,
    /// File whose bytes are sent instead of the example
    #[arg(long, value_name = "FILE")]
    pub(crate) body: Option<PathBuf>,
    /// Only print the curl command that sends it; it has the signature, or Cafe24's key
    #[arg(long)]
    pub(crate) print: bool,
}

/// Whom to erase.
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    /// One name a line, or a CSV file whose header has a column called as --by or --column
    pub(crate) file: PathBuf,
    /// What the names are
    #[arg(long, default_value = "memberId", value_parser = PersonRef::KINDS)]
    pub(crate) by: String,
    /// The header of the column that the names are in, if it is called otherwise than --by
    #[arg(long, value_name = "HEADER")]
    pub(crate) column: Option<String>,
    /// Id of the channel; not needed where there is only one
    #[arg(long)]
    pub(crate) channel: Option<String>,
    /// Only say what would happen
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// The end of `admin --help`: every action, with its fields.
fn admin_help() -> String {
    format!(
        "Actions, with their fields (optional fields in brackets):\n{}\n{ADMIN_HELP}",
        okyaku_admin::actions::help()
    )
}

fn region(text: &str) -> Result<String, String> {
    let is_code = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    if is_code { Ok(text.to_owned()) } else { Err("must be ISO 3166-1 alpha-2, such as JP".into()) }
}

fn origin(text: &str) -> Result<String, String> {
    if text == "null" || okyaku_admin::is_origin(text) {
        return Ok(text.to_owned());
    }
    Err("must be an origin, such as https://shop.example.com, or null".into())
}

fn url(text: &str) -> Result<String, String> {
    let uri = text.parse::<Uri>().map_err(|error| error.to_string())?;
    match (uri.scheme_str(), uri.host()) {
        (Some("http" | "https"), Some(_)) => Ok(text.to_owned()),
        _ => Err("a URL such as http://127.0.0.1:8000 is needed".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn command_line_is_consistent() {
        Args::command().debug_assert();
        assert!(Args::try_parse_from(["okyaku", "--dynamodb", "http://localhost:8000"]).is_ok());
        let erase = ["okyaku", "--data", "memory", "erase", "gone.csv", "--by", "email", "--dry-run"];
        assert!(Args::try_parse_from(erase).is_ok());
        let after = ["okyaku", "admin", "-", "--data", "folder"];
        assert_eq!(Args::try_parse_from(after).unwrap().data, PathBuf::from("folder"));
        for origin in ["null", "https://shop.example.com", "http://192.168.0.5:3000"] {
            assert_eq!(Args::try_parse_from(["okyaku", "--origin", origin]).unwrap().origin, [origin]);
        }
        for wrong in [["--origin", "shop.example.com"], ["--region", "Japan"], ["--region", "jp"]] {
            assert!(Args::try_parse_from([&["okyaku"], &wrong[..]].concat()).is_err());
        }
        assert!(Args::try_parse_from(["okyaku", "erase", "gone.csv", "--by", "name"]).is_err());
        for wrong in [&["--dynamodb", "localhost"][..], &["--dynamodb", "http://a", "--data", "b"]] {
            assert!(Args::try_parse_from([&["okyaku"], wrong].concat()).is_err());
        }
    }
}
