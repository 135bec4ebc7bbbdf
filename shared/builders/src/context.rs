//! What a parser must know beside the body.

use okyaku_domain::event::Bounds;
use okyaku_domain::time::Millis;

/// What a parser must know beside the body.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// When the delivery says it was triggered, or when it arrived, epoch ms.
    pub at: Millis,
    /// The channel's region, for national phone numbers.
    pub region: &'a str,
    /// Bounds of an event's time.
    pub bounds: Bounds,
}
