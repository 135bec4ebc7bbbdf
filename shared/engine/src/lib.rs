//! The use cases of Okyaku: load, decide, commit, and repeat when another writer came first.
//!
//! `runner` is the one loop of all commands. The rules are pure functions in [`okyaku_domain`].

pub mod app;
pub mod boot;
pub mod budgets;
pub mod builder_update;
pub mod bulk;
pub mod contacts;
mod customer_change;
pub mod erase;
mod job_runner;
pub mod jobs;
pub mod metrics;
mod runner;
pub mod server;
pub mod sweep;
pub mod track;

pub use app::{App, Base, Settings};
pub use okyaku_store::channels::Setting;
pub use okyaku_store::items::credential;
pub use okyaku_store::keyring;
pub use okyaku_store::{Invocation, access, list, meter, timeline};
