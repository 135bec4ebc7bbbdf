//! Lead creation (R10).
//!
//! A lead needs a phone number or an e-mail address. An address that is registered already is refused.

mod access;

use lambda_http::http::Response;
use lambda_http::{Body, Request};
use okyaku_api::{Call, Reply, Server, scope, serve_counting_rejections, user};
use okyaku_domain::contact_point::ContactPointKind;
use okyaku_domain::error::Error;
use okyaku_domain::patch::{self, Patch, Verified};
use okyaku_domain::sender::Sender;
use okyaku_engine::{App, server as engine};
use serde_json::{Map, Value, json};

pub use access::Access;

/// The routes of this function, as in the template.
pub const ROUTES: &[&str] = &["POST /open/v5/users"];

/// Answers a request.
pub async fn handle(app: &App<Access>, request: Request) -> Response<Body> {
    serve_counting_rejections(app, request, ROUTES, |_, call| async move {
        create(app, &call, &Server::of(app, &call).await?).await
    })
    .await
}

async fn create(app: &App<Access>, call: &Call, caller: &Server<scope::Write>) -> Result<Reply, Error> {
    let channel = &caller.channel;
    let (body, _) = call.json()?;
    let patch = parse(&body, &channel.region)?;
    let lead = engine::create_lead(app, &channel.id, &patch, &call.invocation).await?;
    Reply::ok(json!({ "user": user::of_server(channel, &lead, app.now()) }))
}

/// Parses the body. Only contact points in `qualified` count as verified, because the manager vouches for
/// them.
fn parse(body: &Map<String, Value>, region: &str) -> Result<Patch, Error> {
    if !matches!(body.get("profile"), Some(Value::Object(_))) {
        return Err(Error::invalid("profile", "must be an object with an email or a mobileNumber"));
    }
    let (mut patch, _) = patch::parse(body, Sender::Server, region, &["qualified"])?;
    patch.verified = match body.get("qualified") {
        None | Some(Value::Null) => Verified::default(),
        Some(Value::Array(kinds)) => {
            let kind = |kind: &Value| kind.as_str().and_then(ContactPointKind::of_key);
            let kinds = kinds.iter().map(kind).collect::<Option<Vec<_>>>();
            Verified::some(
                kinds.ok_or_else(|| Error::invalid("qualified", "may hold email and mobileNumber only"))?,
            )
        }
        Some(_) => return Err(Error::invalid("qualified", "must be a list")),
    };
    Ok(patch)
}
