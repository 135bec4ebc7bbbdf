//! The customer's basic keys (R4).

/// The customer's basic keys, which are not the caller's (R4). `web.*` and `mobile.*` count as `web` and `mobile`.
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

/// Whether `key` is a basic key that nobody writes.
#[must_use]
pub fn is_basic(key: &str) -> bool {
    BASIC.contains(&key.split('.').next().unwrap_or(key))
}
