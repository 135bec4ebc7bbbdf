//! Where the table is, and what a process needs to work on it.

use std::path::Path;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use okyaku_engine::budgets::Budgets;
use okyaku_engine::credential::CredentialKind;
use okyaku_engine::{Base, Settings};
use okyaku_local::engine::Engine;
use okyaku_local::engine::forget::Forget;
use okyaku_local::engine::port::{ENGINE_KEY, Endpoint, EngineKey};
use okyaku_local::folder::{self, Folder, FolderError};
use okyaku_local::keys;
use okyaku_store::Table;
use okyaku_store::clock::Clock;
use okyaku_store::keyring::Keys;
use okyaku_store::table::{client, schema};

use crate::args::Args;
use crate::failure::Failure;

/// Where the table is.
pub(crate) struct Home {
    /// What the banner calls it.
    pub(crate) name: String,
    /// Whether it is embedded or on this machine, and so may have the development channel.
    pub(crate) ours: bool,
    /// The port of the embedded engine for other tools, if `--engine-port` asks for one.
    pub(crate) port: Option<Endpoint>,
    keys: Keys,
    place: Place,
    budgets: Budgets,
}

/// How this process reaches the table.
enum Place {
    /// In this process. The engine runs until the server has stopped.
    Embedded(Engine),
    /// At the port of a running server.
    Running(Endpoint),
    /// At the URL of `--dynamodb`.
    Url(String),
}

impl Home {
    /// Opens it: a folder is locked, an engine started.
    pub(crate) fn open(args: &Args) -> Result<Self, Failure> {
        let budgets = if args.budgets { Budgets::standard() } else { Budgets::default() };
        let environment = keys::from_environment()?;
        if let Some(url) = &args.dynamodb {
            let keys = environment.ok_or(keys::LoadError::Missing)?;
            let ours = client::is_loopback(url);
            let name = format!("table {} of {url}", args.table);
            return Ok(Self { name, ours, port: None, keys, place: Place::Url(url.clone()), budgets });
        }
        let (name, keys, engine, port) = if args.data == Path::new("memory") {
            let keys = environment.map_or_else(keys::fresh, Ok)?;
            let mut engine = Engine::memory()?;
            let port = args.engine_port.map(|port| open_port(&mut engine, port)).transpose()?;
            ("in memory, gone when this stops".to_owned(), keys, engine, port)
        } else {
            let folder = Folder::lock(&args.data)?;
            let environment_keys = environment.is_some();
            let keys = environment.map_or_else(|| keys::of_folder(&folder), Ok)?;
            let name = folder.path().display().to_string();
            let mut engine = Engine::in_folder(folder)?;
            // Always, for the commands on the same folder.
            let port = open_port(&mut engine, args.engine_port.unwrap_or(0))?;
            engine.announce(environment_keys)?;
            (name, keys, engine, args.engine_port.and(Some(port)))
        };
        engine.expire_every(Duration::from_secs(60))?;
        Ok(Self { name, ours: true, port, keys, place: Place::Embedded(engine), budgets })
    }

    /// Opens it for a command. If a running server uses the folder, the command works on the engine of that server.
    pub(crate) fn for_command(args: &Args) -> Result<Self, Failure> {
        let refused = match Self::open(args) {
            Err(refused) => refused,
            opened => return opened,
        };
        let Some(FolderError::InUse(path, holder)) = refused.downcast_ref() else { return Err(refused) };
        let Some(running) = folder::running(path, *holder) else { return Err(refused) };
        let keys = match (keys::from_environment()?, running.environment_keys) {
            (Some(keys), true) => keys,
            (None, false) => keys::read(path)?,
            (given, _) => return Err(other_keys(given.is_some()).into()),
        };
        let name = path.display().to_string();
        let (place, budgets) = (Place::Running(running.engine), Budgets::default());
        Ok(Self { name, ours: true, port: None, keys, place, budgets })
    }

    /// The table with all that the functions share. On this machine it is created, with its development channel, if it
    /// is not there.
    pub(crate) async fn base(&self, table: &str) -> Result<Base, Failure> {
        let client = self.client().await;
        if self.ours {
            let created = schema::create_table(&client, table).await;
            created.map_err(|error| format!("the table {table} cannot be created: {error}"))?;
        }
        let origin_secret = given("OKYAKU_ORIGIN_SECRET");
        let budgets = self.budgets.clone();
        let settings =
            Settings { allow_development: self.ours, origin_secret, budgets, ..Settings::default() };
        let base = Base::new(Table::new(client, table), self.keys.clone(), Clock::system(), settings);
        base.app::<okyaku_admin::Access>().store.check_key().await?;
        if self.ours {
            okyaku_admin::create_development_channel(&base.app()).await?;
        }
        Ok(base)
    }

    /// The way to take erased data out of the files of the embedded engine.
    pub(crate) fn forget(&self) -> Forget {
        match &self.place {
            Place::Embedded(engine) => engine.forget(),
            Place::Running(_) | Place::Url(_) => Forget::nothing(),
        }
    }

    /// The region of the development channel, as the table has it.
    pub(crate) async fn region(&self, base: &Base) -> Result<Option<String>, Failure> {
        if !self.ours {
            return Ok(None);
        }
        let app = base.app::<okyaku_admin::Access>();
        let known = app.store.channel_of(CredentialKind::Plugin, "dev-plugin-key").await?;
        Ok(known.map(|(channel, _)| channel.region.clone()))
    }

    /// A client of the table: of an engine on this machine, or of an account, whose region and credentials the SDK
    /// looks for in the environment, the profile and the instance. The engine of another Okyaku on this machine has its
    /// key from `AWS_ACCESS_KEY_ID`.
    async fn client(&self) -> Client {
        match &self.place {
            Place::Embedded(engine) => engine.client(),
            Place::Running(Endpoint { url, key }) => {
                client::loopback(url, key.as_str(), client::http_client())
            }
            Place::Url(url) if client::is_loopback(url) => {
                let key = given("AWS_ACCESS_KEY_ID").unwrap_or_else(|| client::PLACEHOLDER.to_owned());
                client::loopback(url, &key, client::http_client())
            }
            Place::Url(url) => {
                let http = client::http_client();
                let loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http.clone());
                client::client((&loader.load().await).into(), Some(url), http)
            }
        }
    }
}

/// Opens a port of the engine, with the key that `OKYAKU_ENGINE_KEY` gives or with a fresh one.
fn open_port(engine: &mut Engine, port: u16) -> Result<Endpoint, Failure> {
    let key = match given(ENGINE_KEY) {
        Some(text) => EngineKey::parse(&text).ok_or_else(|| {
            format!("{ENGINE_KEY} must have 16 to 128 letters, digits, hyphens and underscores")
        })?,
        None => EngineKey::random().map_err(|error| format!("no random key could be made: {error}"))?,
    };
    Ok(engine.open_port(port, key)?)
}

/// A variable of the environment that is not empty.
fn given(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The refusal of a command whose keys come from elsewhere than the keys of the running server.
fn other_keys(given: bool) -> String {
    let (hash, token) = (keys::HASH_KEY, keys::TOKEN_KEY);
    match given {
        true => format!("the running server has the keys of its folder: run this without {hash} and {token}"),
        false => {
            format!("the running server has its keys from {hash} and {token}: set the same for this command")
        }
    }
}
