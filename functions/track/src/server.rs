//! `POST /open/v5/users/{userId}/events`: a single event.

use okyaku_api::{Call, Reply, Server, scope, user};
use okyaku_domain::error::Error;
use okyaku_domain::event::{self, Bounds, StoredEvent};
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::sender::Sender;
use okyaku_domain::time;
use okyaku_domain::wrong_fields::WrongFields;
use okyaku_engine::{App, track as engine};
use serde_json::{Value, json};

use crate::access::Access;

/// The keys of a shown event that no caller may write.
const SHOWN: [&str; 6] = ["userId", "channelId", "expireAt", "managed", "nameI18nMap", "version"];

pub(crate) async fn track(
    app: &App<Access>,
    call: &Call,
    caller: &Server<scope::Write>,
) -> Result<Reply, Error> {
    let channel = &caller.channel;
    let (mut body, _) = call.json()?;
    // A client may send an event back as it was shown.
    SHOWN.iter().for_each(|key| drop(body.remove(*key)));
    let mut wrong = WrongFields::default();
    wrong.unknown_keys(&body, &["name", "property", "id", "createdAt"]);
    // Read the event. A malformed event is an error of the whole request.
    let bounds = Bounds { now: app.now(), retention: channel.event_retention() };
    let read = event::of_server(&body, bounds)
        .map_err(|wrong| Error::Invalid(wrong.into_iter().map(event::detail).collect()));
    let event = wrong.take(read)?;
    let mut event = wrong.end(event)?;
    // An event without an id gets a random id, so a repeated event is stored again (R9).
    if event.id.is_none() {
        event.id = Some(engine::new_event_id()?);
    }
    let person = PersonRef::of_path(call.param("userId")).ok_or(Error::NotFound("the customer"))?;
    // The guard: read the owner before the event is stored.
    let owner = engine::named_owner(app, &channel.id, &person).await?;
    // An event from before an erasure belongs to the erased record (R12).
    if owner.customer().precedes_record(event.created_at) {
        return Err(Error::Erased);
    }
    let key = app.store.event_key(&channel.id, &owner.customer().id, Sender::Server, &event);
    engine::track(app, channel, owner, Sender::Server, &[&event], false, &call.invocation).await?;
    // Show the event as a later read shows the event.
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
    Ok(Reply::ok(json!({ "event": shown }))?.tracking(1, 0))
}
