//! What was left out of something that was otherwise taken, or refused as a whole, and why. Names fields and reasons,
//! never values or persons (R15).

use crate::detail::Detail;
use crate::error::Error;
use crate::rejection_reason::RejectionReason;

/// One thing that was not kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rejection {
    /// Path of the field in what was sent, such as `customer.phone`, or the topic. A name of ours, or one that
    /// the sender chose: the log keeps only those it knows.
    pub field: String,
    /// Why.
    pub reason: RejectionReason,
}

impl Rejection {
    /// A drop of `field`.
    pub fn new(field: impl Into<String>, reason: RejectionReason) -> Self {
        Self { field: field.into(), reason }
    }

    /// Somebody was erased, and what was sent is older than that (R12).
    #[must_use]
    pub fn erased() -> Self {
        Self::new("customer", RejectionReason::Erased)
    }

    /// What a reply says of a field.
    #[must_use]
    pub fn of(detail: &Detail) -> Self {
        Self::new(detail.field.clone(), detail.reason)
    }
}

/// What a refusal means to the log: 413, 422, and the 409 of the erased. Any other says nothing of what was sent, or
/// that the sender is nobody.
#[must_use]
pub fn refused(error: &Error) -> Vec<Rejection> {
    match error {
        Error::Invalid(details) => details.iter().map(Rejection::of).collect(),
        Error::TooLarge { field, .. } => vec![Rejection::new(*field, RejectionReason::Limit)],
        Error::Erased => vec![Rejection::new("user", RejectionReason::Erased)],
        _ => Vec::new(),
    }
}
