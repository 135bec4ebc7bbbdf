//! The contract: an `OpenAPI` 3.1 document of every route, made from the limits that the code enforces.
//!
//! - `shape` has the shapes of schemas, `schemas` the things on the wire, and `errors` the refusals.
//! - `pages`, `servers`, `okyaku` and `builders` have the routes of a group each.
//!
//! `docs/reference/openapi.json` is the document as a file. Every test of a route compares its answer with the document.

mod builders;
mod errors;
mod okyaku;
mod operation;
mod pages;
mod schemas;
mod servers;
mod shape;

use serde_json::{Map, Value, json};

use self::operation::Operation;

/// Returns every operation, by group.
fn operations() -> Vec<Operation> {
    [pages::operations(), servers::operations(), okyaku::operations(), builders::operations()].concat()
}

/// Returns the document.
#[must_use]
pub fn document() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations() {
        let (method, path) = operation.method_and_path();
        let item = paths.entry(path).or_insert_with(|| json!({}));
        if let Some(item) = item.as_object_mut() {
            item.insert(method, operation.object());
        }
    }
    json!({
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "Okyaku",
            "summary": "The customer data of an online shop",
            "description": "Times are epoch milliseconds, UTC. API.md beside this file describes each route with examples.",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "http://127.0.0.1:8787", "description": "The local server"}],
        "tags": [
            {"name": "Pages", "description": "Calls of the shop's pages."},
            {"name": "Servers", "description": "Calls of the shop's server, in the form of Channel Talk's Open API."},
            {"name": "Okyaku", "description": "Calls of the shop's server that Channel Talk's Open API lacks."},
            {"name": "Builders", "description": "Deliveries of shop builders."},
        ],
        "paths": paths,
        "components": {
            "schemas": schemas::all(),
            "responses": errors::responses(),
            "parameters": schemas::parameters(),
            "securitySchemes": {
                "accessKey": {"type": "apiKey", "in": "header", "name": "x-access-key"},
                "accessSecret": {"type": "apiKey", "in": "header", "name": "x-access-secret"},
                "session": {"type": "apiKey", "in": "header", "name": "x-session"},
            },
        },
    })
}

/// Returns the schema of an answer of a route, such as `GET /open/v5/users/{userId}`, with the components that it names.
///
/// `None` if the route or the status is missing from the document. The inner `None` is an answer without a body.
#[must_use]
pub fn schema_of(route: &str, status: u16) -> Option<Option<Value>> {
    let operation = operations().into_iter().find(|operation| operation.key == route)?;
    let schema = operation.schema_of(status)?;
    Some(schema.map(|schema| json!({"allOf": [schema], "components": {"schemas": schemas::all()}})))
}

/// Returns every route of the document, such as `GET /open/v5/users/{userId}`.
#[must_use]
pub fn routes() -> Vec<String> {
    operations().into_iter().map(|operation| operation.key).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn document_has_exactly_the_routes_of_the_template() {
        let known: BTreeSet<String> =
            crate::routes::routes().iter().map(|route| route.route_key.clone()).collect();
        assert_eq!(routes().into_iter().collect::<BTreeSet<_>>(), known);
    }

    #[test]
    fn document_is_the_file() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/openapi.json");
        let text = serde_json::to_string_pretty(&document()).unwrap() + "\n";
        if std::env::var_os("OKYAKU_GOLDEN").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let stored = std::fs::read_to_string(path).unwrap_or_default();
        assert!(stored == text, "OKYAKU_GOLDEN=1 cargo test -p okyaku-local contract writes the file anew");
    }

    #[test]
    fn every_route_is_in_the_collection() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/bruno");
        let mut requests = String::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "bru") {
                requests += &std::fs::read_to_string(path).unwrap();
            }
        }
        // v4 is as v5, and Channel Talk's path of the script is as ours.
        let own =
            |key: &&String| !key.contains("/v4/") && !key.starts_with("HEAD") && !key.contains("ch-plugin");
        for key in routes().iter().filter(own) {
            let (method, path) = key.split_once(' ').unwrap();
            let path = [
                ("{userId}", "@lucas"),
                ("{builder}", "cafe24"),
                ("{webhookToken}", "{{webhookToken}}"),
                ("{eventId}", "{{eventId}}"),
                ("{id}", "{{erasureId}}"),
                ("{jobId}", "{{jobId}}"),
            ]
            .iter()
            .fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
            let request = format!("{} {{\n  url: {{{{host}}}}{path}", method.to_ascii_lowercase());
            let ends = ["\n", "?"].iter().any(|end| requests.contains(&(request.clone() + end)));
            assert!(ends, "{key}");
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn references(value: &Value, found: &mut Vec<String>) {
            match value {
                Value::Object(map) => {
                    found.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
                    map.values().for_each(|value| references(value, found));
                }
                Value::Array(items) => items.iter().for_each(|value| references(value, found)),
                _ => {}
            }
        }
        let (document, mut found) = (document(), Vec::new());
        references(&document, &mut found);
        for reference in found.iter().filter(|reference| reference.starts_with("#/components")) {
            assert!(document.pointer(&reference[1..]).is_some(), "{reference}");
        }
    }
}
