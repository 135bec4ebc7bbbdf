//! The shape of the house: which crate may name which, that files import each other in no circle, and that the words of
//! `docs/GLOSSARY.md` are the ones in use.

mod circles;
mod sources;
mod words;

use std::collections::BTreeSet;

use sources::{manifests, root};

/// Names of dependencies in a manifest, of the library alone.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut inside = false;
    let mut names = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line == "[dependencies]";
        } else if let (true, Some(end)) = (inside, line.find(['.', ' ', '='])) {
            names.insert(line[..end].to_owned());
        }
    }
    names
}

fn own(manifest: &str) -> Vec<String> {
    dependencies(manifest).into_iter().filter(|name| name.starts_with("okyaku-")).collect()
}

#[test]
fn domain_and_builders_name_no_io() {
    let foreign = ["aws-", "lambda_", "http", "hyper", "tokio", "getrandom", "axum"];
    for name in ["domain", "builders"] {
        let manifest = std::fs::read_to_string(root().join(format!("shared/{name}/Cargo.toml"))).unwrap();
        for dependency in dependencies(&manifest) {
            assert!(
                !foreign.iter().any(|prefix| dependency.starts_with(prefix)),
                "{name} names {dependency}"
            );
        }
    }
}

#[test]
fn crates_depend_downwards_only() {
    for (name, below) in [
        ("domain", &[][..]),
        ("builders", &["okyaku-domain"]),
        ("store", &["okyaku-domain"]),
        ("engine", &["okyaku-domain", "okyaku-store"]),
        ("api", &["okyaku-domain", "okyaku-engine", "okyaku-store"]),
    ] {
        let manifest = std::fs::read_to_string(root().join(format!("shared/{name}/Cargo.toml"))).unwrap();
        assert_eq!(own(&manifest), below, "{name}");
    }
}

/// What commits is in the store, and a function that cannot name the store cannot commit by itself.
#[test]
fn functions_cannot_name_the_store() {
    let functions: Vec<_> = manifests("functions").collect();
    assert_eq!(functions.len(), 9);
    for (path, manifest) in functions {
        let may = ["okyaku-api", "okyaku-builders", "okyaku-domain", "okyaku-engine"];
        for name in own(&manifest) {
            assert!(may.contains(&name.as_str()), "{} names {name}", path.display());
        }
    }
}

#[test]
fn engine_has_one_retry_loop() {
    let waits: Vec<String> = sources::of("shared/engine/src")
        .filter(|source| source.has(&["Backoff", ":", ":"]))
        .map(|source| source.name())
        .collect();
    assert_eq!(waits, ["shared/engine/src/runner.rs"]);
}

#[test]
fn one_function_decides_revival() {
    let makers: Vec<String> = sources::of("shared")
        .chain(sources::of("functions"))
        .filter(|source| source.has(&["tombstone", ".", "generation", "+"]))
        .map(|source| source.name())
        .collect();
    assert_eq!(makers, ["shared/domain/src/revival.rs"]);
}

#[test]
fn table_page_lists_every_item() {
    let page = std::fs::read_to_string(root().join("docs/reference/TABLE.md")).unwrap();
    for source in sources::of("shared/store/src/items") {
        let file = source.name().rsplit('/').next().unwrap().to_owned();
        let named = [format!("`{file}`"), format!("`items/{file}`")].iter().any(|name| page.contains(name));
        assert!(named || file == "mod.rs", "docs/reference/TABLE.md does not name {file}");
    }
    // Every attribute of a customer has a row or a mention.
    let customer = std::fs::read_to_string(root().join("shared/store/src/items/customer.rs")).unwrap();
    let attributes = customer.split("struct Attributes {").nth(1).unwrap().split("\n}").next().unwrap();
    for line in attributes.lines().filter_map(|line| line.split("rename = \"").nth(1)) {
        let name = line.split('"').next().unwrap();
        assert!(
            page.contains(&format!("`{name}`")),
            "docs/reference/TABLE.md does not name the attribute {name}"
        );
    }
}
