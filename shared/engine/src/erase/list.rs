//! Erases a list, such as the members who left before the shop used Okyaku.
//!
//! A repeated list is harmless, because erased customers are only counted. A caller sends a list that was cut
//! off again.

use std::collections::HashSet;
use std::time::Instant;

use futures_util::future::try_join_all;
use okyaku_domain::channel::Channel;
use okyaku_domain::erasure::Erasure;
use okyaku_domain::error::Error;
use okyaku_domain::person_ref::PersonRef;
use okyaku_store::Invocation;
use okyaku_store::access::PlaceTombstones;
use okyaku_store::erasure::{ErasureTarget, Named, Registrants};
use okyaku_store::keyring::random;
use serde::Serialize;
use serde_json::Value;

use super::dispatch::erase;
use super::outcome::{Erased, ErasureOptions};
use crate::app::App;

/// Names that are looked up at once. These persons share transactions.
const WAVE: usize = 25;

/// The result of a list.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The number of handled values, from the first on. The caller sends the rest again.
    pub handled: usize,
    /// Customers that were erased, or would be erased in a dry run.
    pub erased: usize,
    /// Customers that were erased before, and repeated names.
    pub already: usize,
    /// Unknown names. A later customer with such a name is refused.
    pub unknown: usize,
    /// The positions of malformed values.
    pub invalid: Vec<usize>,
    /// The positions of ambiguous addresses.
    pub ambiguous: Vec<usize>,
    /// Whether the run changed nothing.
    pub dry_run: bool,
}

/// Erases every customer of a list, until `until`. `kind` is one of [`PersonRef::KINDS`].
///
/// # Errors
/// [`Error::Busy`] or [`Error::Internal`]. Finished work stays.
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
    // Check the time once per wave. A started wave is finished, so `handled` is exact.
    for values in values.chunks(WAVE) {
        if Instant::now() >= until {
            break;
        }
        // An address takes a transaction of its own. The other names of a wave share transactions.
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
        // Erase the ids of this wave together.
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
    /// Erases a wave of names, with as many names per transaction as fit.
    async fn wave(&self, named: &[PersonRef], report: &mut Report) -> Result<(), Error> {
        // Look up all names at once.
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
            // The name comes twice, or two names mean one person.
            if people.insert(id) {
                targets.push(target);
                of.push(person);
            } else {
                report.already += 1;
            }
        }
        let (mut targets, mut of) = (targets.as_slice(), of.as_slice());
        // Place the tombstones, with as many targets per transaction as fit.
        while !targets.is_empty() {
            let (wave, rest) = targets.split_at(ErasureTarget::fit(targets));
            let (names, others) = of.split_at(wave.len());
            (targets, of) = (rest, others);
            let erasure = Erasure::begin(self.channel, random()?, self.app.now());
            // A dry run counts without a write.
            if self.dry_run || self.app.store.place_tombstones(&erasure, wave, None).await?.is_some() {
                let unknown = wave.iter().filter(|target| matches!(target, ErasureTarget::Nobody(_))).count();
                report.unknown += unknown;
                report.erased += wave.len() - unknown;
                continue;
            }
            // The transaction failed: a record changed, or an earlier try was stored and its reply lost. Take
            // each name alone.
            for person in names {
                self.one(person, report.handled, report).await?;
            }
        }
        Ok(())
    }

    /// Erases a single name.
    async fn one(&self, person: &PersonRef, at: usize, report: &mut Report) -> Result<(), Error> {
        if self.dry_run {
            return self.would(person, at, report).await;
        }
        let invocation = Invocation::direct()?;
        // An unknown name gets a tombstone too.
        let options = ErasureOptions { unknown: true, ..ErasureOptions::default() };
        match erase(self.app, self.channel, person, options, &invocation).await {
            Ok(Erased::Now { erasures, .. })
                if erasures.iter().any(|erasure| erasure.counts.customers > 0) =>
            {
                report.erased += 1;
            }
            Ok(Erased::Now { .. } | Erased::Nobody) => report.unknown += 1,
            Ok(Erased::Before(..)) => report.already += 1,
            Err(Error::Ambiguous(_)) => report.ambiguous.push(at),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn would(&self, person: &PersonRef, at: usize, report: &mut Report) -> Result<(), Error> {
        // `wave` has counted the ids of a dry run already.
        let PersonRef::ContactPoint(point) = person else { return Ok(()) };
        let hash = self.app.keys().contact_point(&self.channel.id, point);
        let address = self.app.store.address(&self.channel.id, point.kind, &hash, Registrants::VerifiedFirst);
        let address = address.await?;
        match (address.has_holder(), address.picks()) {
            (true, true) => report.erased += 1,
            (true, false) => report.ambiguous.push(at),
            (false, _) if address.erasure.is_some() => report.already += 1,
            (false, true) => report.unknown += 1,
            (false, false) => report.ambiguous.push(at),
        }
        Ok(())
    }
}
