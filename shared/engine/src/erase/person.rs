//! Erases a person by id, memberId or veilId.

use okyaku_domain::channel::Channel;
use okyaku_domain::erasure::Erasure;
use okyaku_domain::error::Error;
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::revival::came_after;
use okyaku_domain::time::Millis;
use okyaku_store::access::PlaceTombstones;
use okyaku_store::erasure::Named;
use okyaku_store::{Invocation, Store};

use super::outcome::{Erased, ErasureOptions};
use super::tombstones::{Target, Tombstones, begin};
use crate::app::App;
use crate::runner::{Command, Decision, run};

struct ErasePerson<'a> {
    channel: &'a Channel,
    person: &'a PersonRef,
    options: ErasureOptions,
    /// The erasure is the same at every try. So a later try recognises an earlier try whose reply was lost.
    erasure: Erasure,
}

/// The record of a person, or this command's own erasure.
enum Found {
    Named(Named),
    /// The erasure that an earlier try of this command stored before its reply was lost.
    Own(Box<Erasure>),
}

impl<A: PlaceTombstones> Command<A> for ErasePerson<'_> {
    type Found = Found;
    type Write = Tombstones;
    type Note = Erased;

    async fn load(&mut self, store: &Store<A>) -> Result<Found, Error> {
        let channel = &self.channel.id;
        let named = store.named(channel, self.person).await?;
        if let Named::Erased(tombstone) = &named {
            // The tombstone comes from an earlier try of this command.
            if tombstone.erasure.as_ref() == Some(&self.erasure.id) {
                return Ok(Found::Own(Box::new(store.erasure(channel, &self.erasure.id).await?)));
            }
            // A builder repeats the erasure with a later date. The tombstone must refuse data from between
            // the two dates.
            if let Some(as_of) = self.options.as_of.filter(|as_of| *as_of > tombstone.erased_at) {
                store.redate(channel, self.person, tombstone.generation, as_of).await?;
            }
        }
        Ok(Found::Named(named))
    }

    fn decide(
        &mut self,
        _: &Store<A>,
        found: Found,
        _: Millis,
    ) -> Result<Decision<Tombstones, Erased>, Error> {
        let as_of = self.options.as_of;
        // An erased, later or unknown person ends the command. The remaining cases get a tombstone.
        let target = match found {
            Found::Own(erasure) => {
                return Ok(Decision::End(Erased::Now { erasures: vec![*erasure], claims: 0 }));
            }
            Found::Named(Named::Erased(tombstone)) => {
                return Ok(Decision::End(Erased::Before(tombstone.erasure, 0)));
            }
            Found::Named(Named::Person(person))
                if as_of.is_some_and(|as_of| came_after(&person.customer, as_of)) =>
            {
                return Ok(Decision::End(Erased::Before(None, 0)));
            }
            Found::Named(Named::Nobody(_)) if !self.options.unknown => {
                return Ok(Decision::End(Erased::Nobody));
            }
            Found::Named(Named::Person(person)) => Target::Person(person),
            Found::Named(Named::Nobody(id)) => Target::Nobody(id),
        };
        let tombstones = Tombstones { erasure: self.erasure.clone(), targets: vec![target], listed: None };
        Ok(Decision::Write(tombstones, Erased::Nobody))
    }
}

pub(super) async fn erase<A: PlaceTombstones>(
    app: &App<A>,
    channel: &Channel,
    person: &PersonRef,
    options: ErasureOptions,
    invocation: &Invocation,
) -> Result<Erased, Error> {
    let erasure = begin(channel, options, app.now())?;
    let command = ErasePerson { channel, person, options, erasure };
    let (stored, note) = run(&app.store, command, invocation).await?;
    Ok(stored.map_or(note, |erasure| Erased::Now { erasures: vec![erasure], claims: 0 }))
}
