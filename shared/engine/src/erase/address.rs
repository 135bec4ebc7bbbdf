//! Erases the customers of an address.

use okyaku_domain::channel::Channel;
use okyaku_domain::contact_point::{ContactPoint, ContactPointKind};
use okyaku_domain::erasure::Erasure;
use okyaku_domain::error::{Candidate, Error};
use okyaku_domain::job::{Job, Work};
use okyaku_domain::limit::CANDIDATES;
use okyaku_domain::revival::created_after;
use okyaku_domain::time::Millis;
use okyaku_store::access::PlaceTombstones;
use okyaku_store::erasure::{Address, ErasureTarget, RegisteredPerson, Registrants};
use okyaku_store::keyring::random;
use okyaku_store::{Invocation, Store};

use super::outcome::{Erased, ErasureOptions};
use super::tombstones::{Target, Tombstones, begin};
use crate::app::App;
use crate::runner::{Command, Decision, run};

/// The turns of an erasure of everybody before the answer, some 30 customers each. A job takes the rest.
const TURNS: usize = 5;

/// Erases as many customers of an address as one transaction takes.
struct EraseAddress<'a> {
    channel: &'a Channel,
    kind: ContactPointKind,
    hash: &'a str,
    options: ErasureOptions,
    /// The erasure is the same at every try. So a later try recognises an earlier try whose reply was lost.
    erasure: Erasure,
    /// Whether an earlier turn of this request erased customers.
    others: bool,
}

enum Found {
    Address(Address),
    /// The erasure that an earlier try of this command stored before its reply was lost.
    Own(Box<Erasure>, Address),
}

/// The outcome of a turn.
enum Turn {
    /// Nothing is left to erase. With the outcome of a request without earlier turns.
    End(Erased),
    /// Some customers are erased. `all` says whether nobody is left to erase, and `claims` how many claims stay.
    Erased { all: bool, claims: u64 },
}

impl<A: PlaceTombstones> Command<A> for EraseAddress<'_> {
    type Found = Found;
    type Write = Tombstones;
    type Note = Turn;

    async fn load(&mut self, store: &Store<A>) -> Result<Found, Error> {
        let which = if self.options.all { Registrants::Everyone } else { Registrants::VerifiedFirst };
        let address = store.address(&self.channel.id, self.kind, self.hash, which).await?;
        // The address remembers the erasure of an earlier try of this command.
        if self.nobody_is_left(&address) && address.erasure.as_ref() == Some(&self.erasure.id) {
            return Ok(Found::Own(
                Box::new(store.erasure(&self.channel.id, &self.erasure.id).await?),
                address,
            ));
        }
        Ok(Found::Address(address))
    }

    fn decide(&mut self, _: &Store<A>, found: Found, _: Millis) -> Result<Decision<Tombstones, Turn>, Error> {
        let mut address = match found {
            Found::Own(erasure, address) => {
                let (erasures, claims) = (vec![*erasure], address.claims);
                return Ok(Decision::End(Turn::End(Erased::Now { erasures, claims })));
            }
            Found::Address(address) => address,
        };
        // An address without anybody to erase ends the request, unless an unknown address must refuse later customers
        // too.
        if self.nobody_is_left(&address) {
            let claims = address.claims;
            match address.erasure {
                _ if self.others => {
                    return Ok(Decision::End(Turn::End(Erased::Now { erasures: Vec::new(), claims })));
                }
                Some(id) => return Ok(Decision::End(Turn::End(Erased::Before(Some(id), claims)))),
                None if !address.registrants.is_empty() => return Err(ambiguous(&address)),
                None if !self.options.unknown => return Ok(Decision::End(Turn::End(Erased::Nobody))),
                None => {}
            }
        }
        if !self.options.all && address.has_holder() {
            // Only the verified customers are meant. A builder means those from before the erasure, all of them. Other
            // callers must decide between several.
            if !self.options.verified && !address.picks() {
                return Err(ambiguous(&address));
            }
            let as_of = self.options.as_of.filter(|_| self.options.verified);
            address.registrants.retain(|registrant| {
                registrant.verified
                    && !as_of.is_some_and(|as_of| created_after(&registrant.loaded.customer, as_of))
            });
        }
        let Address { mut registrants, absent, listed, more, claims, .. } = address;
        // The verified customers are gone with the answer, whatever a job has still to do.
        registrants.sort_by_key(|registrant| !registrant.verified);
        // Take as many customers as fit into one transaction. The next turn takes the rest.
        let persons = registrants.into_iter().map(|registrant| Target::Person(registrant.loaded));
        let mut targets: Vec<Target> = persons.chain(absent.into_iter().map(Target::Nobody)).collect();
        let refs: Vec<ErasureTarget<'_>> = targets.iter().map(Target::as_ref).collect();
        let fit = ErasureTarget::fit(&refs);
        let rest = targets.len() - fit;
        // Nobody is meant, for example because every holder came later.
        let nobody = targets.is_empty();
        targets.truncate(fit);
        // With a full list, a new overflow registration leaves the list unchanged. Look again in the next
        // turn.
        let all = nobody || (rest == 0 && !more && !listed.may_overflow());
        let erasure = self.erasure.clone();
        let tombstones = Tombstones { erasure, targets, listed: Some(listed) };
        Ok(Decision::Write(tombstones, Turn::Erased { all, claims }))
    }
}

impl EraseAddress<'_> {
    /// Returns whether nobody is registered whom this command would erase.
    ///
    /// Claims are nobody's word but the page's, so only `all` erases them.
    fn nobody_is_left(&self, address: &Address) -> bool {
        let only_claims = !self.options.all && !address.has_holder() && !address.registrants.is_empty();
        let empty = address.registrants.is_empty() && address.absent.is_empty() && !address.more;
        only_claims || empty
    }
}

pub(super) async fn erase<A: PlaceTombstones>(
    app: &App<A>,
    channel: &Channel,
    point: &ContactPoint,
    options: ErasureOptions,
    invocation: &Invocation,
) -> Result<Erased, Error> {
    let hash = app.keys().contact_point(&channel.id, point);
    let (kind, mut done) = (point.kind, Vec::new());
    // Everybody may be thousands. The first turns take the verified customers, and a job takes the rest.
    let turns = if options.all { TURNS } else { usize::MAX };
    for _ in 0..turns {
        let (stored, turn) = turn(app, channel, (kind, &hash), options, !done.is_empty(), invocation).await?;
        done.extend(stored);
        // Go on until a turn finds nothing or takes everything.
        match turn {
            Turn::Erased { all: false, .. } => {}
            Turn::Erased { all: true, claims } => return Ok(Erased::Now { erasures: done, claims }),
            Turn::End(Erased::Now { erasures, claims }) => {
                done.extend(erasures);
                return Ok(Erased::Now { erasures: done, claims });
            }
            Turn::End(erased) => return Ok(erased),
        }
    }
    let left = app.store.address(&channel.id, kind, &hash, Registrants::VerifiedFirst).await?;
    let claims =
        left.claims + left.registrants.iter().filter(|registrant| registrant.verified).count() as u64;
    // Each turn takes some. Whoever claims the address from now on is not meant, so the job ends.
    let turns = usize::try_from(claims).unwrap_or(usize::MAX).saturating_add(TURNS);
    let work = Work::EraseAddress { kind, hash, turns };
    let job = Job::new(hex::encode(random::<16>()?), channel.id.clone(), app.now(), work);
    app.store.put_job(&job).await?;
    Ok(Erased::Now { erasures: done, claims })
}

/// Erases some of everybody who is registered for an address. Returns whether nobody is left.
///
/// # Errors
/// [`Error::Busy`] or [`Error::Internal`].
pub(crate) async fn erase_some<A: PlaceTombstones>(
    app: &App<A>,
    channel: &Channel,
    address: (ContactPointKind, &str),
) -> Result<bool, Error> {
    let options = ErasureOptions { all: true, ..ErasureOptions::default() };
    let (_, turn) = turn(app, channel, address, options, true, &Invocation::direct()?).await?;
    Ok(!matches!(turn, Turn::Erased { all: false, .. }))
}

/// Erases as many customers of an address as one transaction takes. `others` says whether an earlier turn erased some.
///
/// Each turn has an erasure of its own, because each transaction has a job.
async fn turn<A: PlaceTombstones>(
    app: &App<A>,
    channel: &Channel,
    (kind, hash): (ContactPointKind, &str),
    options: ErasureOptions,
    others: bool,
    invocation: &Invocation,
) -> Result<(Option<Erasure>, Turn), Error> {
    let erasure = Erasure { address: Some((kind, hash.to_owned())), ..begin(channel, options, app.now())? };
    let command = EraseAddress { channel, kind, hash, options, erasure, others };
    run(&app.store, command, invocation).await
}

/// Returns the error of an address with several verified customers, or with claims alone (R12).
fn ambiguous(address: &Address) -> Error {
    Error::Ambiguous(address.registrants.iter().take(CANDIDATES).map(candidate).collect())
}

fn candidate(registrant: &RegisteredPerson) -> Candidate {
    let person = &registrant.loaded.customer;
    Candidate {
        id: person.id.to_string(),
        kind: person.kind().name(),
        member_id: person.member_id.as_ref().map(|member| member.as_str().to_owned()),
        verified: registrant.verified,
    }
}
