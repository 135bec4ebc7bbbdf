//! The embedded engine: dynoxide, which carries out DynamoDB's operations in this process.
//!
//! [`Engine::client`] calls the engine without a socket. [`Engine::open_port`] opens a port for other programs, which
//! need its key.

mod caller;
mod connector;
pub mod forget;
pub mod operations;
pub mod port;

use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use okyaku_store::table::client;
use thiserror::Error as ThisError;
use tokio::sync::Semaphore;

use crate::folder::{Folder, FolderError, Running};
use caller::{Caller, TURNS, Tokens};
use connector::Connector;
use forget::Forget;
use operations::{DataError, Operations};
use port::{Endpoint, EngineKey, Port};

/// Name of the data file in the data folder.
pub const FILE: &str = "okyaku.db";

/// The engine could not be started.
#[derive(Debug, ThisError)]
pub enum EngineError {
    /// The data folder could not be had.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The data file could not be opened.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The path of the data file is not UTF-8.
    #[error("the path of the data file is not UTF-8")]
    Path,
    /// No port, thread or runtime could be had.
    #[error("the embedded engine cannot start: {0}")]
    Start(std::io::Error),
}

/// A running engine. It serves any runtime. Its clients and its port end when this value is dropped.
pub struct Engine {
    // First, so that no further call comes in.
    port: Option<Port>,
    turns: Arc<Semaphore>,
    operations: Arc<Operations>,
    // Last, so that the folder is free only when the data file is closed.
    folder: Option<Folder>,
}

impl Engine {
    /// Opens an empty engine in memory.
    pub fn memory() -> Result<Self, EngineError> {
        Ok(Self::start(Operations::memory()?, None))
    }

    /// Opens the engine of `directory`, which is created and locked. What it acknowledged survives a crash of the
    /// process.
    pub fn file(directory: &Path) -> Result<Self, EngineError> {
        Self::in_folder(Folder::lock(directory)?)
    }

    /// Opens the engine of a folder that is locked already.
    pub fn in_folder(folder: Folder) -> Result<Self, EngineError> {
        let path = folder.join(FILE);
        let name = path.to_str().ok_or(EngineError::Path)?;
        own(&path).map_err(EngineError::Start)?;
        Ok(Self::start(Operations::file(name)?, Some(folder)))
    }

    fn start(operations: Operations, folder: Option<Folder>) -> Self {
        let turns = Arc::new(Semaphore::new(TURNS));
        Self { port: None, turns, operations: Arc::new(operations), folder }
    }

    /// Returns a client of this process. The client needs no socket, no signature and no time limit.
    ///
    /// Without a time limit every answer arrives. So the client leaves out the tokens against a lost answer.
    #[must_use]
    pub fn client(&self) -> Client {
        let client = client::unsigned(SharedHttpClient::new(Connector(self.caller(Tokens::Dropped))));
        let config = client.config().to_builder().timeout_config(TimeoutConfig::disabled());
        Client::from_conf(config.build())
    }

    /// Returns the HTTP client for [`client::unsigned`]. Transactions keep their tokens, so that a test may lose
    /// answers.
    #[must_use]
    pub fn http(&self) -> SharedHttpClient {
        SharedHttpClient::new(Connector(self.caller(Tokens::Kept)))
    }

    /// Returns the way to take erased data out of the files.
    #[must_use]
    pub fn forget(&self) -> Forget {
        Forget(self.folder.as_ref().map(|folder| folder.join(FILE)))
    }

    fn caller(&self, tokens: Tokens) -> Caller {
        Caller::new(&self.operations, &self.turns, tokens)
    }

    /// Opens `port` of 127.0.0.1 for other programs that have `key`. 0 lets the system choose the port.
    pub fn open_port(&mut self, port: u16, key: EngineKey) -> Result<Endpoint, EngineError> {
        let port = Port::open(self.caller(Tokens::Kept), port, key).map_err(EngineError::Start)?;
        Ok(self.port.insert(port).endpoint())
    }

    /// Tells the owner's other processes how to reach the open port, in a file of the folder.
    pub fn announce(&self, environment_keys: bool) -> Result<(), EngineError> {
        let (Some(folder), Some(port)) = (&self.folder, &self.port) else { return Ok(()) };
        let running = Running { process: std::process::id(), engine: port.endpoint(), environment_keys };
        folder.announce(&running).map_err(EngineError::Start)
    }

    /// Deletes what is past its `ttl` every `period`, as DynamoDB does by itself and the engine does not. By the
    /// system's clock: a test that sets its own must not have this. Ends with the engine.
    pub fn expire_every(&self, period: Duration) -> Result<(), EngineError> {
        let operations = Arc::downgrade(&self.operations);
        let expire = move || loop {
            thread::sleep(period);
            let Some(operations) = operations.upgrade() else { return };
            if let Err(error) = operations.expire() {
                tracing::warn!(%error, "expired items were not deleted");
            }
        };
        thread::Builder::new().name("expiry".into()).spawn(expire).map_err(EngineError::Start)?;
        Ok(())
    }
}

/// Makes the data file for nobody else's eyes, also in a folder that was there before; its journals get
/// the same permissions.
fn own(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Engine")
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.port = None;
        self.turns.close();
        // A call under way holds the data file. Bounded: a hanging call is not waited for.
        let end = Instant::now() + Duration::from_secs(3);
        while self.turns.available_permits() < TURNS && Instant::now() < end {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_reopens_once_the_engine_is_closed() {
        let path = std::env::temp_dir().join(format!("okyaku-engine-{}", std::process::id()));
        let engine = Engine::file(&path).unwrap();
        assert!(matches!(Engine::file(&path), Err(EngineError::Folder(FolderError::InUse(..)))));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let client = engine.client();
        runtime.block_on(client.list_tables().send()).unwrap();
        drop(engine);
        let engine = Engine::file(&path).unwrap();
        runtime.block_on(engine.client().list_tables().send()).unwrap();
        runtime.block_on(client.list_tables().send()).unwrap_err();
        drop(engine);
        std::fs::remove_dir_all(path).unwrap();
    }
}
