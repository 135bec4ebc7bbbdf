//! The routes of pages.

use serde_json::{Value, json};

use super::operation::{Caller, Operation};
use super::schemas::{batch, member_id};
use super::shape::{list, named, object};

const GROUP: &str = "Pages";

pub(super) fn operations() -> Vec<Operation> {
    vec![boot(), touch(), update(), tags("PATCH"), tags("DELETE"), events()]
        .into_iter()
        .chain(["/okyaku.js", "/plugin/ch-plugin-web.js"].into_iter().flat_map(script))
        .collect()
}

/// The answer of boot and touch.
fn session() -> Value {
    let properties = json!({
        "user": named("PageUser"), "veilId": {"type": "string"}, "sessionToken": {"type": "string"},
        "expiresAt": named("Millis"), "now": named("Millis"), "dropped": named("Details"),
    });
    object(properties, &[])
}

fn boot() -> Operation {
    let app = ["name", "version", "os", "osName", "device", "pushToken"]
        .map(|key| (key.to_owned(), json!({"type": "string"})));
    let own = json!({
        "type": "object",
        "properties": {
            "pluginKey": {"type": "string", "minLength": 1},
            "memberId": member_id(),
            "memberHash": {"type": "string"},
            "veilId": {"type": "string"},
            "page": {"type": "object", "properties": {"url": {"type": "string"}, "referrer": {"type": "string"}}},
            "app": {"type": "object", "properties": serde_json::Map::from_iter(app)},
        },
        "required": ["pluginKey"],
    });
    Operation::new(GROUP, Caller::Anyone, "POST /front/v1/boot", "Opens a session of a visitor or a member")
        .body(json!({"allOf": [own, named("PageFields")]}))
        .answers(200, session())
        .refuses(&[401, 403, 409, 429])
}

fn touch() -> Operation {
    Operation::new(
        GROUP,
        Caller::Page,
        "POST /front/v1/touch",
        "Notes that the customer is still there, and renews the session",
    )
    .any_body()
    .answers(200, session())
}

fn update() -> Operation {
    let answer = json!({"user": named("PageUser"), "dropped": named("Details")});
    Operation::new(GROUP, Caller::Page, "PATCH /front/v1/users/me", "Changes the customer of the session")
        .body(named("PageFields"))
        .answers(200, object(answer, &[]))
}

fn tags(method: &str) -> Operation {
    let summary = if method == "PATCH" { "Adds tags" } else { "Removes tags that a page set" };
    let tags = json!({"allOf": [named("Tags"), {"minItems": 1}]});
    Operation::new(GROUP, Caller::Page, format!("{method} /front/v1/users/me/tags"), summary)
        .body(object(json!({"tags": tags}), &[]))
        .answers(200, object(json!({"user": named("PageUser")}), &[]))
}

fn events() -> Operation {
    let body = json!({"events": batch(), "attempt": {"type": "integer", "minimum": 1}, "sessionToken": {"type": "string"}});
    let verdict = json!({
        "id": {"type": ["string", "null"]}, "status": {"enum": ["accepted", "duplicate", "rejected"]},
        "message": {"type": "string"},
    });
    Operation::new(GROUP, Caller::Page, "POST /front/v1/events", "Tracks events")
        .body(object(body, &["attempt", "sessionToken"]))
        .answers(200, object(json!({"results": list(object(verdict, &["message"]))}), &[]))
}

fn script(path: &str) -> [Operation; 2] {
    let of = |method, summary| {
        Operation::new(GROUP, Caller::Anyone, format!("{method} {path}"), summary)
            .content("text/javascript; charset=utf-8")
    };
    [
        of("GET", "The page script").answers(200, json!({"type": "string"})).answers(304, None),
        of("HEAD", "The headers of the page script").answers(200, None).answers(304, None),
    ]
}
