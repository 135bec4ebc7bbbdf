//! Erases the customers that a [`PersonRef`] means.

use okyaku_domain::channel::Channel;
use okyaku_domain::error::Error;
use okyaku_domain::person_ref::PersonRef;
use okyaku_store::Invocation;
use okyaku_store::access::PlaceTombstones;

use super::outcome::{Erased, ErasureOptions};
use super::{address, person};
use crate::app::App;

/// Erases the customers that `person` means.
///
/// After the call, reads treat the customers as erased. Jobs delete the remaining items. An erasure by an id
/// takes 2 trips, and an erasure by an address takes 3 trips.
///
/// # Errors
/// [`Error::Ambiguous`] for an address with several customers or an unverified customer. [`Error::Busy`] or
/// [`Error::Internal`].
pub async fn erase<A: PlaceTombstones>(
    app: &App<A>,
    channel: &Channel,
    person: &PersonRef,
    options: ErasureOptions,
    invocation: &Invocation,
) -> Result<Erased, Error> {
    match person {
        PersonRef::ContactPoint(point) => address::erase(app, channel, point, options, invocation).await,
        person => person::erase(app, channel, person, options, invocation).await,
    }
}
