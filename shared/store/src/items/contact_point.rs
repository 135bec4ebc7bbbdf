//! The item of a contact point, with its registrations (R10).
//!
//! The item lists up to 20 customers in a string set. So registering and releasing are idempotent and need no
//! read. A further customer has an overflow item. For example, the 21st member with the same family number
//! has the overflow item `H#ID`.

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

/// The sort key of a contact point, in the contact point's partition.
pub const CONTACT_POINT: &str = "A";
/// The start of the sort key of an overflow registration.
pub const OVERFLOW: &str = "H#";
/// The set of the registered customers' ids.
const REGISTERED: &str = "registered";
/// The set of the ids that are registered as verified. On an overflow item: a flag.
const VERIFIED: &str = "verified";
/// Whether the contact point ever had overflow registrations.
const HAS_OVERFLOW: &str = "overflow";
/// On an overflow item: released by a function without the permission to delete.
const RELEASED: &str = "released";
/// On the contact point of a requested erasure: the end of refusing upserts, epoch seconds.
const UNTIL: &str = "until";

/// The registration of a customer for one contact point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// The keyed hash of the address.
    #[serde(rename = "h")]
    pub hash: String,
    /// Whether the registration is verified.
    #[serde(rename = "v", default, skip_serializing_if = "std::ops::Not::not")]
    pub verified: bool,
    /// Whether the registration has an overflow item, because the contact point's list was full.
    #[serde(rename = "o", default, skip_serializing_if = "std::ops::Not::not")]
    pub overflow: bool,
}

/// The registrations of a customer.
pub type Registrations = BTreeMap<ContactPointKind, Registration>;

/// A change of one registration of a customer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// Registers the customer.
    Register(ContactPointKind, Registration),
    /// Changes whether the registered customer is verified.
    Verify(ContactPointKind, Registration),
    /// Releases the customer.
    Release(ContactPointKind, Registration),
}

/// The erasures of an address that refuse a registration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RememberedErasures {
    /// Now, in epoch seconds. An erasure whose memory has ended refuses nothing.
    pub(crate) now: i64,
    /// Earlier erasures refuse nothing, epoch ms.
    pub(crate) since: i64,
}

/// The conditions of a registration.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Conditions {
    /// Whether the contact point must be free (R10).
    pub(crate) unique: bool,
    /// The remembered erasures that refuse the registration (R12).
    pub(crate) erasures: Option<RememberedErasures>,
}

/// Returns the key of a contact point, by the keyed hash of its address.
#[must_use]
pub fn key(channel: &ChannelId, kind: ContactPointKind, hash: &str) -> Key {
    let letter = match kind {
        ContactPointKind::Email => 'e',
        ContactPointKind::MobileNumber => 'm',
    };
    Key::new(format!("A#{channel}#{letter}#{hash}"), CONTACT_POINT)
}

/// Returns the key of an overflow registration. A customer overflows when the contact point's list is full.
#[must_use]
pub fn overflow_key(channel: &ChannelId, kind: ContactPointKind, hash: &str, id: &CustomerId) -> Key {
    Key::new(key(channel, kind, hash).pk, format!("{OVERFLOW}{id}"))
}

/// Returns the ids in a contact point's own list.
pub(crate) fn registered(item: &Item) -> Vec<CustomerId> {
    let ids = item.get(REGISTERED).and_then(|set| set.as_ss().ok());
    ids.into_iter().flatten().filter_map(|id| CustomerId::parse(id)).collect()
}

/// Returns the ids in a contact point's own list, and whether each is verified.
pub(crate) fn registered_and_verified(item: &Item) -> Vec<(CustomerId, bool)> {
    let verified: Vec<&String> =
        item.get(VERIFIED).and_then(|set| set.as_ss().ok()).into_iter().flatten().collect();
    let is_verified = |id: &CustomerId| verified.iter().any(|other| *other == id.as_str());
    registered(item).into_iter().map(|id| (id.clone(), is_verified(&id))).collect()
}

/// Returns the customer of an overflow item, and whether the registration is verified.
///
/// Returns `None` for a released registration.
pub(crate) fn read_overflow(item: &Item) -> Option<(CustomerId, bool)> {
    if item.contains_key(RELEASED) {
        return None;
    }
    let id = CustomerId::parse(string(item, SK)?.strip_prefix(OVERFLOW)?)?;
    let verified = item.get(VERIFIED).and_then(|flag| flag.as_bool().ok()).copied();
    Some((id, verified.unwrap_or(false)))
}

/// Returns the erasure that was requested by the address, while the table remembers the erasure.
pub(crate) fn remembered_erasure(item: &Item, now: Millis) -> Option<&str> {
    is_remembered(item, now, 0).then(|| string(item, ERASURE)).flatten()
}

/// Returns whether the table remembers an erasure of the address that is dated at `since` or later.
pub(crate) fn is_remembered(item: &Item, now: Millis, since: Millis) -> bool {
    until(item).is_some_and(|until| until * 1000 > now)
        && integer(item, ERASED_AT).is_none_or(|erased_at| erased_at >= since)
}

/// Returns the end of remembering an erasure of the address, epoch seconds.
pub(crate) fn until(item: &Item) -> Option<i64> {
    integer(item, UNTIL)
}

/// Returns the writes of one change of the customer `id`. Each write costs 2 W within a transaction.
pub(crate) fn writes(
    channel: &ChannelId,
    id: &CustomerId,
    change: &Change,
    conditions: Conditions,
) -> Vec<Write> {
    match change {
        // A registration as an overflow needs a full list. The contact point notes that an overflow exists.
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
        // A registration in the list needs a free place.
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
        // Verifying moves the id into the set of verified ids, or out of the set.
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

/// Returns the write that releases an overflow registration.
///
/// The released item is unused from then on. DynamoDB may delete the item at once.
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
    // A contact point with a registration stays, so remove the time to live.
    format!("SET {format} = {one} REMOVE {expires} ADD {registered} {ids}{verify}")
}

/// Returns the condition that the list has a place for `id`.
///
/// After a lost reply of a first try, the list has the customer's own id already.
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

/// Returns the end of an update that releases customers.
fn release(terms: &mut Terms, ids: impl IntoIterator<Item = String>) -> String {
    let ids = terms.value(set(ids));
    format!("DELETE {} {ids}, {} {ids}", terms.name(REGISTERED), terms.name(VERIFIED))
}

fn set(ids: impl IntoIterator<Item = String>) -> AttributeValue {
    AttributeValue::Ss(ids.into_iter().collect())
}

/// Returns the write that releases customers at their erasure.
///
/// If the erasure was requested by this contact point, the item remembers the erasure. `listed` are the ids
/// that the list had. A list that has changed refuses the write.
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
        // Remember the erasure at the address of the request.
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
    // Only the address of the request checks its list. The other contact points are only released.
    match listed.filter(|_| named) {
        Some(listed) => write.when(|terms| lists_only(terms, listed)),
        None => write,
    }
}

/// Returns the condition that a contact point lists exactly these customers.
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

/// Returns the write that forgets the overflow registrations.
///
/// A new registration since then is in the list, because only a full list overflows. The condition keeps such
/// a contact point unchanged.
pub(crate) fn forget_overflow(at: Key) -> Write {
    Write::update(at, |terms| format!("REMOVE {}", terms.name(HAS_OVERFLOW))).when(nobody_is_registered)
}

/// Deletes a contact point without registrations in its list.
pub(crate) fn delete(at: Key) -> Write {
    Write::delete(at).when(nobody_is_registered)
}

/// Lets a contact point without registrations in its list expire at `until`, epoch seconds.
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
