//! The project's own Rust files, read from the checkout.

use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};

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

    /// Its text without the tests at its end.
    pub(super) fn shipped(&self) -> &str {
        self.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default()
    }

    /// The identifiers and signs of its code: no comment, no literal, no test.
    pub(super) fn tokens(&self) -> Vec<String> {
        let mut tokens = Vec::new();
        flatten(self.shipped().parse().unwrap(), &mut tokens);
        tokens
    }

    /// Whether its code has these tokens in a row.
    pub(super) fn has(&self, row: &[&str]) -> bool {
        self.tokens().windows(row.len()).any(|tokens| tokens == row)
    }
}

fn flatten(stream: TokenStream, into: &mut Vec<String>) {
    for token in stream {
        match token {
            TokenTree::Group(group) => {
                into.push("(".to_owned());
                flatten(group.stream(), into);
                into.push(")".to_owned());
            }
            TokenTree::Ident(ident) => into.push(ident.to_string()),
            TokenTree::Punct(sign) => into.push(sign.to_string()),
            // Its text is no code, but that there is one parts what stands beside it.
            TokenTree::Literal(_) => into.push(String::new()),
        }
    }
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
