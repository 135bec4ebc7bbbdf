//! Tags from a builder's updates (R13).
//!
//! The latest update of each tag wins, whether the update was about the tag alone or about the whole set. The
//! order of arrival makes no difference. For example, a removal of `gold` at 12:10 wins over a late addition
//! dated 12:00.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::builder_update::TagUpdate;
use super::limit::BUILDER_TAGS;
use super::time::Millis;

/// The latest update of each tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuilderTags {
    /// The time of the latest whole set, epoch ms. A tag outside `each` was absent at this time.
    #[serde(default)]
    all: Millis,
    /// The time of each tag's latest update, and whether the tag was present.
    #[serde(default)]
    each: BTreeMap<String, (Millis, bool)>,
}

impl BuilderTags {
    /// Returns whether the builder's tags were never updated.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all == 0 && self.each.is_empty()
    }

    /// Applies an update dated `at`, epoch ms. Returns the number of tags left out because of the limit.
    pub fn apply(&mut self, given: &TagUpdate, at: Millis) -> usize {
        let (named, there) = match given {
            TagUpdate::All(tags) | TagUpdate::Added(tags) => (tags, true),
            TagUpdate::Removed(tags) => (tags, false),
        };
        // A later whole set removes the known tags outside the set.
        if matches!(given, TagUpdate::All(_)) && at > self.all {
            self.all = at;
            for (tag, entry) in &mut self.each {
                if !named.contains(tag) {
                    *entry = (*entry).max((at, false));
                }
            }
        }
        // Of two updates with the same time, presence wins.
        let mut rejected = 0;
        for tag in named {
            let known = self.each.get(tag).copied().unwrap_or((self.all, false));
            let entry = known.max((at, there));
            // A new tag needs room, and a known tag always has its place.
            if self.each.contains_key(tag) || self.each.len() < BUILDER_TAGS {
                self.each.insert(tag.clone(), entry);
            } else {
                rejected += 1;
            }
        }
        // Forget the tags that the whole set already removed.
        let all = self.all;
        self.each.retain(|_, entry| *entry > (all, false));
        rejected
    }

    /// Returns every remembered tag, the time of its latest update in epoch ms, and whether the tag is
    /// present.
    pub fn iter(&self) -> impl Iterator<Item = (&String, Millis, bool)> {
        self.each.iter().map(|(tag, (at, there))| (tag, *at, *there))
    }

    /// Returns the present tags.
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
        // An addition from before the whole set changes nothing.
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
            // Apply the updates in the straight order first, so that the second order has the last update.
            let other = [straight.clone(), other].concat();
            prop_assert_eq!(apply(&straight), apply(&other));
        }
    }
}
