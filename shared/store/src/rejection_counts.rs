//! The counts of rejections that an instance holds in memory, by day, sender, reason and field.
//!
//! A faulty page causes the same rejection on every load. So an instance writes each count at most once a
//! minute, and holds the remaining rejections in memory. The instance's next request after the minute writes
//! the held rejections.
//!
//! - A count lacks the rejections that an instance held at its end. These rejections came within a minute of
//!   a written count.
//! - After a lost reply of a write, a count may have a rejection twice.

use std::collections::HashMap;
use std::sync::Mutex;

use okyaku_domain::limit::REJECTIONS_A_DAY;
use okyaku_domain::rejection::Rejection;
use okyaku_domain::rejection_field::{OTHER, known_field};
use okyaku_domain::sender::Sender;
use okyaku_domain::time::{MINUTE, Millis};

use crate::items::rejection;

/// The most counts that an instance remembers.
const ENTRIES: usize = 1000;
/// The most counts that a request writes.
const AT_ONCE: usize = 50;

/// A count with unwritten rejections.
#[derive(Debug, Default)]
struct Held {
    /// When this instance last wrote the count, epoch ms.
    written: Option<Millis>,
    waiting: u64,
    last: Millis,
}

impl Held {
    fn is_due(&self, now: Millis) -> bool {
        self.waiting > 0 && self.has_rested(now)
    }

    fn has_rested(&self, now: Millis) -> bool {
        self.written.is_none_or(|at| !(at..at + MINUTE).contains(&now))
    }
}

/// A partition and a sort key.
pub(crate) type Name = (String, String);

/// The counted and unwritten rejections of an instance.
#[derive(Debug, Default)]
pub struct RejectionCounts(Mutex<HashMap<Name, Held>>);

/// A count on its way to the table.
pub(crate) struct Due {
    pub(crate) name: Name,
    pub(crate) count: u64,
    pub(crate) last: Millis,
}

impl RejectionCounts {
    /// Counts the rejections, and takes the counts that are due now.
    pub(crate) fn count(
        &self,
        partition: &str,
        sender: Sender,
        rejections: &[Rejection],
        now: Millis,
    ) -> Vec<Due> {
        let Ok(mut all) = self.0.lock() else { return Vec::new() };
        // Count in memory, under the known name of the field.
        for one in rejections {
            let sort = |field: &str| rejection::sort(sender.name(), one.reason.name(), field);
            let mut name = (partition.to_owned(), sort(&known_field(sender, &one.field)));
            if !all.contains_key(&name) {
                // Forget the written counts that have rested for a minute.
                if all.len() >= ENTRIES {
                    all.retain(|_, held| held.waiting > 0 || !held.has_rested(now));
                }
                // A day has at most 500 names. Further names of the day count as `other`.
                let of_day = all.keys().filter(|(of, _)| of == partition).count();
                if of_day >= REJECTIONS_A_DAY {
                    name.1 = sort(OTHER);
                }
                // A flood of more than 1,000 names in a minute: the log may miss some rejections, because the
                // memory is bounded.
                if all.len() >= ENTRIES && !all.contains_key(&name) {
                    continue;
                }
            }
            let held = all.entry(name).or_default();
            held.waiting += 1;
            held.last = now;
        }
        // Take the due counts. Failed counts come back by `put_back`.
        let due = all.iter_mut().filter(|(_, held)| held.is_due(now)).take(AT_ONCE);
        due.map(|(name, held)| {
            held.written = Some(now);
            Due { name: name.clone(), count: std::mem::take(&mut held.waiting), last: held.last }
        })
        .collect()
    }

    /// Puts back a count after a failed write. The count is due again a minute later.
    pub(crate) fn put_back(&self, due: &Due) {
        if let Ok(mut all) = self.0.lock()
            && let Some(held) = all.get_mut(&due.name)
        {
            held.waiting += due.count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use okyaku_domain::builder::Builder;
    use okyaku_domain::rejection_reason::RejectionReason;

    const NOW: Millis = 1_795_348_800_000;

    fn of(all: &RejectionCounts, partition: &str, field: &str, at: Millis) -> Vec<(String, u64)> {
        let rejections = [Rejection::new(field, RejectionReason::Invalid)];
        let due = all.count(partition, Sender::Builder(Builder::Shopify), &rejections, at);
        due.into_iter().map(|due| (due.name.1, due.count)).collect()
    }

    fn one(field: &str, count: u64) -> Vec<(String, u64)> {
        vec![(format!("shopify#invalid#{field}"), count)]
    }

    #[test]
    fn count_is_written_at_once_and_then_once_a_minute() {
        let all = RejectionCounts::default();
        assert_eq!(of(&all, "p", "a", NOW), one("a", 1));
        assert_eq!(of(&all, "p", "a", NOW + 1), []);
        assert_eq!(of(&all, "p", "a", NOW + MINUTE - 1), []);
        assert_eq!(of(&all, "p", "a", NOW + MINUTE), one("a", 3));
        assert!(
            all.count("p", Sender::Builder(Builder::Shopify), &[], NOW + 5 * MINUTE).is_empty(),
            "nothing waits"
        );
    }

    #[test]
    fn held_count_is_written_with_any_request_after_the_minute() {
        let all = RejectionCounts::default();
        of(&all, "p", "a", NOW);
        of(&all, "p", "a", NOW);
        let due = all.count("another", Sender::Page, &[], NOW + MINUTE);
        assert_eq!(
            due.iter().map(|due| (due.name.0.as_str(), due.count, due.last)).collect::<Vec<_>>(),
            [("p", 1, NOW)]
        );
    }

    #[test]
    fn failed_write_is_tried_again_after_a_minute() {
        let all = RejectionCounts::default();
        let due = all.count("p", Sender::Page, &[Rejection::new("tags", RejectionReason::Limit)], NOW);
        all.put_back(&due[0]);
        assert!(all.count("p", Sender::Page, &[], NOW + MINUTE - 1).is_empty());
        assert_eq!(all.count("p", Sender::Page, &[], NOW + MINUTE)[0].count, 1);
    }

    #[test]
    fn kind_501_of_a_day_is_other_and_each_day_has_its_own() {
        let all = RejectionCounts::default();
        let name = |n: usize| format!("f{}.g{}", n / 100, n % 100);
        for n in 0..REJECTIONS_A_DAY {
            assert_eq!(of(&all, "p", &name(n), NOW), one(&name(n), 1));
        }
        assert_eq!(of(&all, "p", "one_more", NOW), one(OTHER, 1));
        assert_eq!(of(&all, "p", &name(7), NOW + MINUTE), one(&name(7), 1));
        assert_eq!(of(&all, "q", "one_more", NOW), one("one_more", 1));
    }

    #[test]
    fn memory_is_bounded_in_a_flood() {
        let all = RejectionCounts::default();
        for n in 0..3 * ENTRIES {
            of(&all, &n.to_string(), "a", NOW);
        }
        assert_eq!(all.0.lock().unwrap().len(), ENTRIES);
        assert_eq!(of(&all, "later", "a", NOW + MINUTE), one("a", 1), "what has rested is forgotten");
    }
}
