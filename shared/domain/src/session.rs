//! Sessions (R6): a boot or touch after 30 minutes of silence opens one.

use serde::{Deserialize, Serialize};

use super::customer::Customer;
use super::time::{MINUTE, Millis};

/// Silence after which a boot or touch opens a session, in ms.
pub const SILENCE: Millis = 30 * MINUTE;
/// How far the stored `lastSeenAt` may lag, so that a page load need not write, in ms.
pub const LAG: Millis = MINUTE;

/// Where a session takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Platform {
    /// A browser.
    Web,
    /// The shop's app.
    Mobile,
}

/// Notes that the customer was seen at `now`. Counts a session after [`SILENCE`], moves `lastSeenAt` after [`LAG`],
/// and leaves the customer as it is in between. An earlier `now` than the stored one changes nothing.
pub fn seen(customer: &mut Customer, platform: Platform, now: Millis) {
    let last = match platform {
        Platform::Web => customer.web.last_seen_at,
        Platform::Mobile => customer.mobile.last_seen_at,
    };
    let opens = customer.last_seen_at.is_none_or(|last| now - last > SILENCE);
    let moves = opens || last.is_none_or(|last| now - last > LAG);
    if !moves {
        return;
    }
    customer.last_seen_at = customer.last_seen_at.max(Some(now));
    let (sessions, last) = match platform {
        Platform::Web => (&mut customer.web.sessions_count, &mut customer.web.last_seen_at),
        Platform::Mobile => (&mut customer.mobile.sessions_count, &mut customer.mobile.last_seen_at),
    };
    *last = (*last).max(Some(now));
    if opens {
        *sessions += 1;
        customer.sessions_count += 1;
    }
}
