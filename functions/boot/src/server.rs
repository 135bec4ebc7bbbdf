//! The Open API's writes of a customer.

use okyaku_api::{Call, Reply, Server, json, scope, user};
use okyaku_domain::basic_key;
use okyaku_domain::channel::Channel;
use okyaku_domain::command::upsert::Upsert;
use okyaku_domain::detail::Detail;
use okyaku_domain::error::Error;
use okyaku_domain::id::MemberId;
use okyaku_domain::limit::DETAILS;
use okyaku_domain::patch::{self, Patch};
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::rejection::Rejection;
use okyaku_domain::sender::Sender;
use okyaku_domain::wrong_fields::WrongFields;
use okyaku_engine::App;
use okyaku_engine::server::{self as engine, Stored};
use serde_json::{Map, Value, json};

use crate::access::Access;

type Caller = Server<scope::Write>;

/// Answers PUT: `@memberId` creates or patches a member, and any other id patches a customer.
pub(crate) async fn put(app: &App<Access>, call: &Call, caller: &Caller) -> Result<Reply, Error> {
    let channel = &caller.channel;
    let (mut body, _) = call.json()?;
    // A shop's job reads a customer, changes a key, and puts the whole back.
    let ignored = basic_key::take(&mut body);
    let mut wrong = WrongFields::default();
    let member = call.param("userId").strip_prefix('@').map(MemberId::parse).transpose();
    let member = wrong.take(member.map_err(|message| Error::invalid("memberId", message)))?;
    let revive = wrong.take(json::flag(&body, "revive"))?;
    let patch = wrong.take(patch::parse(&body, Sender::Server, &channel.region, &["revive"]))?;
    let (member, (revive, (patch, unread))) = wrong.end(member.zip(revive.zip(patch)))?;
    let stored = match &member {
        None => engine::patch(app, &channel.id, &person(call)?, &patch, &call.invocation).await?,
        Some(member) => {
            let upsert = Upsert { member, patch: &patch, revive };
            engine::upsert(app, &channel.id, upsert, &call.invocation).await?
        }
    };
    reply(app, channel, stored, &patch, unread, &ignored)
}

pub(crate) async fn patch(app: &App<Access>, call: &Call, caller: &Caller) -> Result<Reply, Error> {
    let channel = &caller.channel;
    let (mut body, _) = call.json()?;
    let ignored = basic_key::take_shown(&mut body);
    let (patch, unread) = patch::parse(&body, Sender::Server, &channel.region, &[])?;
    if patch.is_empty() && unread.is_empty() {
        return Err(Error::invalid("body", "must change something"));
    }
    let stored = engine::patch(app, &channel.id, &person(call)?, &patch, &call.invocation).await?;
    reply(app, channel, stored, &patch, unread, &ignored)
}

pub(crate) async fn touch(app: &App<Access>, call: &Call, caller: &Caller) -> Result<Reply, Error> {
    let channel = &caller.channel;
    let customer = engine::touch(app, &channel.id, &person(call)?, &call.invocation).await?;
    Reply::ok(json!({ "user": user::of_open_api(channel, &customer, app.now()) }))
}

pub(crate) async fn block(
    app: &App<Access>,
    call: &Call,
    caller: &Caller,
    blocked: bool,
) -> Result<Reply, Error> {
    let channel = &caller.channel;
    let customer = engine::block(app, &channel.id, &person(call)?, blocked, &call.invocation).await?;
    Reply::ok(json!({ "user": user::of_open_api(channel, &customer, app.now()) }))
}

/// Returns the customer, the set-once fields of the patch that kept an earlier value, the refused fields of a partial
/// patch, and the keys that a caller cannot write.
fn reply(
    app: &App<Access>,
    channel: &Channel,
    stored: Stored,
    patch: &Patch,
    unread: Vec<Detail>,
    ignored: &[String],
) -> Result<Reply, Error> {
    let Stored { customer, dropped } = stored;
    let mut body = Map::from_iter([("user".to_owned(), user::of_open_api(channel, &customer, app.now()))]);
    // Channel Talk's reply lacks these keys, so a reply without such fields lacks the keys too.
    let kept = customer.kept_despite(patch);
    let dropped: Vec<Detail> = unread.into_iter().chain(dropped).take(DETAILS).collect();
    let lists = [("kept", json!(kept)), ("dropped", json!(dropped)), ("ignored", json!(ignored))];
    let some = |list: &Value| list.as_array().is_some_and(|list| !list.is_empty());
    body.extend(lists.into_iter().filter(|(_, list)| some(list)).map(|(key, list)| (key.to_owned(), list)));
    Ok(Reply::ok(body)?.rejecting(dropped.iter().map(Rejection::of).collect()))
}

/// Returns the person that `{userId}` names.
fn person(call: &Call) -> Result<PersonRef, Error> {
    PersonRef::of_path(call.param("userId")).ok_or(Error::NotFound("the customer"))
}
