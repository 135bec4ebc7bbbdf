//! `POST /open/v5/users/{userId}/events`: one event.

use okyaku_api::{Call, Reply, credential, user};
use okyaku_domain::channel::Scope;
use okyaku_domain::error::Error;
use okyaku_domain::event::{self, Bounds, StoredEvent};
use okyaku_domain::id::CustomerId;
use okyaku_domain::time;
use okyaku_engine::App;
use okyaku_store::customers::Whom;
use okyaku_store::keyring::random;
use okyaku_store::meter::note_events;
use serde_json::{Value, json};

use crate::Access;
use crate::store::store;

pub(crate) async fn track(app: &App<Access>, call: &Call) -> Result<Reply, Error> {
    let channel = credential::server(app, &call.headers, Scope::Write).await?;
    let (body, _) = call.json()?;
    if let Some(key) =
        body.keys().find(|key| !matches!(key.as_str(), "name" | "property" | "id" | "createdAt"))
    {
        return Err(Error::invalid(key, "is not a known key"));
    }
    let bounds = Bounds { now: app.now(), retention: channel.event_retention() };
    let mut event =
        event::of_server(&body, bounds).map_err(|wrong| Error::Invalid(vec![event::detail(wrong)]))?;
    // One without an id gets one, and so is not deduplicated (R9).
    if event.id.is_none() {
        event.id = Some(event_id()?);
    }
    // An event stays with the identity its caller named, so an id's link is not followed.
    let user_id = call.param("userId");
    let id = CustomerId::parse(user_id);
    let whom = id.as_ref().map_or(Whom::User(user_id), Whom::Identity);
    let (customer, version) = app.store.find(&channel.id, whom).await?;
    // What is dated before an erasure is the erased life's (R12).
    if customer.is_of_before(event.created_at) {
        return Err(Error::Erased);
    }
    let key = app.store.event_key(&channel.id, &customer.id, &event);
    store(app, &channel, (&customer, version), &[&event], false, call).await?;
    note_events(1, 0);
    let stored = StoredEvent {
        expire_at: time::ttl(event.created_at + channel.event_retention()) * 1000,
        name: event.name.clone(),
        property: event.property.clone(),
        key,
    };
    let mut shown = user::event(&channel.id, &stored);
    if let (Some(remark), Value::Object(shown)) = (&event.remark, &mut shown) {
        shown.insert("message".into(), remark.clone().into());
    }
    Reply::ok(json!({ "event": shown }))
}

fn event_id() -> Result<String, Error> {
    Ok(random::<16>()?.iter().map(|byte| format!("{byte:02x}")).collect())
}
