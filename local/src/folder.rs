//! The data folder, which one process at a time may use.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use thiserror::Error as ThisError;

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

    #[test]
    fn folder_has_one_user_at_a_time() {
        let parent = std::env::temp_dir().join(format!("okyaku-folder-{}", std::process::id()));
        let path = parent.join("deep");
        let folder = Folder::lock(&path).unwrap();
        let refused = Folder::lock(&path).unwrap_err().to_string();
        assert!(refused.contains(&format!("(process {})", std::process::id())), "{refused}");
        drop(folder);
        drop(Folder::lock(&path).unwrap());
        fs::remove_dir_all(parent).unwrap();
    }
}
