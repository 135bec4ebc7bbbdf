//! The count of one kind of rejection on one UTC day.

use okyaku_domain::id::ChannelId;
use okyaku_domain::limit::REJECTION_DAYS;
use okyaku_domain::time::{DAY, Millis, ttl};

use super::attributes::{FORMAT, integer, number, string};
use crate::item::Item;
use crate::key::{Key, SK, TTL};
use crate::table::write::Write;

const COUNT: &str = "n";
/// The time of the latest rejection, epoch ms.
const LAST: &str = "last";

/// The count of one kind of rejection on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectionCount {
    /// The UTC day, such as `2026-11-22`.
    pub day: String,
    /// The sender: [`okyaku_domain::sender::Sender::name`].
    pub sender: String,
    /// The reason: [`okyaku_domain::rejection_reason::RejectionReason::name`].
    pub reason: String,
    /// The field: a name that Okyaku knows, a path in a builder's webhook, or `other`.
    pub field: String,
    /// The number of rejections.
    pub count: u64,
    /// The time of the latest rejection, epoch ms.
    pub last: Millis,
}

/// Returns the partition of a channel's rejections on a UTC day, `yyyymmdd`.
#[must_use]
pub fn partition(channel: &ChannelId, day: &str) -> String {
    format!("D#{channel}#{day}")
}

/// Returns the sort key of a count. The three parts are free of `#`.
#[must_use]
pub fn sort(sender: &str, reason: &str, field: &str) -> String {
    format!("{sender}#{reason}#{field}")
}

/// Returns the sender, the reason and the field in the sort key of a count.
#[must_use]
pub fn parse_sort(sk: &str) -> Option<(&str, &str, &str)> {
    let (sender, rest) = sk.split_once('#')?;
    let (reason, field) = rest.split_once('#')?;
    Some((sender, reason, field))
}

/// Returns the write that adds to a count. The latest rejection was at `last`, epoch ms.
pub(crate) fn add(partition: &str, sort: &str, count: u64, last: Millis) -> Write {
    Write::update(Key::new(partition.to_owned(), sort), |terms| {
        // Keep a count for a day longer than the log shows the count.
        let until = ttl(last + Millis::from(REJECTION_DAYS + 1) * DAY);
        let (n, last_at, expires, format) =
            (terms.name(COUNT), terms.name(LAST), terms.name(TTL), terms.name(FORMAT));
        let count = terms.value(number(count));
        let (last, until, one) =
            (terms.value(number(last)), terms.value(number(until)), terms.value(number(1)));
        format!("ADD {n} {count} SET {last_at} = {last}, {expires} = {until}, {format} = {one}")
    })
}

/// Returns the count of an item of `day`, `yyyymmdd`. `None` if the item is something else.
pub(crate) fn read(item: &Item, day: &str) -> Option<RejectionCount> {
    let (sender, reason, field) = parse_sort(string(item, SK)?)?;
    Some(RejectionCount {
        day: format!("{}-{}-{}", day.get(..4)?, day.get(4..6)?, day.get(6..)?),
        sender: sender.to_owned(),
        reason: reason.to_owned(),
        field: field.to_owned(),
        count: u64::try_from(integer(item, COUNT)?).ok()?,
        last: integer(item, LAST)?,
    })
}
