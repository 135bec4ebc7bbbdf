//! Erasing whom a name means: look, entomb, and look again if somebody wrote meanwhile.

use super::{Address, ErasureTarget, Found, Placed, Registrant};
use crate::Store;
use crate::access::PlaceTombstones;
use crate::retry::{Invocation, Retry};
use okyaku_domain::channel::Channel;
use okyaku_domain::contact_point::ContactPoint;
use okyaku_domain::customer::Customer;
use okyaku_domain::erasure::{self, Erasure};
use okyaku_domain::error::{Candidate, Error};
use okyaku_domain::limit::{CANDIDATES, REGISTRATIONS_INLINE};
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::time::Millis;

/// What became of an erasure.
#[derive(Debug)]
pub enum Erased {
    /// These are gone now; more than one erasure only where an address has more holders than one transaction takes.
    Now(Vec<Erasure>),
    /// There was nobody left: the erasure of this id did it, if it is still known.
    Before(Option<String>),
    /// There is nobody of this name, and nothing was left either.
    Nobody,
}

/// What an erasure includes.
#[derive(Clone, Copy, Debug, Default)]
pub struct ErasureOptions {
    /// Everybody who holds the address, instead of the only one who holds it verified.
    pub all: bool,
    /// Also somebody unknown: a tombstone refuses who may still come.
    pub unknown: bool,
    /// Every holder of the address who holds it verified, and nobody else.
    pub verified: bool,
    /// When it was true at the builder that asks for it, epoch ms. Whom the builder created later is not meant (R13).
    pub as_of: Option<Millis>,
}

impl<A: PlaceTombstones> Store<A> {
    /// Erases whom `by` means: no read returns them from here on, and jobs are left to delete the rest.
    /// By name 2 trips, by address 3.
    ///
    /// # Errors
    /// [`Error::Ambiguous`] for an address that does not pick one person; [`Error::Busy`] or [`Error::Internal`].
    pub async fn erase(
        &self,
        channel: &Channel,
        by: &PersonRef,
        options: ErasureOptions,
        invocation: &Invocation,
    ) -> Result<Erased, Error> {
        match by {
            PersonRef::ContactPoint(contact_point) => {
                self.erase_address(channel, contact_point, options, invocation).await
            }
            by => self.erase_person(channel, by, options, invocation).await,
        }
    }

    async fn erase_person(
        &self,
        channel: &Channel,
        by: &PersonRef,
        options: ErasureOptions,
        invocation: &Invocation,
    ) -> Result<Erased, Error> {
        let mut erasure = Erasure {
            as_of: options.as_of,
            ..Erasure::begin(channel, crate::keyring::random()?, self.now())
        };
        let mut retry = Retry::new(invocation);
        loop {
            let found = self.named(&channel.id, by).await?;
            let target = match &found {
                Found::Person(person, _) if options.is_before(person) => return Ok(Erased::Before(None)),
                Found::Person(person, version) => ErasureTarget::Person(person, *version),
                Found::Nobody(id) if options.unknown => ErasureTarget::Nobody(id),
                Found::Nobody(_) => return Ok(Erased::Nobody),
                // Our own try, whose reply was lost, did it.
                Found::Erased(tombstone) if tombstone.erasure.as_ref() == Some(&erasure.id) => {
                    return Ok(Erased::Now(vec![self.erasure(&channel.id, &erasure.id).await?]));
                }
                Found::Erased(tombstone) => {
                    if let Some(as_of) = options.as_of.filter(|as_of| *as_of > tombstone.erased_at) {
                        self.redate(&channel.id, by, tombstone.generation, as_of).await?;
                    }
                    return Ok(Erased::Before(tombstone.erasure.clone()));
                }
            };
            if self.place_tombstones(&mut erasure, &[target], None).await? == Placed::Done {
                return Ok(Erased::Now(vec![erasure]));
            }
            retry.wait().await?;
        }
    }

    async fn erase_address(
        &self,
        channel: &Channel,
        contact_point: &ContactPoint,
        options: ErasureOptions,
        invocation: &Invocation,
    ) -> Result<Erased, Error> {
        let hash = self.base.keys.contact_point(&channel.id, contact_point);
        let begin = || {
            let address = Some((contact_point.kind, hash.clone()));
            Ok::<_, Error>(Erasure {
                address,
                as_of: options.as_of,
                ..Erasure::begin(channel, crate::keyring::random()?, self.now())
            })
        };
        let mut retry = Retry::new(invocation);
        let (mut done, mut erasure) = (Vec::new(), begin()?);
        loop {
            let mut address = self.address(&channel.id, contact_point.kind, &hash).await?;
            if address.registrants.is_empty() && address.absent.is_empty() && !address.more {
                match address.erasure {
                    _ if !done.is_empty() => return Ok(Erased::Now(done)),
                    // Our own try, whose reply was lost, did it.
                    Some(id) if id == erasure.id => {
                        return Ok(Erased::Now(vec![self.erasure(&channel.id, &id).await?]));
                    }
                    Some(id) => return Ok(Erased::Before(Some(id))),
                    None if !options.unknown => return Ok(Erased::Nobody),
                    None => {}
                }
            }
            if options.verified {
                address.registrants.retain(|registrant| !options.is_before(&registrant.person));
                address.keep_verified()?;
            } else if !options.all {
                unambiguous(&address)?;
            }
            let targets = address.targets();
            let (wave, rest) = targets.split_at(ErasureTarget::fit(&targets));
            if self.place_tombstones(&mut erasure, wave, Some(&address.listed)).await? == Placed::Done {
                done.push(std::mem::replace(&mut erasure, begin()?));
                // A holder with an item of its own may have joined meanwhile without changing the list.
                if rest.is_empty() && !address.more && address.listed.len() < REGISTRATIONS_INLINE {
                    return Ok(Erased::Now(done));
                }
                continue;
            }
            retry.wait().await?;
        }
    }
}

impl ErasureOptions {
    /// Whether the builder created somebody after what it asks to be erased.
    fn is_before(self, person: &Customer) -> bool {
        self.as_of.is_some_and(|as_of| {
            person.builder_created_at > Some(as_of) || person.revived_after >= Some(as_of)
        })
    }
}

impl Address {
    /// Keeps who holds it verified; if only others do, it picks nobody.
    fn keep_verified(&mut self) -> Result<(), Error> {
        if !self.registrants.is_empty() && !self.registrants.iter().any(|registrant| registrant.verified) {
            return Err(ambiguous(self));
        }
        self.registrants.retain(|registrant| registrant.verified);
        Ok(())
    }

    fn targets(&self) -> Vec<ErasureTarget<'_>> {
        let registrants = self
            .registrants
            .iter()
            .map(|registrant| ErasureTarget::Person(&registrant.person, registrant.version));
        registrants.chain(self.absent.iter().map(ErasureTarget::Nobody)).collect()
    }

    /// Whether it picks by itself whom to erase.
    #[must_use]
    pub fn picks(&self) -> bool {
        let verified: Vec<bool> = self.registrants.iter().map(|registrant| registrant.verified).collect();
        !self.more && erasure::picks(&verified)
    }
}

/// An address alone picks nobody who holds it unverified, and nobody out of several (R12).
fn unambiguous(address: &Address) -> Result<(), Error> {
    match address.picks() {
        true => Ok(()),
        false => Err(ambiguous(address)),
    }
}

fn ambiguous(address: &Address) -> Error {
    Error::Ambiguous(address.registrants.iter().take(CANDIDATES).map(candidate).collect())
}

fn candidate(registrant: &Registrant) -> Candidate {
    Candidate {
        id: registrant.person.id.to_string(),
        kind: registrant.person.kind().name(),
        member_id: registrant.person.member_id.clone(),
        verified: registrant.verified,
    }
}
