//! The things on the wire, with the limits of the domain.

use std::collections::BTreeSet;

use okyaku_domain::limit::{
    BATCH_EVENTS, EVENT_ID_CHARS, EVENT_NAME_CHARS, MEMBER_ID_CHARS, NAME_CHARS, TAG_CHARS, TAGS,
};
use okyaku_domain::rejection_reason::RejectionReason;
use serde_json::{Map, Value, json};

use super::errors;
use super::shape::{list, named, object, put, some_of};

/// The schema of the export, as a file of its own.
const EXPORT: &str = include_str!("../../../docs/reference/export.schema.json");

/// Returns every schema, by name.
pub(super) fn all() -> Map<String, Value> {
    let mut schemas = errors::schemas();
    let mut add = |name: &str, schema: Value| schemas.insert(name.to_owned(), schema);
    add("CustomerId", json!({"type": "string", "pattern": "^[0-9a-f]{20}$"}));
    add("Millis", json!({"type": "integer", "minimum": 0, "description": "Epoch milliseconds, UTC."}));
    add("Tag", json!({"type": "string", "minLength": 1, "maxLength": TAG_CHARS}));
    add("Tags", json!({"type": "array", "items": named("Tag"), "maxItems": TAGS}));
    add("Detail", object(json!({"field": {"type": "string"}, "message": {"type": "string"}}), &[]));
    add("Details", list(named("Detail")));
    add(
        "Value",
        json!({"type": ["string", "number", "boolean", "array"], "items": {"type": ["string", "number"]}}),
    );
    add("Profile", json!({"type": "object", "additionalProperties": named("Value")}));
    add("Candidate", candidate());
    add("Web", device(&["browser", "browserName"]));
    add("Mobile", device(&["appName", "appVersion", "sdkName", "sdkVersion"]));
    add("User", user());
    add("SomeOfUser", some_of_user());
    add("Filter", filter());
    add("Job", job());
    add("UserV4", user_v4());
    add("WholeUser", whole_user());
    add("PageUser", page_user());
    add("Event", event());
    add("Fields", fields());
    add("PageFields", page_fields());
    add("PageEvent", page_event());
    add("Erasure", erasure());
    add("Reason", json!({"enum": RejectionReason::ALL.map(RejectionReason::name)}));
    // The references of the file lead into the document.
    let export = EXPORT.replace("#/$defs/", "#/components/schemas/Export/$defs/");
    add("Export", serde_json::from_str(&export).unwrap_or(Value::Null));
    schemas
}

/// A job: `failed` counts the parts that refused.
fn job() -> Value {
    let count = || json!({"type": "integer", "minimum": 0});
    let properties = json!({"id": {"type": "string", "pattern": "^[0-9a-f]{32}$"}, "kind": {"enum": ["bulk", "delivery", "erase"]},
        "status": {"enum": ["running", "done", "failed"]}, "done": count(), "total": count(), "failed": count(),
        "createdAt": named("Millis"), "finishedAt": or_null(named("Millis"))});
    object(properties, &[])
}

/// A filter of contacts.
fn filter() -> Value {
    let operators: BTreeSet<&str> = okyaku_domain::filter::operators().collect();
    let leaf = json!({
        "key": {"type": "string", "description": "A basic key, `profile.KEY` or `tags`. `user.` in front is allowed.",
            "examples": ["tags", "profile.email", "lastSeenAt"]},
        "type": {"enum": ["string", "number", "boolean", "date", "datetime", "list", null]},
        "operator": {"enum": operators},
        "values": {"type": "array", "minItems": 1, "maxItems": okyaku_domain::filter::VALUES},
    });
    let lists = json!({"and": {"type": "array", "items": named("Filter"), "minItems": 1},
        "or": {"type": "array", "items": named("Filter"), "minItems": 1}});
    let moment = || json!({"type": ["string", "integer"]});
    let counted = object(
        json!({"operator": {"type": "string"}, "values": {"type": "array", "items": {"type": "number"}}}),
        &[],
    );
    let event = json!({
        "name": {"type": "string", "minLength": 1, "maxLength": EVENT_NAME_CHARS}, "match": {"enum": ["positive", "negative"]},
        "within": {"type": "string"}, "from": moment(), "to": moment(), "count": counted, "query": named("Filter"),
    });
    let event = object(event, &["match", "within", "from", "to", "count", "query"]);
    let forms = [object(leaf, &["type"]), some_of(lists), object(json!({ "event": event }), &[])];
    json!({"description": "Conditions, nested by `and` and `or`.", "anyOf": forms})
}

/// Returns the parameters in paths.
pub(super) fn parameters() -> Value {
    let path = |name: &str, description: &str, schema: Value| json!({"name": name, "in": "path", "required": true, "description": description, "schema": schema});
    json!({
        "userId": path("userId", "A customer's id, or `@` and a memberId.", json!({"type": "string", "minLength": 1, "examples": ["@lucas"]})),
        "eventId": path("eventId", "The id of an event, as a timeline shows it.", json!({"type": "string", "minLength": 1})),
        "id": path("id", "The id of an erasure.", json!({"type": "string", "minLength": 1})),
        "jobId": path("jobId", "The id of a job.", json!({"type": "string", "minLength": 1})),
        "builder": path("builder", "The builder.", json!({"enum": ["shopify", "cafe24"]})),
        "webhookToken": path("webhookToken", "The token of the channel's connection.", json!({"type": "string", "minLength": 1})),
    })
}

fn candidate() -> Value {
    let kinds = json!({"enum": ["member", "lead", "anonymous"]});
    let properties = json!({"id": named("CustomerId"), "type": kinds, "memberId": {"type": ["string", "null"]},
        "verified": {"type": "boolean"}});
    object(properties, &["memberId"])
}

fn device(own: &[&str]) -> Value {
    let mut properties = json!({
        "os": text_or_null(), "osName": text_or_null(), "device": text_or_null(),
        "sessionsCount": {"type": "integer", "minimum": 0}, "lastSeenAt": or_null(named("Millis")),
    });
    for key in own {
        put(&mut properties, key, text_or_null());
    }
    some_of(properties)
}

fn text_or_null() -> Value {
    json!({"type": ["string", "null"]})
}

fn or_null(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

/// The keys of a customer that always have a value.
fn certain() -> Value {
    let flag = || json!({"type": "boolean"});
    let count = || json!({"type": "integer", "minimum": 0});
    json!({
        "id": named("CustomerId"), "channelId": named("CustomerId"), "member": flag(), "named": flag(),
        "emailQualified": flag(), "mobileNumberQualified": flag(), "profile": named("Profile"), "tags": named("Tags"),
        "userImportTags": {"type": "array", "maxItems": 0}, "web": named("Web"), "mobile": named("Mobile"),
        "sessionsCount": count(), "createdAt": named("Millis"), "updatedAt": named("Millis"),
        "hasPushToken": flag(), "unsubscribeEmail": flag(), "unsubscribeTexting": flag(), "unsubscribeAppPush": flag(),
        "blocked": flag(), "constrainted": flag(), "alert": count(), "unread": count(), "hasChat": flag(),
    })
}

/// The keys of a customer that may be unknown.
const UNCERTAIN: [&str; 17] = [
    "memberId",
    "veilId",
    "unifiedId",
    "name",
    "avatarUrl",
    "email",
    "mobileNumber",
    "landlineNumber",
    "language",
    "systemLanguage",
    "country",
    "city",
    "province",
    "timeZone",
    "popUpChatId",
    "mainChatId",
    "lastSeenAt",
];

/// The user of the Open API. An unknown value is left out.
fn user() -> Value {
    let mut properties = certain();
    let mut optional = vec!["type", "staleSince", "latitude", "longitude"];
    for key in UNCERTAIN {
        put(&mut properties, key, json!({"type": "string"}));
        optional.push(key);
    }
    put(&mut properties, "lastSeenAt", named("Millis"));
    put(&mut properties, "staleSince", named("Millis"));
    put(&mut properties, "latitude", json!({"type": "number"}));
    put(&mut properties, "longitude", json!({"type": "number"}));
    put(&mut properties, "type", json!({"description": "Absent for a visitor.", "enum": ["member", "lead"]}));
    object(properties, &optional)
}

/// A user with the keys that a search asked for.
fn some_of_user() -> Value {
    let mut user = user();
    put(&mut user, "required", vec!["id"]);
    user
}

/// The user of v4 of the Open API.
fn user_v4() -> Value {
    let mut user = user();
    if let Some(properties) = user.get_mut("properties") {
        put(properties, "userId", json!({"type": "string", "description": "The memberId."}));
        put(properties, "unsubscribed", json!({"type": "boolean"}));
        put(properties, "managed", json!({"type": "boolean"}));
        put(properties, "expireAt", named("Millis"));
    }
    if let Some(required) = user.get_mut("required").and_then(Value::as_array_mut) {
        required.extend(["unsubscribed", "managed"].map(Value::from));
    }
    user
}

/// The user of Okyaku's own routes. Every key is there.
fn whole_user() -> Value {
    let mut properties = certain();
    for key in UNCERTAIN {
        put(&mut properties, key, text_or_null());
    }
    put(&mut properties, "lastSeenAt", or_null(named("Millis")));
    put(&mut properties, "staleSince", named("Millis"));
    put(&mut properties, "latitude", json!({"type": ["number", "null"]}));
    put(&mut properties, "longitude", json!({"type": ["number", "null"]}));
    put(&mut properties, "type", json!({"enum": ["member", "lead", "anonymous"]}));
    object(properties, &["staleSince"])
}

/// The user that a page sees.
fn page_user() -> Value {
    let properties = json!({
        "id": named("CustomerId"), "memberId": text_or_null(), "name": text_or_null(), "avatarUrl": text_or_null(),
        "profile": named("Profile"), "tags": named("Tags"), "language": text_or_null(),
        "alert": {"const": 0}, "unread": {"const": 0}, "unsubscribeEmail": {"type": "boolean"},
        "unsubscribeTexting": {"type": "boolean"}, "member": {"type": "boolean"},
        "type": {"enum": ["member", "lead", "anonymous"]}, "sessionsCount": {"type": ["integer", "null"]},
    });
    object(properties, &[])
}

fn event() -> Value {
    let properties = json!({
        "id": {"type": "string"}, "userId": named("CustomerId"), "channelId": named("CustomerId"),
        "name": {"type": "string"}, "property": {"type": "object"}, "createdAt": named("Millis"),
        "expireAt": named("Millis"),
        "message": {"type": "string", "description": "What a shop event lacks. Only in the answer of its tracking."},
    });
    object(properties, &["message"])
}

/// The writable keys of a customer, as a server sends them.
fn fields() -> Value {
    json!({"type": "object", "properties": {
        "profile": or_null(profile()), "profileOnce": profile(), "tags": or_null(named("Tags")),
        "language": text_or_null(), "unsubscribeEmail": {"type": "boolean"}, "unsubscribeTexting": {"type": "boolean"},
        "unsubscribed": {"type": "boolean"}, "blocked": {"type": "boolean"}, "partial": {"type": "boolean"},
        "qualified": list(json!({"enum": ["email", "mobileNumber"]})),
    }})
}

/// A profile to write. Null clears a field.
fn profile() -> Value {
    json!({
        "type": "object",
        "properties": {
            "name": {"type": ["string", "null"], "maxLength": NAME_CHARS},
            "email": {"type": ["string", "null"], "format": "email"},
            "mobileNumber": {"type": ["string", "null"], "examples": ["+821024682468"]},
        },
        "additionalProperties": or_null(named("Value")),
    })
}

/// The writable keys of a customer, as a page sends them. A page's call drops what it cannot read.
fn page_fields() -> Value {
    json!({
        "type": "object",
        "properties": {
            "profile": or_null(profile()), "profileOnce": profile(), "tags": or_null(named("Tags")),
            "language": text_or_null(), "unsubscribeEmail": {"type": "boolean"}, "unsubscribeTexting": {"type": "boolean"},
        },
    })
}

fn page_event() -> Value {
    json!({
        "type": "object",
        "properties": {
            "id": {"type": "string", "minLength": 1, "maxLength": EVENT_ID_CHARS},
            "name": {"type": "string", "minLength": 1, "maxLength": EVENT_NAME_CHARS},
            "createdAt": named("Millis"),
            "property": {"type": "object"},
        },
        "required": ["id", "name", "createdAt"],
    })
}

fn erasure() -> Value {
    let count = || json!({"type": "integer", "minimum": 0});
    let deleted = object(
        json!({"customers": count(), "events": count(), "links": count(), "contacts": count(), "orders": count(),
            "markers": count()}),
        &["orders"],
    );
    let properties = json!({
        "id": {"type": "string"}, "status": {"enum": ["erasing", "sweeping", "done"]}, "erasedAt": named("Millis"),
        "emptiedAt": or_null(named("Millis")), "sweptAt": or_null(named("Millis")), "keptUntil": named("Millis"),
        "deleted": deleted,
    });
    object(properties, &[])
}

/// The member of a request.
pub(super) fn member_id() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": MEMBER_ID_CHARS})
}

/// The events of a page's batch.
pub(super) fn batch() -> Value {
    json!({"type": "array", "items": named("PageEvent"), "minItems": 1, "maxItems": BATCH_EVENTS})
}
