//! Erasure (R12). Whom a request means is `resolve`, and `erase` carries it out; the tombstones, freed contacts and the
//! job, all in one transaction, are `tombstones`; what is left of a life goes page by page in `pages`, twice; `shop` forgets a whole channel; `receipts`
//! reads how far it has come and what was erased since when.

mod channel;
mod erase;
mod pages;
mod receipts;
mod resolve;
mod tombstones;

pub use erase::{Erased, ErasureOptions};
pub use receipts::Log;
pub use resolve::{Address, Found, Registrant};
pub use tombstones::{ErasureTarget, Placed};
