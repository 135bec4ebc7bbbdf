//! No file imports another one that imports it, also not through others. An import is a `use`, a path that begins with
//! `crate` or `super`, or a call into a module that the file declares.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Item, UseTree};

use super::sources::{self, Source};

/// The modules of a crate by their paths, and the file of each.
type Modules = BTreeMap<Vec<String>, String>;

fn module_of(source: &Source, src: &str) -> Vec<String> {
    let name = source.name();
    let inner = name.strip_prefix(src).unwrap().trim_start_matches('/').trim_end_matches(".rs");
    let mut path: Vec<String> = inner.split('/').map(str::to_owned).collect();
    if path.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        path.pop();
    }
    path
}

/// Every path that a `use` item names, its braces resolved.
fn expand(tree: &UseTree, before: &[String], into: &mut Vec<Vec<String>>) {
    let with = |name: String| [before, &[name]].concat();
    match tree {
        UseTree::Path(path) => expand(&path.tree, &with(path.ident.to_string()), into),
        UseTree::Name(name) => into.push(with(name.ident.to_string())),
        UseTree::Rename(name) => into.push(with(name.ident.to_string())),
        UseTree::Glob(_) => into.push(before.to_vec()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| expand(tree, before, into)),
    }
}

fn paths(source: &Source) -> Vec<Vec<String>> {
    let (mut paths, mut declared) = (Vec::new(), Vec::new());
    for item in syn::parse_file(source.shipped()).unwrap().items {
        match item {
            Item::Use(item) => expand(&item.tree, &[], &mut paths),
            Item::Mod(module) => declared.push(module.ident.to_string()),
            _ => {}
        }
    }
    let tokens = source.tokens();
    let (mut path, mut after_colons) = (Vec::<String>::new(), false);
    for (at, token) in tokens.iter().chain([&String::new()]).enumerate() {
        if token == ":" && !path.is_empty() {
            after_colons = tokens.get(at.wrapping_sub(1)).is_some_and(|before| before == ":");
        } else if after_colons && (token == "super" || syn::parse_str::<syn::Ident>(token).is_ok()) {
            path.push(token.clone());
            after_colons = false;
        } else {
            let head = path.first().map(String::as_str).unwrap_or_default();
            let own = ["crate", "super"].contains(&head) || declared.iter().any(|module| module == head);
            if own && path.len() > 1 {
                paths.push(path);
            }
            path = vec![token.clone()];
            after_colons = false;
        }
    }
    paths
}

/// The file that a path from `module` leads to, if it is one of this crate.
fn resolve<'a>(modules: &'a Modules, module: &[String], path: &[String]) -> Option<&'a String> {
    let mut parts = path.to_vec();
    let mut from = module.to_vec();
    match parts.first()?.as_str() {
        "crate" => {
            from.clear();
            parts.remove(0);
        }
        "self" => _ = parts.remove(0),
        "super" => {
            while parts.first().is_some_and(|part| part == "super") {
                from.pop();
                parts.remove(0);
            }
        }
        first => {
            from.push(first.to_owned());
            if !modules.contains_key(&from) {
                return None;
            }
            from.pop();
        }
    }
    from.extend(parts);
    (0..=from.len()).rev().find_map(|length| modules.get(&from[..length]))
}

fn circles(edges: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let reaches = |start: &String| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![start]);
        while let Some(file) = open.pop() {
            for next in edges.get(file).into_iter().flatten() {
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        seen.contains(start)
    };
    edges.keys().filter(|file| reaches(file)).cloned().collect()
}

#[test]
fn files_import_each_other_in_no_circle() {
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let crates = ["shared", "functions"].into_iter().flat_map(|folder| {
        sources::manifests(folder).map(|(path, _)| path.parent().unwrap().to_owned()).collect::<Vec<_>>()
    });
    let others = ["local", "xtask", "benches"].map(|name| sources::root().join(name));
    for folder in crates.chain(others) {
        let src = folder.strip_prefix(sources::root()).unwrap().join("src").to_str().unwrap().to_owned();
        let all: Vec<Source> = sources::of(&src).filter(|source| !source.name().contains("/tests")).collect();
        let modules: Modules = all.iter().map(|source| (module_of(source, &src), source.name())).collect();
        for source in &all {
            let module = module_of(source, &src);
            let found = paths(source);
            let to = found.iter().filter_map(|path| resolve(&modules, &module, path));
            let to = to.filter(|file| **file != source.name()).cloned();
            edges.entry(source.name()).or_default().extend(to);
        }
    }
    assert!(edges.len() > 100, "{}", edges.len());
    assert_eq!(circles(&edges), Vec::<String>::new());
}

#[test]
fn circle_is_found_through_others() {
    let edge = |from: &str, to: &str| (from.to_owned(), BTreeSet::from([to.to_owned()]));
    assert_eq!(
        circles(&[edge("a", "b"), edge("b", "c"), edge("c", "a"), edge("d", "a")].into()),
        ["a", "b", "c"]
    );
    let text = "use crate::{a::B as C, c};\nmod d;\nfn f() -> self::X { d::g(super::h::I); other::j() }";
    let source = Source { path: sources::root().join("x.rs"), text: text.to_owned() };
    let found: Vec<String> = paths(&source).iter().map(|path| path.join("::")).collect();
    assert_eq!(found, ["crate::a::B", "crate::c", "d::g", "super::h::I"]);
}
