//! Lead creation (R10): an e-mail address or a phone number is enough.

use crate::command::upsert::patched;
use crate::customer::Customer;
use crate::detail::Detail;
use crate::error::Error;
use crate::id::CustomerId;
use crate::patch::Patch;
use crate::time::Millis;

/// Decides the creation of a lead under a new id. Returns the lead, and the refused fields of a partial patch.
///
/// The write has the condition that the lead's contact points are free of registrations.
///
/// # Errors
/// [`Error::Invalid`] if the contact point is missing, or if the patch exceeds a limit.
pub fn decide(id: CustomerId, patch: &Patch, now: Millis) -> Result<(Customer, Vec<Detail>), Error> {
    let (lead, refused) = patched(Customer::new(id, 0, now), patch, now)?;
    if lead.contact_points().next().is_none() {
        return Err(Error::invalid("profile", "must have an email or a mobileNumber"));
    }
    Ok((lead, refused))
}
