//! The embedded engine: dynoxide, which speaks DynamoDB's protocol, on a loopback port of this process.

use std::fs::OpenOptions;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use dynoxide::Database;
use thiserror::Error as ThisError;
use tokio::sync::oneshot;

use crate::folder::{Folder, FolderError, Running};

/// Name of the data file in the data folder.
pub const FILE: &str = "okyaku.db";

/// The engine could not be started.
#[derive(Debug, ThisError)]
pub enum EngineError {
    /// The data folder could not be had.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The data file could not be opened.
    #[error("the data file cannot be opened: {0}")]
    Data(String),
    /// No port, thread or runtime could be had.
    #[error("the embedded engine cannot start: {0}")]
    Start(std::io::Error),
}

/// A running engine. It has threads of its own, so that it serves any runtime and outlives each; it stops when
/// this value is dropped.
pub struct Engine {
    address: SocketAddr,
    database: Database,
    stop: Option<oneshot::Sender<()>>,
    stopped: mpsc::Receiver<()>,
    // Last, so that the folder is free only when the engine is gone.
    folder: Option<Folder>,
}

impl Engine {
    /// An empty engine in memory, on a port that the system chooses.
    pub fn memory() -> Result<Self, EngineError> {
        Self::memory_on(0)
    }

    /// An empty engine in memory, on `port` of 127.0.0.1; 0 lets the system choose.
    pub fn memory_on(port: u16) -> Result<Self, EngineError> {
        let database = Database::memory().map_err(|error| EngineError::Data(error.to_string()))?;
        Self::start(database, port, None)
    }

    /// The engine of `directory`, which is created and locked, on `port` of 127.0.0.1; 0 lets the system choose.
    /// What it acknowledged survives a crash of the process.
    pub fn file(directory: &Path, port: u16) -> Result<Self, EngineError> {
        Self::in_folder(Folder::lock(directory)?, port)
    }

    /// The engine of a folder that is locked already, on `port` of 127.0.0.1; 0 lets the system choose.
    pub fn in_folder(folder: Folder, port: u16) -> Result<Self, EngineError> {
        let path = folder.join(FILE);
        let name = path.to_str().ok_or_else(|| EngineError::Data("its path is not UTF-8".into()))?;
        own(&path).map_err(EngineError::Start)?;
        let database = Database::new(name).map_err(|error| EngineError::Data(error.to_string()))?;
        Self::start(database, port, Some(folder))
    }

    fn start(database: Database, port: u16, folder: Option<Folder>) -> Result<Self, EngineError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(EngineError::Start)?;
        listener.set_nonblocking(true).map_err(EngineError::Start)?;
        let address = listener.local_addr().map_err(EngineError::Start)?;
        // Two threads: one may wait for the data file while the other reads requests.
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(2).enable_all().build().map_err(EngineError::Start)?;
        let (stop, stopping) = oneshot::channel();
        let (done, stopped) = mpsc::channel();
        let served = database.clone();
        let serve = move || {
            let outcome = runtime.block_on(async move {
                let listener =
                    tokio::net::TcpListener::from_std(listener).map_err(|error| error.to_string())?;
                let shutdown = async move {
                    stopping.await.ok();
                };
                dynoxide::server::serve_with_shutdown(listener, served, shutdown).await
            });
            if let Err(error) = outcome {
                tracing::error!(error, "the embedded engine stopped");
            }
            // Connections that are still open must not hold the data file.
            runtime.shutdown_timeout(Duration::from_secs(1));
            done.send(()).ok();
        };
        thread::Builder::new().name("engine".into()).spawn(serve).map_err(EngineError::Start)?;
        Ok(Self { address, database, stop: Some(stop), stopped, folder })
    }

    /// The URL for a client, such as `http://127.0.0.1:40123`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Tells other processes of this machine how to reach the engine, in a file of the folder.
    pub fn announce(&self, environment_keys: bool) -> Result<(), EngineError> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let running = Running { process: std::process::id(), engine: self.endpoint(), environment_keys };
        folder.announce(&running).map_err(EngineError::Start)
    }

    /// Deletes what is past its `ttl` every `period`, as DynamoDB does by itself and the engine does not. By the
    /// system's clock: a test that sets its own must not have this. Ends with the process.
    pub fn expire_every(&self, period: Duration) -> Result<(), EngineError> {
        let database = self.database.clone();
        let expire = move || loop {
            thread::sleep(period);
            if let Err(error) = database.sweep_ttl() {
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
        f.debug_struct("Engine").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).ok();
        }
        // Bounded: a request under way may finish, a hanging one is not waited for.
        self.stopped.recv_timeout(Duration::from_secs(3)).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_reopens_once_the_engine_is_closed() {
        let path = std::env::temp_dir().join(format!("okyaku-engine-{}", std::process::id()));
        let engine = Engine::file(&path, 0).unwrap();
        assert!(engine.endpoint().starts_with("http://127.0.0.1:"));
        assert!(matches!(Engine::file(&path, 0), Err(EngineError::Folder(FolderError::InUse(..)))));
        drop(engine);
        drop(Engine::file(&path, 0).unwrap());
        std::fs::remove_dir_all(path).unwrap();
    }
}
