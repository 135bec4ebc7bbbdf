//! The routes of the shop's server that Channel Talk's Open API lacks.

use okyaku_domain::limit::{
    BULK_IDS, CONTACTS_PAGE, LOOKUP_TERMS, QUERY_CHARS, REJECTION_DAYS, SEARCH_FIELDS,
};
use okyaku_domain::person_ref::PersonRef;
use serde_json::{Map, Value, json};

use super::operation::{Caller, Operation};
use super::shape::{list, named, object, some_of};

const GROUP: &str = "Okyaku";

pub(super) fn operations() -> Vec<Operation> {
    vec![
        health(),
        search(),
        count_contacts(),
        lookup(),
        bulk(),
        job(),
        tags(),
        glance(),
        export(),
        actives(),
        rejections(),
        erase(),
        receipt(),
    ]
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

/// The filter of contacts, and a search text.
fn filter_and_query() -> Value {
    json!({"filter": {"anyOf": [named("Filter"), {"type": "null"}]},
        "query": {"type": ["string", "null"], "minLength": 1, "maxLength": QUERY_CHARS}})
}

/// What an answer about many contacts says of itself.
fn reading() -> Value {
    let resolved =
        json!({"path": {"type": "string"}, "from": {"type": "integer"}, "to": {"type": "integer"}});
    json!({"scanned": count(), "units": {"type": "number", "minimum": 0}, "asOf": named("Millis"),
        "resolved": list(object(resolved, &[]))})
}

fn both(mut properties: Value, more: Value) -> Value {
    if let (Some(properties), Value::Object(more)) = (properties.as_object_mut(), more) {
        properties.extend(more);
    }
    properties
}

fn search() -> Operation {
    let sort = some_of(json!({"key": {"const": "createdAt"}, "order": {"enum": ["asc", "desc"]}}));
    let body = json!({
        "sort": sort, "since": {"type": ["string", "null"]},
        "limit": {"type": "integer", "minimum": 1, "maximum": CONTACTS_PAGE, "default": 25},
        "fields": {"type": "array", "items": {"type": "string"}, "maxItems": SEARCH_FIELDS},
    });
    let answer = json!({"users": list(named("SomeOfUser")), "next": {"type": ["string", "null"]}, "complete": {"type": "boolean"}});
    of("POST /okyaku/v1/contacts/search", "read", "The contacts that match a filter, by pages")
        .body(some_of(both(body, filter_and_query())))
        .answers(200, object(both(answer, reading()), &[]))
}

fn count_contacts() -> Operation {
    of("POST /okyaku/v1/contacts/count", "read", "The number of contacts that match a filter")
        .body(some_of(filter_and_query()))
        .answers(200, object(both(json!({"count": count(), "exact": {"type": "boolean"}}), reading()), &[]))
}

fn lookup() -> Operation {
    let user = json!({"id": named("CustomerId"), "type": {"enum": ["member", "lead", "anonymous"]}, "memberId": {"type": "string"}});
    let result = json!({"term": {"type": "string"}, "users": list(object(user, &["memberId"])),
        "more": {"const": true}, "message": {"type": "string"}});
    let terms =
        json!({"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": LOOKUP_TERMS});
    let answer = json!({"results": list(object(result, &["more", "message"])), "units": {"type": "number", "minimum": 0}});
    of("POST /okyaku/v1/contacts/lookup", "read", "The people of addresses, memberIds and ids")
        .body(object(json!({ "terms": terms }), &[]))
        .answers(200, object(answer, &[]))
}

fn bulk() -> Operation {
    let tags = || json!({"type": "array", "items": {"type": "string"}, "minItems": 1});
    let action = some_of(
        json!({"addTags": tags(), "removeTags": tags(), "block": {"type": "boolean"}, "erase": {"const": true}}),
    );
    let ids =
        json!({"type": ["array", "null"], "items": {"type": "string"}, "minItems": 1, "maxItems": BULK_IDS});
    let body = both(json!({"ids": ids, "action": action, "dryRun": {"type": "boolean"}}), filter_and_query());
    let dry = json!({"dryRun": {"const": true}, "count": count(), "exact": {"type": "boolean"}});
    // An erasure needs the scope erase.
    of("POST /okyaku/v1/contacts/bulk", "write", "Tags, blocks or erases many contacts")
        .body(object(body, &["ids", "filter", "query", "dryRun"]))
        .answers(202, object(json!({"job": named("Job")}), &[]))
        .answers(200, object(dry, &[]))
}

fn job() -> Operation {
    of("GET /okyaku/v1/jobs/{jobId}", "read", "How far a job is")
        .answers(200, object(json!({"job": named("Job")}), &[]))
        .refuses(&[404])
}

fn tags() -> Operation {
    let tag = object(json!({"tag": {"type": "string"}, "count": count()}), &[]);
    let answer = json!({"tags": list(tag), "exact": {"type": "boolean"}, "scanned": count(), "further": count(),
        "units": {"type": "number", "minimum": 0}});
    of("GET /okyaku/v1/tags", "read", "The tags of the contacts, with counts")
        .answers(200, object(answer, &["further"]))
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
