//! Erasure (R12). Whom a request means is `resolve`, and `erase` carries it out; the tombstones, freed contacts and the
//! job, all in one transaction, are `entomb`; what is left of a life goes page by page in `pages`, twice; `shop` forgets a whole channel; `receipts`
//! reads how far it has come and what was erased since when.

mod entomb;
mod erase;
mod pages;
mod receipts;
mod resolve;
mod shop;

pub use entomb::{Entombed, Grave};
pub use erase::{Erased, Reach};
pub use receipts::Log;
pub use resolve::{Address, Found, Holder};
