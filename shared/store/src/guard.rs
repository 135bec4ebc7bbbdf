//! The condition of a versioned put.

use crate::items::attributes::{REQUEST, VERSION, number, text};
use crate::key::{PK, TTL};
use crate::table::terms::Terms;

/// The condition that the stored version is still the version that was read.
///
/// After a lost reply, a repeated write recognises the first write by the request's id.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guard<'a> {
    /// The version that was read. `None` for a new item.
    old: Option<u64>,
    request: &'a str,
    now: i64,
}

impl<'a> Guard<'a> {
    pub(crate) fn new(old: Option<u64>, request: &'a str, now: i64) -> Self {
        Self { old, request, now }
    }

    /// Returns the version after the put.
    pub(crate) fn version(&self) -> u64 {
        self.old.unwrap_or(0) + 1
    }

    pub(crate) fn condition(&self, terms: &mut Terms) -> String {
        let (request, version) = (terms.name(REQUEST), terms.name(VERSION));
        let (own, new) = (terms.value(text(self.request)), terms.value(number(self.version())));
        // A new item may replace an expired item that DynamoDB has not deleted yet.
        let is_known = match self.old {
            Some(old) => format!("{version} = {}", terms.value(number(old))),
            None => {
                let (pk, expires) = (terms.name(PK), terms.name(TTL));
                let now = terms.value(number(self.now.div_euclid(1000)));
                format!("attribute_not_exists({pk}) OR {expires} <= {now}")
            }
        };
        format!("{is_known} OR ({request} = {own} AND {version} = {new})")
    }
}
