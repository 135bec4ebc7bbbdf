//! What one answer may read.

use std::time::{Duration, Instant};

use okyaku_store::meter;

/// The read units and the time that one answer may use. Beyond them it says how far it came.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// The most read units of the request.
    pub read_units: f64,
    /// When the answer is given at the latest.
    pub until: Instant,
}

impl Budget {
    /// Returns the budget of a page: 4,000 R and 1.5 s from now.
    #[must_use]
    pub fn of_page() -> Self {
        Self { read_units: 4000.0, until: Instant::now() + Duration::from_millis(1500) }
    }

    /// Returns the budget of a pass over all contacts: 20,000 R, which is some 500,000 contacts, and 20 s from now.
    #[must_use]
    pub fn of_pass() -> Self {
        Self { read_units: 20_000.0, until: Instant::now() + Duration::from_secs(20) }
    }

    /// Returns whether the budget is used up.
    pub(super) fn is_spent(&self) -> bool {
        meter::read_units() >= self.read_units || Instant::now() >= self.until
    }
}
