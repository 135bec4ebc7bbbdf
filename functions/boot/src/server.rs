//! The Open API's writes of a customer.

use okyaku_api::{Call, Reply, credential, json, user};
use okyaku_domain::channel::{Channel, Scope};
use okyaku_domain::customer::{Customer, Record};
use okyaku_domain::error::Error;
use okyaku_domain::id::MemberId;
use okyaku_domain::id::NaturalKey;
use okyaku_domain::patch::{self, Patch};
use okyaku_domain::sender::Sender;
use okyaku_domain::session::{self, Platform};
use okyaku_engine::App;
use okyaku_store::commit::{Commit, Outcome};
use okyaku_store::customers::Whom;
use okyaku_store::retry::Retry;
use serde_json::{Value, json};

use crate::Access;

/// `PUT @memberId` creates or patches; any other id patches.
pub(crate) async fn put(app: &App<Access>, call: &Call) -> Result<Reply, Error> {
    let channel = credential::server(app, &call.headers, Scope::Write).await?;
    let (body, _) = call.json()?;
    let revive = json::flag(&body, "revive")?;
    let (patch, _) = patch::parse(&body, Sender::Server, &channel.region, &["revive"])?;
    let user_id = call.param("userId");
    let customer = match user_id.strip_prefix('@') {
        None => apply(app, call, &channel, &patch).await?,
        Some(member) => {
            let member = MemberId::parse(member).map_err(|message| Error::invalid("memberId", message))?;
            upsert(app, call, &channel, &member, &patch, revive).await?
        }
    };
    Reply::ok(json!({ "user": user::of_server(&channel, &customer, app.now()), "online": Value::Null }))
}

async fn upsert(
    app: &App<Access>,
    call: &Call,
    channel: &Channel,
    member: &MemberId,
    patch: &Patch,
    revive: bool,
) -> Result<Box<Customer>, Error> {
    let natural_key = NaturalKey::Member(member.as_str());
    let mut retry = Retry::new(&call.invocation);
    loop {
        let (id, record) = app.store.current(&channel.id, natural_key).await?;
        let now = app.now();
        let (id, generation, revived_after) = match record {
            Some(Record::Alive(..)) => return apply(app, call, channel, patch).await,
            // An upsert that knows nothing of the erasure must not undo it (R12).
            Some(Record::Erased(_)) if !revive => return Err(Error::Erased),
            Some(Record::Erased(tombstone)) => {
                let generation = tombstone.generation + 1;
                let id = app.keys().customer_id(&channel.id, natural_key, generation);
                (id, generation, Some(tombstone.erased_at))
            }
            None => (id, 0, None),
        };
        let mut after = Customer::new(id, generation, now);
        after.member_id = Some(member.as_str().to_owned());
        after.revived_after = revived_after;
        after.apply(patch, Sender::Server, now).map_err(Error::Invalid)?;
        after.settle(None, now);
        let commit = Commit { remembers: (!revive).then_some(0), ..Commit::new(&channel.id, None, after) };
        match app.store.commit(commit, &call.invocation).await? {
            Outcome::Stored(customer) => return Ok(customer),
            Outcome::Erased => return Err(Error::Erased),
            Outcome::Lost | Outcome::Taken(_) => retry.wait().await?,
        }
    }
}

pub(crate) async fn patch(app: &App<Access>, call: &Call) -> Result<Reply, Error> {
    let channel = credential::server(app, &call.headers, Scope::Write).await?;
    let (body, _) = call.json()?;
    let (patch, _) = patch::parse(&body, Sender::Server, &channel.region, &[])?;
    if patch.is_empty() {
        return Err(Error::invalid("body", "must change something"));
    }
    let customer = apply(app, call, &channel, &patch).await?;
    Reply::ok(json!({ "user": user::of_server(&channel, &customer, app.now()), "online": Value::Null }))
}

async fn apply(
    app: &App<Access>,
    call: &Call,
    channel: &Channel,
    patch: &Patch,
) -> Result<Box<Customer>, Error> {
    let change = |customer: &mut Customer, now| {
        customer.apply(patch, Sender::Server, now).map(|_| ()).map_err(Error::Invalid)
    };
    app.store.update(&channel.id, Whom::User(call.param("userId")), &call.invocation, change).await
}

pub(crate) async fn touch(app: &App<Access>, call: &Call) -> Result<Reply, Error> {
    change(app, call, |customer, now| session::seen(customer, Platform::Web, now)).await
}

pub(crate) async fn block(app: &App<Access>, call: &Call, blocked: bool) -> Result<Reply, Error> {
    change(app, call, |customer, _| customer.blocked = blocked).await
}

async fn change(app: &App<Access>, call: &Call, change: impl Fn(&mut Customer, i64)) -> Result<Reply, Error> {
    let channel = credential::server(app, &call.headers, Scope::Write).await?;
    let change = |customer: &mut Customer, now| {
        change(customer, now);
        Ok(())
    };
    let customer =
        app.store.update(&channel.id, Whom::User(call.param("userId")), &call.invocation, change).await?;
    Reply::ok(json!({ "user": user::of_server(&channel, &customer, app.now()) }))
}
