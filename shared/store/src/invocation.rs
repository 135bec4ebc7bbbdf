//! An invocation of a function.

use std::time::Instant;

/// An invocation of a function: its id and its deadline.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The request's id.
    ///
    /// Every versioned write stores the id. A retry of our own write recognises itself by the id.
    pub id: String,
    /// When the function is stopped.
    pub deadline: Instant,
}
