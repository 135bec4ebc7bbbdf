//! A request for somebody's data, in the partition of its channel.

use aws_sdk_dynamodb::types::AttributeValue;
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::time::{self, Millis};

use super::attributes::{FORMAT, integer, number};
use crate::item::Item;
use crate::key::{Key, TTL};

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

/// Partition of a channel's requests for data.
#[must_use]
pub fn partition(channel: &ChannelId) -> String {
    format!("Q#{channel}")
}

/// A request for somebody's data.
#[must_use]
pub fn key(channel: &ChannelId, at: Millis, hash: &str) -> Key {
    Key::new(partition(channel), format!("{at:013}#{hash}"))
}

/// A request as an item that leaves at `until`, epoch ms.
pub(crate) fn item(key: Key, request: &DataRequest, until: Millis) -> Item {
    let mut item = key.attributes();
    let customers = request.customers.iter().map(|id| AttributeValue::S(id.to_string())).collect();
    item.insert(AT.into(), number(request.at));
    item.insert(CUSTOMERS.into(), AttributeValue::L(customers));
    item.insert(TTL.into(), number(time::ttl(until)));
    item.insert(FORMAT.into(), number(1));
    item
}

/// The request of an item; `None` if it is none.
pub(crate) fn read(item: &Item) -> Option<DataRequest> {
    let customers = item.get(CUSTOMERS)?.as_l().ok()?;
    let id = |id: &AttributeValue| CustomerId::parse(id.as_s().ok()?);
    Some(DataRequest { at: integer(item, AT)?, customers: customers.iter().filter_map(id).collect() })
}
