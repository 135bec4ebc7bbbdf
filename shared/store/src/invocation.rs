//! One invocation of a function.

use std::time::Instant;

/// One invocation of a function: who it is, and until when it may work.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The request's id. It is stored with what the invocation writes, so that a retry of our own write recognises
    /// itself.
    pub id: String,
    /// When the function is stopped.
    pub deadline: Instant,
}
