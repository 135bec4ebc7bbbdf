//! The data folder, which one process at a time may use.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error as ThisError;

use crate::engine::port::Endpoint;

/// The folder could not be had.
#[derive(Debug, ThisError)]
pub enum FolderError {
    /// Another process uses it. Carries the folder and, if it is known, the process id.
    #[error(
        "the folder {} is in use by another Okyaku{}: stop it, or choose another with --data",
        .0.display(), .1.map_or_else(String::new, |id| format!(" (process {id})"))
    )]
    InUse(PathBuf, Option<u32>),
    /// It could not be created, opened or locked.
    #[error("the folder {} cannot be used: {}", .0.display(), .1)]
    Io(PathBuf, io::Error),
}

/// The file of [`Running`].
const RUNNING: &str = "running.json";

/// The server that uses a folder.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Running {
    /// The process id.
    pub process: u32,
    /// The port of the embedded engine, with its key.
    pub engine: Endpoint,
    /// Whether the keys come from the environment instead of the folder.
    pub environment_keys: bool,
}

/// Returns the server that `holder`, a process with the lock of the folder, announced. A file that an earlier process
/// left does not count.
#[must_use]
pub fn running(path: &Path, holder: Option<u32>) -> Option<Running> {
    let text = fs::read(path.join(RUNNING)).ok()?;
    let running: Running = serde_json::from_slice(&text).ok()?;
    (Some(running.process) == holder).then_some(running)
}

/// A locked data folder. The lock ends with this value, or with the process however it dies.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Creates the folder if it is not there and locks it. Refuses one that another process has locked.
    pub fn lock(path: &Path) -> Result<Self, FolderError> {
        let failed = |error| FolderError::Io(path.to_owned(), error);
        create(path).map_err(failed)?;
        let name = path.join("lock");
        // Not truncated before it is ours: the holder's id stands in it.
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&name);
        let mut file = opened.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = fs::read_to_string(&name).ok().and_then(|text| text.trim().parse().ok());
                return Err(FolderError::InUse(path.to_owned(), holder));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let note = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        note.map_err(failed)?;
        Ok(Self { path: path.to_owned(), _lock: file })
    }

    /// Tells the owner's other processes how to reach the engine of this folder.
    pub fn announce(&self, running: &Running) -> io::Result<()> {
        let text = serde_json::to_vec(running).map_err(io::Error::other)?;
        let draft = self.path.join("running.new");
        // A draft that an earlier process left would keep its permissions, and the text has the key of the engine.
        fs::remove_file(&draft).or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        })?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&draft)?.write_all(&text)?;
        fs::rename(draft, self.path.join(RUNNING))
    }

    /// The path of `name` in the folder.
    #[must_use]
    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Customers' data and the keys to it: nobody else on the machine may look in.
fn create(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::port::EngineKey;

    #[test]
    fn folder_has_one_user_at_a_time() {
        let parent = std::env::temp_dir().join(format!("okyaku-folder-{}", std::process::id()));
        let path = parent.join("deep");
        let folder = Folder::lock(&path).unwrap();
        let refused = Folder::lock(&path).unwrap_err().to_string();
        assert!(refused.contains(&format!("(process {})", std::process::id())), "{refused}");
        let own = std::process::id();
        let engine = Endpoint { url: "http://127.0.0.1:1".into(), key: EngineKey::random().unwrap() };
        let announced = Running { process: own, engine, environment_keys: false };
        assert_eq!(running(&path, Some(own)), None);
        fs::write(path.join("running.new"), "of a process that was killed").unwrap();
        folder.announce(&announced).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(path.join(RUNNING)).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(running(&path, Some(own)), Some(announced));
        assert_eq!(running(&path, Some(own + 1)), None);
        assert_eq!(running(&path, None), None);
        drop(folder);
        drop(Folder::lock(&path).unwrap());
        fs::remove_dir_all(parent).unwrap();
    }
}
