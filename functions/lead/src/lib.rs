//! Lead creation (R10).
//!
//! A lead needs a phone number or an e-mail address. An address that is registered already is refused.

mod access;
mod form;

use lambda_http::http::Response;
use lambda_http::{Body, Request};
use okyaku_api::{Call, Reply, Server, json, scope, serve_counting_rejections, user};
use okyaku_domain::detail::Detail;
use okyaku_domain::error::Error;
use okyaku_domain::limit::DETAILS;
use okyaku_domain::patch::{self, Patch, Verified};
use okyaku_domain::rejection::Rejection;
use okyaku_domain::sender::Sender;
use okyaku_domain::wrong_fields::WrongFields;
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
    let body = form::body(call)?;
    let (patch, force, mut dropped) = parse(&body, &channel.region)?;
    let lead = engine::create_lead(app, &channel.id, &patch, force, &call.invocation).await?;
    let user = user::of_open_api(channel, &lead.customer, app.now());
    dropped.extend(lead.dropped);
    dropped.truncate(DETAILS);
    // Channel Talk's reply lacks the key, so a reply without refused fields lacks the key too.
    if dropped.is_empty() {
        return Reply::ok(json!({ "user": user }));
    }
    let reply = Reply::ok(json!({ "user": user, "dropped": dropped }))?;
    Ok(reply.rejecting(dropped.iter().map(Rejection::of).collect()))
}

/// Parses the body. Only contact points in `qualified` count as verified, because the manager vouches for
/// them. Returns the patch, `force`, and the refused fields of a partial patch.
fn parse(body: &Map<String, Value>, region: &str) -> Result<(Patch, bool, Vec<Detail>), Error> {
    let mut wrong = WrongFields::default();
    match body.get("profile") {
        // The patch names every other type of profile.
        None | Some(Value::Null) => wrong.add("profile", "must be an object with an email or a mobileNumber"),
        Some(_) => {}
    }
    let force = wrong.take(json::flag(body, "force"))?;
    let patch = wrong.take(patch::parse(body, Sender::Server, region, &["force"]))?;
    let (force, (mut patch, dropped)) = wrong.end(force.zip(patch))?;
    if patch.qualified.is_none() {
        patch.verified = Verified::default();
    }
    Ok((patch, force, dropped))
}
