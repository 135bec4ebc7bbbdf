//! The customer's basic keys (R4), and the further keys of a customer's view.

use serde_json::{Map, Value};

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

/// The keys of a customer's view for a server that are neither basic keys nor writable.
const SHOWN: [&str; 28] = [
    "alert",
    "avatarUrl",
    "channelId",
    "constrainted",
    "email",
    "emailQualified",
    "expireAt",
    "hasChat",
    "landlineNumber",
    "latitude",
    "longitude",
    "mainChatId",
    "managed",
    "mobileNumber",
    "mobileNumberQualified",
    "named",
    "popUpChatId",
    "province",
    "staleSince",
    "systemLanguage",
    "timeZone",
    "type",
    "unifiedId",
    "unread",
    "unsubscribeAppPush",
    "userId",
    "userImportTags",
    "veilId",
];

/// Takes the keys of a customer's view out of a body that no caller may write. Returns the keys.
///
/// A server reads a customer, changes one key, and puts the whole customer back.
pub fn take(body: &mut Map<String, Value>) -> Vec<String> {
    let closed: Vec<String> =
        body.keys().filter(|key| is_basic(key) || SHOWN.contains(&key.as_str())).cloned().collect();
    for key in &closed {
        body.remove(key);
    }
    closed
}
