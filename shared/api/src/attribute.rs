//! The list of a customer's attributes: the name on the wire and the viewers of each attribute.
//!
//! A new attribute of [`Customer`] becomes visible by a line in this list. `docs/reference/export.schema.json` and its
//! test compare the export with this list. For example, `city` is visible to servers and in the export, and
//! hidden from pages.

use okyaku_domain::contact_point::ContactPointKind::{self, Email, MobileNumber};
use okyaku_domain::customer::{Customer, Kind};
use serde_json::{Map, Value, json};

use Viewer::{Export, Page, Server};

/// The viewers of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// The customer's own page. A manager's memo, `blocked` and the location are hidden from the page.
    Page,
    /// The shop's server. The shape is Channel Talk's v5 user.
    Server,
    /// The customer's export: all stored attributes, without keys and hashes.
    Export,
}

struct Attribute {
    name: &'static str,
    viewers: &'static [Viewer],
    read: fn(&Customer) -> Value,
}

const fn shown(name: &'static str, viewers: &'static [Viewer], read: fn(&Customer) -> Value) -> Attribute {
    Attribute { name, viewers, read }
}

const ALL: &[Viewer] = &[Page, Server, Export];
const NOT_PAGE: &[Viewer] = &[Server, Export];

/// Tags and the profile are elsewhere, because each viewer sees a different part of them.
const ATTRIBUTES: &[Attribute] = &[
    shown("id", ALL, |customer| json!(customer.id)),
    shown("type", ALL, |customer| json!(customer.kind().name())),
    shown("member", &[Page, Server], |customer| json!(customer.kind() == Kind::Member)),
    shown("generation", &[Export], |customer| json!(customer.generation)),
    shown("memberId", ALL, |customer| json!(customer.member_id)),
    shown("veilId", NOT_PAGE, |customer| json!(customer.veil_id)),
    // `unifiedId` is Channel Talk's name, and `linkedTo` is Okyaku's name.
    shown("unifiedId", &[Server], |customer| json!(customer.linked_to)),
    shown("linkedTo", &[Export], |customer| json!(customer.linked_to)),
    shown("linkedAt", &[Export], |customer| json!(customer.linked_at)),
    shown("revivedAfter", &[Export], |customer| json!(customer.revived_after)),
    shown("builderCreatedAt", &[Export], |customer| json!(customer.builder_created_at)),
    shown("staleSince", &[Export], |customer| json!(customer.stale_since)),
    shown("fieldTimes", &[Export], |customer| json!(customer.field_times)),
    shown("builderTags", &[Export], builder_tags),
    shown("name", ALL, |customer| json!(customer.name)),
    shown("named", &[Server], |customer| json!(customer.name.is_some())),
    shown("avatarUrl", &[Page, Server], |customer| json!(customer.profile.text("avatarUrl"))),
    shown("email", &[Server], |customer| json!(customer.profile.text(Email.key()))),
    shown("emailQualified", &[Server], |customer| is_verified(customer, Email)),
    shown("mobileNumber", &[Server], |customer| json!(customer.profile.text(MobileNumber.key()))),
    shown("mobileNumberQualified", &[Server], |customer| is_verified(customer, MobileNumber)),
    shown("landlineNumber", &[Server], |customer| json!(customer.profile.text("landlineNumber"))),
    shown("language", ALL, |customer| json!(customer.language)),
    shown("systemLanguage", &[Server], |customer| json!(customer.language)),
    shown("country", NOT_PAGE, |customer| json!(customer.country)),
    shown("city", NOT_PAGE, |customer| json!(customer.city)),
    shown("unsubscribeEmail", ALL, |customer| json!(customer.unsubscribe_email)),
    shown("unsubscribeTexting", ALL, |customer| json!(customer.unsubscribe_texting)),
    shown("blocked", NOT_PAGE, |customer| json!(customer.blocked)),
    shown("hasPushToken", NOT_PAGE, |customer| json!(customer.has_push_token)),
    shown("createdAt", NOT_PAGE, |customer| json!(customer.created_at)),
    shown("updatedAt", NOT_PAGE, |customer| json!(customer.updated_at)),
    shown("lastSeenAt", NOT_PAGE, |customer| json!(customer.last_seen_at)),
    shown("sessionsCount", ALL, |customer| json!(customer.sessions_count)),
    shown("web", NOT_PAGE, web),
    shown("mobile", NOT_PAGE, mobile),
];

/// Returns the attributes that `viewer` may see.
#[must_use]
pub fn view(customer: &Customer, viewer: Viewer) -> Map<String, Value> {
    ATTRIBUTES
        .iter()
        .filter(|attribute| attribute.viewers.contains(&viewer))
        .map(|attribute| (attribute.name.to_owned(), (attribute.read)(customer)))
        .collect()
}

fn is_verified(customer: &Customer, kind: ContactPointKind) -> Value {
    json!(customer.profile.get(kind.key()).is_some_and(|field| field.verified))
}

/// Returns each tag's latest change by a builder.
fn builder_tags(customer: &Customer) -> Value {
    let tag = |(tag, at, there): (&String, i64, bool)| json!({ "tag": tag, "time": at, "there": there });
    customer.builder_tags.iter().map(tag).collect()
}

fn web(customer: &Customer) -> Value {
    let device = &customer.web;
    json!({
        "browser": device.browser,
        "browserName": device.browser_name,
        "os": device.os,
        "osName": device.os_name,
        "device": device.device,
        "sessionsCount": device.sessions_count,
        "lastSeenAt": device.last_seen_at,
    })
}

fn mobile(customer: &Customer) -> Value {
    let device = &customer.mobile;
    json!({
        "appName": device.app_name,
        "appVersion": device.app_version,
        "os": device.os,
        "osName": device.os_name,
        "device": device.device,
        "sessionsCount": device.sessions_count,
        "lastSeenAt": device.last_seen_at,
    })
}
