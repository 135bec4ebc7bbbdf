//! Finds the customer and the cursor of a read.

use okyaku_api::{Call, hide_erased};
use okyaku_domain::channel::Channel;
use okyaku_domain::customer::Customer;
use okyaku_domain::error::Error;
use okyaku_domain::event::EventKey;
use okyaku_domain::person_ref::PersonRef;
use okyaku_engine::App;

use crate::access::Access;

/// Returns the customer of `{userId}`. An erased customer counts as unknown (R12).
pub(crate) async fn find(app: &App<Access>, channel: &Channel, call: &Call) -> Result<Box<Customer>, Error> {
    let person = PersonRef::of_path(call.param("userId")).ok_or(Error::NotFound("the customer"))?;
    let found = app.store.find(&channel.id, &person).await.map_err(hide_erased)?;
    Ok(found.customer)
}

/// Returns the cursor after which the read starts.
pub(crate) fn since(call: &Call) -> Result<Option<EventKey>, Error> {
    match call.query("since") {
        None | Some("") => Ok(None),
        Some(text) => {
            EventKey::parse(text).map(Some).ok_or_else(|| Error::invalid("since", "is not a cursor"))
        }
    }
}
