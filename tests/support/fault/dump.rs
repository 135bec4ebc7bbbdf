//! A table as text that is the same whenever what it says is the same: for comparing two worlds.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::fault::scene::VEILS;
use crate::fault::truth::{Truth, s};
use crate::fault::world::World;

/// How much of it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// Everything to the millisecond.
    Exact,
    /// Not when something was, only what.
    Masked,
}

/// Every line of a world, sorted, without what is random: versions, request ids, ids of leads.
pub fn dump(world: &World, times: Times) -> Vec<String> {
    lines(&Truth::of(world), times)
}

/// The same of a table that was read already.
pub fn lines(truth: &Truth, times: Times) -> Vec<String> {
    let names = names(truth);
    let mut lines = Vec::new();
    for item in &truth.items {
        let (pk, sk) = (s(item, "pk"), s(item, "sk"));
        // The log of drops counts what a fault made a client say twice, and nothing of a customer.
        // An ended job is a note of its request, and a repeated request has two.
        if pk == "CH" || ["K#", "D#", "W#"].iter().any(|start| pk.starts_with(start)) {
            continue;
        }
        if pk.starts_with("M#") {
            let month = pk.split('#').nth(2).unwrap_or_default();
            let whose = truth.marked(sk).filter(|id| truth.alive.contains_key(*id));
            let whose = whose.map(|id| names.get(id).unwrap_or(id).clone());
            lines.push(format!("marker of {month}: {}", whose.unwrap_or_else(|| "somebody erased".into())));
            continue;
        }
        // What an erasure deleted is counted exactly; its id is random.
        if pk.starts_with("R#") || pk.starts_with("X#") {
            let records = item["records"]["L"].as_array().map_or(0, Vec::len);
            lines.push(format!("{} of an erasure of {records} lives: {}", &pk[..1], item["counts"]));
            continue;
        }
        let line = stable(item, &names, times);
        lines.push(if times == Times::Masked { masked(&line) } else { line });
    }
    lines.sort();
    lines
}

/// Names for the ids that are random: leads, and visitors whose veilId was minted.
fn names(truth: &Truth) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for (id, item) in &truth.alive {
        let veil = s(item, "veilId");
        if !item["memberId"].is_null() || VEILS.contains(&veil) {
            continue;
        }
        if !veil.is_empty() {
            names.insert(id.clone(), "minted".into());
            names.insert(veil.to_owned(), "minted veil".into());
            continue;
        }
        let profile: Value = serde_json::from_str(s(item, "profile")).unwrap_or_default();
        let address =
            profile["email"][0].as_str().or(profile["mobileNumber"][0].as_str()).unwrap_or("nobody");
        names.insert(id.clone(), format!("lead of {address}"));
    }
    names
}

/// JSON with sorted sets and without what differs from run to run.
fn stable(item: &Value, names: &BTreeMap<String, String>, times: Times) -> String {
    let mut text = item.to_string();
    for (id, name) in names {
        text = text.replace(id, name);
    }
    let mut value: Value = serde_json::from_str(&text).unwrap();
    for noise in ["v", "rid", "lpk", "erasure"] {
        value.as_object_mut().unwrap().remove(noise);
    }
    if times == Times::Masked {
        for seconds in ["ttl", "until"] {
            value.as_object_mut().unwrap().remove(seconds);
        }
    }
    sort(&mut value);
    value.to_string()
}

fn sort(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                match inner {
                    Value::Array(list) if key == "SS" => list.sort_by_key(Value::to_string),
                    inner => sort(inner),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(sort),
        _ => {}
    }
}

/// Every run of 13 digits as T.
fn masked(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut digits = String::new();
    for c in line.chars().chain([' ']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        out.push_str(if digits.len() == 13 { "T" } else { &digits });
        digits.clear();
        out.push(c);
    }
    out
}

/// What one dump has and the other has not.
pub fn difference(found: &[String], wanted: &[String]) -> String {
    let only = |a: &[String], b: &[String]| -> String {
        a.iter().filter(|line| !b.contains(line)).map(|line| format!("    {line}\n")).collect()
    };
    format!("  found:\n{}  wanted:\n{}", only(found, wanted), only(wanted, found))
}
