//! Repetition of load → decide → put when another writer came first.

use std::time::{Duration, Instant};

use okyaku_domain::error::Error;

/// One invocation of a function: who it is, and until when it may work.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The request's id. It is stored with what the invocation writes, so that a retry of our own write recognises
    /// itself.
    pub id: String,
    /// When the function is stopped.
    pub deadline: Instant,
}

/// First ceiling of the back-off.
const FIRST: Duration = Duration::from_millis(20);
/// Last ceiling of the back-off: wide enough that hundreds of writers of one item, a few ms each, mostly miss each
/// other.
const LAST: Duration = Duration::from_millis(1280);
/// What is left for the reply when repetition ends.
const RESERVE: Duration = Duration::from_secs(2);

/// A back-off with full jitter, from 20 ms, until 2 s before the deadline.
#[derive(Debug)]
pub struct Retry {
    deadline: Instant,
    ceiling: Duration,
}

impl Retry {
    /// Starts counting.
    #[must_use]
    pub fn new(invocation: &Invocation) -> Self {
        Self { deadline: invocation.deadline, ceiling: FIRST }
    }

    /// Waits before the next try.
    ///
    /// # Errors
    /// [`Error::Busy`] when there is no time for another.
    pub async fn wait(&mut self) -> Result<(), Error> {
        let [random] = crate::keyring::random::<1>()?;
        let pause = self.ceiling.mul_f64(f64::from(random) / 255.0);
        if Instant::now() + pause + RESERVE > self.deadline {
            return Err(Error::Busy);
        }
        tokio::time::sleep(pause).await;
        self.ceiling = (self.ceiling * 2).min(LAST);
        Ok(())
    }
}
