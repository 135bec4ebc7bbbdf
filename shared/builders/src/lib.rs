//! Builders: the parsers from a delivery's bytes to the updates of [`okyaku_domain::builder_update`].
//!
//! The parsers are pure: the clock and the table stay outside. A payload may have any age and shape.
//! Unreadable parts are rejected with a reason, and the rest is kept.

pub mod cafe24;
pub mod context;
pub mod firstmall;
pub mod shopify;
pub mod signature;
