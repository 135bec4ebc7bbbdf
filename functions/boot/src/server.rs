//! The Open API's writes of a customer.

use okyaku_api::{Call, Reply, Server, json, scope, user};
use okyaku_domain::channel::Channel;
use okyaku_domain::command::upsert::Upsert;
use okyaku_domain::customer::Customer;
use okyaku_domain::error::Error;
use okyaku_domain::id::MemberId;
use okyaku_domain::patch;
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::sender::Sender;
use okyaku_engine::{App, server as engine};
use serde_json::{Value, json};

use crate::access::Access;

type Caller = Server<scope::Write>;

/// Answers PUT: `@memberId` creates or patches a member, and any other id patches a customer.
pub(crate) async fn put(app: &App<Access>, call: &Call, caller: &Caller) -> Result<Reply, Error> {
    let channel = &caller.channel;
    let (body, _) = call.json()?;
    let revive = json::flag(&body, "revive")?;
    let (patch, _) = patch::parse(&body, Sender::Server, &channel.region, &["revive"])?;
    let customer = match call.param("userId").strip_prefix('@') {
        None => engine::patch(app, &channel.id, &person(call)?, &patch, &call.invocation).await?,
        Some(member) => {
            let member = &MemberId::parse(member).map_err(|message| Error::invalid("memberId", message))?;
            let upsert = Upsert { member, patch: &patch, revive };
            engine::upsert(app, &channel.id, upsert, &call.invocation).await?
        }
    };
    reply(app, channel, &customer)
}

pub(crate) async fn patch(app: &App<Access>, call: &Call, caller: &Caller) -> Result<Reply, Error> {
    let channel = &caller.channel;
    let (body, _) = call.json()?;
    let (patch, _) = patch::parse(&body, Sender::Server, &channel.region, &[])?;
    if patch.is_empty() {
        return Err(Error::invalid("body", "must change something"));
    }
    let customer = engine::patch(app, &channel.id, &person(call)?, &patch, &call.invocation).await?;
    reply(app, channel, &customer)
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

fn reply(app: &App<Access>, channel: &Channel, customer: &Customer) -> Result<Reply, Error> {
    Reply::ok(json!({ "user": user::of_server(channel, customer, app.now()), "online": Value::Null }))
}

/// Returns the person that `{userId}` names.
fn person(call: &Call) -> Result<PersonRef, Error> {
    PersonRef::of_path(call.param("userId")).ok_or(Error::NotFound("the customer"))
}
