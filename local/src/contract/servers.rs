//! The routes of the shop's server, in the form of Channel Talk's Open API.

use okyaku_domain::limit::{CONTACTS_PAGE, EVENT_ID_CHARS, EVENT_NAME_CHARS, TIMELINE_PAGE};
use serde_json::{Value, json};

use super::operation::{Caller, Operation};
use super::shape::{list, named, object};

const GROUP: &str = "Servers";

pub(super) fn operations() -> Vec<Operation> {
    let user = "/open/v5/users/{userId}";
    let v4 = both(user, "UserV4").map(Operation::in_v4);
    let v5 = [contacts("/open/v5/users"), lead("/open/v5/users"), touch(user), jwt(user), token(user)];
    both(user, "User").into_iter().chain(v5).chain(v4).collect()
}

/// Returns the operations of both versions. `shown` is the schema of a customer.
fn both(user: &str, shown: &str) -> [Operation; 10] {
    [
        read(user, shown),
        write("PUT", user, shown, "Creates a member, or changes a customer", put()),
        write("PATCH", user, shown, "Changes a customer", patch()),
        erase(user),
        block("POST", user, shown, "Blocks a customer"),
        block("DELETE", user, shown, "Unblocks a customer"),
        track(user),
        timeline(user),
        delete_event(user),
        channel(),
    ]
}

fn of(method: &str, path: &str, scope: &'static str, summary: &'static str) -> Operation {
    Operation::new(GROUP, Caller::Server(scope), format!("{method} {path}"), summary)
}

fn one(shown: &str) -> Value {
    object(json!({"user": named(shown)}), &[])
}

/// The answer of a write: the customer, and what did not come to pass.
fn written(shown: &str) -> Value {
    let properties = json!({"user": named(shown), "kept": named("Details"), "dropped": named("Details"),
        "ignored": list(json!({"type": "string"}))});
    object(properties, &["kept", "dropped", "ignored"])
}

/// The body of PUT: the fields, and a whole customer as GET shows one.
fn put() -> Value {
    // Keys that a server cannot write are ignored, so the body is open.
    json!({"allOf": [named("Fields"), {"properties": {"revive": {"type": "boolean"}}}]})
}

/// The body of PATCH.
fn patch() -> Value {
    json!({"allOf": [named("Fields")], "unevaluatedProperties": false, "minProperties": 1})
}

fn read(user: &str, shown: &str) -> Operation {
    of("GET", user, "read", "The customer").answers(200, one(shown)).refuses(&[404])
}

fn write(method: &str, user: &str, shown: &str, summary: &'static str, body: Value) -> Operation {
    of(method, user, "write", summary).body(body).answers(200, written(shown)).refuses(&[404, 409])
}

fn erase(user: &str) -> Operation {
    of("DELETE", user, "erase", "Erases a customer").answers(204, None).refuses(&[404])
}

fn block(method: &str, user: &str, shown: &str, summary: &'static str) -> Operation {
    of(method, &format!("{user}/block"), "write", summary)
        .any_body()
        .answers(200, one(shown))
        .refuses(&[404, 409])
}

fn touch(user: &str) -> Operation {
    of("POST", &format!("{user}/touch"), "write", "Notes that the server saw the customer")
        .any_body()
        .answers(200, one("User"))
        .refuses(&[404, 409])
}

fn contacts(users: &str) -> Operation {
    let answer = json!({"users": list(named("User")), "next": {"type": "string"}});
    of("GET", users, "read", "The leads and members, newest first")
        .query("sortOrder", "The order of creation.", json!({"enum": ["desc", "asc"], "default": "desc"}))
        .query(
            "limit",
            "The contacts of a page.",
            json!({"type": "integer", "minimum": 1, "maximum": CONTACTS_PAGE, "default": 25}),
        )
        .query("since", "The cursor of the page before.", json!({"type": "string"}))
        .answers(200, object(answer, &["next"]))
}

fn lead(users: &str) -> Operation {
    let own = json!({"required": ["profile"], "properties": {"force": {"type": "boolean"}}});
    let body = json!({"allOf": [named("Fields"), own], "unevaluatedProperties": false});
    let answer = json!({"user": named("User"), "dropped": named("Details")});
    of("POST", users, "write", "Creates a lead, from JSON or a form")
        .body(body)
        .answers(200, object(answer, &["dropped"]))
        .refuses(&[409])
}

fn jwt(user: &str) -> Operation {
    let answer = json!({"sessionJWT": {"type": "string"}, "expiresAt": named("Millis")});
    of("PUT", &format!("{user}/session-jwt/issue"), "write", "Issues a session of a customer's page")
        .query(
            "expiration",
            "An ISO 8601 duration from PT1M to P30D.",
            json!({"type": "string", "default": "PT1M"}),
        )
        .any_body()
        .answers(200, object(answer, &[]))
        .refuses(&[404, 409])
}

fn token(user: &str) -> Operation {
    let answer = json!({"token": {"type": "string"}, "disableAt": named("Millis")});
    of("PUT", &format!("{user}/user-token/issue"), "write", "Issues a session of a day")
        .any_body()
        .answers(200, object(answer, &[]))
        .refuses(&[404, 409])
}

fn track(user: &str) -> Operation {
    let body = json!({
        "name": {"type": "string", "minLength": 1, "maxLength": EVENT_NAME_CHARS}, "property": {"type": "object"},
        "id": {"type": "string", "minLength": 1, "maxLength": EVENT_ID_CHARS}, "createdAt": named("Millis"),
    });
    let answer = json!({"event": named("Event")});
    of("POST", &format!("{user}/events"), "write", "Tracks an event")
        .body(object(body, &["property", "id", "createdAt"]))
        .answers(200, object(answer, &[]))
        .refuses(&[404, 409])
}

fn timeline(user: &str) -> Operation {
    let cursor = || json!({"type": "string"});
    let answer = json!({"events": list(named("Event")), "prev": cursor(), "next": cursor()});
    of("GET", &format!("{user}/events"), "read", "The events of a customer")
        .query("sortOrder", "The order.", json!({"enum": ["desc", "asc", "both"], "default": "desc"}))
        .query(
            "limit",
            "The events of a page.",
            json!({"type": "integer", "minimum": 1, "maximum": TIMELINE_PAGE, "default": 25}),
        )
        .query("since", "A cursor: the page begins after it.", cursor())
        .answers(200, object(answer, &["prev", "next"]))
        .refuses(&[404])
}

fn delete_event(user: &str) -> Operation {
    of("DELETE", &format!("{user}/events/{{eventId}}"), "erase", "Deletes an event")
        .answers(204, None)
        .refuses(&[404])
}

fn channel() -> Operation {
    let (text, flag) = (|| json!({"type": "string"}), || json!({"type": "boolean"}));
    let channel = json!({
        "id": named("CustomerId"), "name": text(), "country": text(), "timeZone": text(), "createdAt": named("Millis"),
        "bizGrade": {"const": "unknown"}, "botName": text(), "color": text(), "welcomeMessage": {"type": "object"},
        "baseTutorialCompleted": flag(), "followUpEmail": flag(), "followUpTexting": flag(), "enableEmail": flag(),
        "enableTexting": flag(),
    });
    of("GET", "/open/v5/channel", "read", "The channel of the key")
        .answers(200, object(json!({"channel": object(channel, &[])}), &[]))
}
