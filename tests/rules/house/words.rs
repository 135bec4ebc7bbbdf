//! Coined words of the first version, which `docs/GLOSSARY.md` replaces: none names a type, a function, a field or an
//! attribute any more. Words that stay on the wire are in string literals, which are not looked at.

use std::collections::BTreeSet;

use super::sources;

/// Identifiers that are not to come back.
const RETIRED: [&str; 50] = [
    "hear",
    "Hear",
    "Says",
    "says",
    "SaidTags",
    "SaidEvent",
    "TagWords",
    "tag_words",
    "put_said",
    "Statement",
    "statements",
    "Life",
    "Lives",
    "life",
    "lives",
    "Holding",
    "Holdings",
    "holding",
    "holdings",
    "Holder",
    "holder_apart",
    "apart",
    "APART",
    "withdraw",
    "Withdraw",
    "Entomb",
    "entomb",
    "Entombed",
    "bury",
    "Grave",
    "grave",
    "graves",
    "let_go",
    "Whom",
    "whom",
    "Who",
    "By",
    "Identifier",
    "Reach",
    "reach",
    "Drops",
    "DropCount",
    "DropCounts",
    "NoteDrops",
    "note_drops",
    "lose",
    "Origin",
    "Source",
    "settle",
    "entombed",
];

#[test]
fn retired_words_name_nothing() {
    let mut found = BTreeSet::new();
    for source in ["shared", "functions", "local/src", "benches", "fuzz/src", "fuzz/targets"]
        .into_iter()
        .flat_map(sources::of)
    {
        for word in source.tokens() {
            if RETIRED.contains(&word.as_str()) {
                found.insert(format!("{} has {word}", source.name()));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn retired_words_are_found_in_code_alone() {
    let text = "/// A life.\nfn f() -> &'static str { \"life\" } // life\nlet c = ('\"', '\\'', life);\n";
    let source = sources::Source { path: sources::root().join("x.rs"), text: text.to_owned() };
    assert_eq!(source.tokens().iter().filter(|word| *word == "life").count(), 1);
}
