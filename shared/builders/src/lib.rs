//! Builders: what a delivery's bytes say, as statements of [`okyaku_domain::builder_update`]. Pure: no clock, no table. A
//! payload may be of any age and shape; what cannot be read is left out with its reason, and the rest is kept.

pub mod cafe24;
pub mod context;
pub mod firstmall;
pub mod shopify;
pub mod signature;
