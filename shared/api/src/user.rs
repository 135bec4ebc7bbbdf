//! The customer on the wire: the page's allow-list, and Channel Talk's v5 user for servers.

use okyaku_domain::id::ChannelId;
use serde_json::{Map, Value, json};

use okyaku_domain::channel::Channel;
use okyaku_domain::contact_point::ContactPointKind;
use okyaku_domain::customer::{Customer, Kind};
use okyaku_domain::event::StoredEvent;
use okyaku_domain::field::DESCRIPTION;
use okyaku_domain::patch::{Patch, ProfilePatch};
use okyaku_domain::sender::Sender;
use okyaku_domain::time::Millis;

/// What a page is shown: Channel Talk's callback user, and `member`, `type`, `sessionsCount`. Never the manager's memo,
/// tags that a manager set, `blocked` or the location.
#[must_use]
pub fn of_page(channel: &Channel, customer: &Customer, now: Millis) -> Value {
    let mut profile = profile(channel, customer, now);
    profile.remove(DESCRIPTION);
    let tags: Vec<&String> =
        customer.tags.iter().filter(|(_, sender)| **sender == Sender::Page).map(|(tag, _)| tag).collect();
    json!({
        "id": customer.id,
        "memberId": customer.member_id,
        "name": customer.name,
        "avatarUrl": customer.profile.text("avatarUrl"),
        "profile": profile,
        "tags": tags,
        "language": customer.language,
        "alert": 0,
        "unread": 0,
        "unsubscribeEmail": customer.unsubscribe_email,
        "unsubscribeTexting": customer.unsubscribe_texting,
        "member": customer.kind() == Kind::Member,
        "type": customer.kind().name(),
        "sessionsCount": customer.sessions_count,
    })
}

/// The profile with what is summed up from orders as of now, which wins over what anybody says of it.
fn profile(channel: &Channel, customer: &Customer, now: Millis) -> Map<String, Value> {
    let fields = customer.profile.iter().map(|(key, field)| (key.clone(), field.value.clone()));
    let figures = customer.purchases.fields(channel.purchase_months, now);
    fields.chain(figures.into_iter().map(|(key, value)| (key.to_owned(), value))).collect()
}

/// What a page is shown of a member that no hash proved: only what it said itself in this request (R1).
#[must_use]
pub fn echo(customer: &Customer, sent: &Patch) -> Value {
    let mut profile: Map<String, Value> = sent.profile_once.clone().into_iter().collect();
    if let Some(ProfilePatch::Fields(fields)) = &sent.profile {
        profile.extend(fields.iter().filter_map(|(key, value)| Some((key.clone(), value.clone()?))));
    }
    json!({
        "id": customer.id,
        "memberId": customer.member_id,
        "name": profile.get("name"),
        "avatarUrl": profile.get("avatarUrl"),
        "profile": profile,
        "tags": sent.tags.clone().unwrap_or_default(),
        "language": sent.language.clone().flatten(),
        "alert": 0,
        "unread": 0,
        "unsubscribeEmail": sent.unsubscribe_email.unwrap_or(false),
        "unsubscribeTexting": sent.unsubscribe_texting.unwrap_or(false),
        "member": true,
        "type": "member",
        "sessionsCount": Value::Null,
    })
}

/// Channel Talk's v5 user. Times are epoch milliseconds; what is not known is `null`.
#[must_use]
pub fn of_server(channel: &Channel, customer: &Customer, now: Millis) -> Value {
    let contact_point = |kind: ContactPointKind| customer.profile.text(kind.key());
    let qualified =
        |kind: ContactPointKind| customer.profile.get(kind.key()).is_some_and(|field| field.verified);
    let mut user = json!({
        "id": customer.id,
        "channelId": channel.id,
        "memberId": customer.member_id,
        "veilId": customer.veil_id,
        "unifiedId": customer.linked_to,
        "type": customer.kind().name(),
        "member": customer.kind() == Kind::Member,
        "name": customer.name,
        "named": customer.name.is_some(),
        "profile": profile(channel, customer, now),
        "avatarUrl": customer.profile.text("avatarUrl"),
        "email": contact_point(ContactPointKind::Email),
        "mobileNumber": contact_point(ContactPointKind::MobileNumber),
        "landlineNumber": customer.profile.text("landlineNumber"),
        "emailQualified": qualified(ContactPointKind::Email),
        "mobileNumberQualified": qualified(ContactPointKind::MobileNumber),
        "tags": customer.tags.keys().collect::<Vec<_>>(),
        "userImportTags": [],
        "language": customer.language,
        "systemLanguage": customer.language,
        "country": customer.country,
        "province": null,
        "city": customer.city,
        "latitude": null,
        "longitude": null,
        "timeZone": null,
        "web": {
            "browser": customer.web.browser,
            "browserName": customer.web.browser_name,
            "os": customer.web.os,
            "osName": customer.web.os_name,
            "device": customer.web.device,
            "sessionsCount": customer.web.sessions_count,
            "lastSeenAt": customer.web.last_seen_at,
        },
        "mobile": {
            "appName": customer.mobile.app_name,
            "appVersion": customer.mobile.app_version,
            "os": customer.mobile.os,
            "osName": customer.mobile.os_name,
            "device": customer.mobile.device,
            "sdkName": null,
            "sdkVersion": null,
            "sessionsCount": customer.mobile.sessions_count,
            "lastSeenAt": customer.mobile.last_seen_at,
        },
    });
    let state = json!({
        "sessionsCount": customer.sessions_count,
        "lastSeenAt": customer.last_seen_at,
        "createdAt": customer.created_at,
        "updatedAt": customer.updated_at,
        "hasPushToken": customer.has_push_token,
        "unsubscribeEmail": customer.unsubscribe_email,
        "unsubscribeTexting": customer.unsubscribe_texting,
        "unsubscribeAppPush": false,
        "blocked": customer.blocked,
        "constrainted": false,
        // The messenger's, which Okyaku is not.
        "alert": 0,
        "unread": 0,
        "hasChat": false,
        "popUpChatId": null,
        "mainChatId": null,
    });
    if let (Value::Object(user), Value::Object(state)) = (&mut user, state) {
        user.extend(state);
        // Okyaku's own: the builder knows more than it sent.
        user.extend(customer.stale_since.map(|since| ("staleSince".to_owned(), since.into())));
    }
    user
}

/// An event, as Channel Talk's v5.
#[must_use]
pub fn event(channel: &ChannelId, event: &StoredEvent) -> Value {
    let property = event.property.as_deref().and_then(|text| serde_json::from_str(text).ok());
    json!({
        "id": event.key.to_string(),
        "userId": event.key.owner,
        "channelId": channel,
        "name": event.name,
        "property": property.unwrap_or_else(|| Value::Object(Map::new())),
        "createdAt": event.key.created_at,
        "expireAt": event.expire_at,
    })
}
