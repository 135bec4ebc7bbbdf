//! Tags as a builder says them (R13): of each tag the latest word counts, whether it was said of the tag alone or of the
//! whole set, and in whatever order the words arrive.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::builder_update::SaidTags;
use super::limit::SAID_TAGS;
use super::time::Millis;

/// The latest word on each tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagWords {
    /// Of when the latest whole set is; of a tag that is not below, it said no.
    #[serde(default)]
    all: Millis,
    /// When each tag was last spoken of, and whether it was there.
    #[serde(default)]
    each: BTreeMap<String, (Millis, bool)>,
}

impl TagWords {
    /// Whether nothing was ever said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all == 0 && self.each.is_empty()
    }

    /// Takes a word dated `at`. Returns how many tags were left out because there are too many.
    pub fn hear(&mut self, said: &SaidTags, at: Millis) -> usize {
        let (named, there) = match said {
            SaidTags::All(tags) | SaidTags::Added(tags) => (tags, true),
            SaidTags::Removed(tags) => (tags, false),
        };
        if matches!(said, SaidTags::All(_)) && at > self.all {
            self.all = at;
            for (tag, word) in &mut self.each {
                if !named.contains(tag) {
                    *word = (*word).max((at, false));
                }
            }
        }
        let mut left_out = 0;
        for tag in named {
            let known = self.each.get(tag).copied().unwrap_or((self.all, false));
            let word = known.max((at, there));
            if self.each.contains_key(tag) || self.each.len() < SAID_TAGS {
                self.each.insert(tag.clone(), word);
            } else {
                left_out += 1;
            }
        }
        let all = self.all;
        self.each.retain(|_, word| *word > (all, false));
        left_out
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
    fn a_whole_set_says_no_to_what_it_does_not_name() {
        let mut words = TagWords::default();
        words.hear(&SaidTags::All(set(&["a", "b"])), 10);
        words.hear(&SaidTags::Added(set(&["late"])), 5);
        assert_eq!(words.there(), set(&["a", "b"]).iter().collect());
        words.hear(&SaidTags::Removed(set(&["a"])), 20);
        words.hear(&SaidTags::Added(set(&["c"])), 20);
        assert_eq!(words.there(), set(&["b", "c"]).iter().collect());
    }

    #[test]
    fn words_on_250_tags_are_remembered_and_not_on_one_more() {
        let all = |count: usize| SaidTags::All((0..count).map(|n| format!("tag{n}")).collect());
        assert_eq!(TagWords::default().hear(&all(SAID_TAGS), 1), 0);
        let mut words = TagWords::default();
        assert_eq!(words.hear(&all(SAID_TAGS + 1), 1), 1);
        assert_eq!(words.there().len(), SAID_TAGS);
    }

    proptest! {
        #[test]
        fn the_order_of_words_does_not_matter(
            said in prop::collection::vec((0..3_u8, prop::collection::btree_set("[a-d]", 0..4), 1..6_i64), 1..8),
            seed in any::<usize>(),
        ) {
            let hear = |order: &[usize]| {
                let mut words = TagWords::default();
                for at in order {
                    let (kind, tags, time) = said[*at].clone();
                    words.hear(&[SaidTags::All, SaidTags::Added, SaidTags::Removed][kind as usize](tags), time);
                }
                words
            };
            let straight: Vec<usize> = (0..said.len()).collect();
            let mut other = straight.clone();
            other.reverse();
            other.rotate_left(seed % said.len());
            // Repeated first, so that another order has the last word.
            let other = [straight.clone(), other].concat();
            prop_assert_eq!(hear(&straight), hear(&other));
        }
    }
}
