//! Data requests that a builder passes on to the shop.
//!
//! A data request names the customers whose data the shop must export. A data request keeps customer ids
//! alone and expires after 60 days. A shop has 30 days to answer.

use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::limit::DATA_REQUEST_MS;
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::time::Millis;

use crate::access::{ApplyBuilderUpdates, List};
use crate::erasure::{Named, Registrants};
use crate::items::attributes::expired;
use crate::items::data_request::{self, DataRequest};
use crate::store::Store;
use crate::table::write::Write;

impl<A: ApplyBuilderUpdates> Store<A> {
    /// Stores a data request with the ids of its customers.
    ///
    /// The same request, repeated, overwrites the same item. Costs 1 W and the reads that find the customers,
    /// such as 1 R for a customer's id.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn request_data(
        &self,
        channel: &ChannelId,
        by: &PersonRef,
        id: &str,
        at: Millis,
    ) -> Result<(), Error> {
        let customers: Vec<CustomerId> = match by {
            // Several customers may share an address, and the request names them all.
            PersonRef::ContactPoint(contact_point) => {
                let hash = self.keys().contact_point(channel, contact_point);
                let address = self.address(channel, contact_point.kind, &hash, Registrants::Everyone).await?;
                address.registrants.iter().map(|registrant| registrant.loaded.customer.id.clone()).collect()
            }
            by => match self.named(channel, by).await? {
                Named::Person(person) => vec![person.customer.id.clone()],
                Named::Erased(_) | Named::Nobody(_) => Vec::new(),
            },
        };
        // The hash of id and time names the request, so that a repetition overwrites the item.
        let hash = self.keys().order(channel, &format!("request {id} {at}"));
        let item = data_request::item(
            data_request::key(channel, at, &hash),
            &DataRequest { at, customers },
            self.now() + DATA_REQUEST_MS,
        );
        self.send_plain(Write::put(item)).await
    }
}

impl<A: List> Store<A> {
    /// Returns a channel's data requests, oldest first. Costs 1 R per 4 KB.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn data_requests(&self, channel: &ChannelId) -> Result<Vec<DataRequest>, Error> {
        let items = self.partition(data_request::partition(channel)).await?;
        let live = items.iter().filter(|item| !expired(item, self.now()));
        Ok(live.filter_map(data_request::read).collect())
    }
}
