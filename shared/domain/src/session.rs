//! Sessions (R6): a boot or touch after 30 minutes of silence opens a session.

use serde::{Deserialize, Serialize};

use super::customer::Customer;
use super::time::{MINUTE, Millis};

/// The silence after which a boot or touch opens a session, in ms.
pub const SILENCE: Millis = 30 * MINUTE;
/// The most that the stored `lastSeenAt` lags, in ms. Within the lag, a page load needs no write.
pub const LAG: Millis = MINUTE;

/// The place of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Platform {
    /// A browser.
    Web,
    /// The shop's app.
    Mobile,
}

/// Notes that the customer was seen at `now`.
///
/// Counts a session after [`SILENCE`] and moves `lastSeenAt` after [`LAG`]. In between, the customer stays
/// unchanged. A `now` before the stored times changes nothing.
///
/// For example, a boot 30 minutes after the last sight in a browser stays in the session. A boot 1 ms later opens a new
/// session. The app's silence counts apart: a visit of the app is a session of its own.
pub fn seen(customer: &mut Customer, platform: Platform, now: Millis) {
    let last = match platform {
        Platform::Web => customer.web.last_seen_at,
        Platform::Mobile => customer.mobile.last_seen_at,
    };
    let opens = last.is_none_or(|last| now - last > SILENCE);
    let moves = opens || last.is_none_or(|last| now - last > LAG);
    if !moves {
        return;
    }
    // An earlier `now` never moves a time back.
    customer.last_seen_at = customer.last_seen_at.max(Some(now));
    let (sessions, last) = match platform {
        Platform::Web => (&mut customer.web.sessions_count, &mut customer.web.last_seen_at),
        Platform::Mobile => (&mut customer.mobile.sessions_count, &mut customer.mobile.last_seen_at),
    };
    *last = (*last).max(Some(now));
    // A session counts once in all, and once for its platform.
    if opens {
        *sessions += 1;
        customer.sessions_count += 1;
    }
}
