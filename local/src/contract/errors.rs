//! The refusals of every route: Okyaku's own, and those of the gateway before it.

use serde_json::{Map, Value, json};

use super::shape::put;

/// The statuses of refusals, each with its codes.
const CODES: [(u16, &[&str]); 10] = [
    (400, &["BAD_REQUEST"]),
    (401, &["UNAUTHORIZED"]),
    (403, &["FORBIDDEN", "BLOCKED"]),
    (404, &["ENTITY_NOT_FOUND"]),
    (409, &["ALREADY_EXISTS", "ERASED", "AMBIGUOUS"]),
    (413, &["TOO_LARGE"]),
    (422, &["VALIDATION_FAILED"]),
    (429, &["TOO_MANY_REQUESTS"]),
    (500, &["INTERNAL_ERROR"]),
    (503, &["UNAVAILABLE"]),
];

/// Returns the meaning of a status.
pub(super) fn meaning(status: u16) -> &'static str {
    match status {
        200 => "Done.",
        202 => "The person is erased for every read. The rest of the data goes soon.",
        204 => "Done. There is no body.",
        304 => "The caller has this version.",
        400 => "The body is no JSON object, its gzip is broken, or the path cannot be decoded.",
        401 => "A key, secret, token or proof is missing, wrong, or expired.",
        403 => {
            "The key lacks the scope, the origin is not one of the channel's, or the shop blocked the customer."
        }
        404 => "The channel has no such thing.",
        409 => {
            "The address is registered, the customer was erased, or the address does not pick one customer."
        }
        413 => "The body is too large.",
        422 => "The request was read, and is not valid. `details` names every wrong field, up to 50.",
        429 => "Above a budget or a throttle. `retry-after` names the seconds.",
        503 => "The table is busy or out of reach. Send the request again.",
        _ => "A defect. The cause is in the log.",
    }
}

/// Returns whether a status has a shared response under `components`.
pub(super) fn is_shared(status: u16) -> bool {
    CODES.iter().any(|(known, _)| *known == status)
}

/// Returns the schema of a refusal.
pub(super) fn of(status: u16) -> Value {
    json!({"$ref": format!("#/components/schemas/Error{status}")})
}

/// Returns the schemas of all refusals, by name.
pub(super) fn schemas() -> Map<String, Value> {
    let mut schemas = Map::new();
    for (status, codes) in CODES {
        schemas.insert(format!("Error{status}"), schema(status, codes));
    }
    schemas
}

fn schema(status: u16, codes: &[&str]) -> Value {
    let mut properties = json!({
        "status": {"const": status},
        "commonErrorCode": {"enum": codes},
        "message": {"type": "string"},
        "details": {"type": "array", "maxItems": 50, "items": {"$ref": "#/components/schemas/Detail"}},
        "errors": {"type": "array", "items": {"type": "object", "properties": {"message": {"type": "string"}},
            "required": ["message"], "additionalProperties": false}},
    });
    if status == 409 {
        put(
            &mut properties,
            "userId",
            json!({"description": "Who is registered.", "$ref": "#/components/schemas/CustomerId"}),
        );
        put(
            &mut properties,
            "claimed",
            json!({"description": "Only pages claim the address, so `force` creates the lead.", "const": true}),
        );
        put(
            &mut properties,
            "candidates",
            json!({"type": "array", "items": {"$ref": "#/components/schemas/Candidate"}}),
        );
    }
    let own = json!({"type": "object", "properties": properties, "additionalProperties": false,
        "required": ["status", "commonErrorCode", "message", "details", "errors"]});
    // The gateway refuses some requests before Okyaku reads them.
    if matches!(status, 400 | 404 | 413 | 429 | 500 | 503) {
        let message = json!({"type": "object", "properties": {"message": {"type": "string"}},
            "required": ["message"], "additionalProperties": false});
        return json!({"anyOf": [own, message]});
    }
    own
}

/// Returns the shared responses.
pub(super) fn responses() -> Map<String, Value> {
    let mut responses = Map::new();
    for (status, _) in CODES {
        let mut response =
            json!({"description": meaning(status), "content": {"application/json": {"schema": of(status)}}});
        if matches!(status, 429 | 503) {
            put(
                &mut response,
                "headers",
                json!({"retry-after": {"description": "Seconds.", "schema": {"type": "integer"}}}),
            );
        }
        responses.insert(status.to_string(), response);
    }
    responses
}
