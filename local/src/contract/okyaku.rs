//! The routes of the shop's server that Channel Talk's Open API lacks.

use okyaku_domain::limit::REJECTION_DAYS;
use okyaku_domain::person_ref::PersonRef;
use serde_json::{Map, Value, json};

use super::operation::{Caller, Operation};
use super::shape::{list, named, object};

const GROUP: &str = "Okyaku";

pub(super) fn operations() -> Vec<Operation> {
    vec![health(), glance(), export(), actives(), rejections(), erase(), receipt()]
}

fn of(key: &str, scope: &'static str, summary: &'static str) -> Operation {
    Operation::new(GROUP, Caller::Server(scope), key, summary)
}

fn count() -> Value {
    json!({"type": "integer", "minimum": 0})
}

fn health() -> Operation {
    Operation::new(GROUP, Caller::Anyone, "GET /okyaku/v1/health", "Whether the table answers")
        .answers(200, object(json!({"status": {"const": "ok"}}), &[]))
}

fn glance() -> Operation {
    let events = json!({
        "latest": list(named("Event")), "counts": {"type": "object", "additionalProperties": count()},
        "countsTruncated": {"const": true},
        "furtherNames": object(json!({"names": count(), "count": count()}), &[]),
    });
    let answer =
        json!({"user": named("WholeUser"), "events": object(events, &["countsTruncated", "furtherNames"])});
    of("GET /okyaku/v1/contacts/{userId}", "read", "The customer at a glance")
        .answers(200, object(answer, &[]))
        .refuses(&[404])
}

fn export() -> Operation {
    of("GET /okyaku/v1/contacts/{userId}/export", "read", "Everything that is kept about a person, by pages")
        .query("since", "The cursor of the page before.", json!({"type": "string"}))
        .answers(200, named("Export"))
        .refuses(&[404])
}

fn actives() -> Operation {
    let answer = json!({"month": {"type": "string"}, "actives": count(), "final": {"type": "boolean"}});
    of("GET /okyaku/v1/actives", "read", "The customers who were active in a month")
        .query("month", "The UTC month.", json!({"type": "string", "pattern": "^2[0-9]{3}-(0[1-9]|1[0-2])$"}))
        .answers(200, object(answer, &[]))
}

fn rejections() -> Operation {
    let rejection = json!({
        "day": {"type": "string", "format": "date"}, "sender": {"enum": ["page", "server", "shopify", "cafe24", "firstmall"]},
        "field": {"type": "string"}, "reason": named("Reason"), "count": count(), "lastAt": named("Millis"),
    });
    of("GET /okyaku/v1/rejections", "read", "What was refused or left out, by day")
        .query(
            "days",
            "UTC days, with today.",
            json!({"type": "integer", "minimum": 1, "maximum": REJECTION_DAYS, "default": REJECTION_DAYS}),
        )
        .answers(200, object(json!({"rejections": list(object(rejection, &[]))}), &[]))
}

/// The body of an erasure: one key of a person.
fn by() -> Value {
    let keys = PersonRef::KINDS.map(|kind| (kind.to_owned(), json!({"type": ["string", "integer"]})));
    json!({"type": "object", "properties": Map::from_iter(keys), "minProperties": 1, "maxProperties": 1,
        "additionalProperties": false})
}

fn erase() -> Operation {
    let body = json!({"by": by(), "all": {"type": "boolean", "description": "Everybody of an address, claims too."}});
    let answer = json!({"erasure": named("Erasure"), "further": list(named("Erasure")), "claims": count()});
    of("POST /okyaku/v1/erasures", "erase", "Erases a person by any identifier")
        .body(object(body, &["all"]))
        .answers(202, object(answer, &["further", "claims"]))
        .refuses(&[404, 409])
}

fn receipt() -> Operation {
    of("GET /okyaku/v1/erasures/{id}", "erase", "The receipt of an erasure")
        .answers(200, object(json!({"erasure": named("Erasure")}), &[]))
        .refuses(&[404])
}
