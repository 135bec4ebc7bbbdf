//! The secret keys: from the environment, from `keys.json` of the data folder, or fresh.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use okyaku_store::keyring::{KeyError, Keys};
use serde::{Deserialize, Serialize};
use thiserror::Error as ThisError;

use crate::folder::Folder;
use crate::{engine, random};

/// Name of the environment variable with the key that all ids and look-ups are made with.
pub const HASH_KEY: &str = "OKYAKU_HASH_KEY";
/// Name of the environment variable with the keys that sign sessions: `kid:secret[,kid:secret]`.
pub const TOKEN_KEY: &str = "OKYAKU_TOKEN_KEY";

/// The keys could not be had.
#[derive(Debug, ThisError)]
pub enum LoadError {
    /// One of the two environment variables is set, this one is not.
    #[error("{0} is not set: set both {HASH_KEY} and {TOKEN_KEY}, or neither")]
    Half(&'static str),
    /// A table of another engine needs both environment variables.
    #[error(
        "--dynamodb needs the keys of that table in {HASH_KEY} (32 characters or more) and {TOKEN_KEY} \
         (kid:secret): with other keys every customer's id would be another one"
    )]
    Missing,
    /// The keys are malformed. Carries where they come from.
    #[error("the keys of {0} cannot be used: {1}")]
    Malformed(String, KeyError),
    /// The folder has data but no keys to it.
    #[error(
        "{} is missing, but there is data beside it that only those keys open: restore the file, set \
         {HASH_KEY} and {TOKEN_KEY}, or remove the folder to begin anew", .0.display()
    )]
    Lost(PathBuf),
    /// The file could not be read or written.
    #[error("{}: {}", .0.display(), .1)]
    Io(PathBuf, io::Error),
}

/// Name of the file with the keys of a folder.
const FILE: &str = "keys.json";

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct File {
    hash_key: String,
    token_keys: String,
}

/// The keys of the environment; `None` if neither variable is set or both are empty. They win over every other.
pub fn from_environment() -> Result<Option<Keys>, LoadError> {
    let read = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    match (read(HASH_KEY), read(TOKEN_KEY)) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(LoadError::Half(TOKEN_KEY)),
        (None, Some(_)) => Err(LoadError::Half(HASH_KEY)),
        (Some(hash), Some(tokens)) => {
            let keys = Keys::new(&hash, &tokens);
            keys.map(Some).map_err(|error| LoadError::Malformed("the environment".into(), error))
        }
    }
}

/// Fresh random keys, for a table that does not outlive them.
pub fn fresh() -> Result<Keys, LoadError> {
    keys(&random_file(Path::new("memory"))?, Path::new("memory"))
}

/// The keys in the folder's `keys.json`, made when neither it nor any data is there.
pub fn of_folder(folder: &Folder) -> Result<Keys, LoadError> {
    let path = folder.join(FILE);
    let failed = |error| LoadError::Io(path.clone(), error);
    match read(folder.path()) {
        Err(LoadError::Io(_, error)) if error.kind() == io::ErrorKind::NotFound => {
            if folder.join(engine::FILE).exists() {
                return Err(LoadError::Lost(path));
            }
            let file = random_file(&path)?;
            write(&path, &file).map_err(failed)?;
            keys(&file, &path)
        }
        read => read,
    }
}

/// The keys in `keys.json` of a folder, which another process may use.
pub fn read(folder: &Path) -> Result<Keys, LoadError> {
    let path = folder.join(FILE);
    let failed = |error| LoadError::Io(path.clone(), error);
    let text = fs::read(&path).map_err(failed)?;
    let file = serde_json::from_slice(&text).map_err(|error| failed(io::Error::other(error)))?;
    keys(&file, &path)
}

fn random_file(path: &Path) -> Result<File, LoadError> {
    let key = || random::hex(32).map_err(|error| LoadError::Io(path.to_owned(), io::Error::other(error)));
    Ok(File { hash_key: key()?, token_keys: format!("k1:{}", key()?) })
}

fn keys(file: &File, path: &Path) -> Result<Keys, LoadError> {
    let keys = Keys::new(&file.hash_key, &file.token_keys);
    keys.map_err(|error| LoadError::Malformed(path.display().to_string(), error))
}

/// Whole or not at all, and on the disk before any data is made with it.
fn write(path: &Path, file: &File) -> io::Result<()> {
    let draft = path.with_extension("json.new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(&draft)?;
    serde_json::to_writer_pretty(&mut out, file)?;
    out.write_all(b"\n")?;
    out.sync_all()?;
    fs::rename(&draft, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_made_once_and_never_replaced() {
        let path = std::env::temp_dir().join(format!("okyaku-keys-{}", std::process::id()));
        let folder = Folder::lock(&path).unwrap();
        of_folder(&folder).unwrap();
        let text = fs::read(path.join("keys.json")).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(path.join("keys.json")).unwrap().permissions().mode() & 0o777, 0o600);
        }
        of_folder(&folder).unwrap();
        assert_eq!(fs::read(path.join("keys.json")).unwrap(), text);

        fs::write(path.join(engine::FILE), "").unwrap();
        fs::remove_file(path.join("keys.json")).unwrap();
        assert!(matches!(of_folder(&folder), Err(LoadError::Lost(_))));
        fs::write(path.join("keys.json"), "{}").unwrap();
        assert!(matches!(of_folder(&folder), Err(LoadError::Io(..))));
        fs::remove_dir_all(path).unwrap();
    }
}
