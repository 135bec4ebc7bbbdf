//! The Open API's writes of a customer.

use okyaku_api::{Call, Reply, Server, json, scope, user};
use okyaku_domain::channel::Channel;
use okyaku_domain::command::upsert::Upsert;
use okyaku_domain::customer::Customer;
use okyaku_domain::error::Error;
use okyaku_domain::id::MemberId;
use okyaku_domain::patch::{self, Patch};
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::sender::Sender;
use okyaku_domain::wrong_fields::WrongFields;
use okyaku_engine::{App, server as engine};
use serde_json::{Value, json};

use crate::access::Access;

type Caller = Server<scope::Write>;

/// Answers PUT: `@memberId` creates or patches a member, and any other id patches a customer.
pub(crate) async fn put(app: &App<Access>, call: &Call, caller: &Caller) -> Result<Reply, Error> {
    let channel = &caller.channel;
    let (body, _) = call.json()?;
    let mut wrong = WrongFields::default();
    let member = call.param("userId").strip_prefix('@').map(MemberId::parse).transpose();
    let member = wrong.take(member.map_err(|message| Error::invalid("memberId", message)))?;
    let revive = wrong.take(json::flag(&body, "revive"))?;
    let patch = wrong.take(patch::parse(&body, Sender::Server, &channel.region, &["revive"]))?;
    let (member, (revive, (patch, _))) = wrong.end(member.zip(revive.zip(patch)))?;
    let customer = match &member {
        None => engine::patch(app, &channel.id, &person(call)?, &patch, &call.invocation).await?,
        Some(member) => {
            let upsert = Upsert { member, patch: &patch, revive };
            engine::upsert(app, &channel.id, upsert, &call.invocation).await?
        }
    };
    reply(app, channel, &customer, &patch)
}

pub(crate) async fn patch(app: &App<Access>, call: &Call, caller: &Caller) -> Result<Reply, Error> {
    let channel = &caller.channel;
    let (body, _) = call.json()?;
    let (patch, _) = patch::parse(&body, Sender::Server, &channel.region, &[])?;
    if patch.is_empty() {
        return Err(Error::invalid("body", "must change something"));
    }
    let customer = engine::patch(app, &channel.id, &person(call)?, &patch, &call.invocation).await?;
    reply(app, channel, &customer, &patch)
}

pub(crate) async fn touch(app: &App<Access>, call: &Call, caller: &Caller) -> Result<Reply, Error> {
    let channel = &caller.channel;
    let customer = engine::touch(app, &channel.id, &person(call)?, &call.invocation).await?;
    Reply::ok(json!({ "user": user::of_server(channel, &customer, app.now()) }))
}

pub(crate) async fn block(
    app: &App<Access>,
    call: &Call,
    caller: &Caller,
    blocked: bool,
) -> Result<Reply, Error> {
    let channel = &caller.channel;
    let customer = engine::block(app, &channel.id, &person(call)?, blocked, &call.invocation).await?;
    Reply::ok(json!({ "user": user::of_server(channel, &customer, app.now()) }))
}

/// Returns the customer, and the set-once fields of the patch that kept an earlier value.
fn reply(app: &App<Access>, channel: &Channel, customer: &Customer, patch: &Patch) -> Result<Reply, Error> {
    let user = user::of_server(channel, customer, app.now());
    let kept = customer.kept_despite(patch);
    // Channel Talk's reply lacks the key, so a reply without such a field lacks the key too.
    if kept.is_empty() {
        return Reply::ok(json!({ "user": user, "online": Value::Null }));
    }
    Reply::ok(json!({ "user": user, "online": Value::Null, "kept": kept }))
}

/// Returns the person that `{userId}` names.
fn person(call: &Call) -> Result<PersonRef, Error> {
    PersonRef::of_path(call.param("userId")).ok_or(Error::NotFound("the customer"))
}
