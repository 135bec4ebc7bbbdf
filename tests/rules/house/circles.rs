//! No file imports another one that imports it, also not through others. An import is a `use`, a path that begins with
//! `crate` or `super`, or a call into a module that the file declares.

use std::collections::{BTreeMap, BTreeSet};

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
fn expand(item: &str, before: &str, into: &mut Vec<String>) {
    let item = item.trim();
    match item.split_once('{') {
        None => into.push(format!("{before}{}", item.split(" as ").next().unwrap_or_default())),
        Some((head, rest)) => {
            let inner = rest.strip_suffix('}').unwrap_or(rest);
            let (mut depth, mut start) = (0, 0);
            for (at, c) in inner.char_indices().chain([(inner.len(), ',')]) {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        if !inner[start..at].trim().is_empty() {
                            expand(&inner[start..at], &format!("{before}{}", head.trim()), into);
                        }
                        start = at + 1;
                    }
                    _ => {}
                }
            }
        }
    }
}

fn paths(code: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let (mut others, mut declared) = (String::new(), Vec::new());
    for statement in code.split_inclusive([';', '{', '}']).collect::<String>().split(';') {
        let head = statement.trim_start();
        let public =
            head.strip_prefix("pub").map_or(head, |rest| rest.split_once(' ').map_or(rest, |(_, rest)| rest));
        let line = public.lines().last().unwrap_or_default().trim();
        if let Some(item) = public.strip_prefix("use ") {
            expand(item, "", &mut paths);
        } else if let Some(module) = line.strip_prefix("mod ").or_else(|| line.strip_prefix("pub mod ")) {
            declared.push(module.to_owned());
        } else {
            others.push_str(statement);
        }
    }
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    for path in others.split(|c: char| !word(c)).filter(|path| path.contains("::")) {
        let head = path.split("::").next().unwrap_or_default();
        if ["crate", "super"].contains(&head) || declared.iter().any(|module| module == head) {
            paths.push(path.to_owned());
        }
    }
    paths
}

/// The file that a path from `module` leads to, if it is one of this crate.
fn resolve<'a>(modules: &'a Modules, module: &[String], path: &str) -> Option<&'a String> {
    let mut parts: Vec<String> =
        path.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
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
            let found = paths(&source.code());
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
    assert_eq!(
        paths("use crate::{a::B, c};\nmod d;\nfn f() { d::g(super::h::I) }"),
        ["crate::a::B", "crate::c", "d::g", "super::h::I"]
    );
}
