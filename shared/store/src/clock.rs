//! The clock, passed in wherever a rule depends on time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Tells the time in epoch milliseconds: the system's, or one that a test sets.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands at `ms` until [`Clock::set`] or [`Clock::advance`] moves it.
    #[must_use]
    pub fn fixed(ms: i64) -> Self {
        Self(Some(Arc::new(AtomicI64::new(ms))))
    }

    /// Now, in epoch milliseconds.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        match &self.0 {
            Some(fixed) => fixed.load(Ordering::SeqCst),
            None => chrono::Utc::now().timestamp_millis(),
        }
    }

    /// Sets a fixed clock; a system clock is left alone.
    pub fn set(&self, ms: i64) {
        if let Some(fixed) = &self.0 {
            fixed.store(ms, Ordering::SeqCst);
        }
    }

    /// Moves a fixed clock by `ms`; a system clock is left alone.
    pub fn advance(&self, ms: i64) {
        if let Some(fixed) = &self.0 {
            fixed.fetch_add(ms, Ordering::SeqCst);
        }
    }
}
