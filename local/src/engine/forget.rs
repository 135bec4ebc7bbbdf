//! Takes what was deleted out of the data file and its log.
//!
//! The engine's `SQLite` is built with `SQLITE_SECURE_DELETE` (`.cargo/config.toml`), so it overwrites deleted content with zeros. But
//! earlier versions of a page stay in the write-ahead log until the log is emptied, and the split of a page may leave a copy
//! in the unused part of the page until the file is written anew.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::Connection;
use thiserror::Error as ThisError;

/// How long it waits for calls under way.
const WAIT: Duration = Duration::from_millis(500);
/// The largest data file that is written anew, in bytes. That takes some 10 ms a MB, and calls wait meanwhile.
const REWRITTEN: u64 = 64 * 1024 * 1024;

/// The write-ahead log could not be emptied.
#[derive(Debug, ThisError)]
pub enum ForgetError {
    /// The data file refused the checkpoint.
    #[error("the write-ahead log cannot be emptied: {0}")]
    Data(#[from] rusqlite::Error),
    /// Calls were under way all the time.
    #[error("the write-ahead log is in use")]
    Busy,
    /// The runtime has stopped.
    #[error("the server stops")]
    Stopped,
}

/// Empties the write-ahead log of an engine. An engine in memory has none.
#[derive(Clone, Debug)]
pub struct Forget(pub(super) Option<PathBuf>);

impl Forget {
    /// Returns a way that does nothing, for a table elsewhere.
    #[must_use]
    pub fn nothing() -> Self {
        Self(None)
    }

    /// Writes a data file of up to 64 MB anew, and cuts the log to nothing, over a connection of its own.
    ///
    /// # Errors
    /// [`ForgetError`]. The next try may succeed.
    pub async fn run(&self) -> Result<(), ForgetError> {
        let Some(path) = self.0.clone() else { return Ok(()) };
        let size = std::fs::metadata(&path).map_or(0, |data| data.len());
        let checkpoint = move || {
            let connection = Connection::open(path)?;
            connection.busy_timeout(WAIT)?;
            if size <= REWRITTEN {
                connection.execute_batch("VACUUM")?;
            }
            // <https://sqlite.org/pragma.html#pragma_wal_checkpoint>: the first column is 1 if it was blocked.
            let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
            if busy == 0 { Ok(()) } else { Err(ForgetError::Busy) }
        };
        tokio::task::spawn_blocking(checkpoint).await.map_err(|_| ForgetError::Stopped)?
    }
}
