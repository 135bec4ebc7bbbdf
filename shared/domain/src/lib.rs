//! The rules of a shop's customer data as pure functions. AWS, HTTP, clocks and randomness stay outside. Each
//! file cites the rules of `docs/reference/RULES.md` that the file keeps.

pub mod amount;
pub mod basic_key;
pub mod builder;
pub mod builder_tags;
pub mod builder_update;
pub mod channel;
pub mod command;
pub mod contact_point;
pub mod customer;
pub mod detail;
pub mod device;
pub mod erasure;
pub mod error;
pub mod event;
pub mod field;
pub mod id;
pub mod json;
pub mod limit;
pub mod member_hash;
pub mod month;
pub mod patch;
pub mod person_ref;
pub mod profile;
pub mod purchase;
pub mod record;
pub mod rejection;
pub mod rejection_field;
pub mod rejection_reason;
pub mod revival;
pub mod sender;
pub mod session;
pub mod shop_event;
pub mod tag;
pub mod text;
pub mod time;
