//! Upsert: a server creates or changes a member by the shop's own id (R3, R12).

use crate::customer::Customer;
use crate::detail::Detail;
use crate::error::Error;
use crate::id::{MemberId, NaturalKey, RecordIds};
use crate::patch::Patch;
use crate::record::Record;
use crate::revival::{Proof, new_record};
use crate::sender::Sender;
use crate::time::Millis;

/// An upsert.
#[derive(Clone, Copy, Debug)]
pub struct Upsert<'a> {
    /// The member.
    pub member: &'a MemberId,
    /// The change.
    pub patch: &'a Patch,
    /// Whether the shop knows of the member's erasure and wants a new record.
    pub revive: bool,
}

impl Upsert<'_> {
    /// Returns the proof for a new record.
    #[must_use]
    pub fn proof(&self) -> Proof {
        Proof::Upsert { revive: self.revive }
    }
}

/// Decides an upsert. Returns the customer to store, and the refused fields of a partial patch.
///
/// # Errors
/// [`Error::Erased`] if the member was erased and `revive` is false. A shop that has not heard of the erasure
/// must not undo the erasure. [`Error::Invalid`] if the patch exceeds a limit.
pub fn decide(
    upsert: Upsert<'_>,
    found: Option<Record>,
    ids: &impl RecordIds,
    now: Millis,
) -> Result<(Customer, Vec<Detail>), Error> {
    let tombstone = match found {
        Some(Record::Live(customer)) => return patched(*customer, upsert.patch, now),
        Some(Record::Erased(tombstone)) => Some(tombstone),
        None => None,
    };
    let key = NaturalKey::Member(upsert.member);
    let new = new_record(key, tombstone.as_ref(), upsert.proof(), ids, now).ok_or(Error::Erased)?;
    patched(Customer { member_id: Some(upsert.member.clone()), ..new }, upsert.patch, now)
}

/// Applies a server's patch to a customer. Returns the customer, and the refused fields of a partial patch.
///
/// # Errors
/// [`Error::Invalid`] if the patch exceeds a limit. Then the stored customer must stay unchanged.
pub fn patched(mut customer: Customer, patch: &Patch, now: Millis) -> Result<(Customer, Vec<Detail>), Error> {
    let refused = customer.apply(patch, Sender::Server, now).map_err(Error::Invalid)?;
    Ok((customer, refused))
}
