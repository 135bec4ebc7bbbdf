//! Where the table is, and what a process needs to work on it.

use std::path::Path;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use okyaku_engine::credential::CredentialKind;
use okyaku_engine::{Base, Settings};
use okyaku_local::engine::Engine;
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
    pub(crate) endpoint: Option<String>,
    /// Whether it is embedded or on this machine, and so may have the development channel.
    pub(crate) ours: bool,
    keys: Keys,
    /// Runs until the server has stopped.
    _engine: Option<Engine>,
}

impl Home {
    /// Opens it: a folder is locked, an engine started.
    pub(crate) fn open(args: &Args) -> Result<Self, Failure> {
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
            let environment_keys = environment.is_some();
            let keys = environment.map_or_else(|| keys::of_folder(&folder), Ok)?;
            let name = folder.path().display().to_string();
            let engine = Engine::in_folder(folder, port)?;
            engine.announce(environment_keys)?;
            (name, keys, engine)
        };
        engine.expire_every(Duration::from_secs(60))?;
        Ok(Self { name, endpoint: Some(engine.endpoint()), ours: true, keys, _engine: Some(engine) })
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
        Ok(Self { name, endpoint: Some(running.engine), ours: true, keys, _engine: None })
    }

    /// The table with all that the functions share. On this machine it is created, with its development channel, if it
    /// is not there.
    pub(crate) async fn base(&self, table: &str) -> Result<Base, Failure> {
        let client = self.client().await;
        if self.ours {
            let created = schema::create_table(&client, table).await;
            created.map_err(|error| format!("the table {table} cannot be created: {error}"))?;
        }
        let origin_secret = std::env::var("OKYAKU_ORIGIN_SECRET").ok().filter(|secret| !secret.is_empty());
        let settings = Settings { allow_development: self.ours, origin_secret, ..Settings::default() };
        let base = Base::new(Table::new(client, table), self.keys.clone(), Clock::system(), settings);
        base.app::<okyaku_admin::Access>().store.check_key().await?;
        if self.ours {
            okyaku_admin::create_development_channel(&base.app()).await?;
        }
        Ok(base)
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
