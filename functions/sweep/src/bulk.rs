//! Erasing a list, such as the members who have withdrawn before Okyaku came. Doing it again is harmless: who is erased
//! already is only counted, so a list that was cut off is simply sent again.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use okyaku_domain::channel::Channel;
use okyaku_domain::erasure::Erasure;
use okyaku_domain::error::Error;
use okyaku_domain::limit::BULK;
use okyaku_domain::person_ref::PersonRef;
use okyaku_engine::App;
use okyaku_store::erasure::{Erased, ErasureOptions, ErasureTarget, Found, Placed};
use okyaku_store::retry::Invocation;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Access;

/// How long one invocation works before it answers how far it came.
const WORK: Duration = Duration::from_secs(40);
/// How long one address may be repeated when others write.
const PATIENCE: Duration = Duration::from_secs(8);
/// Names that are looked up at once, and persons of one transaction.
const WAVE: usize = 25;

/// `{"action":"erase","channelId":"…","by":"memberId","values":["…"]}`.
#[derive(Debug, Deserialize)]
#[serde(tag = "action", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Command {
    /// Erases everybody in a list.
    Erase {
        /// The channel.
        channel_id: String,
        /// One of [`PersonRef::KINDS`].
        by: String,
        /// At most 100,000.
        values: Vec<Value>,
        /// Only says what would happen.
        #[serde(default)]
        dry_run: bool,
    },
}

/// What became of a list.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Done {
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

/// Reads a command.
///
/// # Errors
/// [`Error::Invalid`] naming what is wrong.
pub fn parse(command: Value) -> Result<Command, Error> {
    let shape = "must be erase, with channelId, by, values and, if you like, dryRun";
    let command: Command = serde_json::from_value(command).map_err(|_| Error::invalid("action", shape))?;
    let Command::Erase { by, values, .. } = &command;
    if !PersonRef::KINDS.contains(&by.as_str()) {
        return Err(Error::invalid("by", format!("must be one of {}", PersonRef::KINDS.join(", "))));
    }
    if values.is_empty() || values.len() > BULK {
        return Err(Error::invalid("values", format!("must hold 1 to {BULK}")));
    }
    Ok(command)
}

/// Carries it out, for as long as one invocation may work.
///
/// # Errors
/// [`Error::NotFound`] for an unknown channel; [`Error::Busy`] or [`Error::Internal`]: what was done is kept.
pub async fn erase(app: &App<Access>, command: Command) -> Result<Done, Error> {
    let Command::Erase { channel_id, by, values, dry_run } = command;
    let channel = app.store.channel(&channel_id).await?.ok_or(Error::NotFound("the channel"))?;
    let bulk = Bulk { app, channel: &channel, dry_run };
    let mut done = Done { dry_run, ..Done::default() };
    let start = Instant::now();
    for values in values.chunks(WAVE) {
        if start.elapsed() >= WORK {
            break;
        }
        let mut named = Vec::new();
        for value in values {
            let at = done.handled;
            done.handled += 1;
            match PersonRef::parse(&by, value, &channel.region) {
                Err(_) => done.invalid.push(at),
                Ok(by @ PersonRef::ContactPoint(_)) => bulk.one(&by, at, &mut done).await?,
                Ok(by) => named.push(by),
            }
        }
        bulk.wave(&named, &mut done).await?;
    }
    Ok(done)
}

struct Bulk<'a> {
    app: &'a App<Access>,
    channel: &'a Channel,
    dry_run: bool,
}

impl Bulk<'_> {
    /// Many at once: one transaction for as many as it takes.
    async fn wave(&self, named: &[PersonRef], done: &mut Done) -> Result<(), Error> {
        let found = try_join_all(named.iter().map(|by| self.app.store.named(&self.channel.id, by))).await?;
        let (mut people, mut targets, mut of) = (HashSet::new(), Vec::new(), Vec::new());
        for (by, found) in named.iter().zip(&found) {
            let (target, id) = match found {
                Found::Person(person, version) => (ErasureTarget::Person(person, *version), &person.id),
                Found::Nobody(id) => (ErasureTarget::Nobody(id), id),
                Found::Erased(_) => {
                    done.already += 1;
                    continue;
                }
            };
            // A name that comes twice, or two names of one person.
            if people.insert(id) {
                targets.push(target);
                of.push(by);
            } else {
                done.already += 1;
            }
        }
        let (mut targets, mut of) = (targets.as_slice(), of.as_slice());
        while !targets.is_empty() {
            let (wave, rest) = targets.split_at(ErasureTarget::fit(targets));
            let (names, others) = of.split_at(wave.len());
            (targets, of) = (rest, others);
            let mut erasure = Erasure::begin(self.channel, okyaku_store::keyring::random()?, self.app.now());
            if self.dry_run
                || self.app.store.place_tombstones(&mut erasure, wave, None).await? == Placed::Done
            {
                let unknown = wave.iter().filter(|target| matches!(target, ErasureTarget::Nobody(_))).count();
                done.unknown += unknown;
                done.erased += wave.len() - unknown;
                continue;
            }
            // One of them was written meanwhile, or all are done and the reply was lost: each by itself.
            for by in names {
                self.one(by, done.handled, done).await?;
            }
        }
        Ok(())
    }

    /// One by itself.
    async fn one(&self, by: &PersonRef, at: usize, done: &mut Done) -> Result<(), Error> {
        if self.dry_run {
            return self.would(by, at, done).await;
        }
        let id = hex::encode(okyaku_store::keyring::random::<16>()?);
        let invocation = Invocation { id, deadline: Instant::now() + PATIENCE };
        let options = ErasureOptions { unknown: true, ..ErasureOptions::default() };
        match self.app.store.erase(self.channel, by, options, &invocation).await {
            Ok(Erased::Now(now)) if now.iter().any(|erasure| erasure.counts.customers > 0) => {
                done.erased += 1;
            }
            Ok(Erased::Now(_) | Erased::Nobody) => done.unknown += 1,
            Ok(Erased::Before(_)) => done.already += 1,
            Err(Error::Ambiguous(_)) => done.ambiguous.push(at),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn would(&self, by: &PersonRef, at: usize, done: &mut Done) -> Result<(), Error> {
        let PersonRef::ContactPoint(contact_point) = by else { return Ok(()) };
        let hash = self.app.keys().contact_point(&self.channel.id, contact_point);
        let address = self.app.store.address(&self.channel.id, contact_point.kind, &hash).await?;
        match (address.registrants.is_empty(), address.picks()) {
            (_, false) => done.ambiguous.push(at),
            (false, true) => done.erased += 1,
            (true, true) if address.erasure.is_some() => done.already += 1,
            (true, true) => done.unknown += 1,
        }
        Ok(())
    }
}
