//! Repeats erasures after the table was restored to a time before the erasures (R12).
//!
//! The old table keeps the id, the times and keyed hashes of each erasure. An operator may keep this data in
//! a file.

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

/// The data of an erasure that a replay needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Replayed {
    /// The erasure's id.
    pub id: String,
    /// When the erasure took place, epoch ms.
    pub erased_at: Millis,
    /// When the erasure was true at a builder, epoch ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Millis>,
    /// The erased records.
    pub records: Vec<CustomerId>,
    /// The address of the request, by kind and keyed hash.
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
    /// The id of the new erasure: the original id for the first transaction, and a new id for each further
    /// transaction.
    id: String,
}

impl<A: PlaceTombstones> Command<A> for Replay<'_> {
    type Found = Vec<Target>;
    type Write = Tombstones;
    type Note = ();

    /// Returns the current persons at the erased records, each person once, without persons who came after
    /// the erasure.
    async fn load(&mut self, store: &Store<A>) -> Result<Vec<Target>, Error> {
        let (mut found, mut seen) = (Vec::new(), HashSet::new());
        for record in &self.kept.records {
            if !seen.insert(record.clone()) {
                continue;
            }
            match store.named(&self.channel.id, &PersonRef::Id(record.clone())).await? {
                Named::Person(person) if person.customer.created_at > self.kept.erased_at => {}
                Named::Person(person) => {
                    // A linked record leads to its member, so that both count as one person.
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

/// Repeats an erasure with its original time. Returns whether the replay placed tombstones.
///
/// # Errors
/// [`Error::Invalid`] for a malformed id. [`Error::Busy`] or [`Error::Internal`].
pub async fn replay<A: PlaceTombstones>(
    app: &App<A>,
    channel: &Channel,
    kept: &Replayed,
    invocation: &Invocation,
) -> Result<bool, Error> {
    if !Erasure::is_id(&kept.id) {
        return Err(Error::invalid("erasures", "has an id that is none"));
    }
    // Each turn places one transaction, until every record has a tombstone.
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
