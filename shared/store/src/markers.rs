//! Markers of monthly actives (R7): setting a customer's, and finding them again.

use std::collections::HashMap;

use okyaku_domain::error::Error;
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::month::Month;
use okyaku_domain::time::{self, Millis};

use crate::access::Read;
use crate::item::Item;
use crate::items::marker;
use crate::key::Key;
use crate::store::Store;
use crate::table::write::Write;

impl<A> Store<A> {
    /// Marks the customer active in the month of `at`. Doing it again changes nothing. 1 W.
    pub(crate) fn mark(&self, channel: &ChannelId, id: &CustomerId, at: Millis) -> Write {
        let month = time::month(at);
        let name = self.keys().active(channel, &month, id);
        Write::put(marker::item(marker::key(channel, &month, &name), at))
    }
}

impl<A: Read> Store<A> {
    /// A customer's markers of the months from one instant to another. 1 R for each month, in one call.
    pub(crate) async fn markers_of(
        &self,
        channel: &ChannelId,
        id: &CustomerId,
        from: Millis,
        to: Millis,
    ) -> Result<HashMap<Key, Item>, Error> {
        let of = |month: String| marker::key(channel, &month, &self.keys().active(channel, &month, id));
        let months = Month::of(from).to(Month::of(to));
        let wanted: Vec<Key> = months.map(|month| of(month.key())).collect();
        self.batch_get(&wanted, None).await
    }
}
