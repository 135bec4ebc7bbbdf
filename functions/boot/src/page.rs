//! The page's routes.

use okyaku_api::session_token::{self, Claims, LIFETIME};
use okyaku_api::{Call, Reply, credential, json, user};
use okyaku_domain::channel::Channel;
use okyaku_domain::command::boot::{self, Boot, Who};
use okyaku_domain::customer::Customer;
use okyaku_domain::detail::Detail;
use okyaku_domain::error::Error;
use okyaku_domain::id::NaturalKey;
use okyaku_domain::id::VeilId;
use okyaku_domain::limit::DETAILS;
use okyaku_domain::patch::{self, Patch};
use okyaku_domain::rejection::Rejection;
use okyaku_domain::sender::Sender;
use okyaku_domain::session::{self, Platform};
use okyaku_domain::tag;
use okyaku_engine::App;
use okyaku_store::commit::{Commit, Outcome};
use okyaku_store::customers::Whom;
use okyaku_store::keyring::random;
use okyaku_store::meter::count_rejections;
use okyaku_store::retry::{Invocation, Retry};
use serde_json::{Value, json};

use crate::{Access, parse};

/// A finished boot.
struct Booted {
    customer: Box<Customer>,
    veil: VeilId,
    dropped: Vec<Detail>,
}

pub(crate) async fn boot(app: &App<Access>, call: &Call) -> Result<Reply, Error> {
    let (body, _) = call.json()?;
    let key = json::text(&body, "pluginKey")?.unwrap_or_default();
    let channel = credential::plugin(app, &call.headers, key).await?;
    let (boot, mut dropped) = parse::boot(app, &channel, call, body)?;
    let fresh = VeilId::from_bytes(random()?);
    let mut retry = Retry::new(&call.invocation);
    let booted = loop {
        match attempt(app, &channel, &boot, &fresh, &call.invocation).await? {
            Some(booted) => break booted,
            None => retry.wait().await?,
        }
    };
    dropped.extend(booted.dropped);
    dropped.truncate(DETAILS);
    count_rejections(dropped.iter().map(Rejection::of));
    // An unproven member's page learns nothing that it did not send (R1).
    let may_see =
        booted.customer.member_id.is_none() || boot.claim.as_ref().is_some_and(|claim| claim.proven);
    let claims = Claims {
        aud: channel.id.clone(),
        sub: booted.customer.id.clone(),
        exp: 0,
        veil_id: booted.veil.as_str().to_owned(),
        may_see,
        mobile: boot.app.is_some(),
    };
    reply(app, &channel, &booted.customer, &boot.patch, claims, &dropped)
}

/// One load → decide → put; `None` if another writer came first.
async fn attempt(
    app: &App<Access>,
    channel: &Channel,
    boot: &Boot,
    fresh: &VeilId,
    invocation: &Invocation,
) -> Result<Option<Booted>, Error> {
    let member = boot.claim.as_ref().map(|claim| NaturalKey::Member(claim.member_id.as_str()));
    let visitor = boot.veil.as_ref().map(|veil| NaturalKey::Veil(veil.as_str()));
    let first = |natural_key: &NaturalKey<'_>| app.keys().customer_id(&channel.id, *natural_key, 0);
    let (member_id, visitor_id) = (member.as_ref().map(first), visitor.as_ref().map(first));
    let wanted: Vec<_> = member_id.iter().chain(&visitor_id).collect();
    let mut records =
        if wanted.is_empty() { Vec::new() } else { app.store.records(&channel.id, &wanted).await? }
            .into_iter();
    let mut member_record = member_id.as_ref().and_then(|_| records.next().flatten());
    let visitor_record = records.next().flatten();
    if let (Some(natural_key), Some(id)) = (member, member_id) {
        member_record = app.store.follow_generation(&channel.id, natural_key, id, member_record).await?.1;
    }

    let plan = boot::plan(boot, visitor_record, member_record);
    let veil = boot.veil.clone().filter(|_| !plan.new_veil).unwrap_or_else(|| fresh.clone());
    let now = app.now();
    let new = |natural_key: NaturalKey<'_>, generation: u32| {
        Customer::new(app.keys().customer_id(&channel.id, natural_key, generation), generation, now)
    };
    let member_text = boot.claim.as_ref().map(|claim| claim.member_id.as_str().to_owned());
    let new_member = |generation| {
        let id = member_text.clone().unwrap_or_default();
        Customer { member_id: member_text.clone(), ..new(NaturalKey::Member(&id), generation) }
    };
    let adopted = plan.who == Who::NewVisitor;
    let (before, mut after) = match plan.who {
        Who::Known(customer, version) => (Some((customer.clone(), version)), *customer),
        Who::NewVisitor | Who::FreshVisitor => {
            let veil_id = Some(veil.as_str().to_owned());
            (None, Customer { veil_id, ..new(NaturalKey::Veil(veil.as_str()), 0) })
        }
        Who::NewMember => (None, new_member(0)),
        Who::RevivedMember(tomb) => {
            let member = new_member(tomb.generation + 1);
            (None, Customer { revived_after: Some(tomb.erased_at), ..member })
        }
    };
    let mut dropped = plan.dropped;
    dropped.extend(boot.arrive(&mut after, now));
    let mut link = None;
    if let Some((mut visitor, version)) = plan.link {
        match after.link(&mut visitor) {
            Ok(()) => link = Some((*visitor, version)),
            Err(detail) => dropped.push(detail),
        }
    }
    if !after.settle(before.as_ref().map(|(before, _)| before.as_ref()), now) {
        return Ok(Some(Booted { customer: Box::new(after), veil, dropped }));
    }
    let before = before.as_ref().map(|(before, version)| (before.as_ref(), *version));
    let commit = Commit { link, adopted, ..Commit::new(&channel.id, before, after) };
    match app.store.commit(commit, invocation).await? {
        Outcome::Stored(customer) => Ok(Some(Booted { customer, veil, dropped })),
        Outcome::Lost | Outcome::Taken(_) | Outcome::Erased => Ok(None),
    }
}

pub(crate) async fn touch(app: &App<Access>, call: &Call) -> Result<Reply, Error> {
    let (channel, claims) = credential::session(app, &call.headers, None, 0).await?;
    let platform = if claims.mobile { Platform::Mobile } else { Platform::Web };
    let seen = |customer: &mut Customer, now| {
        session::seen(customer, platform, now);
        Ok(())
    };
    let customer = app.store.update(&channel.id, Whom::Session(&claims.sub), &call.invocation, seen).await?;
    reply(app, &channel, &customer, &Patch::default(), claims, &[])
}

/// The reply of boot and touch: the user, the veilId and a new token.
fn reply(
    app: &App<Access>,
    channel: &Channel,
    customer: &Customer,
    said: &Patch,
    claims: Claims,
    dropped: &[Detail],
) -> Result<Reply, Error> {
    let expires_at = app.now() + LIFETIME;
    let claims = Claims { exp: expires_at / 1000, ..claims };
    Reply::ok(json!({
        "user": shown(app, channel, customer, said, &claims),
        "veilId": claims.veil_id,
        "sessionToken": session_token::sign(app.keys(), &claims)?,
        "expiresAt": expires_at,
        "dropped": dropped,
    }))
}

fn shown(app: &App<Access>, channel: &Channel, customer: &Customer, said: &Patch, claims: &Claims) -> Value {
    if claims.may_see { user::of_page(channel, customer, app.now()) } else { user::echo(customer, said) }
}

pub(crate) async fn update(app: &App<Access>, call: &Call) -> Result<Reply, Error> {
    let (channel, claims) = credential::session(app, &call.headers, None, 0).await?;
    let (mut body, _) = call.json()?;
    let mut dropped = parse::supplied(&channel, &mut body)?;
    let (patch, unread) = patch::parse(&body, Sender::Page, &channel.region, &[])?;
    dropped.extend(unread);
    if patch.is_empty() && dropped.is_empty() {
        return Err(Error::invalid("body", "must change something"));
    }
    let mut refused = Vec::new();
    let change = |customer: &mut Customer, now| {
        refused = customer.apply(&patch, Sender::Page, now).unwrap_or_else(|refused| refused);
        Ok(())
    };
    let customer =
        app.store.update(&channel.id, Whom::Session(&claims.sub), &call.invocation, change).await?;
    dropped.extend(refused);
    dropped.truncate(DETAILS);
    count_rejections(dropped.iter().map(Rejection::of));
    Reply::ok(json!({ "user": shown(app, &channel, &customer, &patch, &claims), "dropped": dropped }))
}

pub(crate) async fn add_tags(app: &App<Access>, call: &Call) -> Result<Reply, Error> {
    change_tags(app, call, |tags, new| {
        tag::add(tags, new, Sender::Page).map_err(|message| Error::invalid("tags", message))
    })
    .await
}

pub(crate) async fn remove_tags(app: &App<Access>, call: &Call) -> Result<Reply, Error> {
    change_tags(app, call, |tags, old| {
        tag::remove(tags, old, Sender::Page);
        Ok(())
    })
    .await
}

async fn change_tags(
    app: &App<Access>,
    call: &Call,
    change: impl Fn(&mut tag::Tags, &[String]) -> Result<(), Error>,
) -> Result<Reply, Error> {
    let (channel, claims) = credential::session(app, &call.headers, None, 0).await?;
    let (body, _) = call.json()?;
    if let Some(key) = body.keys().find(|key| *key != "tags") {
        return Err(Error::invalid(key, "is not a known key"));
    }
    let tags = tag::parse_list(body.get("tags").unwrap_or(&Value::Null)).map_err(|(at, message)| {
        Error::invalid(at.map_or_else(|| "tags".to_owned(), |at| format!("tags[{at}]")), message)
    })?;
    if tags.is_empty() {
        return Err(Error::invalid("tags", "must not be empty"));
    }
    let change = |customer: &mut Customer, _| change(&mut customer.tags, &tags);
    let customer =
        app.store.update(&channel.id, Whom::Session(&claims.sub), &call.invocation, change).await?;
    let said = Patch { tags: Some(tags.clone()), ..Patch::default() };
    Reply::ok(json!({ "user": shown(app, &channel, &customer, &said, &claims) }))
}
