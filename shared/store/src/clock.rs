//! The clock. Every rule that depends on time receives a clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A clock in epoch milliseconds: the system's time, or a time set by a test.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// Returns the system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(None)
    }

    /// Returns a clock that stands at `ms` until [`Clock::set`] or [`Clock::advance`] moves the clock.
    #[must_use]
    pub fn fixed(ms: i64) -> Self {
        Self(Some(Arc::new(AtomicI64::new(ms))))
    }

    /// Returns the current time in epoch milliseconds.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        match &self.0 {
            Some(fixed) => fixed.load(Ordering::SeqCst),
            None => chrono::Utc::now().timestamp_millis(),
        }
    }

    /// Sets a fixed clock. A system clock ignores the call.
    pub fn set(&self, ms: i64) {
        if let Some(fixed) = &self.0 {
            fixed.store(ms, Ordering::SeqCst);
        }
    }

    /// Moves a fixed clock by `ms`. A system clock ignores the call.
    pub fn advance(&self, ms: i64) {
        if let Some(fixed) = &self.0 {
            fixed.fetch_add(ms, Ordering::SeqCst);
        }
    }
}
