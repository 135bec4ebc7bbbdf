//! Requests for a person's data, as a builder passes them on: which customers they are about, so that the shop can export
//! them. They name ids alone, and leave after 60 days: a shop has 30 to answer.

use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::limit::DATA_REQUEST_MS;
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::time::Millis;

use crate::access::{ApplyBuilderUpdates, List};
use crate::erasure::Named;
use crate::items::attributes::expired;
use crate::items::data_request::{self, DataRequest};
use crate::store::Store;
use crate::table::write::Write;

impl<A: ApplyBuilderUpdates> Store<A> {
    /// Notes a request and whom it is about. The same one again lands on itself. 1 R and 1 W.
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
            PersonRef::ContactPoint(contact_point) => {
                let hash = self.keys().contact_point(channel, contact_point);
                let address = self.address(channel, contact_point.kind, &hash).await?;
                address.registrants.iter().map(|registrant| registrant.loaded.customer.id.clone()).collect()
            }
            by => match self.named(channel, by).await? {
                Named::Person(person) => vec![person.customer.id.clone()],
                Named::Erased(_) | Named::Nobody(_) => Vec::new(),
            },
        };
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
    /// A channel's requests for data, the oldest first. 1 R per 4 KB.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn data_requests(&self, channel: &ChannelId) -> Result<Vec<DataRequest>, Error> {
        let items = self.partition(data_request::partition(channel)).await?;
        let live = items.iter().filter(|item| !expired(item, self.now()));
        Ok(live.filter_map(data_request::read).collect())
    }
}
