//! The contacts of a channel: searched, counted and looked up (R17).
//!
//! The index has a filter document beside each contact. A document answers yes, no or maybe. Whoever is shown is read
//! again and judged on the customer itself, so an erased or changed person never shows.

mod budget;
mod count;
mod events;
mod judging;
mod lookup;
mod search;
mod tags;

pub use budget::Budget;
pub use count::{Count, count};
pub use lookup::{Known, lookup};
pub use search::{Page, Search, search};
pub use tags::{Tags, tags};
