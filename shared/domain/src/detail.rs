//! What was wrong with one field.

use crate::limit::DETAIL_FIELD_CHARS;
use crate::rejection_reason::RejectionReason;

/// What was wrong with one field. Never carries the field's value (R15).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Detail {
    /// Path of the field in the request, such as `profile.email` or `events[3].name`.
    pub field: String,
    /// What it must be.
    pub message: String,
    /// What kind of wrong that is, for the log of drops.
    #[serde(skip)]
    pub reason: RejectionReason,
}

impl Detail {
    /// A detail about `field`, whose name is the caller's and so is cut off where it is too long.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        let mut field = field.into();
        if let Some((end, _)) = field.char_indices().nth(DETAIL_FIELD_CHARS) {
            field.truncate(end);
        }
        Self { field, message: message.into(), reason: RejectionReason::Invalid }
    }

    /// The same for another reason than that the field is invalid.
    #[must_use]
    pub fn because(self, reason: RejectionReason) -> Self {
        Self { reason, ..self }
    }
}
