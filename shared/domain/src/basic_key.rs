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
const SHOWN: [&str; 35] = [
    "alert",
    "avatarUrl",
    "blockedKey",
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
    "managedKey",
    "mobileNumber",
    "mobileNumberQualified",
    "named",
    "popUpChatId",
    "province",
    "provinceCode",
    "staleSince",
    "systemLanguage",
    "timeZone",
    "type",
    "unifiedId",
    "unread",
    "unsubscribeAppPush",
    "unsubscribeAppPushUpdatedAt",
    "unsubscribeEmailUpdatedAt",
    "unsubscribeTextingUpdatedAt",
    "userId",
    "userImportTags",
    "veilId",
    "version",
];

/// Takes the keys of a customer's view out of a body that no caller may write. Returns the keys.
///
/// A server reads a customer, changes one key, and puts the whole customer back.
pub fn take(body: &mut Map<String, Value>) -> Vec<String> {
    take_where(body, |key| is_basic(key) || SHOWN.contains(&key))
}

/// Takes the keys of a customer's view that are no basic keys. Returns the keys.
///
/// A client that is generated from Channel Talk's description sends some of them with every change, for example
/// `systemLanguage`. A basic key in a change is a mistake of the caller.
pub fn take_shown(body: &mut Map<String, Value>) -> Vec<String> {
    take_where(body, |key| SHOWN.contains(&key))
}

fn take_where(body: &mut Map<String, Value>, closed: impl Fn(&str) -> bool) -> Vec<String> {
    let keys: Vec<String> = body.keys().filter(|key| closed(key)).cloned().collect();
    for key in &keys {
        body.remove(key);
    }
    keys
}
