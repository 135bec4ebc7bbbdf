//! Builders: what a delivery's bytes say, as statements of [`okyaku_domain::builder_update`]. Pure: no clock, no table. A
//! payload may be of any age and shape; what cannot be read is left out with its reason, and the rest is kept.

pub mod cafe24;
pub mod firstmall;
pub mod shopify;
pub mod signature;

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
