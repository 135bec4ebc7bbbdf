//! Tombstones that are placed together.

use okyaku_domain::channel::Channel;
use okyaku_domain::erasure::Erasure;
use okyaku_domain::error::Error;
use okyaku_domain::id::CustomerId;
use okyaku_domain::time::Millis;
use okyaku_store::access::PlaceTombstones;
use okyaku_store::commit::Outcome;
use okyaku_store::erasure::{ErasureTarget, Listed};
use okyaku_store::keyring::random;
use okyaku_store::loaded::Loaded;
use okyaku_store::{Invocation, Store};

use super::outcome::ErasureOptions;
use crate::runner::Write;

pub(super) fn begin(channel: &Channel, options: ErasureOptions, now: Millis) -> Result<Erasure, Error> {
    Ok(Erasure { as_of: options.as_of, ..Erasure::begin(channel, random()?, now) })
}

/// A target of an erasure: the place of a tombstone.
#[derive(Debug)]
pub(super) enum Target {
    Person(Loaded),
    Nobody(CustomerId),
}

impl Target {
    pub(super) fn as_ref(&self) -> ErasureTarget<'_> {
        match self {
            Self::Person(person) => ErasureTarget::Person(person),
            Self::Nobody(id) => ErasureTarget::Nobody(id),
        }
    }
}

/// Tombstones that are placed together.
pub(super) struct Tombstones {
    pub(super) erasure: Erasure,
    pub(super) targets: Vec<Target>,
    /// The customers that the named address listed.
    pub(super) listed: Option<Listed>,
}

impl<A: PlaceTombstones> Write<A> for Tombstones {
    type Stored = Erasure;

    async fn commit(self, store: &Store<A>, _: Millis, _: &Invocation) -> Result<Outcome<Erasure>, Error> {
        let targets: Vec<ErasureTarget<'_>> = self.targets.iter().map(Target::as_ref).collect();
        let placed = store.place_tombstones(&self.erasure, &targets, self.listed.as_ref()).await?;
        Ok(placed.map_or(Outcome::Lost, Outcome::Stored))
    }
}
