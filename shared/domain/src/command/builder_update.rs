//! What a builder's word does to its customer (R13): per field the latest word by the builder's own clock counts, what is
//! not said is not touched, and every order of the same words, repeated or not, ends in one state.

use std::collections::BTreeMap;

use crate::builder_update::Says;
use crate::customer::{Customer, NAME, UNSUBSCRIBE_EMAIL, UNSUBSCRIBE_TEXTING};
use crate::field::Source;
use crate::limit::TAGS;
use crate::rejection::Drop;
use crate::rejection_code::Reason;
use crate::time::Millis;

impl Customer {
    /// Takes in what a builder says, all but its events and its order. Returns what passed a limit.
    pub fn hear(&mut self, says: &Says) -> Vec<Drop> {
        let mut drops = Vec::new();
        for (key, value) in &says.fields {
            if self.profile.hear(key, value.as_ref(), says.at).is_err() {
                drops.push(Drop::new(format!("profile.{key}"), Reason::Limit));
            }
        }
        if let Some(name) = &says.name
            && is_news(&mut self.said, NAME, says.at, &self.name, name)
        {
            self.name.clone_from(name);
        }
        // Of two words of one time the refusal counts: nobody is written to against their will.
        if let Some((refused, at)) = says.unsubscribe_email
            && is_news(&mut self.said, UNSUBSCRIBE_EMAIL, at, &self.unsubscribe_email, &refused)
        {
            self.unsubscribe_email = refused;
        }
        if let Some((refused, at)) = says.unsubscribe_texting
            && is_news(&mut self.said, UNSUBSCRIBE_TEXTING, at, &self.unsubscribe_texting, &refused)
        {
            self.unsubscribe_texting = refused;
        }
        if let Some(tags) = &says.tags {
            if self.tag_words.hear(tags, says.at) > 0 {
                drops.push(Drop::new("tags", Reason::Limit));
            }
            self.show_tags();
        }
        // The earliest that was told: an erasure must mean everything that came into this life.
        self.born = match (self.born, says.born) {
            (Some(known), Some(told)) => Some(known.min(told)),
            (known, told) => known.or(told),
        };
        if says.stale {
            self.stale_since = self.stale_since.max(Some(says.at));
        }
        if let Some(order) = &says.order {
            self.profile.checked_out(order.at);
        }
        drops
    }

    /// The builder's tags as far as there is room beside those that others set.
    fn show_tags(&mut self) {
        self.tags.retain(|_, source| *source != Source::Builder);
        for tag in self.tag_words.there() {
            if self.tags.len() >= TAGS {
                break;
            }
            self.tags.entry(tag.clone()).or_insert(Source::Builder);
        }
    }
}

/// Whether a word dated `at` is to be taken, and if so notes its time: it is later than the last one, or of the same time
/// and greater. The first one only has to differ from nothing.
fn is_news<T: PartialOrd>(
    said: &mut BTreeMap<String, Millis>,
    key: &str,
    at: Millis,
    known: &T,
    new: &T,
) -> bool {
    let last = said.get(key).copied();
    let news = last.is_none_or(|last| last < at || (last == at && known <= new));
    if news {
        said.insert(key.to_owned(), at);
    }
    news
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::builder_update::SaidTags;
    use crate::id::{CustomerId, MemberId};

    fn nobody() -> Customer {
        Customer::new(CustomerId::from_bytes([0; 10]), 0, 0)
    }

    fn says(at: Millis) -> Says {
        Says::new(MemberId::parse("7064055069").unwrap(), at)
    }

    #[test]
    fn what_is_missing_is_not_cleared_and_what_is_cleared_stays_so_against_older_words() {
        let mut lee = nobody();
        lee.hear(&Says {
            fields: [("firstName".into(), Some(json!("Lee"))), ("city".into(), Some(json!("Seoul")))].into(),
            ..says(1)
        });
        lee.hear(&Says { fields: [("firstName".into(), None)].into(), ..says(5) });
        assert_eq!((lee.profile.text("firstName"), lee.profile.text("city")), (None, Some("Seoul")));
        lee.hear(&Says { fields: [("firstName".into(), Some(json!("Old")))].into(), ..says(4) });
        assert_eq!(lee.profile.text("firstName"), None);
        assert_eq!(lee.profile.iter().count(), 1);
    }

    #[test]
    fn a_value_said_again_later_is_not_undone_by_a_word_of_in_between() {
        let mut lee = nobody();
        for (at, city) in [(1, "Seoul"), (9, "Seoul"), (5, "Busan")] {
            lee.hear(&Says { fields: [("city".into(), Some(json!(city)))].into(), ..says(at) });
        }
        assert_eq!(lee.profile.text("city"), Some("Seoul"));
    }

    #[test]
    fn the_shops_own_later_word_holds_against_a_builders_older_one() {
        let mut lee = nobody();
        let patch = crate::patch::Patch { unsubscribe_email: Some(true), ..Default::default() };
        lee.apply(&patch, Source::Server, 10).unwrap();
        lee.hear(&Says { unsubscribe_email: Some((false, 9)), ..says(9) });
        assert!(lee.unsubscribe_email);
        lee.hear(&Says { unsubscribe_email: Some((false, 11)), ..says(11) });
        assert!(!lee.unsubscribe_email);
    }

    #[test]
    fn a_builders_tags_stand_beside_a_managers() {
        let mut lee = nobody();
        lee.tags.insert("vip".into(), Source::Server);
        let tags = |all: &[&str]| {
            Some(SaidTags::All(all.iter().map(|tag| (*tag).to_owned()).collect::<BTreeSet<_>>()))
        };
        lee.hear(&Says { tags: tags(&["a", "vip"]), ..says(1) });
        lee.hear(&Says { tags: tags(&["b"]), ..says(2) });
        assert_eq!(lee.tags.keys().collect::<Vec<_>>(), ["b", "vip"]);
    }

    type Word = (Millis, Option<Option<u8>>, Option<Option<u8>>, Option<bool>, Option<BTreeSet<String>>);

    fn word((at, field, name, refused, tags): &Word) -> Says {
        let text = |value: &Option<u8>| value.map(|value| format!("v{value}"));
        Says {
            fields: field.iter().map(|value| ("city".to_owned(), text(value).map(Value::from))).collect(),
            name: name.as_ref().map(text),
            unsubscribe_email: refused.map(|refused| (refused, *at)),
            tags: tags.clone().map(SaidTags::All),
            born: Some(*at),
            ..says(*at)
        }
    }

    proptest! {
        #[test]
        fn any_order_of_the_same_words_with_repetitions_ends_in_one_state(
            words in prop::collection::vec((0..5_i64, any::<Option<Option<bool>>>(), any::<Option<Option<bool>>>(), any::<Option<bool>>(),
                prop::option::of(prop::collection::btree_set("[ab]", 0..3))), 1..8),
            turn in any::<usize>(),
        ) {
            let words: Vec<Word> = words.into_iter().map(|(at, field, name, refused, tags)| {
                let small = |value: Option<Option<bool>>| value.map(|value| value.map(u8::from));
                (at, small(field), small(name), refused, tags)
            }).collect();
            let hear = |order: Vec<usize>| {
                let mut customer = nobody();
                for at in order { customer.hear(&word(&words[at])); }
                customer
            };
            let straight: Vec<usize> = (0..words.len()).collect();
            let mut other = straight.clone();
            other.reverse();
            other.rotate_left(turn % words.len());
            // Repeated first, so that another order has the last word.
            let other = [straight.clone(), other].concat();
            prop_assert_eq!(hear(straight), hear(other));
        }
    }
}
