//! Erases the persons that a builder names (R12).

use okyaku_domain::channel::Channel;
use okyaku_domain::contact_point::ContactPoint;
use okyaku_domain::error::Error;
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::rejection::Rejection;
use okyaku_domain::rejection_reason::RejectionReason;
use okyaku_domain::time::Millis;
use okyaku_store::Invocation;
use okyaku_store::access::ApplyBuilderUpdates;
use okyaku_store::erasure::Named;

use crate::app::App;
use crate::erase::{self, ErasureOptions};

/// Erases the person `by`, and whoever holds one of `addresses` verified.
///
/// - The erasure also refuses later data of an unknown person.
/// - The person's id names the person. Of the addresses, only holders from before the person's first erasure are meant.
///   For example, a member is deleted on 1 March and comes back as a lead on 5 March. An erasure of 11 March that names
///   the member's id and address spares the lead.
///
/// Costs an erasure for each of them, and 1 R more if there are addresses.
pub(super) async fn erase<A: ApplyBuilderUpdates>(
    app: &App<A>,
    channel: &Channel,
    (by, addresses): (&PersonRef, &[ContactPoint]),
    at: Millis,
    invocation: &Invocation,
) -> Result<Vec<Rejection>, Error> {
    let options = |as_of| ErasureOptions {
        unknown: true,
        verified: true,
        as_of: Some(as_of),
        ..ErasureOptions::default()
    };
    // The addresses come first: the erasure of the person may move the person's date.
    if !addresses.is_empty() {
        let as_of = match app.store.named(&channel.id, by).await? {
            Named::Erased(tombstone) => tombstone.first_erased_at.min(at),
            Named::Person(_) | Named::Nobody(_) => at,
        };
        for address in addresses {
            let address = PersonRef::ContactPoint(address.clone());
            match erase::erase(app, channel, &address, options(as_of), invocation).await {
                // Claims are not meant, and the id names the person.
                Ok(_) | Err(Error::Ambiguous(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }
    match erase::erase(app, channel, by, options(at), invocation).await {
        Ok(_) => Ok(Vec::new()),
        // Only unverified customers have the address, so the shop must decide which customer is meant.
        Err(Error::Ambiguous(_)) => Ok(vec![Rejection::new("customer", RejectionReason::Ambiguous)]),
        Err(error) => Err(error),
    }
}
