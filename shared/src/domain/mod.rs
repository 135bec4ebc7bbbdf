//! The rules, as pure functions: no AWS, no I/O, no clock. Each file cites the rules of `docs/RULES.md` it keeps.

pub mod amount;
pub mod boot;
pub mod builder;
pub mod channel;
pub mod contact;
pub mod customer;
pub mod device;
pub mod drops;
pub mod erasure;
pub mod event;
pub mod field;
pub mod firstmall;
pub mod hearing;
pub mod id;
pub mod limit;
pub mod member_hash;
pub mod month;
pub mod patch;
pub mod profile;
pub mod purchase;
pub mod said_tags;
pub mod session;
pub mod shop_event;
pub mod tag;
pub mod text;
pub mod time;
