//! One route of the document.

use serde_json::{Map, Value, json};

use super::errors;
use super::shape::put;

/// Who calls a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// Anyone. The route's own proof, if any, is in the body or the path.
    Anyone,
    /// A page with a session.
    Page,
    /// The shop's server, with an access key of this scope.
    Server(&'static str),
}

/// A route: who calls it, what comes in and what goes out.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    /// The route, such as `GET /open/v5/users/{userId}`.
    pub(super) key: String,
    group: &'static str,
    summary: &'static str,
    caller: Caller,
    parameters: Vec<Value>,
    body: Option<(bool, Value)>,
    /// By status: the schema of the answer, or none for an answer without a body.
    answers: Vec<(u16, Option<Value>)>,
    /// The content type of the answers that are no errors.
    content: &'static str,
}

impl Operation {
    pub(super) fn new(
        group: &'static str,
        caller: Caller,
        key: impl Into<String>,
        summary: &'static str,
    ) -> Self {
        let key = key.into();
        // Everywhere a defect, a busy table, an address that is not the shop's, and a throttle are possible.
        let everywhere = [403, 429, 500, 503];
        let mut answers: Vec<_> = everywhere.map(|status| (status, Some(errors::of(status)))).into();
        let refused: &[u16] = match caller {
            Caller::Anyone => &[],
            Caller::Page => &[401, 409],
            Caller::Server(_) => &[401],
        };
        answers.extend(refused.iter().map(|status| (*status, Some(errors::of(*status)))));
        let mut parameters = Vec::new();
        for name in ["userId", "eventId", "id", "jobId", "builder", "webhookToken"] {
            if key.contains(&format!("{{{name}}}")) {
                parameters.push(json!({"$ref": format!("#/components/parameters/{name}")}));
                // The gateway refuses a path that cannot be decoded.
                answers.push((400, Some(errors::of(400))));
            }
        }
        let content = "application/json";
        Self { key, group, summary, caller, parameters, body: None, answers, content }
    }

    /// Adds a query parameter.
    pub(super) fn query(mut self, name: &str, description: &str, schema: Value) -> Self {
        self.parameters
            .push(json!({"name": name, "in": "query", "description": description, "schema": schema}));
        self.refuses(&[422])
    }

    /// Adds a parameter of any place.
    pub(super) fn parameter(mut self, parameter: Value) -> Self {
        self.parameters.push(parameter);
        self
    }

    /// Takes a JSON body, which the caller must send.
    pub(super) fn body(mut self, schema: Value) -> Self {
        self.body = Some((true, schema));
        self.refuses(&[400, 413, 422])
    }

    /// Takes any body, and ignores it.
    pub(super) fn any_body(mut self) -> Self {
        self.body = Some((false, json!(true)));
        self
    }

    /// Adds an answer.
    pub(super) fn answers(mut self, status: u16, schema: impl Into<Option<Value>>) -> Self {
        self.answers.push((status, schema.into()));
        self
    }

    /// Adds refusals.
    pub(super) fn refuses(mut self, statuses: &[u16]) -> Self {
        for status in statuses {
            if !self.answers.iter().any(|(known, _)| known == status) {
                self.answers.push((*status, Some(errors::of(*status))));
            }
        }
        self
    }

    /// Answers with another content type than JSON.
    pub(super) fn content(self, content: &'static str) -> Self {
        Self { content, ..self }
    }

    /// Returns the same operation under v4 of the Open API.
    pub(super) fn in_v4(self) -> Self {
        Self { key: self.key.replace("/v5/", "/v4/"), ..self }
    }

    /// Returns the method in lower case, and the path.
    pub(super) fn method_and_path(&self) -> (String, String) {
        let (method, path) = self.key.split_once(' ').unwrap_or_default();
        (method.to_ascii_lowercase(), path.to_owned())
    }

    /// Returns the schema of an answer. The inner `None` is an answer without a body.
    pub(super) fn schema_of(&self, status: u16) -> Option<Option<Value>> {
        self.answers.iter().rev().find(|(known, _)| *known == status).map(|(_, schema)| schema.clone())
    }

    /// Returns the operation as an object of the document.
    pub(super) fn object(&self) -> Value {
        let (method, path) = self.method_and_path();
        let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let id: String = std::iter::once(method.as_str()).chain(words).map(capitalised).collect();
        let mut responses = Map::new();
        for (status, schema) in &self.answers {
            responses.insert(status.to_string(), self.response(*status, schema.as_ref()));
        }
        let mut object = json!({
            "tags": [self.group], "summary": self.summary, "operationId": id,
            "security": self.security(), "responses": responses,
        });
        if !self.parameters.is_empty() {
            put(&mut object, "parameters", self.parameters.clone());
        }
        if let Some((required, schema)) = &self.body {
            put(
                &mut object,
                "requestBody",
                json!({"required": required, "content": {"application/json": {"schema": schema}}}),
            );
        }
        if let Caller::Server(scope) = self.caller {
            put(&mut object, "x-scope", scope);
        }
        object
    }

    fn response(&self, status: u16, schema: Option<&Value>) -> Value {
        match schema {
            Some(_) if status >= 400 && self.content == "application/json" && errors::is_shared(status) => {
                json!({"$ref": format!("#/components/responses/{status}")})
            }
            Some(schema) => {
                let content = if status < 300 { self.content } else { "application/json" };
                json!({"description": errors::meaning(status), "content": {content: {"schema": schema}}})
            }
            None => json!({"description": errors::meaning(status)}),
        }
    }

    fn security(&self) -> Value {
        match self.caller {
            Caller::Anyone => json!([]),
            Caller::Page => json!([{"session": []}]),
            Caller::Server(_) => json!([{"accessKey": [], "accessSecret": []}]),
        }
    }
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
    first.to_ascii_uppercase() + rest
}
