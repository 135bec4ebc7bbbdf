//! The back-off of every repeated operation.

use std::time::{Duration, Instant};

use okyaku_domain::error::Error;

use crate::keyring::random;

/// The first ceiling of the back-off.
const FIRST: Duration = Duration::from_millis(20);
/// The last ceiling. Hundreds of writers of one item, a few ms each, mostly miss each other under this
/// ceiling.
const LAST: Duration = Duration::from_millis(1280);
/// The time that stays for the reply when the repetition ends.
const RESERVE: Duration = Duration::from_secs(2);

/// A back-off with full jitter, from 20 ms to 1.28 s.
///
/// The back-off ends 2 s before a deadline, or after a number of tries.
#[derive(Debug)]
pub struct Backoff {
    deadline: Option<Instant>,
    tries: u32,
    ceiling: Duration,
}

impl Backoff {
    /// Returns a back-off that ends 2 s before `deadline`.
    #[must_use]
    pub fn until(deadline: Instant) -> Self {
        Self { deadline: Some(deadline), tries: u32::MAX, ceiling: FIRST }
    }

    /// Returns a back-off that ends after `tries` waits.
    #[must_use]
    pub fn tries(tries: u32) -> Self {
        Self { deadline: None, tries, ceiling: FIRST }
    }

    /// Waits before the next try.
    ///
    /// # Errors
    /// [`Error::Busy`] when the time or the tries are used up.
    pub async fn wait(&mut self) -> Result<(), Error> {
        let [random] = random::<1>()?;
        let pause = self.ceiling.mul_f64(f64::from(random) / 255.0);
        let is_late = |deadline: Instant| Instant::now() + pause + RESERVE > deadline;
        if self.tries == 0 || self.deadline.is_some_and(is_late) {
            return Err(Error::Busy);
        }
        self.tries -= 1;
        tokio::time::sleep(pause).await;
        self.ceiling = (self.ceiling * 2).min(LAST);
        Ok(())
    }
}
