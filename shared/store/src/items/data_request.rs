//! The item of a data request, in a partition of the channel.

use aws_sdk_dynamodb::types::AttributeValue;
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::time::{self, Millis};

use super::attributes::{FORMAT, integer, number};
use crate::item::Item;
use crate::key::{Key, TTL};

const CUSTOMERS: &str = "customers";
const AT: &str = "at";

/// A data request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataRequest {
    /// When the data request was made, epoch ms.
    pub at: Millis,
    /// The customers whose data is requested. Empty if the table has no such customer.
    pub customers: Vec<CustomerId>,
}

/// Returns the partition of a channel's data requests.
#[must_use]
pub fn partition(channel: &ChannelId) -> String {
    format!("Q#{channel}")
}

/// Returns the key of a data request.
#[must_use]
pub fn key(channel: &ChannelId, at: Millis, hash: &str) -> Key {
    Key::new(partition(channel), format!("{at:013}#{hash}"))
}

/// Returns a data request as an item that expires at `until`, epoch ms.
pub(crate) fn item(key: Key, request: &DataRequest, until: Millis) -> Item {
    let mut item = key.attributes();
    let customers = request.customers.iter().map(|id| AttributeValue::S(id.to_string())).collect();
    item.insert(AT.into(), number(request.at));
    item.insert(CUSTOMERS.into(), AttributeValue::L(customers));
    item.insert(TTL.into(), number(time::ttl(until)));
    item.insert(FORMAT.into(), number(1));
    item
}

/// Returns the data request of an item. `None` if the item is something else.
pub(crate) fn read(item: &Item) -> Option<DataRequest> {
    let customers = item.get(CUSTOMERS)?.as_l().ok()?;
    let id = |id: &AttributeValue| CustomerId::parse(id.as_s().ok()?);
    Some(DataRequest { at: integer(item, AT)?, customers: customers.iter().filter_map(id).collect() })
}
