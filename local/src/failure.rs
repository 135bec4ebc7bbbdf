//! What a command ends with when it cannot go on.

/// Its text is what the one who typed the command reads.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;
