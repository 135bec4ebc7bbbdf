//! The context of a body: the values that a parser takes from outside the body.

use okyaku_domain::event::Bounds;
use okyaku_domain::time::Millis;

/// The context of a body.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The time at which the delivery was triggered, as the delivery says, or else the time of arrival, epoch
    /// ms.
    pub at: Millis,
    /// The channel's region, for national phone numbers.
    pub region: &'a str,
    /// Bounds of an event's time.
    pub bounds: Bounds,
}
