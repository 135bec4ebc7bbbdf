//! Okyaku's domain crate: the rules of a shop's customer data ([`domain`]), the one DynamoDB table that
//! keeps them ([`store`]) and the conventions of the HTTP routes that reach them ([`http`]).
//!
//! The rules are pure functions in [`domain`]; `docs/RULES.md` states them and gives each its number (R1–R15).

pub mod app;
pub mod builders;
pub mod clock;
pub mod domain;
pub mod error;
pub mod http;
pub mod keys;
pub mod metrics;
pub mod start;
pub mod store;

pub use app::{App, Base, Settings};
