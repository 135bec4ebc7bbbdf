//! Sets and finds the markers of monthly actives (R7).

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
    /// Returns the write that marks the customer active in the month of `at`. A repeated write changes
    /// nothing. Costs 1 W.
    pub(crate) fn mark(&self, channel: &ChannelId, id: &CustomerId, at: Millis) -> Write {
        let month = time::month(at);
        let name = self.keys().active(channel, &month, id);
        Write::put(marker::item(marker::key(channel, &month, &name), at))
    }
}

impl<A: Read> Store<A> {
    /// Returns a customer's markers of the months in a period. Costs 1 R per month, in one call.
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
