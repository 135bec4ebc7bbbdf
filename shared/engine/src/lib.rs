//! The use cases of Okyaku: load, decide, commit, and repeat when another writer came first.

pub mod app;
pub mod metrics;

pub use app::{App, Base, Settings};
