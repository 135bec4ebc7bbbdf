//! An invocation of a function.

use std::time::{Duration, Instant};

use okyaku_domain::error::Error;

use crate::keyring::random;

/// How long a command of a direct call may be tried again when other writers come first.
const PATIENCE: Duration = Duration::from_secs(8);

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

impl Invocation {
    /// Creates the invocation of a command that no request carries, such as an operator's command. The
    /// deadline is in 8 seconds.
    ///
    /// # Errors
    /// [`Error::Internal`] if the system has no random bytes.
    pub fn direct() -> Result<Self, Error> {
        Ok(Self { id: hex::encode(random::<16>()?), deadline: Instant::now() + PATIENCE })
    }
}
