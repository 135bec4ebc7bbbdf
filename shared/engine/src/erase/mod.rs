//! Erasing people (R12): a person by an id, whoever an address means, a list, a whole channel.

mod address;
mod channel;
mod list;
mod pages;
mod person;
mod replay;

use okyaku_domain::channel::Channel;
use okyaku_domain::erasure::Erasure;
use okyaku_domain::error::Error;
use okyaku_domain::id::CustomerId;
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::time::Millis;
use okyaku_store::access::PlaceTombstones;
use okyaku_store::commit::Outcome;
use okyaku_store::erasure::ErasureTarget;
use okyaku_store::keyring::random;
use okyaku_store::loaded::Loaded;
use okyaku_store::{Invocation, Store};

use crate::App;
use crate::runner::Write;

pub use channel::end_channel;
pub use list::{Report as ListReport, erase_list};
pub(crate) use pages::finish;
pub use pages::work_until;
pub use replay::{Replayed, replay};

/// What became of an erasure.
#[derive(Debug)]
pub enum Erased {
    /// These are erased now; more than one erasure only where an address has more registrants than one transaction takes.
    Now(Vec<Erasure>),
    /// There was nobody left: the erasure of this id did it, if it is still known.
    Before(Option<String>),
    /// There is nobody of this name, and nothing was left either.
    Nobody,
}

/// What an erasure includes.
#[derive(Clone, Copy, Debug, Default)]
pub struct ErasureOptions {
    /// Everybody who is registered for the address, instead of the only one who is verified.
    pub all: bool,
    /// Also somebody unknown: a tombstone refuses who may still come.
    pub unknown: bool,
    /// Everybody who is registered for the address as verified, and nobody else.
    pub verified: bool,
    /// When it was true at the builder that asks for it, epoch ms. Whom the builder created later is not meant (R13).
    pub as_of: Option<Millis>,
}

/// Erases whom `person` means: no read returns them from here on, and jobs are left to delete the rest. By an id 2 trips,
/// by an address 3.
///
/// # Errors
/// [`Error::Ambiguous`] for an address that does not pick one person; [`Error::Busy`] or [`Error::Internal`].
pub async fn erase<A: PlaceTombstones>(
    app: &App<A>,
    channel: &Channel,
    person: &PersonRef,
    options: ErasureOptions,
    invocation: &Invocation,
) -> Result<Erased, Error> {
    match person {
        PersonRef::ContactPoint(point) => address::erase(app, channel, point, options, invocation).await,
        person => person::erase(app, channel, person, options, invocation).await,
    }
}

fn begin(channel: &Channel, options: ErasureOptions, now: Millis) -> Result<Erasure, Error> {
    Ok(Erasure { as_of: options.as_of, ..Erasure::begin(channel, random()?, now) })
}

/// Whose record gets a tombstone.
#[derive(Debug)]
enum Target {
    Person(Loaded),
    Nobody(CustomerId),
}

impl Target {
    fn as_ref(&self) -> ErasureTarget<'_> {
        match self {
            Self::Person(person) => ErasureTarget::Person(person),
            Self::Nobody(id) => ErasureTarget::Nobody(id),
        }
    }
}

/// Tombstones that are placed together.
struct Tombstones {
    erasure: Erasure,
    targets: Vec<Target>,
    /// The customers that the named address was seen to list.
    listed: Option<Vec<CustomerId>>,
}

impl<A: PlaceTombstones> Write<A> for Tombstones {
    type Stored = Erasure;

    async fn commit(self, store: &Store<A>, _: Millis, _: &Invocation) -> Result<Outcome<Erasure>, Error> {
        let targets: Vec<ErasureTarget<'_>> = self.targets.iter().map(Target::as_ref).collect();
        let placed = store.place_tombstones(&self.erasure, &targets, self.listed.as_deref()).await?;
        Ok(placed.map_or(Outcome::Lost, Outcome::Stored))
    }
}
