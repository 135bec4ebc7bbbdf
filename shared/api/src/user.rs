//! The customer on the wire: the page's allow-list, and Channel Talk's v5 user for servers.

use okyaku_domain::channel::Channel;
use okyaku_domain::customer::{Customer, Kind};
use okyaku_domain::event::StoredEvent;
use okyaku_domain::field::DESCRIPTION;
use okyaku_domain::id::ChannelId;
use okyaku_domain::limit::ANONYMOUS_MS;
use okyaku_domain::patch::{Patch, ProfilePatch};
use okyaku_domain::sender::Sender;
use okyaku_domain::time::Millis;
use serde_json::{Map, Value, json};

use crate::attribute::{self, Viewer};

/// Returns the customer for a proven page: Channel Talk's callback user, and `member`, `type` and `sessionsCount`.
///
/// The manager's memo, tags that a manager set, `blocked` and the location are left out.
#[must_use]
pub fn of_page(channel: &Channel, customer: &Customer, now: Millis) -> Value {
    let mut profile = profile(channel, customer, now);
    profile.remove(DESCRIPTION);
    with(
        attribute::view(customer, Viewer::Page),
        json!({ "profile": profile, "tags": pages_tags(customer), "alert": 0, "unread": 0 }),
    )
}

/// Returns the customer for a page without a proof: only the values that pages wrote (R1, R4).
///
/// For example, a visitor types the e-mail address of somebody else, and the shop's server adds a name and an
/// address to this record. The visitor's next boot still shows the e-mail address alone.
#[must_use]
pub fn of_visitor(customer: &Customer) -> Value {
    let fields = customer.profile.iter().filter(|(_, field)| field.sender == Sender::Page);
    let profile: Map<String, Value> = fields.map(|(key, field)| (key.clone(), field.value.clone())).collect();
    // `name` comes from the shop. The name that a visitor typed is in the profile.
    let own = json!({
        "name": Value::Null, "avatarUrl": profile.get("avatarUrl"), "profile": profile, "tags": pages_tags(customer), "alert": 0, "unread": 0,
    });
    with(attribute::view(customer, Viewer::Page), own)
}

/// Returns the tags that a page set.
fn pages_tags(customer: &Customer) -> Vec<&String> {
    customer.tags.iter().filter(|(_, sender)| **sender == Sender::Page).map(|(tag, _)| tag).collect()
}

/// Returns a view of a customer with more keys.
#[must_use]
pub fn with(mut view: Map<String, Value>, more: Value) -> Value {
    if let Value::Object(more) = more {
        view.extend(more);
    }
    Value::Object(view)
}

/// Returns the profile with the purchase figures as of now.
///
/// The figures are sums over orders. A figure wins over a profile field with the same key.
fn profile(channel: &Channel, customer: &Customer, now: Millis) -> Map<String, Value> {
    let fields = customer.profile.iter().map(|(key, field)| (key.clone(), field.value.clone()));
    let figures = customer.purchases.fields(channel.purchase_months, now);
    fields.chain(figures.into_iter().map(|(key, value)| (key.to_owned(), value))).collect()
}

/// Returns the customer for a page of an unproven member: only the data of this request (R1).
///
/// For example, a boot with `profile.name` gets `name` back, and the stored e-mail address stays hidden.
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

/// Returns Channel Talk's v5 user. Times are epoch milliseconds. An unknown value is `null`.
#[must_use]
pub fn of_server(channel: &Channel, customer: &Customer, now: Millis) -> Value {
    let mut user = attribute::view(customer, Viewer::Server);
    if let Some(Value::Object(mobile)) = user.get_mut("mobile") {
        mobile.extend([("sdkName".to_owned(), Value::Null), ("sdkVersion".to_owned(), Value::Null)]);
    }
    // `staleSince` is Okyaku's own key: the builder knows more of the customer than the builder sent.
    user.extend(customer.stale_since.map(|since| ("staleSince".to_owned(), since.into())));
    let more = json!({
        "channelId": channel.id,
        "profile": profile(channel, customer, now),
        "tags": customer.tags.keys().collect::<Vec<_>>(),
        // Keys of Channel Talk's user that stay empty in Okyaku.
        "userImportTags": [],
        "province": null,
        "latitude": null,
        "longitude": null,
        "timeZone": null,
        "unsubscribeAppPush": false,
        "constrainted": false,
        // Okyaku has no messenger.
        "alert": 0,
        "unread": 0,
        "hasChat": false,
        "popUpChatId": null,
        "mainChatId": null,
    });
    with(user, more)
}

/// Returns the customer for Channel Talk's Open API: [`of_server`] without unknown values.
///
/// Channel Talk's description has no null, and clients that are generated from it fail at one. It has no type for a
/// visitor either, so a visitor has no `type` here, and `member` is false.
#[must_use]
pub fn of_open_api(channel: &Channel, customer: &Customer, now: Millis) -> Value {
    let mut user = of_server(channel, customer, now);
    let Some(keys) = user.as_object_mut() else { return user };
    if customer.kind() == Kind::Anonymous {
        keys.remove("type");
    }
    for device in ["web", "mobile"] {
        if let Some(Value::Object(device)) = keys.get_mut(device) {
            device.retain(|_, value| !value.is_null());
        }
    }
    keys.retain(|_, value| !value.is_null());
    user
}

/// Adds the keys that only v4 of Channel Talk's Open API has.
///
/// - `unsubscribed` is one flag for both consents, so it is true if the customer refuses both.
/// - `userId` is the memberId.
/// - `managed` is whether the customer is a lead or a member. Another customer expires, at `expireAt`.
pub(crate) fn add_v4(user: &mut Map<String, Value>) {
    let flag = |key: &str| user.get(key).and_then(Value::as_bool).unwrap_or(false);
    let unsubscribed = flag("unsubscribeEmail") && flag("unsubscribeTexting");
    let managed = user.contains_key("type");
    let seen = ["lastSeenAt", "createdAt"].iter().find_map(|key| user.get(*key)?.as_i64());
    let expire_at = seen.filter(|_| !managed).map(|seen| (seen + ANONYMOUS_MS).into());
    let member = user.get("memberId").cloned();
    user.extend([("unsubscribed".to_owned(), unsubscribed.into()), ("managed".to_owned(), managed.into())]);
    let known = [("userId", member), ("expireAt", expire_at)].into_iter();
    user.extend(known.filter_map(|(key, value)| Some((key.to_owned(), value?))));
}

/// Returns an event in the shape of Channel Talk's v5.
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
