//! The project's own Rust files, read from the checkout.

use std::path::{Path, PathBuf};

/// The checkout.
pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A Rust file.
pub(super) struct Source {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

impl Source {
    /// Its path from the root.
    pub(super) fn name(&self) -> String {
        self.path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned()
    }

    /// Its text without comments, string literals and the tests at its end.
    pub(super) fn code(&self) -> String {
        let text = self.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let (mut code, mut rest) = (String::new(), text);
        while let Some(at) = rest.find(['/', '"', '\'']) {
            code.push_str(&rest[..at]);
            rest = &rest[at..];
            if rest.starts_with("//") {
                rest = rest.find('\n').map_or("", |end| &rest[end..]);
            } else if let Some(inner) = rest.strip_prefix('"') {
                let raw = code.ends_with("r#").then_some("\"#");
                let end = raw
                    .map_or_else(|| closing(inner), |end| inner.find(end).map_or(inner.len(), |at| at + 2));
                rest = &inner[end..];
            } else if let Some(inner) = rest.strip_prefix('\'') {
                // A character, and no lifetime.
                let width = if inner.starts_with('\\') {
                    inner[1..].find('\'').map(|at| at + 1)
                } else {
                    inner.char_indices().nth(1).map(|(at, _)| at)
                };
                let end = width.filter(|end| inner[*end..].starts_with('\''));
                rest = end.map_or(inner, |end| &inner[end + 1..]);
            } else {
                code.push('/');
                rest = &rest[1..];
            }
        }
        code.push_str(rest);
        code
    }
}

/// Where a string literal ends, its quote included.
fn closing(inner: &str) -> usize {
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    inner.len()
}

/// The Rust files below a folder of the checkout, in the order of their paths.
pub(super) fn of(folder: &str) -> impl Iterator<Item = Source> {
    let mut paths = Vec::new();
    walk(&root().join(folder), &mut paths);
    paths.sort();
    paths.into_iter().map(|path| Source { text: std::fs::read_to_string(&path).unwrap(), path })
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, paths);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            paths.push(path);
        }
    }
}

/// The manifests of the crates in a folder.
pub(super) fn manifests(folder: &str) -> impl Iterator<Item = (PathBuf, String)> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap();
    entries.filter_map(|entry| {
        let path = entry.unwrap().path().join("Cargo.toml");
        Some((path.clone(), std::fs::read_to_string(path).ok()?))
    })
}
