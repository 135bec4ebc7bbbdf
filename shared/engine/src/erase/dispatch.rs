//! Erasing whomever a reference means.

use okyaku_domain::channel::Channel;
use okyaku_domain::error::Error;
use okyaku_domain::person_ref::PersonRef;
use okyaku_store::Invocation;
use okyaku_store::access::PlaceTombstones;

use super::outcome::{Erased, ErasureOptions};
use super::{address, person};
use crate::app::App;

/// Erases whom `person` means: no read returns them from here on, and jobs are left to delete the rest. By an id 2 trips,
/// by an address 3.
///
/// # Errors
/// [`Error::Ambiguous`] for an address that does not pick one person; [`Error::Busy`] or [`Error::Internal`].
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
