//! A builder's update of its customer (R13).
//!
//! The latest update of each field wins, by the builder's own clock. An absent field stays unchanged.
//! Repeated and reordered updates end in one state.

use std::collections::BTreeMap;

use crate::builder_update::CustomerUpdate;
use crate::customer::{Customer, NAME, UNSUBSCRIBE_EMAIL, UNSUBSCRIBE_TEXTING};
use crate::id::{NaturalKey, RecordIds};
use crate::record::Record;
use crate::rejection::Rejection;
use crate::rejection_reason::RejectionReason;
use crate::revival::{Proof, creation_precedes, new_record};
use crate::sender::Sender;
use crate::tag;
use crate::time::Millis;

/// Decides a builder's update of a member, except for events and the order.
///
/// Returns the customer after the update and the exceeded limits. Returns `None` if the update is about an
/// erased record.
#[must_use]
pub fn decide(
    update: &CustomerUpdate,
    found: Option<Record>,
    ids: &impl RecordIds,
    now: Millis,
) -> Option<(Customer, Vec<Rejection>)> {
    let tombstone = match found {
        Some(Record::Live(mut customer)) => {
            // An update from before the revival is about the erased record.
            let dated = update.builder_created_at.unwrap_or(update.at);
            if customer.revived_after.is_some_and(|erased_at| creation_precedes(dated, erased_at)) {
                return None;
            }
            let rejections = customer.apply_builder_update(update);
            return Some((*customer, rejections));
        }
        Some(Record::Erased(tombstone)) => Some(tombstone),
        None => None,
    };
    // A new member, or a revival after an erasure.
    let key = NaturalKey::Member(&update.member);
    let new = new_record(key, tombstone.as_ref(), proof(update), ids, now)?;
    let mut customer = Customer { member_id: Some(update.member.clone()), ..new };
    let rejections = customer.apply_builder_update(update);
    Some((customer, rejections))
}

/// Returns the proof for a new record.
#[must_use]
pub fn proof(update: &CustomerUpdate) -> Proof {
    Proof::Builder { created_at: update.builder_created_at, at: update.at }
}

impl Customer {
    /// Applies a builder's update, except for events and the order. Returns the exceeded limits.
    pub fn apply_builder_update(&mut self, update: &CustomerUpdate) -> Vec<Rejection> {
        let sender = Sender::Builder(update.builder);
        let mut rejections = Vec::new();
        // Profile fields, each by its own time.
        for (key, value) in &update.fields {
            if self.profile.apply_builder_value(key, value.as_ref(), sender, update.at).is_err() {
                rejections.push(Rejection::new(format!("profile.{key}"), RejectionReason::Limit));
            }
        }
        // The name, by the time of its last write.
        if let Some(name) = &update.name
            && is_news(&mut self.field_times, NAME, update.at, &self.name, name)
        {
            self.name.clone_from(name);
        }
        // If two updates have the same time, the refusal wins, so that a customer who refused gets no
        // marketing.
        if let Some((refused, at)) = update.unsubscribe_email
            && is_news(&mut self.field_times, UNSUBSCRIBE_EMAIL, at, &self.unsubscribe_email, &refused)
        {
            self.unsubscribe_email = refused;
        }
        if let Some((refused, at)) = update.unsubscribe_texting
            && is_news(&mut self.field_times, UNSUBSCRIBE_TEXTING, at, &self.unsubscribe_texting, &refused)
        {
            self.unsubscribe_texting = refused;
        }
        // Merge the builder's tags, then show the merged tags beside the tags of pages and servers.
        if let Some(tags) = &update.tags {
            if self.builder_tags.apply(tags, update.at) > 0 {
                rejections.push(Rejection::new("tags", RejectionReason::Limit));
            }
            self.show_tags(sender);
        }
        // Keep the earliest creation time, so that an erasure includes all data of this record.
        self.builder_created_at = match (self.builder_created_at, update.builder_created_at) {
            (Some(known), Some(told)) => Some(known.min(told)),
            (known, told) => known.or(told),
        };
        // The builder announced a change without the new values.
        if update.stale {
            self.stale_since = self.stale_since.max(Some(update.at));
        }
        if let Some(order) = &update.order {
            self.profile.checked_out(order.at);
        }
        rejections
    }

    /// Shows the builder's tags, as far as there is room beside the tags of servers. Tags of pages give way.
    fn show_tags(&mut self, sender: Sender) {
        self.tags.retain(|_, sender| !sender.is_builder());
        for tag in self.builder_tags.there() {
            if self.tags.contains_key(tag) {
                continue;
            }
            if tag::add(&mut self.tags, std::slice::from_ref(tag), sender).is_err() {
                break;
            }
        }
    }
}

/// Returns whether a value dated `at` replaces the known value, and notes the time of a new value.
///
/// A later value wins. If both values have the same time, the larger value wins. The first value is always
/// taken.
fn is_news<T: PartialOrd>(
    field_times: &mut BTreeMap<String, Millis>,
    key: &str,
    at: Millis,
    known: &T,
    new: &T,
) -> bool {
    let last = field_times.get(key).copied();
    let news = last.is_none_or(|last| last < at || (last == at && known <= new));
    if news {
        field_times.insert(key.to_owned(), at);
    }
    news
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::builder::Builder;
    use crate::builder_update::TagUpdate;
    use crate::id::{CustomerId, MemberId};

    fn nobody() -> Customer {
        Customer::new(CustomerId::from_bytes([0; 10]), 0, 0)
    }

    fn update(at: Millis) -> CustomerUpdate {
        CustomerUpdate::new(Builder::Shopify, MemberId::parse("7064055069").unwrap(), at)
    }

    #[test]
    fn absent_field_stays_and_cleared_field_resists_older_updates() {
        let mut lee = nobody();
        lee.apply_builder_update(&CustomerUpdate {
            fields: [("firstName".into(), Some(json!("Lee"))), ("city".into(), Some(json!("Seoul")))].into(),
            ..update(1)
        });
        lee.apply_builder_update(&CustomerUpdate {
            fields: [("firstName".into(), None)].into(),
            ..update(5)
        });
        assert_eq!((lee.profile.text("firstName"), lee.profile.text("city")), (None, Some("Seoul")));
        lee.apply_builder_update(&CustomerUpdate {
            fields: [("firstName".into(), Some(json!("Old")))].into(),
            ..update(4)
        });
        assert_eq!(lee.profile.text("firstName"), None);
        assert_eq!(lee.profile.iter().count(), 1);
    }

    #[test]
    fn repeated_value_is_not_undone_by_an_update_in_between() {
        let mut lee = nobody();
        for (at, city) in [(1, "Seoul"), (9, "Seoul"), (5, "Busan")] {
            lee.apply_builder_update(&CustomerUpdate {
                fields: [("city".into(), Some(json!(city)))].into(),
                ..update(at)
            });
        }
        assert_eq!(lee.profile.text("city"), Some("Seoul"));
    }

    #[test]
    fn server_value_resists_an_older_builder_update() {
        let mut lee = nobody();
        let patch = crate::patch::Patch { unsubscribe_email: Some(true), ..Default::default() };
        lee.apply(&patch, Sender::Server, 10).unwrap();
        // An older update changes nothing, and a later update wins.
        lee.apply_builder_update(&CustomerUpdate { unsubscribe_email: Some((false, 9)), ..update(9) });
        assert!(lee.unsubscribe_email);
        lee.apply_builder_update(&CustomerUpdate { unsubscribe_email: Some((false, 11)), ..update(11) });
        assert!(!lee.unsubscribe_email);
    }

    #[test]
    fn builder_tags_coexist_with_manager_tags() {
        let mut lee = nobody();
        lee.tags.insert("vip".into(), Sender::Server);
        let tags = |all: &[&str]| {
            Some(TagUpdate::All(all.iter().map(|tag| (*tag).to_owned()).collect::<BTreeSet<_>>()))
        };
        lee.apply_builder_update(&CustomerUpdate { tags: tags(&["a", "vip"]), ..update(1) });
        // The builder takes back its own tag, and the server's tag stays.
        lee.apply_builder_update(&CustomerUpdate { tags: tags(&["b"]), ..update(2) });
        assert_eq!(lee.tags.keys().collect::<Vec<_>>(), ["b", "vip"]);
    }

    type Given = (Millis, Option<Option<u8>>, Option<Option<u8>>, Option<bool>, Option<BTreeSet<String>>);

    fn update_of((at, field, name, refused, tags): &Given) -> CustomerUpdate {
        let text = |value: &Option<u8>| value.map(|value| format!("v{value}"));
        CustomerUpdate {
            fields: field.iter().map(|value| ("city".to_owned(), text(value).map(Value::from))).collect(),
            name: name.as_ref().map(text),
            unsubscribe_email: refused.map(|refused| (refused, *at)),
            tags: tags.clone().map(TagUpdate::All),
            builder_created_at: Some(*at),
            ..update(*at)
        }
    }

    proptest! {
        #[test]
        fn builder_updates_are_commutative_and_idempotent(
            updates in prop::collection::vec((0..5_i64, any::<Option<Option<bool>>>(), any::<Option<Option<bool>>>(), any::<Option<bool>>(),
                prop::option::of(prop::collection::btree_set("[ab]", 0..3))), 1..8),
            turn in any::<usize>(),
        ) {
            let updates: Vec<Given> = updates.into_iter().map(|(at, field, name, refused, tags)| {
                let small = |value: Option<Option<bool>>| value.map(|value| value.map(u8::from));
                (at, small(field), small(name), refused, tags)
            }).collect();
            let apply_builder_update = |order: Vec<usize>| {
                let mut customer = nobody();
                for at in order { customer.apply_builder_update(&update_of(&updates[at])); }
                customer
            };
            let straight: Vec<usize> = (0..updates.len()).collect();
            let mut other = straight.clone();
            other.reverse();
            other.rotate_left(turn % updates.len());
            // Apply the updates in the straight order first, so that the second order has the last update.
            let other = [straight.clone(), other].concat();
            prop_assert_eq!(apply_builder_update(straight), apply_builder_update(other));
        }
    }
}
