//! One client: the pages of some customers, one request after another.

use std::fmt;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Method;
use okyaku_benches::client::Client;
use okyaku_benches::shop::{self, BOOT, BROWSER, EVENTS, Visitor};
use okyaku_benches::statistics::{Draw, Latencies};

use crate::ledger::Sent;

/// How often a request without an answer is sent again.
const TRIES: u32 = 5;

/// What was done.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    boots: usize,
    single: usize,
    batches: usize,
    replayed: usize,
    at_once: usize,
    hung_up: usize,
    errors: usize,
    /// Events that were replayed after their answer, and were not called duplicates.
    pub(crate) unrecognised: usize,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.boots += other.boots;
        self.single += other.single;
        self.batches += other.batches;
        self.replayed += other.replayed;
        self.at_once += other.at_once;
        self.hung_up += other.hung_up;
        self.errors += other.errors;
        self.unrecognised += other.unrecognised;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { boots, single, batches, replayed, at_once, hung_up, errors, .. } = self;
        write!(
            f,
            "{boots} boots, {single} single events, {batches} batches; {replayed} of these replayed, {at_once} sent \
             twice at once, {hung_up} hung up on; {errors} answers failed"
        )
    }
}

/// A minute of the run.
#[derive(Debug, Default)]
pub(crate) struct Minute {
    pub(crate) latencies: Latencies,
    pub(crate) acknowledged: usize,
}

/// One client and its customers.
pub(crate) struct Page {
    run: u64,
    client: Client,
    /// A second tab.
    other: Client,
    draw: Draw,
    pub(crate) customers: Vec<(Visitor, Vec<Sent>)>,
    pub(crate) minutes: Vec<Minute>,
    pub(crate) counts: Counts,
}

/// How a request is sent.
enum Manner {
    Plainly,
    ThenAgain,
    TwiceAtOnce,
    /// Without waiting for the answer, and then again or not.
    HangingUp {
        again: bool,
    },
}

impl Page {
    /// Boots `count` new visitors.
    pub(crate) async fn open(address: &str, run: u64, count: usize, draw: Draw) -> Self {
        let mut client = Client::new(address);
        let mut customers = Vec::with_capacity(count);
        for _ in 0..count {
            customers.push((Visitor::boot(&mut client).await, Vec::new()));
        }
        let (minutes, counts) = (Vec::new(), Counts::default());
        Self { run, client, other: Client::new(address), draw, customers, minutes, counts }
    }

    /// Works until `end`, at `rate` events a second.
    pub(crate) async fn work(&mut self, start: Instant, end: Instant, rate: f64) {
        let mut events = 0;
        loop {
            let due = start + Duration::from_secs_f64(f64::from(events) / rate);
            tokio::time::sleep_until(due.min(end).into()).await;
            if Instant::now() >= end {
                return;
            }
            let minute = usize::try_from(start.elapsed().as_secs() / 60).unwrap_or(0);
            while self.minutes.len() <= minute {
                self.minutes.push(Minute::default());
            }
            let customer = self.draw.below(self.customers.len() as u64) as usize;
            match self.draw.below(100) {
                0..15 => self.boot(customer).await,
                15..90 => events += self.track(customer, 1).await,
                90..98 => events += self.track(customer, 25).await,
                _ => events += self.track(customer, 100).await,
            }
        }
    }

    async fn boot(&mut self, customer: usize) {
        self.counts.boots += 1;
        // One in ten is somebody new, who does nothing else.
        let veil = (self.draw.below(10) > 0).then(|| self.customers[customer].0.veil.clone());
        let begun = Instant::now();
        match self.client.call(Method::POST, BOOT, &BROWSER, shop::boot(veil.as_deref())).await {
            Ok((200, body)) => {
                // The session goes on with its new token, as in a page.
                if let (Some(_), Some(visitor)) = (veil, Visitor::of(&body)) {
                    assert_eq!(
                        visitor.id, self.customers[customer].0.id,
                        "a returning visitor is who it was"
                    );
                    self.customers[customer].0 = visitor;
                }
            }
            _ => self.counts.errors += 1,
        }
        self.note(begun.elapsed(), 0);
    }

    /// Tracks `count` new events and returns how many.
    async fn track(&mut self, customer: usize, count: u32) -> u32 {
        match count {
            1 => self.counts.single += 1,
            _ => self.counts.batches += 1,
        }
        let events: Vec<_> = (0..count).map(|_| (shop::number(), shop::now())).collect();
        let manner = match self.draw.below(100) {
            0..4 => Manner::ThenAgain,
            4..7 => Manner::TwiceAtOnce,
            7..10 => Manner::HangingUp { again: self.draw.below(3) > 0 },
            _ => Manner::Plainly,
        };
        let begun = Instant::now();
        let mut acknowledged = match manner {
            Manner::Plainly => self.send(customer, &events, 1).await.is_some(),
            Manner::ThenAgain => {
                self.counts.replayed += 1;
                let first = self.send(customer, &events, 1).await.is_some();
                if let (true, Some(known)) = (first, self.send(customer, &events, 2).await) {
                    self.counts.unrecognised += events.len() - known;
                }
                first
            }
            Manner::TwiceAtOnce => {
                self.counts.at_once += 1;
                let headers = self.customers[customer].0.headers();
                let body = shop::batch(self.run, &events, 1);
                let one = self.client.call(Method::POST, EVENTS, &headers, body.clone());
                let two = self.other.call(Method::POST, EVENTS, &headers, body);
                let (one, two) = tokio::join!(one, two);
                let taken = |answer| known(answer, events.len()).is_some();
                let (one, two) = (taken(one), taken(two));
                self.counts.errors += usize::from(!one) + usize::from(!two);
                one || two
            }
            Manner::HangingUp { again } => {
                self.counts.hung_up += 1;
                // Before the server has read it, in the middle, or when it is done.
                let after = Duration::from_millis(self.draw.below(20));
                let headers = self.customers[customer].0.headers();
                let body = shop::batch(self.run, &events, 1);
                let _ = self.client.post_and_hang_up(EVENTS, &headers, &body, after).await;
                again && self.send(customer, &events, 2).await.is_some()
            }
        };
        let answered = begun.elapsed();
        // An answer that failed is an answer to wait for, as the page script does.
        let mut tries = 1;
        while !acknowledged && !matches!(manner, Manner::HangingUp { again: false }) && tries < TRIES {
            tries += 1;
            tokio::time::sleep(Duration::from_millis(200)).await;
            acknowledged = self.send(customer, &events, tries).await.is_some();
        }
        self.customers[customer].1.extend(events.iter().map(|(number, at)| Sent {
            number: u32::try_from(*number).expect("fewer events than that"),
            at: *at,
            acknowledged,
        }));
        self.note(answered, if acknowledged { events.len() } else { 0 });
        count
    }

    /// Sends a batch; how many of its events were known already, or `None` if it was not taken.
    async fn send(&mut self, customer: usize, events: &[(u64, i64)], attempt: u32) -> Option<usize> {
        let headers = self.customers[customer].0.headers();
        let body = shop::batch(self.run, events, attempt);
        let known = known(self.client.call(Method::POST, EVENTS, &headers, body).await, events.len());
        self.counts.errors += usize::from(known.is_none());
        known
    }

    fn note(&mut self, latency: Duration, acknowledged: usize) {
        if let Some(minute) = self.minutes.last_mut() {
            minute.latencies.note(latency);
            minute.acknowledged += acknowledged;
        }
    }
}

/// How many events of a whole acceptance were duplicates.
fn known(answer: std::io::Result<(u16, Bytes)>, events: usize) -> Option<usize> {
    let (status, body) = answer.ok()?;
    let known = shop::verdicts(&body, "duplicate");
    (status == 200 && known + shop::verdicts(&body, "accepted") == events).then_some(known)
}
