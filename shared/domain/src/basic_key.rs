//! The customer's basic keys (R4).

/// The customer's basic keys, closed to callers (R4). `web.*` and `mobile.*` count as `web` and `mobile`.
const BASIC: [&str; 13] = [
    "lastSeenAt",
    "memberId",
    "city",
    "country",
    "member",
    "sessionsCount",
    "hasPushToken",
    "createdAt",
    "id",
    "name",
    "updatedAt",
    "web",
    "mobile",
];

/// Returns whether `key` is a basic key. For example, `web.browser` is a basic key.
#[must_use]
pub fn is_basic(key: &str) -> bool {
    BASIC.contains(&key.split('.').next().unwrap_or(key))
}
