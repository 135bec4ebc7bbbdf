//! Erasures again, after the table was restored to a time before them (R12). What the old table remembers of each is
//! its id, its time and keyed hashes: it can be kept in a file.

use std::collections::HashSet;

use okyaku_domain::channel::Channel;
use okyaku_domain::contact_point::ContactPointKind;
use okyaku_domain::erasure::Erasure;
use okyaku_domain::error::Error;
use okyaku_domain::id::CustomerId;
use okyaku_domain::limit::ERASURES_LISTED;
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::time::Millis;
use okyaku_engine::App;
use okyaku_store::erasure::{ErasureTarget, Found, Placed};
use okyaku_store::keyring::random;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Access;

/// Times that an erasure is tried again when others write.
const TRIES: usize = 5;

/// What is kept of an erasure to do it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Kept {
    id: String,
    erased_at: Millis,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    as_of: Option<Millis>,
    records: Vec<CustomerId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<(ContactPointKind, String)>,
}

/// A channel's erasures since a time, the oldest first; `next` is where the next answer begins.
pub(crate) async fn list(
    app: &App<Access>,
    channel: &Channel,
    since: Millis,
    after: Option<&str>,
) -> Result<Value, Error> {
    let log = app.store.erasures_since(&channel.id, since).await?;
    let mut left =
        log.erasures.into_iter().filter(|erasure| after.is_none_or(|after| erasure.id.as_str() > after));
    let page: Vec<Kept> = left
        .by_ref()
        .take(ERASURES_LISTED)
        .map(|e| Kept {
            id: e.id,
            erased_at: e.erased_at,
            as_of: e.as_of,
            records: e.records,
            address: e.address,
        })
        .collect();
    let next = left.next().and_then(|_| page.last().map(|kept| kept.id.clone()));
    Ok(json!({ "erasures": page, "next": next, "unreadable": log.unreadable }))
}

/// Erases these again, as of their own time. Doing it twice is harmless.
pub(crate) async fn replay(app: &App<Access>, channel: &Channel, kept: Vec<Kept>) -> Result<Value, Error> {
    let (mut replayed, mut already) = (0, 0);
    for one in kept {
        if again(app, channel, &one).await? {
            replayed += 1;
        } else {
            already += 1;
        }
    }
    Ok(json!({ "replayed": replayed, "already": already }))
}

async fn again(app: &App<Access>, channel: &Channel, kept: &Kept) -> Result<bool, Error> {
    if !Erasure::is_id(&kept.id) {
        return Err(Error::invalid("erasures", "has an id that is none"));
    }
    let mut done = false;
    for _ in 0..TRIES {
        let found = look(app, channel, kept).await?;
        let mut targets: Vec<ErasureTarget<'_>> = Vec::new();
        for one in &found {
            match one {
                Found::Person(person, version) => targets.push(ErasureTarget::Person(person, *version)),
                Found::Nobody(id) => targets.push(ErasureTarget::Nobody(id)),
                Found::Erased(_) => {}
            }
        }
        if targets.is_empty() {
            return Ok(done);
        }
        let wave = targets.get(..ErasureTarget::fit(&targets)).unwrap_or_default();
        // What does not fit goes under an id of its own.
        let id = if done { Erasure::begin(channel, random()?, kept.erased_at).id } else { kept.id.clone() };
        let mut erasure = Erasure::again(channel, id, kept.erased_at);
        erasure.as_of = kept.as_of;
        erasure.address.clone_from(&kept.address);
        done |= app.store.place_tombstones(&mut erasure, wave, None).await? == Placed::Done;
    }
    Err(Error::Busy)
}

/// Who lies at the erased lives now: each person once, and nobody who came after the erasure.
async fn look(app: &App<Access>, channel: &Channel, kept: &Kept) -> Result<Vec<Found>, Error> {
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    for record in &kept.records {
        if !seen.insert(record.clone()) {
            continue;
        }
        match app.store.named(&channel.id, &PersonRef::Id(record.clone())).await? {
            Found::Person(person, _) if person.created_at > kept.erased_at => {}
            Found::Person(person, version) => {
                let new = person.id == *record || seen.insert(person.id.clone());
                seen.extend(person.links.iter().map(|link| link.id.clone()));
                if new {
                    found.push(Found::Person(person, version));
                }
            }
            other => found.push(other),
        }
    }
    Ok(found)
}
