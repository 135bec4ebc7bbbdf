//! Erasing a list, such as the members who have withdrawn before Okyaku came. Doing it again is harmless: who is erased
//! already is only counted, so a list that was cut off is simply sent again.

use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use okyaku::App;
use okyaku::domain::channel::Channel;
use okyaku::domain::erasure::{By, Erasure};
use okyaku::domain::limit::{BULK, ERASURE_ITEMS};
use okyaku::error::Error;
use okyaku::store::erasure::{Entombed, Erased, Found, Grave, Reach};
use okyaku::store::retry::Invocation;
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
        /// One of [`By::KINDS`].
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
    if !By::KINDS.contains(&by.as_str()) {
        return Err(Error::invalid("by", format!("must be one of {}", By::KINDS.join(", "))));
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
            match By::parse(&by, value, &channel.region) {
                Err(_) => done.invalid.push(at),
                Ok(by @ By::Contact(_)) => bulk.one(&by, at, &mut done).await?,
                Ok(by) if named.contains(&by) => done.already += 1,
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
    async fn wave(&self, named: &[By], done: &mut Done) -> Result<(), Error> {
        let found = try_join_all(named.iter().map(|by| self.app.store.named(&self.channel.id, by))).await?;
        let mut waves: Vec<Vec<(usize, Grave<'_>)>> = Vec::new();
        let mut people = std::collections::HashSet::new();
        let mut items = usize::MAX;
        for (at, found) in found.iter().enumerate() {
            let (grave, id) = match found {
                Found::Erased(_) => {
                    done.already += 1;
                    continue;
                }
                Found::Person(person, version) => (Grave::Person(person, *version), &person.id),
                Found::Nobody(id) => (Grave::Nobody(id), id),
            };
            // Two names of one person.
            if !people.insert(id.clone()) {
                done.already += 1;
                continue;
            }
            items = items.saturating_add(grave.items());
            if items > ERASURE_ITEMS {
                waves.push(Vec::new());
                items = grave.items();
            }
            waves.last_mut().map(|wave| wave.push((at, grave))).unwrap_or_default();
        }
        for wave in waves {
            let count =
                |unknown: bool| wave.iter().filter(|(_, g)| matches!(g, Grave::Nobody(_)) == unknown).count();
            let graves: Vec<Grave<'_>> = wave.iter().map(|(_, grave)| *grave).collect();
            let mut erasure = Erasure::begin(self.channel, self.app.now())?;
            if self.dry_run || self.app.store.entomb(&mut erasure, &graves, None).await? == Entombed::Done {
                done.erased += count(false);
                done.unknown += count(true);
                continue;
            }
            // One of them was written meanwhile, or all are done and the reply was lost: each by itself.
            for (at, _) in &wave {
                if let Some(by) = named.get(*at) {
                    self.one(by, done.handled, done).await?;
                }
            }
        }
        Ok(())
    }

    /// One by itself.
    async fn one(&self, by: &By, at: usize, done: &mut Done) -> Result<(), Error> {
        if self.dry_run {
            return self.would(by, at, done).await;
        }
        let id = hex::encode(okyaku::keys::random::<16>()?);
        let invocation = Invocation { id, deadline: Instant::now() + PATIENCE };
        let known = Reach { all: false, unknown: false };
        match self.app.store.erase(self.channel, by, known, &invocation).await {
            Ok(Erased::Now(_)) => done.erased += 1,
            Ok(Erased::Before(_)) => done.already += 1,
            Ok(Erased::Nobody) => {
                self.app.store.erase(self.channel, by, Reach { unknown: true, ..known }, &invocation).await?;
                done.unknown += 1;
            }
            Err(Error::Ambiguous(_)) => done.ambiguous.push(at),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn would(&self, by: &By, at: usize, done: &mut Done) -> Result<(), Error> {
        let By::Contact(contact) = by else { return Ok(()) };
        let hash = self.app.keys().contact(&self.channel.id, contact);
        let address = self.app.store.address(&self.channel.id, contact.kind, &hash).await?;
        match address.holders.as_slice() {
            [] if address.erasure.is_some() => done.already += 1,
            [] => done.unknown += 1,
            [only] if only.verified && !address.more => done.erased += 1,
            _ => done.ambiguous.push(at),
        }
        Ok(())
    }
}
