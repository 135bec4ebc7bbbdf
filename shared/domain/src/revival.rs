//! Revival: the proofs for a new record after an erasure, and the data of the record before (R12).

use crate::customer::Customer;
use crate::id::{NaturalKey, RecordIds};
use crate::record::Tombstone;
use crate::time::Millis;

/// The proof for a new record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A page's boot.
    Boot {
        /// Whether a memberHash proved the member.
        proven: bool,
    },
    /// A server's upsert.
    Upsert {
        /// Whether the shop knows of the erasure.
        revive: bool,
    },
    /// A builder's update.
    Builder {
        /// The time at which the builder created the customer, epoch ms, if the update has the time.
        created_at: Option<Millis>,
        /// The time of the update, epoch ms.
        at: Millis,
    },
}

impl Proof {
    /// Returns the time from which erasures of an address refuse a new record with the address, epoch ms.
    ///
    /// If the address was erased at this time or later, the new record is refused. `None` if erasures of the
    /// address make no difference, as for a boot or an upsert with `revive`. For any further upsert every
    /// erasure counts, because the shop may know of none. For a builder's update only later erasures count.
    #[must_use]
    pub fn refused_by_erasures_since(self) -> Option<Millis> {
        match self {
            Self::Boot { .. } | Self::Upsert { revive: true } => None,
            Self::Upsert { revive: false } => Some(0),
            Self::Builder { created_at, at } => Some(created_at.unwrap_or(at)),
        }
    }
}

/// Returns whether `proof` starts a new record after an erasure. Only this function decides a revival.
///
/// For example, a proven boot starts a new record, and an unproven boot does not.
#[must_use]
pub fn may_revive(tombstone: &Tombstone, proof: Proof) -> bool {
    match proof {
        Proof::Boot { proven } => proven,
        Proof::Upsert { revive } => revive,
        // An update alone is too little. The builder must have created the customer after the erasure.
        Proof::Builder { created_at, .. } => {
            created_at.is_some_and(|created_at| !creation_precedes(created_at, tombstone.erased_at))
        }
    }
}

/// Returns the first record of a natural key, or the next record after the tombstone.
///
/// `None` if `proof` does not start a new record.
#[must_use]
pub fn new_record(
    key: NaturalKey<'_>,
    tombstone: Option<&Tombstone>,
    proof: Proof,
    ids: &impl RecordIds,
    now: Millis,
) -> Option<Customer> {
    let Some(tombstone) = tombstone else { return Some(Customer::new(ids.record_id(key, 0), 0, now)) };
    if !may_revive(tombstone, proof) {
        return None;
    }
    let generation = tombstone.generation + 1;
    let new = Customer::new(ids.record_id(key, generation), generation, now);
    Some(Customer { revived_after: Some(tombstone.erased_at), ..new })
}

/// Returns whether an event dated `at` belongs to the record erased at `erased_at`.
///
/// An event before the erasure belongs to the erased record. An event of the same millisecond belongs to the
/// new record.
#[must_use]
pub fn event_precedes(at: Millis, erased_at: Millis) -> bool {
    at < erased_at
}

/// Returns whether a customer created at `created_at` by the builder is the customer erased at `erased_at`.
///
/// A creation of the same millisecond belongs to the erasure, because the builder had created the customer by
/// then.
#[must_use]
pub fn creation_precedes(created_at: Millis, erased_at: Millis) -> bool {
    created_at <= erased_at
}

/// Returns whether `person` came after `as_of`, the date of a builder's erasure.
///
/// Then the erasure is about an earlier record.
#[must_use]
pub fn came_after(person: &Customer, as_of: Millis) -> bool {
    let created_later =
        person.builder_created_at.is_some_and(|created_at| !creation_precedes(created_at, as_of));
    // The record before was erased at `as_of` or later, so this erasure is about the record before.
    created_later || person.revived_after.is_some_and(|erased_at| erased_at >= as_of)
}

/// Returns whether `person` was created after `as_of`, the date of a builder's erasure of an address.
///
/// The creation is at the builder's date, if the builder gave a date. For example, a member is deleted on 1 March. A lead
/// of 5 March with the same address is a new life.
#[must_use]
pub fn created_after(person: &Customer, as_of: Millis) -> bool {
    let created_at = person.builder_created_at.unwrap_or(person.created_at);
    !creation_precedes(created_at, as_of) || came_after(person, as_of)
}

impl Customer {
    /// Returns whether an event dated `at` belongs to the record before this record.
    #[must_use]
    pub fn precedes_record(&self, at: Millis) -> bool {
        self.revived_after.is_some_and(|erased_at| event_precedes(at, erased_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::CustomerId;

    const ERASED: Millis = 1_000;

    fn tombstone() -> Tombstone {
        Tombstone { generation: 0, current: 0, erased_at: ERASED, first_erased_at: ERASED, erasure: None }
    }

    #[test]
    fn event_of_the_erasures_millisecond_is_new() {
        assert!(event_precedes(ERASED - 1, ERASED));
        assert!(!event_precedes(ERASED, ERASED));
    }

    #[test]
    fn creation_of_the_erasures_millisecond_is_old() {
        assert!(creation_precedes(ERASED, ERASED));
        assert!(!creation_precedes(ERASED + 1, ERASED));
    }

    #[test]
    fn revival_takes_a_proof() {
        let builder = |created_at| Proof::Builder { created_at, at: ERASED + 5 };
        for (proof, revives) in [
            (Proof::Boot { proven: true }, true),
            (Proof::Boot { proven: false }, false),
            (Proof::Upsert { revive: true }, true),
            (Proof::Upsert { revive: false }, false),
            (builder(Some(ERASED + 1)), true),
            (builder(Some(ERASED)), false),
            (builder(None), false),
        ] {
            assert_eq!(may_revive(&tombstone(), proof), revives, "{proof:?}");
        }
    }

    #[test]
    fn erasure_means_only_who_was_there() {
        let person = |created, revived| Customer {
            builder_created_at: created,
            revived_after: revived,
            ..Customer::new(CustomerId::from_bytes([0; 10]), 0, 0)
        };
        for (created, revived, later) in [
            (None, None, false),
            (Some(ERASED), None, false),
            (Some(ERASED + 1), None, true),
            (None, Some(ERASED - 1), false),
            (None, Some(ERASED), true),
        ] {
            assert_eq!(came_after(&person(created, revived), ERASED), later, "{created:?} {revived:?}");
        }
    }
}
