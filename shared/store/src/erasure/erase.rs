//! Erasing whom a name means: look, entomb, and look again if somebody wrote meanwhile.

use super::{Address, Entombed, Found, Grave, Holder};
use crate::Store;
use crate::access::Entomb;
use crate::retry::{Invocation, Retry};
use okyaku_domain::channel::Channel;
use okyaku_domain::contact_point::Contact;
use okyaku_domain::customer::Customer;
use okyaku_domain::erasure::{self, Erasure};
use okyaku_domain::error::{Candidate, Error};
use okyaku_domain::limit::{CANDIDATES, HOLDERS_INLINE};
use okyaku_domain::person_ref::By;
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
pub struct Reach {
    /// Everybody who holds the address, instead of the only one who holds it verified.
    pub all: bool,
    /// Also somebody unknown: a tombstone refuses who may still come.
    pub unknown: bool,
    /// Every holder of the address who holds it verified, and nobody else.
    pub verified: bool,
    /// When it was true at the builder that asks for it, epoch ms. Whom the builder created later is not meant (R13).
    pub as_of: Option<Millis>,
}

impl<A: Entomb> Store<A> {
    /// Erases whom `by` means: no read returns them from here on, and jobs are left to delete the rest.
    /// By name 2 trips, by address 3.
    ///
    /// # Errors
    /// [`Error::Ambiguous`] for an address that does not pick one person; [`Error::Busy`] or [`Error::Internal`].
    pub async fn erase(
        &self,
        channel: &Channel,
        by: &By,
        reach: Reach,
        invocation: &Invocation,
    ) -> Result<Erased, Error> {
        match by {
            By::Contact(contact) => self.erase_address(channel, contact, reach, invocation).await,
            by => self.erase_named(channel, by, reach, invocation).await,
        }
    }

    async fn erase_named(
        &self,
        channel: &Channel,
        by: &By,
        reach: Reach,
        invocation: &Invocation,
    ) -> Result<Erased, Error> {
        let mut erasure =
            Erasure { as_of: reach.as_of, ..Erasure::begin(channel, crate::keyring::random()?, self.now()) };
        let mut retry = Retry::new(invocation);
        loop {
            let found = self.named(&channel.id, by).await?;
            let grave = match &found {
                Found::Person(person, _) if reach.is_before(person) => return Ok(Erased::Before(None)),
                Found::Person(person, version) => Grave::Person(person, *version),
                Found::Nobody(id) if reach.unknown => Grave::Nobody(id),
                Found::Nobody(_) => return Ok(Erased::Nobody),
                // Our own try, whose reply was lost, did it.
                Found::Erased(tombstone) if tombstone.erasure.as_ref() == Some(&erasure.id) => {
                    return Ok(Erased::Now(vec![self.erasure(&channel.id, &erasure.id).await?]));
                }
                Found::Erased(tombstone) => {
                    if let Some(as_of) = reach.as_of.filter(|as_of| *as_of > tombstone.erased_at) {
                        self.redate(&channel.id, by, tombstone.generation, as_of).await?;
                    }
                    return Ok(Erased::Before(tombstone.erasure.clone()));
                }
            };
            if self.entomb(&mut erasure, &[grave], None).await? == Entombed::Done {
                return Ok(Erased::Now(vec![erasure]));
            }
            retry.wait().await?;
        }
    }

    async fn erase_address(
        &self,
        channel: &Channel,
        contact: &Contact,
        reach: Reach,
        invocation: &Invocation,
    ) -> Result<Erased, Error> {
        let hash = self.base.keys.contact(&channel.id, contact);
        let begin = || {
            let address = Some((contact.kind, hash.clone()));
            Ok::<_, Error>(Erasure {
                address,
                as_of: reach.as_of,
                ..Erasure::begin(channel, crate::keyring::random()?, self.now())
            })
        };
        let mut retry = Retry::new(invocation);
        let (mut done, mut erasure) = (Vec::new(), begin()?);
        loop {
            let mut address = self.address(&channel.id, contact.kind, &hash).await?;
            if address.holders.is_empty() && address.gone.is_empty() && !address.more {
                match address.erasure {
                    _ if !done.is_empty() => return Ok(Erased::Now(done)),
                    // Our own try, whose reply was lost, did it.
                    Some(id) if id == erasure.id => {
                        return Ok(Erased::Now(vec![self.erasure(&channel.id, &id).await?]));
                    }
                    Some(id) => return Ok(Erased::Before(Some(id))),
                    None if !reach.unknown => return Ok(Erased::Nobody),
                    None => {}
                }
            }
            if reach.verified {
                address.holders.retain(|holder| !reach.is_before(&holder.person));
                address.keep_verified()?;
            } else if !reach.all {
                unambiguous(&address)?;
            }
            let graves = address.graves();
            let (wave, rest) = graves.split_at(Grave::fit(&graves));
            if self.entomb(&mut erasure, wave, Some(&address.listed)).await? == Entombed::Done {
                done.push(std::mem::replace(&mut erasure, begin()?));
                // A holder with an item of its own may have joined meanwhile without changing the list.
                if rest.is_empty() && !address.more && address.listed.len() < HOLDERS_INLINE {
                    return Ok(Erased::Now(done));
                }
                continue;
            }
            retry.wait().await?;
        }
    }
}

impl Reach {
    /// Whether the builder created somebody after what it asks to be erased.
    fn is_before(self, person: &Customer) -> bool {
        self.as_of.is_some_and(|as_of| person.born > Some(as_of) || person.revived_after >= Some(as_of))
    }
}

impl Address {
    /// Keeps who holds it verified; if only others do, it picks nobody.
    fn keep_verified(&mut self) -> Result<(), Error> {
        if !self.holders.is_empty() && !self.holders.iter().any(|holder| holder.verified) {
            return Err(ambiguous(self));
        }
        self.holders.retain(|holder| holder.verified);
        Ok(())
    }

    fn graves(&self) -> Vec<Grave<'_>> {
        let holders = self.holders.iter().map(|holder| Grave::Person(&holder.person, holder.version));
        holders.chain(self.gone.iter().map(Grave::Nobody)).collect()
    }

    /// Whether it picks by itself whom to erase.
    #[must_use]
    pub fn picks(&self) -> bool {
        let verified: Vec<bool> = self.holders.iter().map(|holder| holder.verified).collect();
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
    Error::Ambiguous(address.holders.iter().take(CANDIDATES).map(candidate).collect())
}

fn candidate(holder: &Holder) -> Candidate {
    Candidate {
        id: holder.person.id.to_string(),
        kind: holder.person.kind().name(),
        member_id: holder.person.member_id.clone(),
        verified: holder.verified,
    }
}
