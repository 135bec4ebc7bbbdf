//! Erasures again, after the table was restored to a time before them (R12). What the old table remembers of each is
//! its id, its time and keyed hashes: it can be kept in a file.

use std::collections::HashSet;

use okyaku_domain::channel::Channel;
use okyaku_domain::contact_point::ContactPointKind;
use okyaku_domain::erasure::Erasure;
use okyaku_domain::error::Error;
use okyaku_domain::id::CustomerId;
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::time::Millis;
use okyaku_store::access::PlaceTombstones;
use okyaku_store::erasure::{ErasureTarget, Named};
use okyaku_store::keyring::random;
use okyaku_store::{Invocation, Store};
use serde::{Deserialize, Serialize};

use super::tombstones::{Target, Tombstones};
use crate::app::App;
use crate::runner::{Command, Decision, run};

/// What is kept of an erasure to do it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Replayed {
    /// The erasure's id.
    pub id: String,
    /// When it was, epoch ms.
    pub erased_at: Millis,
    /// When it was true at a builder, epoch ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Millis>,
    /// The erased records.
    pub records: Vec<CustomerId>,
    /// The address that it was asked for by, by kind and keyed hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<(ContactPointKind, String)>,
}

impl From<Erasure> for Replayed {
    fn from(Erasure { id, erased_at, as_of, records, address, .. }: Erasure) -> Self {
        Self { id, erased_at, as_of, records, address }
    }
}

/// Places as many tombstones again as one transaction takes.
struct Replay<'a> {
    channel: &'a Channel,
    kept: &'a Replayed,
    /// The id to erase under: the erasure's own, and for what does not fit another.
    id: String,
}

impl<A: PlaceTombstones> Command<A> for Replay<'_> {
    type Found = Vec<Target>;
    type Write = Tombstones;
    type Note = ();

    /// Who lies at the erased records now: each person once, and nobody who came after the erasure.
    async fn load(&mut self, store: &Store<A>) -> Result<Vec<Target>, Error> {
        let (mut found, mut seen) = (Vec::new(), HashSet::new());
        for record in &self.kept.records {
            if !seen.insert(record.clone()) {
                continue;
            }
            match store.named(&self.channel.id, &PersonRef::Id(record.clone())).await? {
                Named::Person(person) if person.customer.created_at > self.kept.erased_at => {}
                Named::Person(person) => {
                    let id = &person.customer.id;
                    let new = *id == *record || seen.insert(id.clone());
                    seen.extend(person.customer.links.iter().map(|link| link.id.clone()));
                    if new {
                        found.push(Target::Person(person));
                    }
                }
                Named::Nobody(id) => found.push(Target::Nobody(id)),
                Named::Erased(_) => {}
            }
        }
        Ok(found)
    }

    fn decide(
        &mut self,
        _: &Store<A>,
        mut targets: Vec<Target>,
        _: Millis,
    ) -> Result<Decision<Tombstones, ()>, Error> {
        if targets.is_empty() {
            return Ok(Decision::End(()));
        }
        let refs: Vec<ErasureTarget<'_>> = targets.iter().map(Target::as_ref).collect();
        let fit = ErasureTarget::fit(&refs);
        targets.truncate(fit);
        let erasure = Erasure {
            as_of: self.kept.as_of,
            address: self.kept.address.clone(),
            ..Erasure::again(self.channel, self.id.clone(), self.kept.erased_at)
        };
        Ok(Decision::Write(Tombstones { erasure, targets, listed: None }, ()))
    }
}

/// Does an erasure again, as of its own time. Returns whether anybody was left of it.
///
/// # Errors
/// [`Error::Invalid`] for an id that is none; [`Error::Busy`] or [`Error::Internal`].
pub async fn replay<A: PlaceTombstones>(
    app: &App<A>,
    channel: &Channel,
    kept: &Replayed,
    invocation: &Invocation,
) -> Result<bool, Error> {
    if !Erasure::is_id(&kept.id) {
        return Err(Error::invalid("erasures", "has an id that is none"));
    }
    let (mut id, mut done) = (kept.id.clone(), false);
    loop {
        let (stored, ()) = run(&app.store, Replay { channel, kept, id }, invocation).await?;
        if stored.is_none() {
            return Ok(done);
        }
        done = true;
        id = Erasure::begin(channel, random()?, kept.erased_at).id;
    }
}
