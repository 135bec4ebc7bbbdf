//! The page's routes.

use okyaku_api::session_token::{self, Claims};
use okyaku_api::{Call, NewPage, Page, Reply, json, user};
use okyaku_domain::channel::Channel;
use okyaku_domain::command::page::TagChange;
use okyaku_domain::customer::Customer;
use okyaku_domain::detail::Detail;
use okyaku_domain::error::Error;
use okyaku_domain::limit::DETAILS;
use okyaku_domain::patch::Patch;
use okyaku_domain::rejection::Rejection;
use okyaku_domain::session::Platform;
use okyaku_domain::tag;
use okyaku_domain::wrong_fields::WrongFields;
use okyaku_engine::{App, boot as engine};
use serde_json::{Value, json};

use crate::access::Access;
use crate::parse;

pub(crate) async fn boot(app: &App<Access>, call: &Call) -> Result<Reply, Error> {
    let (body, _) = call.json()?;
    let key = json::text(&body, "pluginKey")?.unwrap_or_default();
    let NewPage { channel, key } = NewPage::of(app, call, key).await?;
    let (boot, mut dropped) = parse::boot(app, &channel, call, body)?;
    let booted = engine::boot(app, &channel.id, &boot, &call.invocation).await?;
    dropped.extend(booted.dropped);
    dropped.truncate(DETAILS);
    // A page of an unproven member learns only the data that the page sent (R1).
    let may_see =
        booted.customer.member_id.is_none() || boot.claim.as_ref().is_some_and(|claim| claim.proven);
    let claims = Claims {
        aud: channel.id.clone(),
        sub: booted.customer.id.clone(),
        iat: app.now() / 1000,
        key,
        exp: 0,
        veil_id: booted.veil.as_str().to_owned(),
        may_see,
        mobile: boot.app.is_some(),
        until: None,
    };
    reply(app, &channel, &booted.customer, &boot.patch, claims, &dropped)
}

pub(crate) async fn touch(app: &App<Access>, call: &Call, page: Page) -> Result<Reply, Error> {
    let Page { channel, claims } = page;
    let platform = if claims.mobile { Platform::Mobile } else { Platform::Web };
    let customer = engine::touch_session(app, &channel.id, &claims.sub, platform, &call.invocation).await?;
    reply(app, &channel, &customer, &Patch::default(), claims, &[])
}

/// Returns the reply of boot and touch: the user, the veilId and a new token.
fn reply(
    app: &App<Access>,
    channel: &Channel,
    customer: &Customer,
    sent: &Patch,
    claims: Claims,
    dropped: &[Detail],
) -> Result<Reply, Error> {
    let claims = claims.renewed(app.now());
    let reply = Reply::ok(json!({
        "user": shown(app, channel, customer, sent, &claims),
        "veilId": claims.veil_id,
        "sessionToken": session_token::sign(app.keys(), &claims)?,
        "expiresAt": claims.exp * 1000,
        // A page measures by it how wrong its clock is (R9).
        "now": app.now(),
        "dropped": dropped,
    }))?;
    Ok(reply.rejecting(dropped.iter().map(Rejection::of).collect()))
}

fn shown(app: &App<Access>, channel: &Channel, customer: &Customer, sent: &Patch, claims: &Claims) -> Value {
    if !claims.may_see {
        return user::echo(customer, sent);
    }
    // The session of a member that a memberHash proved. A visitor's session may lead to a member by a link.
    let proven = customer.member_id.is_some() && customer.id == claims.sub;
    if proven { user::of_page(channel, customer, app.now()) } else { user::of_visitor(customer) }
}

pub(crate) async fn update(app: &App<Access>, call: &Call, page: Page) -> Result<Reply, Error> {
    let Page { channel, claims } = page;
    let (mut body, _) = call.json()?;
    let mut dropped = Vec::new();
    let patch = parse::patch(&channel, &mut body, &[], &mut dropped)?;
    let (customer, refused) =
        engine::update_session(app, &channel.id, &claims.sub, &patch, &call.invocation).await?;
    dropped.extend(refused);
    dropped.truncate(DETAILS);
    let user = shown(app, &channel, &customer, &patch, &claims);
    let reply = Reply::ok(json!({ "user": user, "dropped": dropped }))?;
    Ok(reply.rejecting(dropped.iter().map(Rejection::of).collect()))
}

pub(crate) async fn add_tags(app: &App<Access>, call: &Call, page: Page) -> Result<Reply, Error> {
    change_tags(app, call, page, TagChange::Add(tags(call)?)).await
}

pub(crate) async fn remove_tags(app: &App<Access>, call: &Call, page: Page) -> Result<Reply, Error> {
    change_tags(app, call, page, TagChange::Remove(tags(call)?)).await
}

fn tags(call: &Call) -> Result<Vec<String>, Error> {
    let (body, _) = call.json()?;
    let mut wrong = WrongFields::default();
    wrong.unknown_keys(&body, &["tags"]);
    let tags = match tag::parse_list(body.get("tags").unwrap_or(&Value::Null)) {
        Ok((tags, refused)) if refused.is_empty() => Ok(tags),
        Ok((_, refused)) => Err(Error::Invalid(refused)),
        Err(refused) => Err(Error::Invalid(vec![refused])),
    };
    let tags = wrong.take(tags)?;
    if tags.as_ref().is_some_and(Vec::is_empty) {
        wrong.add("tags", "must not be empty");
    }
    wrong.end(tags)
}

async fn change_tags(app: &App<Access>, call: &Call, page: Page, change: TagChange) -> Result<Reply, Error> {
    let Page { channel, claims } = page;
    let customer =
        engine::change_session_tags(app, &channel.id, &claims.sub, &change, &call.invocation).await?;
    let sent = Patch { tags: Some(change.tags().to_vec()), ..Patch::default() };
    Reply::ok(json!({ "user": shown(app, &channel, &customer, &sent, &claims) }))
}
