//! Erasing a list, such as the members who left before Okyaku came. Doing it again is harmless: who is erased already is
//! only counted, so a list that was cut off is simply sent again.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use okyaku_domain::channel::Channel;
use okyaku_domain::erasure::Erasure;
use okyaku_domain::error::Error;
use okyaku_domain::person_ref::PersonRef;
use okyaku_store::Invocation;
use okyaku_store::access::PlaceTombstones;
use okyaku_store::erasure::{ErasureTarget, Named};
use okyaku_store::keyring::random;
use serde::Serialize;
use serde_json::Value;

use super::dispatch::erase;
use super::outcome::{Erased, ErasureOptions};
use crate::app::App;

/// How long one address may be repeated when others write.
const PATIENCE: Duration = Duration::from_secs(8);
/// Names that are looked up at once, and persons of one transaction.
const WAVE: usize = 25;

/// What became of a list.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// How many of the values were dealt with, from the first on; the rest is to be sent again.
    pub handled: usize,
    /// Customers who were erased, or would be.
    pub erased: usize,
    /// Those who were erased before.
    pub already: usize,
    /// Those who are unknown: whoever of that name comes later is refused.
    pub unknown: usize,
    /// Positions of values that cannot be names of that kind.
    pub invalid: Vec<usize>,
    /// Positions of addresses that do not pick one customer.
    pub ambiguous: Vec<usize>,
    /// Whether nothing was changed.
    pub dry_run: bool,
}

/// Erases everybody in a list, until `until`. `kind` is one of [`PersonRef::KINDS`].
///
/// # Errors
/// [`Error::Busy`] or [`Error::Internal`]: what was done is kept.
pub async fn erase_list<A: PlaceTombstones>(
    app: &App<A>,
    channel: &Channel,
    kind: &str,
    values: &[Value],
    dry_run: bool,
    until: Instant,
) -> Result<Report, Error> {
    let list = List { app, channel, dry_run };
    let mut report = Report { dry_run, ..Report::default() };
    for values in values.chunks(WAVE) {
        if Instant::now() >= until {
            break;
        }
        let mut named = Vec::new();
        for value in values {
            let at = report.handled;
            report.handled += 1;
            match PersonRef::parse(kind, value, &channel.region) {
                Err(_) => report.invalid.push(at),
                Ok(person @ PersonRef::ContactPoint(_)) => list.one(&person, at, &mut report).await?,
                Ok(person) => named.push(person),
            }
        }
        list.wave(&named, &mut report).await?;
    }
    Ok(report)
}

struct List<'a, A> {
    app: &'a App<A>,
    channel: &'a Channel,
    dry_run: bool,
}

impl<A: PlaceTombstones> List<'_, A> {
    /// Many at once: one transaction for as many as it takes.
    async fn wave(&self, named: &[PersonRef], report: &mut Report) -> Result<(), Error> {
        let look = |person| self.app.store.named(&self.channel.id, person);
        let found = try_join_all(named.iter().map(look)).await?;
        let (mut people, mut targets, mut of) = (HashSet::new(), Vec::new(), Vec::new());
        for (person, found) in named.iter().zip(&found) {
            let (target, id) = match found {
                Named::Person(person) => (ErasureTarget::Person(person), &person.customer.id),
                Named::Nobody(id) => (ErasureTarget::Nobody(id), id),
                Named::Erased(_) => {
                    report.already += 1;
                    continue;
                }
            };
            // A name that comes twice, or two names of one person.
            if people.insert(id) {
                targets.push(target);
                of.push(person);
            } else {
                report.already += 1;
            }
        }
        let (mut targets, mut of) = (targets.as_slice(), of.as_slice());
        while !targets.is_empty() {
            let (wave, rest) = targets.split_at(ErasureTarget::fit(targets));
            let (names, others) = of.split_at(wave.len());
            (targets, of) = (rest, others);
            let erasure = Erasure::begin(self.channel, random()?, self.app.now());
            if self.dry_run || self.app.store.place_tombstones(&erasure, wave, None).await?.is_some() {
                let unknown = wave.iter().filter(|target| matches!(target, ErasureTarget::Nobody(_))).count();
                report.unknown += unknown;
                report.erased += wave.len() - unknown;
                continue;
            }
            // One of them was written meanwhile, or all are done and the reply was lost: each by itself.
            for person in names {
                self.one(person, report.handled, report).await?;
            }
        }
        Ok(())
    }

    /// One by itself.
    async fn one(&self, person: &PersonRef, at: usize, report: &mut Report) -> Result<(), Error> {
        if self.dry_run {
            return self.would(person, at, report).await;
        }
        let id = hex::encode(random::<16>()?);
        let invocation = Invocation { id, deadline: Instant::now() + PATIENCE };
        let options = ErasureOptions { unknown: true, ..ErasureOptions::default() };
        match erase(self.app, self.channel, person, options, &invocation).await {
            Ok(Erased::Now(now)) if now.iter().any(|erasure| erasure.counts.customers > 0) => {
                report.erased += 1;
            }
            Ok(Erased::Now(_) | Erased::Nobody) => report.unknown += 1,
            Ok(Erased::Before(_)) => report.already += 1,
            Err(Error::Ambiguous(_)) => report.ambiguous.push(at),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn would(&self, person: &PersonRef, at: usize, report: &mut Report) -> Result<(), Error> {
        let PersonRef::ContactPoint(point) = person else { return Ok(()) };
        let hash = self.app.keys().contact_point(&self.channel.id, point);
        let address = self.app.store.address(&self.channel.id, point.kind, &hash).await?;
        match (address.registrants.is_empty(), address.picks()) {
            (_, false) => report.ambiguous.push(at),
            (false, true) => report.erased += 1,
            (true, true) if address.erasure.is_some() => report.already += 1,
            (true, true) => report.unknown += 1,
        }
        Ok(())
    }
}
