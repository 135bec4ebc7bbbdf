//! Rejections: the parts of a request or delivery that Okyaku left out, and refused requests.
//!
//! A rejection names fields and reasons, never values or persons (R15).

use crate::detail::Detail;
use crate::error::Error;
use crate::rejection_reason::RejectionReason;

/// One rejected part of a request or delivery.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rejection {
    /// The path of the field, for example `customer.phone`, or the topic.
    ///
    /// The name comes from Okyaku or from the sender. The log keeps only known names.
    pub field: String,
    /// The reason.
    pub reason: RejectionReason,
}

impl Rejection {
    /// Creates a rejection of `field`.
    pub fn new(field: impl Into<String>, reason: RejectionReason) -> Self {
        Self { field: field.into(), reason }
    }

    /// Creates the rejection of data that is older than the customer's erasure (R12).
    #[must_use]
    pub fn erased() -> Self {
        Self::new("customer", RejectionReason::Erased)
    }

    /// Creates the rejection of a builder's event whose later version is stored (R13).
    #[must_use]
    pub fn outdated() -> Self {
        Self::new("events", RejectionReason::Outdated)
    }

    /// Creates the rejection for a detail of a reply.
    #[must_use]
    pub fn of(detail: &Detail) -> Self {
        Self::new(detail.field.clone(), detail.reason)
    }
}

/// Returns the rejections of a refused request for the log.
///
/// The log counts 413, 422, and the 409 of an erased customer. Any further refusal tells nothing about the
/// fields, or has an unproven sender.
#[must_use]
pub fn refused(error: &Error) -> Vec<Rejection> {
    match error {
        Error::Invalid(details) => details.iter().map(Rejection::of).collect(),
        Error::TooLarge { field, .. } => vec![Rejection::new(*field, RejectionReason::Limit)],
        Error::Erased => vec![Rejection::new("user", RejectionReason::Erased)],
        _ => Vec::new(),
    }
}
