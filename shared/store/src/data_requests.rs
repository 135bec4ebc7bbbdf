//! Requests for a person's data, as a builder passes them on: which customers they are about, so that the shop can export
//! them. They name ids alone, and leave after 60 days: a shop has 30 to answer.

use aws_sdk_dynamodb::types::AttributeValue;

use super::Store;
use super::access::{ApplyBuilderUpdates, List};
use super::item::{FORMAT, integer, number, string};
use super::keys::{self, SK, TTL};
use crate::erasure::Found;
use okyaku_domain::error::Error;
use okyaku_domain::id::CustomerId;
use okyaku_domain::limit::DATA_REQUEST_MS;
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::time::{self, Millis};

const CUSTOMERS: &str = "customers";
const AT: &str = "at";

/// A request for a person's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataRequest {
    /// When it was made, epoch ms.
    pub at: Millis,
    /// Whom it is about; nobody, if nothing is held.
    pub customers: Vec<CustomerId>,
}

impl<A: ApplyBuilderUpdates> Store<A> {
    /// Notes a request and whom it is about. The same one again lands on itself. 1 R and 1 W.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn request_data(
        &self,
        channel: &str,
        by: &PersonRef,
        id: &str,
        at: Millis,
    ) -> Result<(), Error> {
        let customers: Vec<String> = match by {
            PersonRef::ContactPoint(contact_point) => {
                let hash = self.base.keys.contact_point(channel, contact_point);
                let address = self.address(channel, contact_point.kind, &hash).await?;
                address.registrants.iter().map(|registrant| registrant.person.id.to_string()).collect()
            }
            by => match self.named(channel, by).await? {
                Found::Person(person, _) => vec![person.id.to_string()],
                Found::Erased(_) | Found::Nobody(_) => Vec::new(),
            },
        };
        let hash = self.base.keys.order(channel, &format!("request {id} {at}"));
        let mut item = keys::data_request(channel, at, &hash).attributes();
        item.insert(AT.into(), number(at));
        item.insert(
            CUSTOMERS.into(),
            AttributeValue::L(customers.into_iter().map(AttributeValue::S).collect()),
        );
        item.insert(TTL.into(), number(time::ttl(self.now() + DATA_REQUEST_MS)));
        item.insert(FORMAT.into(), number(1));
        self.put_plain(item).await
    }
}

impl<A: List> Store<A> {
    /// A channel's requests for data, the oldest first. 1 R per 4 KB.
    ///
    /// # Errors
    /// [`Error::Busy`] or [`Error::Internal`].
    pub async fn data_requests(&self, channel: &str) -> Result<Vec<DataRequest>, Error> {
        let items = self.partition(keys::data_requests(channel)).await?;
        let live = items.into_iter().filter(|item| !super::item::expired(item, self.now()));
        let read = live.filter_map(|item| {
            string(&item, SK)?;
            let customers = item.get(CUSTOMERS)?.as_l().ok()?;
            let id = |id: &AttributeValue| CustomerId::parse(id.as_s().ok()?);
            Some(DataRequest {
                at: integer(&item, AT)?,
                customers: customers.iter().filter_map(id).collect(),
            })
        });
        Ok(read.collect())
    }
}
