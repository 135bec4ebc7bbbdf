//! What the clients of a storm were told, and what must be true because of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::fault::truth::{Truth, n, s};

/// Silence after which a boot opens a session, ms.
const SILENCE: i64 = 30 * 60_000;
/// How far `lastSeenAt` may lag, ms.
const LAG: i64 = 60_000;

/// Somebody was at a page: when, of whom, and what came back.
#[derive(Debug, Clone)]
struct Seen {
    at: i64,
    /// The memberId or veilId.
    target: String,
    /// The life that was answered; `None` while there is no answer.
    record: Option<String>,
}

/// What was said to the clients.
#[derive(Debug, Default)]
pub struct Ledger {
    seen: Vec<Seen>,
    /// Events that were acknowledged, by id: whose they are.
    acknowledged: BTreeMap<String, String>,
    /// Events that were refused and never sent under a fault that may have stored them.
    refused: BTreeMap<String, String>,
    /// Lives whose erasure was acknowledged.
    erased: BTreeSet<String>,
    /// Leads that were acknowledged: their ids.
    leads: BTreeSet<String>,
}

impl Ledger {
    /// A boot or touch was sent; `record` if it was answered.
    pub fn seen(&mut self, at: i64, target: &str, record: Option<&str>) {
        self.seen.push(Seen { at, target: target.into(), record: record.map(str::to_owned) });
    }

    pub fn acknowledged(&mut self, event: &str, owner: &str) {
        self.refused.remove(event);
        self.acknowledged.insert(event.into(), owner.into());
    }

    pub fn refused(&mut self, event: &str, owner: &str) {
        self.refused.insert(event.into(), owner.into());
    }

    pub fn erased(&mut self, records: impl IntoIterator<Item = String>) {
        self.erased.extend(records);
    }

    pub fn lead(&mut self, id: &str) {
        self.leads.insert(id.into());
    }

    /// What is not as the clients were told.
    pub fn faults(&self, truth: &Truth) -> Vec<String> {
        let mut faults = Vec::new();
        for (event, owner) in &self.acknowledged {
            let (count, wanted) = (truth.events(owner, event), usize::from(truth.alive.contains_key(owner)));
            if count != wanted {
                faults.push(format!(
                    "event {event} of {owner} was acknowledged and lies {count} times, not {wanted}"
                ));
            }
        }
        for (event, owner) in &self.refused {
            if truth.events(owner, event) > 0 {
                faults.push(format!("event {event} of {owner} was refused and is stored"));
            }
        }
        for record in self.erased.iter().filter(|record| !truth.erased.contains_key(*record)) {
            faults.push(format!("{record} was erased and is no tombstone"));
        }
        for lead in &self.leads {
            if !truth.alive.contains_key(lead) && !truth.erased.contains_key(lead) {
                faults.push(format!("the lead {lead} was acknowledged and is not there"));
            }
        }
        for (record, item) in &truth.alive {
            let target = if item["memberId"].is_null() { s(item, "veilId") } else { s(item, "memberId") };
            if !target.is_empty()
                && item["linkedTo"].is_null()
                && self.seen.iter().any(|seen| seen.target == target)
            {
                let found = (n(item, "sessionsCount"), n(item, "lastSeenAt"));
                let possible = self.sessions(record, target, n(item, "createdAt"));
                if !possible.contains(&found) {
                    faults.push(format!("{target} has sessions {found:?}, may have {possible:?}"));
                }
            }
        }
        faults
    }

    /// Every count of sessions and `lastSeenAt` that a life may have: what was not answered may have happened or not.
    fn sessions(&self, record: &str, target: &str, created: i64) -> BTreeSet<(i64, i64)> {
        let mut possible = BTreeSet::from([(0, 0)]);
        for seen in self.seen.iter().filter(|seen| seen.target == target && seen.at >= created) {
            let after = possible.iter().map(|(count, last)| match seen.at - last {
                gap if gap > SILENCE => (count + 1, seen.at),
                gap if gap > LAG => (*count, seen.at),
                _ => (*count, *last),
            });
            match &seen.record {
                Some(answered) if answered == record => possible = after.collect(),
                Some(_) => {}
                None => {
                    let after: Vec<_> = after.collect();
                    possible.extend(after);
                }
            }
        }
        possible
    }
}
