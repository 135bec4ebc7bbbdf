//! The item of a contact point, with its registrations (R10).
//!
//! A *verified* registration has somebody who vouches for it. A *claim* has nobody. The item lists up to 20 verified
//! customers, and a claim only while it lists fewer than 10 customers, in a string set. So registering and releasing are
//! idempotent and need no read. A further customer has an overflow item.
//!
//! Verified overflow items are `H#ID`, and claims are `U#ID`. So a query of the partition meets every verified
//! registration before the claims, however many claims there are.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use okyaku_domain::contact_point::ContactPointKind;
use okyaku_domain::erasure::Erasure;
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::limit::{CLAIMS_INLINE, REGISTRATIONS_INLINE};
use okyaku_domain::time::{self, Millis};
use serde::{Deserialize, Serialize};

use super::attributes::{ERASED_AT, ERASURE, FORMAT, integer, number, string, text};
use crate::item::Item;
use crate::key::{Key, PK, SK, TTL};
use crate::table::terms::Terms;
use crate::table::write::Write;

/// The sort key of a contact point, in the contact point's partition.
pub const CONTACT_POINT: &str = "A";
/// The start of the sort key of a verified overflow registration.
const HOLDER: &str = "H#";
/// The start of the sort key of a claim that overflows.
pub(crate) const CLAIM: &str = "U#";
/// The set of the registered customers' ids.
const REGISTERED: &str = "registered";
/// The set of the ids that are registered as verified.
const VERIFIED: &str = "verified";
/// Whether the contact point ever had overflow registrations.
const HAS_OVERFLOW: &str = "overflow";
/// On an overflow item: released by a function without the permission to delete.
pub(crate) const RELEASED: &str = "released";
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
    /// Changes whether the registered customer is verified: the registration before, and after.
    Verify(ContactPointKind, Registration, Registration),
    /// Releases the customer.
    Release(ContactPointKind, Registration),
}

/// The customers that a contact point listed when an erasure read the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// The ids.
    pub ids: Vec<CustomerId>,
    /// Whether the ids include claims. An erasure of the verified customers lets claims come and go.
    pub everyone: bool,
}

impl Listed {
    /// Returns whether a further registration may be an overflow, which leaves the list as it is.
    #[must_use]
    pub fn may_overflow(&self) -> bool {
        self.ids.len() >= if self.everyone { CLAIMS_INLINE } else { REGISTRATIONS_INLINE }
    }
}

/// The erasures of an address that refuse a registration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RememberedErasures {
    /// Now, in epoch seconds. An erasure whose memory has ended refuses nothing.
    pub(crate) now: i64,
    /// Earlier erasures refuse nothing, epoch ms.
    pub(crate) since: i64,
}

/// The ids in the own list of each contact point, as a command read them.
pub type Lists = BTreeMap<ContactPointKind, Vec<CustomerId>>;

/// The conditions of a registration.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Conditions<'a> {
    /// The lists that must be as they were read. Such a registration stays in the list, beside the claims (R10).
    pub(crate) beside: Option<&'a Lists>,
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
pub fn overflow_key(
    channel: &ChannelId,
    kind: ContactPointKind,
    registration: &Registration,
    id: &CustomerId,
) -> Key {
    let start = if registration.verified { HOLDER } else { CLAIM };
    Key::new(key(channel, kind, &registration.hash).pk, format!("{start}{id}"))
}

/// Returns the id in the sort key of an overflow registration, and whether the registration is verified.
pub(crate) fn of_overflow_key(sk: &str) -> Option<(&str, bool)> {
    sk.strip_prefix(HOLDER).map(|id| (id, true)).or_else(|| Some((sk.strip_prefix(CLAIM)?, false)))
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

/// Returns whether a contact point once had more registrations than its list has room for.
pub(crate) fn overflows(item: &Item) -> bool {
    item.contains_key(HAS_OVERFLOW)
}

/// Returns the customer of an overflow item, and whether the registration is verified.
///
/// Returns `None` for a released registration.
pub(crate) fn read_overflow(item: &Item) -> Option<(CustomerId, bool)> {
    if item.contains_key(RELEASED) {
        return None;
    }
    let (id, verified) = of_overflow_key(string(item, SK)?)?;
    Some((CustomerId::parse(id)?, verified))
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
    conditions: Conditions<'_>,
) -> Vec<Write> {
    let at = |registration: &Registration, kind| key(channel, kind, &registration.hash);
    // A further registration would leave a full list as it is. So it takes a place, and two of them at once cannot both
    // find the list as they read it.
    if let (Change::Register(kind, is), Some(lists)) = (change, conditions.beside) {
        let listed = lists.get(kind).map_or(&[][..], Vec::as_slice);
        let write = Write::update(at(is, *kind), |terms| register(terms, id, is.verified));
        return vec![write.when(|terms| as_read(terms, id, listed)).returning_old()];
    }
    match change {
        Change::Register(kind, is) if is.overflow => {
            let note = Write::update(at(is, *kind), |terms| format!("SET {}", has_overflow(terms)));
            let note = unless_remembered(note.when(|terms| list_is_full(terms, is.verified)), conditions);
            vec![Write::put(overflow(channel, *kind, is, id)), note.returning_old()]
        }
        Change::Register(kind, is) => {
            let write = Write::update(at(is, *kind), |terms| register(terms, id, is.verified));
            let write = write.when(|terms| free_place(terms, id, is.verified, conditions.unique));
            vec![unless_remembered(write, conditions).returning_old()]
        }
        // The overflow item of the other class goes, and the registration is made as a new one.
        Change::Verify(kind, was, is) if was.overflow => {
            let mut writes = vec![release_overflow(channel, id, *kind, was)];
            writes.extend(self::writes(channel, id, &Change::Register(*kind, is.clone()), conditions));
            writes
        }
        // The list of verified customers is full, so the customer leaves the list.
        Change::Verify(kind, _, is) if is.overflow => {
            let leave = Write::update(at(is, *kind), |terms| {
                let note = has_overflow(terms);
                format!("SET {note} {}", release(terms, [id.to_string()]))
            });
            let leave = leave.when(|terms| list_is_full(terms, is.verified)).returning_old();
            vec![Write::put(overflow(channel, *kind, is, id)), leave]
        }
        // Verifying moves the id into the set of verified ids, or out of the set.
        Change::Verify(kind, _, is) => {
            let action = if is.verified { "ADD" } else { "DELETE" };
            let write = Write::update(at(is, *kind), |terms| {
                format!("{action} {} {}", terms.name(VERIFIED), terms.value(set([id.to_string()])))
            });
            vec![match is.verified {
                true => write.when(|terms| free_place(terms, id, true, false)).returning_old(),
                false => write,
            }]
        }
        Change::Release(kind, was) if was.overflow => vec![release_overflow(channel, id, *kind, was)],
        Change::Release(kind, was) => {
            vec![Write::update(at(was, *kind), |terms| release(terms, [id.to_string()]))]
        }
    }
}

fn overflow(channel: &ChannelId, kind: ContactPointKind, is: &Registration, id: &CustomerId) -> Item {
    let mut item = overflow_key(channel, kind, is, id).attributes();
    item.insert(FORMAT.into(), number(1));
    item
}

/// Returns the note on a contact point that overflow registrations exist, as a part of `SET`.
fn has_overflow(terms: &mut Terms) -> String {
    format!("{} = {}", terms.name(HAS_OVERFLOW), terms.value(AttributeValue::Bool(true)))
}

/// Returns the write that releases an overflow registration.
///
/// The released item is unused from then on. DynamoDB may delete the item at once.
pub(crate) fn release_overflow(
    channel: &ChannelId,
    id: &CustomerId,
    kind: ContactPointKind,
    was: &Registration,
) -> Write {
    Write::update(overflow_key(channel, kind, was, id), |terms| {
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

/// Returns the set with the limit of a class, and the limit. Claims leave the place to verified customers.
fn list_of(terms: &mut Terms, verified: bool) -> (String, String) {
    match verified {
        true => (terms.name(VERIFIED), terms.value(number(REGISTRATIONS_INLINE))),
        false => (terms.name(REGISTERED), terms.value(number(CLAIMS_INLINE))),
    }
}

/// Returns the condition that the list has a place for `id`.
///
/// After a lost reply of a first try, the list has the customer's own id already.
fn free_place(terms: &mut Terms, id: &CustomerId, verified: bool, unique: bool) -> String {
    let own = terms.value(text(id.as_str()));
    if unique {
        let (registered, overflow) = (terms.name(REGISTERED), terms.name(HAS_OVERFLOW));
        return format!(
            "(attribute_not_exists({registered}) AND attribute_not_exists({overflow})) OR contains({registered}, {own})"
        );
    }
    let (list, most) = list_of(terms, verified);
    format!("attribute_not_exists({list}) OR size({list}) < {most} OR contains({list}, {own})")
}

/// Returns the condition that the list has exactly these ids, and none of them verified.
///
/// After a lost reply of a first try, the list has the customer's own id already.
fn as_read(terms: &mut Terms, id: &CustomerId, listed: &[CustomerId]) -> String {
    let (registered, verified) = (terms.name(REGISTERED), terms.name(VERIFIED));
    let own = terms.value(text(id.as_str()));
    if listed.is_empty() {
        return format!("attribute_not_exists({registered}) OR contains({registered}, {own})");
    }
    let count = terms.value(number(listed.len()));
    let each: Vec<String> = listed
        .iter()
        .map(|id| format!("contains({registered}, {})", terms.value(text(id.as_str()))))
        .collect();
    format!(
        "(size({registered}) = {count} AND {} AND attribute_not_exists({verified})) OR contains({registered}, {own})",
        each.join(" AND ")
    )
}

/// Returns the condition that the list has no place.
fn list_is_full(terms: &mut Terms, verified: bool) -> String {
    let (list, most) = list_of(terms, verified);
    format!("size({list}) >= {most}")
}

fn unless_remembered(write: Write, conditions: Conditions<'_>) -> Write {
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
    listed: Option<&Listed>,
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
fn lists_only(terms: &mut Terms, Listed { ids: listed, everyone }: &Listed) -> String {
    let registered = terms.name(if *everyone { REGISTERED } else { VERIFIED });
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
