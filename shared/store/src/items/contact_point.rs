//! A contact point and the customers that are registered for it (R10).
//!
//! The item lists up to 20 customers in a string set, so that registering and releasing are idempotent and need no read.
//! A further customer has an overflow item of its own.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use okyaku_domain::contact_point::ContactPointKind;
use okyaku_domain::erasure::Erasure;
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::limit::REGISTRATIONS_INLINE;
use okyaku_domain::time::{self, Millis};
use serde::{Deserialize, Serialize};

use super::attributes::{ERASED_AT, ERASURE, FORMAT, integer, number, string, text};
use crate::item::Item;
use crate::key::{Key, PK, SK, TTL};
use crate::table::terms::Terms;
use crate::table::write::Write;

/// Sort key of a contact point, in its own partition.
pub const CONTACT_POINT: &str = "A";
/// What the sort key of an overflow registration begins with.
pub const OVERFLOW: &str = "H#";
/// Set of the registered customers' ids.
const REGISTERED: &str = "registered";
/// Set of those who are registered as verified. On an overflow item a flag.
const VERIFIED: &str = "verified";
/// Whether there were ever overflow registrations.
const HAS_OVERFLOW: &str = "overflow";
/// On an overflow item that was released by a function which may not delete.
const RELEASED: &str = "released";
/// On a contact point that an erasure named: until when an upsert is refused, epoch seconds.
const UNTIL: &str = "until";

/// Where the table registers one contact point of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// Keyed hash of the address.
    #[serde(rename = "h")]
    pub hash: String,
    /// Whether it is registered as verified.
    #[serde(rename = "v", default, skip_serializing_if = "std::ops::Not::not")]
    pub verified: bool,
    /// Whether the registration has an item of its own, because the contact point's list was full.
    #[serde(rename = "o", default, skip_serializing_if = "std::ops::Not::not")]
    pub overflow: bool,
}

/// The contact points for which the table has registered a customer.
pub type Registrations = BTreeMap<ContactPointKind, Registration>;

/// What happens to one contact point of a customer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// The customer is registered from now on.
    Register(ContactPointKind, Registration),
    /// The customer is registered already; whether it is verified changed.
    Verify(ContactPointKind, Registration),
    /// The customer is no longer registered.
    Release(ContactPointKind, Registration),
}

/// Which erasures of an address refuse a registration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RememberedErasures {
    /// Now, in epoch seconds: those that are over by then do not.
    pub(crate) now: i64,
    /// Those before this do not, epoch ms.
    pub(crate) since: i64,
}

/// On what conditions a customer is registered.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Conditions {
    /// Only if nobody is registered (R10).
    pub(crate) unique: bool,
    /// Only if no erasure of the address is remembered (R12).
    pub(crate) erasures: Option<RememberedErasures>,
}

/// A contact point, by the keyed hash of its address.
#[must_use]
pub fn key(channel: &ChannelId, kind: ContactPointKind, hash: &str) -> Key {
    let letter = match kind {
        ContactPointKind::Email => 'e',
        ContactPointKind::MobileNumber => 'm',
    };
    Key::new(format!("A#{channel}#{letter}#{hash}"), CONTACT_POINT)
}

/// The registration of a customer for a contact point whose own list is full.
#[must_use]
pub fn overflow_key(channel: &ChannelId, kind: ContactPointKind, hash: &str, id: &CustomerId) -> Key {
    Key::new(key(channel, kind, hash).pk, format!("{OVERFLOW}{id}"))
}

/// The ids in a contact point's own list.
pub(crate) fn registered(item: &Item) -> Vec<CustomerId> {
    let ids = item.get(REGISTERED).and_then(|set| set.as_ss().ok());
    ids.into_iter().flatten().filter_map(|id| CustomerId::parse(id)).collect()
}

/// The same, and whether each is verified.
pub(crate) fn registered_and_verified(item: &Item) -> Vec<(CustomerId, bool)> {
    let verified: Vec<&String> =
        item.get(VERIFIED).and_then(|set| set.as_ss().ok()).into_iter().flatten().collect();
    let is_verified = |id: &CustomerId| verified.iter().any(|other| *other == id.as_str());
    registered(item).into_iter().map(|id| (id.clone(), is_verified(&id))).collect()
}

/// The customer of an overflow item, and whether it is verified; `None` for a released one.
pub(crate) fn read_overflow(item: &Item) -> Option<(CustomerId, bool)> {
    if item.contains_key(RELEASED) {
        return None;
    }
    let id = CustomerId::parse(string(item, SK)?.strip_prefix(OVERFLOW)?)?;
    let verified = item.get(VERIFIED).and_then(|flag| flag.as_bool().ok()).copied();
    Some((id, verified.unwrap_or(false)))
}

/// The erasure that named the address, if it is still remembered.
pub(crate) fn remembered_erasure(item: &Item, now: Millis) -> Option<&str> {
    is_remembered(item, now, 0).then(|| string(item, ERASURE)).flatten()
}

/// Whether an erasure of the address is still remembered, and was not before `since`.
pub(crate) fn is_remembered(item: &Item, now: Millis, since: Millis) -> bool {
    until(item).is_some_and(|until| until * 1000 > now)
        && integer(item, ERASED_AT).is_none_or(|erased_at| erased_at >= since)
}

/// Until when an erasure of the address is remembered, epoch seconds.
pub(crate) fn until(item: &Item) -> Option<i64> {
    integer(item, UNTIL)
}

/// The writes of one change of the customer `id`. 2 W each within a transaction.
pub(crate) fn writes(
    channel: &ChannelId,
    id: &CustomerId,
    change: &Change,
    conditions: Conditions,
) -> Vec<Write> {
    match change {
        Change::Register(kind, registration) if registration.overflow => {
            let mut item = overflow_key(channel, *kind, &registration.hash, id).attributes();
            item.insert(FORMAT.into(), number(1));
            item.insert(VERIFIED.into(), AttributeValue::Bool(registration.verified));
            let note = Write::update(key(channel, *kind, &registration.hash), |terms| {
                format!("SET {} = {}", terms.name(HAS_OVERFLOW), terms.value(AttributeValue::Bool(true)))
            });
            let note = note.when(|terms| {
                format!("size({}) >= {}", terms.name(REGISTERED), terms.value(number(REGISTRATIONS_INLINE)))
            });
            vec![Write::put(item), unless_remembered(note, conditions).returning_old()]
        }
        Change::Register(kind, registration) => {
            let write = Write::update(key(channel, *kind, &registration.hash), |terms| {
                register(terms, id, registration.verified)
            });
            let write = write.when(|terms| free_place(terms, id, conditions.unique));
            vec![unless_remembered(write, conditions).returning_old()]
        }
        Change::Verify(kind, registration) if registration.overflow => {
            let key = overflow_key(channel, *kind, &registration.hash, id);
            vec![Write::update(key, |terms| {
                let verified = terms.value(AttributeValue::Bool(registration.verified));
                format!("SET {} = {verified}", terms.name(VERIFIED))
            })]
        }
        Change::Verify(kind, registration) => {
            let action = if registration.verified { "ADD" } else { "DELETE" };
            vec![Write::update(key(channel, *kind, &registration.hash), |terms| {
                format!("{action} {} {}", terms.name(VERIFIED), terms.value(set([id.to_string()])))
            })]
        }
        Change::Release(kind, registration) if registration.overflow => {
            vec![release_overflow(channel, id, *kind, &registration.hash)]
        }
        Change::Release(kind, registration) => {
            vec![Write::update(key(channel, *kind, &registration.hash), |terms| {
                release(terms, [id.to_string()])
            })]
        }
    }
}

/// Releases an overflow registration. Nothing refers to its item any more: the engine may remove it at once.
pub(crate) fn release_overflow(
    channel: &ChannelId,
    id: &CustomerId,
    kind: ContactPointKind,
    hash: &str,
) -> Write {
    Write::update(overflow_key(channel, kind, hash, id), |terms| {
        let (released, expires) = (terms.name(RELEASED), terms.name(TTL));
        let (yes, now) = (terms.value(AttributeValue::Bool(true)), terms.value(number(1)));
        format!("SET {released} = {yes}, {expires} = {now}")
    })
}

fn register(terms: &mut Terms, id: &CustomerId, verified: bool) -> String {
    let (format, one, expires) = (terms.name(FORMAT), terms.value(number(1)), terms.name(TTL));
    let (registered, all) = (terms.name(REGISTERED), terms.name(VERIFIED));
    let ids = terms.value(set([id.to_string()]));
    let verify = if verified { format!(", {all} {ids}") } else { format!(" DELETE {all} {ids}") };
    // What somebody is registered for does not expire.
    format!("SET {format} = {one} REMOVE {expires} ADD {registered} {ids}{verify}")
}

/// The customer's own id is there already if the reply to a first try was lost.
fn free_place(terms: &mut Terms, id: &CustomerId, unique: bool) -> String {
    let (registered, own) = (terms.name(REGISTERED), terms.value(text(id.as_str())));
    if unique {
        let overflow = terms.name(HAS_OVERFLOW);
        return format!(
            "(attribute_not_exists({registered}) AND attribute_not_exists({overflow})) OR contains({registered}, {own})"
        );
    }
    let most = terms.value(number(REGISTRATIONS_INLINE));
    format!(
        "attribute_not_exists({registered}) OR size({registered}) < {most} OR contains({registered}, {own})"
    )
}

fn unless_remembered(write: Write, conditions: Conditions) -> Write {
    let Some(RememberedErasures { now, since }) = conditions.erasures else { return write };
    write.when(|terms| {
        let (until, erased_at) = (terms.name(UNTIL), terms.name(ERASED_AT));
        let (now, since) = (terms.value(number(now)), terms.value(number(since)));
        format!("attribute_not_exists({until}) OR {until} <= {now} OR {erased_at} < {since}")
    })
}

/// The end of an update that releases customers.
fn release(terms: &mut Terms, ids: impl IntoIterator<Item = String>) -> String {
    let ids = terms.value(set(ids));
    format!("DELETE {} {ids}, {} {ids}", terms.name(REGISTERED), terms.name(VERIFIED))
}

fn set(ids: impl IntoIterator<Item = String>) -> AttributeValue {
    AttributeValue::Ss(ids.into_iter().collect())
}

/// Releases customers at their erasure. A contact point that the erasure was asked for by remembers it. `listed` are the
/// ids that its list was seen to have: a list that has changed since refuses.
pub(crate) fn erase(
    erasure: &Erasure,
    point: &(ContactPointKind, String),
    ids: Vec<String>,
    listed: Option<&[CustomerId]>,
) -> Write {
    let (kind, hash) = point;
    let named = erasure.address.as_ref() == Some(point);
    let write = Write::update(key(&erasure.channel, *kind, hash), |terms| {
        let mut update = String::new();
        if named {
            let names = [FORMAT, ERASED_AT, ERASURE, UNTIL].map(|attribute| terms.name(attribute));
            let values =
                [number(1), number(erasure.dated()), text(&erasure.id), number(time::ttl(erasure.until))]
                    .map(|value| terms.value(value));
            let pairs: Vec<_> =
                names.iter().zip(values).map(|(name, value)| format!("{name} = {value}")).collect();
            update = format!("SET {} ", pairs.join(", "));
        }
        if !ids.is_empty() {
            update.push_str(&release(terms, ids));
        }
        update
    });
    match listed.filter(|_| named) {
        Some(listed) => write.when(|terms| lists_only(terms, listed)),
        None => write,
    }
}

/// The condition that a contact point still lists these customers and no others.
fn lists_only(terms: &mut Terms, listed: &[CustomerId]) -> String {
    let registered = terms.name(REGISTERED);
    if listed.is_empty() {
        return format!("attribute_not_exists({registered})");
    }
    let mut condition = format!("size({registered}) = {}", terms.value(number(listed.len())));
    for id in listed {
        condition.push_str(&format!(" AND contains({registered}, {})", terms.value(text(id.as_str()))));
    }
    condition
}

/// Forgets that there ever were overflow registrations. Whoever came meanwhile is in the list: only a full one overflows.
pub(crate) fn forget_overflow(at: Key) -> Write {
    Write::update(at, |terms| format!("REMOVE {}", terms.name(HAS_OVERFLOW))).when(nobody_is_registered)
}

/// Deletes a contact point for which nobody is registered.
pub(crate) fn delete(at: Key) -> Write {
    Write::delete(at).when(nobody_is_registered)
}

/// Lets a contact point for which nobody is registered expire at `until`, epoch seconds.
pub(crate) fn expire(at: Key, until: i64) -> Write {
    let write = Write::update(at, |terms| {
        let (expires, overflow, until) =
            (terms.name(TTL), terms.name(HAS_OVERFLOW), terms.value(number(until)));
        format!("SET {expires} = {until} REMOVE {overflow}")
    });
    write.when(|terms| format!("attribute_exists({})", terms.name(PK))).when(nobody_is_registered)
}

fn nobody_is_registered(terms: &mut Terms) -> String {
    format!("attribute_not_exists({})", terms.name(REGISTERED))
}
