//! The problem with one field of a request.

use crate::limit::DETAIL_FIELD_CHARS;
use crate::rejection_reason::RejectionReason;

/// The problem with one field. A detail never carries the field's value (R15).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Detail {
    /// The path of the field in the request, for example `profile.email` or `events[3].name`.
    pub field: String,
    /// The expected form of the field.
    pub message: String,
    /// The reason, for the log of rejections.
    #[serde(skip)]
    pub reason: RejectionReason,
}

impl Detail {
    /// Creates a detail about `field`. The caller chose the name of the field, so a long name is cut off.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        let mut field = field.into();
        if let Some((end, _)) = field.char_indices().nth(DETAIL_FIELD_CHARS) {
            field.truncate(end);
        }
        Self { field, message: message.into(), reason: RejectionReason::Invalid }
    }

    /// Returns the same detail with a different reason. A new detail has the reason `invalid`.
    #[must_use]
    pub fn because(self, reason: RejectionReason) -> Self {
        Self { reason, ..self }
    }
}
