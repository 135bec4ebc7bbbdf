//! Tags as a builder says them (R13): of each tag the latest word counts, whether it was said of the tag alone or of the
//! whole set, and in whatever order the words arrive.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::builder_update::TagUpdate;
use super::limit::BUILDER_TAGS;
use super::time::Millis;

/// The latest word on each tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuilderTags {
    /// Of when the latest whole set is; of a tag that is not below, it said no.
    #[serde(default)]
    all: Millis,
    /// When each tag was last spoken of, and whether it was there.
    #[serde(default)]
    each: BTreeMap<String, (Millis, bool)>,
}

impl BuilderTags {
    /// Whether nothing was ever said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all == 0 && self.each.is_empty()
    }

    /// Takes a word dated `at`. Returns how many tags were left out because there are too many.
    pub fn apply(&mut self, given: &TagUpdate, at: Millis) -> usize {
        let (named, there) = match given {
            TagUpdate::All(tags) | TagUpdate::Added(tags) => (tags, true),
            TagUpdate::Removed(tags) => (tags, false),
        };
        if matches!(given, TagUpdate::All(_)) && at > self.all {
            self.all = at;
            for (tag, entry) in &mut self.each {
                if !named.contains(tag) {
                    *entry = (*entry).max((at, false));
                }
            }
        }
        let mut rejected = 0;
        for tag in named {
            let known = self.each.get(tag).copied().unwrap_or((self.all, false));
            let entry = known.max((at, there));
            if self.each.contains_key(tag) || self.each.len() < BUILDER_TAGS {
                self.each.insert(tag.clone(), entry);
            } else {
                rejected += 1;
            }
        }
        let all = self.all;
        self.each.retain(|_, entry| *entry > (all, false));
        rejected
    }

    /// Every tag that is remembered, when it was last spoken of, epoch ms, and whether it was there.
    pub fn iter(&self) -> impl Iterator<Item = (&String, Millis, bool)> {
        self.each.iter().map(|(tag, (at, there))| (tag, *at, *there))
    }

    /// The tags that are there.
    #[must_use]
    pub fn there(&self) -> BTreeSet<&String> {
        self.each.iter().filter(|(_, (_, there))| *there).map(|(tag, _)| tag).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(tags: &[&str]) -> BTreeSet<String> {
        tags.iter().map(|tag| (*tag).to_owned()).collect()
    }

    #[test]
    fn whole_set_removes_the_tags_it_omits() {
        let mut tags = BuilderTags::default();
        tags.apply(&TagUpdate::All(set(&["a", "b"])), 10);
        tags.apply(&TagUpdate::Added(set(&["late"])), 5);
        assert_eq!(tags.there(), set(&["a", "b"]).iter().collect());
        tags.apply(&TagUpdate::Removed(set(&["a"])), 20);
        tags.apply(&TagUpdate::Added(set(&["c"])), 20);
        assert_eq!(tags.there(), set(&["b", "c"]).iter().collect());
    }

    #[test]
    fn tag_updates_are_remembered_for_at_most_250_tags() {
        let all = |count: usize| TagUpdate::All((0..count).map(|n| format!("tag{n}")).collect());
        assert_eq!(BuilderTags::default().apply(&all(BUILDER_TAGS), 1), 0);
        let mut tags = BuilderTags::default();
        assert_eq!(tags.apply(&all(BUILDER_TAGS + 1), 1), 1);
        assert_eq!(tags.there().len(), BUILDER_TAGS);
    }

    proptest! {
        #[test]
        fn tag_updates_are_commutative_and_idempotent(
            given in prop::collection::vec((0..3_u8, prop::collection::btree_set("[a-d]", 0..4), 1..6_i64), 1..8),
            seed in any::<usize>(),
        ) {
            let apply = |order: &[usize]| {
                let mut all = BuilderTags::default();
                for at in order {
                    let (kind, tags, time) = given[*at].clone();
                    all.apply(&[TagUpdate::All, TagUpdate::Added, TagUpdate::Removed][kind as usize](tags), time);
                }
                all
            };
            let straight: Vec<usize> = (0..given.len()).collect();
            let mut other = straight.clone();
            other.reverse();
            other.rotate_left(seed % given.len());
            // Repeated first, so that another order has the last word.
            let other = [straight.clone(), other].concat();
            prop_assert_eq!(apply(&straight), apply(&other));
        }
    }
}
