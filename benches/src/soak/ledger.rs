//! What was sent, what became of it, and whether the timelines say the same.

use std::collections::HashMap;

use futures_util::future::join_all;
use http::Method;
use okyaku_benches::client::Client;
use okyaku_benches::shop::Visitor;
use serde_json::Value;

/// An event that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    /// Its number; its id is made of it.
    pub(crate) number: u32,
    /// Its `createdAt`.
    pub(crate) at: i64,
    /// Whether an answer accepted it. Without one it may be stored or not.
    pub(crate) acknowledged: bool,
}

/// What the timelines said.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Acknowledged events.
    pub(crate) acknowledged: usize,
    /// Events of which no answer came.
    pub(crate) unanswered: usize,
    /// … and which are stored all the same.
    pub(crate) unanswered_stored: usize,
    /// Events in the timelines.
    pub(crate) stored: usize,
    /// Acknowledged and not there.
    pub(crate) lost: usize,
    /// There more than once.
    pub(crate) doubled: usize,
    /// There, but nobody's, or with another time than was sent.
    pub(crate) foreign: usize,
}

impl Verdict {
    /// Whether every acknowledged event is stored exactly once, and nothing that was not sent.
    pub(crate) fn holds(&self) -> bool {
        self.lost == 0 && self.doubled == 0 && self.foreign == 0 && self.acknowledged > 0
    }

    fn add(&mut self, other: &Self) {
        self.acknowledged += other.acknowledged;
        self.unanswered += other.unanswered;
        self.unanswered_stored += other.unanswered_stored;
        self.stored += other.stored;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.foreign += other.foreign;
    }

    /// Compares one customer's timeline, as numbers and times, with what was sent for it.
    pub(crate) fn of(sent: &[Sent], timeline: impl IntoIterator<Item = (u32, i64)>) -> Self {
        let mut verdict = Self::default();
        let mut seen: HashMap<u32, (Sent, u32)> = sent.iter().map(|sent| (sent.number, (*sent, 0))).collect();
        for (number, at) in timeline {
            verdict.stored += 1;
            match seen.get_mut(&number) {
                Some((sent, times)) if sent.at == at => *times += 1,
                _ => verdict.foreign += 1,
            }
        }
        for (sent, times) in seen.values() {
            match sent.acknowledged {
                true => verdict.acknowledged += 1,
                false => verdict.unanswered += 1,
            }
            match (*times, sent.acknowledged) {
                (0, true) => verdict.lost += 1,
                (1, false) => verdict.unanswered_stored += 1,
                (0 | 1, _) => {}
                _ => verdict.doubled += 1,
            }
        }
        verdict
    }
}

/// Reads every timeline through the Open API, `clients` at once, and compares.
pub(crate) async fn check(address: &str, clients: usize, customers: &[(Visitor, Vec<Sent>)]) -> Verdict {
    let readers = customers.chunks(customers.len().div_ceil(clients).max(1)).map(async |some| {
        let (mut client, mut all) = (Client::new(address), Verdict::default());
        for (visitor, sent) in some {
            all.add(&Verdict::of(sent, timeline(&mut client, &visitor.id).await));
        }
        all
    });
    let mut all = Verdict::default();
    for some in join_all(readers).await {
        all.add(&some);
    }
    all
}

async fn timeline(client: &mut Client, id: &str) -> Vec<(u32, i64)> {
    let (mut events, mut since) = (Vec::new(), String::new());
    loop {
        let path = format!("/open/v5/users/{id}/events?limit=500&sortOrder=asc&since={since}");
        let headers = [("x-access-key", "dev-access-key"), ("x-access-secret", "dev-access-secret")];
        let answer = client.call(Method::GET, &path, &headers, bytes::Bytes::new()).await;
        let (status, body) = answer.expect("a timeline");
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
        let page: Value = serde_json::from_slice(&body).expect("JSON");
        events.extend(page["events"].as_array().expect("events").iter().map(|event| {
            let number = event["property"]["n"].as_u64().and_then(|number| u32::try_from(number).ok());
            // A number that nobody sent counts as foreign.
            (number.unwrap_or(u32::MAX), event["createdAt"].as_i64().unwrap_or(-1))
        }));
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut since),
            None => return events,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdict_counts_lost_doubled_and_foreign_events() {
        let sent = |number, acknowledged| Sent { number, at: 10, acknowledged };
        let all = [sent(1, true), sent(2, true), sent(3, false)];
        let of = |timeline: &[(u32, i64)]| {
            let verdict = Verdict::of(&all, timeline.iter().copied());
            (verdict.holds(), verdict.lost, verdict.doubled, verdict.foreign)
        };
        assert_eq!(of(&[(1, 10), (2, 10)]), (true, 0, 0, 0));
        assert_eq!(of(&[(1, 10), (2, 10), (3, 10)]), (true, 0, 0, 0));
        assert_eq!(of(&[(1, 10)]), (false, 1, 0, 0));
        assert_eq!(of(&[(1, 10), (2, 10), (2, 10)]), (false, 0, 1, 0));
        assert_eq!(of(&[(1, 10), (2, 10), (3, 10), (3, 10)]), (false, 0, 1, 0));
        assert_eq!(of(&[(1, 10), (2, 10), (4, 10)]), (false, 0, 0, 1));
        assert_eq!(of(&[(1, 10), (2, 11)]), (false, 1, 0, 1));
    }
}
