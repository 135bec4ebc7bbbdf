//! The options and the outcome of an erasure.

use okyaku_domain::erasure::Erasure;
use okyaku_domain::time::Millis;

/// The outcome of an erasure.
#[derive(Debug)]
pub enum Erased {
    /// The customers are erased now.
    ///
    Now {
        /// The erasures. An address with more customers than one transaction takes has several.
        erasures: Vec<Erasure>,
        /// The unverified claims of the address that stay.
        claims: u64,
    },
    /// The customer was erased before, or came after the erasure at the builder.
    ///
    /// With the id of the earlier erasure, if known, and the unverified claims of the address.
    Before(Option<String>, u64),
    /// The customer is unknown, and nothing was left.
    Nobody,
}

/// The options of an erasure.
#[derive(Clone, Copy, Debug, Default)]
pub struct ErasureOptions {
    /// Erases every customer of the address, claimants too, instead of only a single verified customer.
    pub all: bool,
    /// Includes an unknown customer. A tombstone then refuses later data.
    pub unknown: bool,
    /// Erases exactly the verified customers of the address.
    pub verified: bool,
    /// When the erasure was true at the requesting builder, epoch ms.
    ///
    /// A customer that the builder created later stays (R13).
    pub as_of: Option<Millis>,
}
