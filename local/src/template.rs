//! What the local gateway needs to know of `template.yaml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error as ThisError;

use crate::cors::Cors;
use crate::route::Route;

/// How long a function may run if the template does not say.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// The deployed template, compiled in.
#[expect(clippy::expect_used, reason = "compiled in, and a unit test reads it")]
pub(crate) static TEMPLATE: LazyLock<Template> = LazyLock::new(|| {
    Template::parse(include_str!("../../template.yaml")).expect("template.yaml is a template of routes")
});

/// Routes, CORS and time limits of the functions.
#[derive(Debug)]
pub(crate) struct Template {
    /// Every route, ordered by function and event name.
    pub(crate) routes: Vec<Route>,
    /// The API's CORS configuration; `None` if it has none.
    pub(crate) cors: Option<Cors>,
    timeouts: BTreeMap<String, Duration>,
}

/// Why a template could not be used. Carries the place in it.
#[derive(Debug, ThisError)]
#[error("{0}")]
pub(crate) struct TemplateError(String);

/// Sections stay untyped: short tags such as `!Ref` may stand anywhere, and most of it is none of our business.
#[derive(Deserialize)]
struct Document {
    #[serde(rename = "Globals", default)]
    globals: Value,
    #[serde(rename = "Resources")]
    resources: BTreeMap<String, Value>,
}

impl Template {
    /// Reads a SAM template. Fails on YAML that does not parse, an API event without a path or method, and two
    /// routes with the same key.
    pub(crate) fn parse(yaml: &str) -> Result<Self, TemplateError> {
        let document: Document = serde_saphyr::from_str(yaml).map_err(|e| TemplateError(e.to_string()))?;
        let mut cors = document.globals.pointer("/HttpApi/CorsConfiguration");
        let default = seconds(document.globals.pointer("/Function/Timeout")).unwrap_or(DEFAULT_TIMEOUT);
        let mut routes = Vec::new();
        let mut timeouts = BTreeMap::new();
        for (name, resource) in &document.resources {
            match resource.get("Type").and_then(Value::as_str) {
                Some("AWS::Serverless::HttpApi") => {
                    cors = resource.pointer("/Properties/CorsConfiguration").or(cors);
                }
                Some("AWS::Serverless::Function") => {
                    let timeout = seconds(resource.pointer("/Properties/Timeout")).unwrap_or(default);
                    timeouts.insert(name.clone(), timeout);
                    add_routes(&mut routes, name, resource)?;
                }
                _ => {}
            }
        }
        Ok(Self { routes, cors: cors.map(Cors::from_template), timeouts })
    }

    /// How long `function`, a logical id, may run.
    pub(crate) fn timeout(&self, function: &str) -> Duration {
        self.timeouts.get(function).copied().unwrap_or(DEFAULT_TIMEOUT)
    }
}

fn seconds(value: Option<&Value>) -> Option<Duration> {
    value.and_then(Value::as_u64).map(Duration::from_secs)
}

fn add_routes(routes: &mut Vec<Route>, function: &str, resource: &Value) -> Result<(), TemplateError> {
    let Some(events) = resource.pointer("/Properties/Events").and_then(Value::as_object) else {
        return Ok(());
    };
    for (event, definition) in events {
        if definition.get("Type").and_then(Value::as_str) != Some("HttpApi") {
            continue;
        }
        let text = |key: &str| {
            let value = definition.pointer(&format!("/Properties/{key}")).and_then(Value::as_str);
            value.ok_or_else(|| TemplateError(format!("{function}: event {event} has no {key}")))
        };
        let (method, path) = (text("Method")?.to_uppercase(), text("Path")?.to_owned());
        let route_key = format!("{method} {path}");
        if let Some(other) = routes.iter().find(|route| route.route_key == route_key) {
            return Err(TemplateError(format!(
                "{route_key} is routed to {} and to {function}",
                other.function
            )));
        }
        routes.push(Route { route_key, method, path, function: function.to_owned() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAGGED: &str = r#"
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Conditions:
  Guarded: !Not [!Equals [!Ref OriginSecret, ""]]
Globals:
  Function:
    Timeout: 7
    Environment:
      Variables:
        TABLE: !Ref Table
        SECRET: !Sub "{{resolve:secretsmanager:${Keys}:SecretString:hash}}"
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      StageName: $default
      CorsConfiguration:
        AllowOrigins: ["*"]
        AllowMethods: [GET, POST]
        AllowHeaders: [content-type, x-session]
        MaxAge: 600
  BootFunction:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda }
    Properties:
      Timeout: 3
      Role: !GetAtt Role.Arn
      Policies:
        - Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Action: [dynamodb:GetItem]
              Resource: !If [Guarded, !GetAtt Table.Arn, !Sub ["${T}/index/*", { T: !GetAtt Table.Arn }]]
      Events:
        Boot:
          Type: HttpApi
          Properties: { ApiId: !Ref Api, Method: post, Path: /front/v1/boot }
        Upsert:
          Type: HttpApi
          Properties:
            ApiId: !Ref Api
            Method: PUT
            Path: "/open/v5/users/{userId}"
  SweepFunction:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Minute: { Type: ScheduleV2, Properties: { ScheduleExpression: rate(1 minute) } }
  Table:
    Type: AWS::DynamoDB::Table
    Properties: { BillingMode: !If [Guarded, PAY_PER_REQUEST, !Ref AWS::NoValue] }
"#;

    #[test]
    fn template_with_short_tags_is_parsed() {
        let template = Template::parse(TAGGED).unwrap();
        let keys: Vec<_> =
            template.routes.iter().map(|r| (r.route_key.as_str(), r.function.as_str())).collect();
        assert_eq!(
            keys,
            [("POST /front/v1/boot", "BootFunction"), ("PUT /open/v5/users/{userId}", "BootFunction")]
        );
        assert_eq!(template.timeout("BootFunction"), Duration::from_secs(3));
        assert_eq!(template.timeout("SweepFunction"), Duration::from_secs(7));
        assert!(template.cors.is_some());
    }

    #[test]
    fn route_without_method_or_given_twice_is_refused() {
        let error = Template::parse(&TAGGED.replace("Method: post, ", "")).unwrap_err();
        assert_eq!(error.to_string(), "BootFunction: event Boot has no Method");
        let twice = TAGGED
            .replace("Method: PUT", "Method: POST")
            .replace("/open/v5/users/{userId}", "/front/v1/boot");
        assert!(Template::parse(&twice).unwrap_err().to_string().contains("POST /front/v1/boot"));
    }

    #[test]
    fn deployed_template_is_read() {
        assert!(TEMPLATE.routes.iter().any(|route| route.route_key == "POST /front/v1/boot"));
        assert!(TEMPLATE.cors.is_some());
    }
}
