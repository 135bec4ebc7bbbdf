//! What an erasure includes, and what became of it.

use okyaku_domain::erasure::Erasure;
use okyaku_domain::time::Millis;

/// What became of an erasure.
#[derive(Debug)]
pub enum Erased {
    /// These are erased now; more than one erasure only where an address has more registrants than one transaction takes.
    Now(Vec<Erasure>),
    /// There was nobody left: the erasure of this id did it, if it is still known.
    Before(Option<String>),
    /// There is nobody of this name, and nothing was left either.
    Nobody,
}

/// What an erasure includes.
#[derive(Clone, Copy, Debug, Default)]
pub struct ErasureOptions {
    /// Everybody who is registered for the address, instead of the only one who is verified.
    pub all: bool,
    /// Also somebody unknown: a tombstone refuses who may still come.
    pub unknown: bool,
    /// Everybody who is registered for the address as verified, and nobody else.
    pub verified: bool,
    /// When it was true at the builder that asks for it, epoch ms. Whom the builder created later is not meant (R13).
    pub as_of: Option<Millis>,
}
