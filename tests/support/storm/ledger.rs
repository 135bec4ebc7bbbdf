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
    whom: String,
    /// The life that was answered; `None` while there is no answer.
    life: Option<String>,
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
    /// A boot or touch was sent; `life` if it was answered.
    pub fn seen(&mut self, at: i64, whom: &str, life: Option<&str>) {
        self.seen.push(Seen { at, whom: whom.into(), life: life.map(str::to_owned) });
    }

    pub fn acknowledged(&mut self, event: &str, owner: &str) {
        self.refused.remove(event);
        self.acknowledged.insert(event.into(), owner.into());
    }

    pub fn refused(&mut self, event: &str, owner: &str) {
        self.refused.insert(event.into(), owner.into());
    }

    pub fn erased(&mut self, lives: impl IntoIterator<Item = String>) {
        self.erased.extend(lives);
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
        for life in self.erased.iter().filter(|life| !truth.erased.contains_key(*life)) {
            faults.push(format!("{life} was erased and is no tombstone"));
        }
        for lead in &self.leads {
            if !truth.alive.contains_key(lead) && !truth.erased.contains_key(lead) {
                faults.push(format!("the lead {lead} was acknowledged and is not there"));
            }
        }
        for (life, item) in &truth.alive {
            let whom = if item["memberId"].is_null() { s(item, "veilId") } else { s(item, "memberId") };
            if !whom.is_empty()
                && item["linkedTo"].is_null()
                && self.seen.iter().any(|seen| seen.whom == whom)
            {
                let found = (n(item, "sessionsCount"), n(item, "lastSeenAt"));
                let possible = self.sessions(life, whom, n(item, "createdAt"));
                if !possible.contains(&found) {
                    faults.push(format!("{whom} has sessions {found:?}, may have {possible:?}"));
                }
            }
        }
        faults
    }

    /// Every count of sessions and `lastSeenAt` that a life may have: what was not answered may have happened or not.
    fn sessions(&self, life: &str, whom: &str, created: i64) -> BTreeSet<(i64, i64)> {
        let mut possible = BTreeSet::from([(0, 0)]);
        for seen in self.seen.iter().filter(|seen| seen.whom == whom && seen.at >= created) {
            let after = possible.iter().map(|(count, last)| match seen.at - last {
                gap if gap > SILENCE => (count + 1, seen.at),
                gap if gap > LAG => (*count, seen.at),
                _ => (*count, *last),
            });
            match &seen.life {
                Some(answered) if answered == life => possible = after.collect(),
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
