//! Erasures by any identifier, and their receipts (R12).

use std::time::{Duration, Instant};

use lambda_http::http::StatusCode;
use okyaku_api::{Call, Reply, Server, json, scope};
use okyaku_domain::channel::Channel;
use okyaku_domain::erasure::Erasure;
use okyaku_domain::error::Error;
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::wrong_fields::WrongFields;
use okyaku_engine::App;
use okyaku_engine::erase::{self as engine, Erased, ErasureOptions};
use serde_json::{Map, Value, json};

use crate::access::Access;

/// How long a request deletes pages. `sweep` deletes the rest.
const OWN_WORK: Duration = Duration::from_millis(300);

type Caller = Server<scope::Erase>;

/// Answers `POST /okyaku/v1/erasures` with 202 and the erasure. An erased person's earlier erasure is
/// returned.
pub(crate) async fn erase(app: &App<Access>, call: &Call, caller: &Caller) -> Result<Reply, Error> {
    let channel = &caller.channel;
    let (body, _) = call.json()?;
    let mut wrong = WrongFields::default();
    wrong.unknown_keys(&body, &["by", "all"]);
    let (all, by) = (wrong.take(json::flag(&body, "all"))?, wrong.take(parse(&body, channel))?);
    // Only an address can have several customers.
    if all == Some(true) && by.as_ref().is_some_and(|by| !matches!(by, PersonRef::ContactPoint(_))) {
        wrong.add("all", "is for an address alone");
    }
    let (all, by) = wrong.end(all.zip(by))?;
    let options = ErasureOptions { all, unknown: true, ..ErasureOptions::default() };
    // Place the tombstones, then delete pages for a short time.
    let (erasures, claims) = match engine::erase(app, channel, &by, options, &call.invocation).await? {
        Erased::Now { erasures, claims } => (work(app, erasures, call).await, claims),
        Erased::Before(id, claims) => {
            (vec![app.store.erasure(&channel.id, &id.unwrap_or_default()).await?], claims)
        }
        Erased::Nobody => return Err(Error::internal("an unknown customer was not erased")),
    };
    // An address with many customers needs several erasures. The first comes under `erasure`.
    let mut shown = erasures.iter().map(show);
    let mut reply = Map::from_iter([("erasure".to_owned(), shown.next().unwrap_or_default())]);
    let further: Vec<Value> = shown.collect();
    if !further.is_empty() {
        reply.insert("further".into(), further.into());
    }
    // Pages claimed the address of somebody else, or of nobody. They stay.
    if claims > 0 {
        reply.insert("claims".into(), claims.into());
    }
    Reply::with(StatusCode::ACCEPTED, reply)
}

/// Answers `GET /okyaku/v1/erasures/{id}` with the receipt.
pub(crate) async fn receipt(app: &App<Access>, call: &Call, caller: &Caller) -> Result<Reply, Error> {
    let erasure = app.store.erasure(&caller.channel.id, call.param("id")).await?;
    Reply::ok(json!({ "erasure": show(&erasure) }))
}

/// Answers `DELETE /open/v5/users/{userId}` with 204.
///
/// An unknown or erased customer gets 404, and the request leaves no trace.
pub(crate) async fn delete_customer(app: &App<Access>, call: &Call, caller: &Caller) -> Result<Reply, Error> {
    let nobody = Error::NotFound("the customer");
    let Some(person) = PersonRef::of_path(call.param("userId")) else { return Err(nobody) };
    let options = ErasureOptions::default();
    match engine::erase(app, &caller.channel, &person, options, &call.invocation).await? {
        Erased::Now { erasures, .. } => {
            work(app, erasures, call).await;
            Ok(Reply::no_content())
        }
        Erased::Before(..) | Erased::Nobody => Err(nobody),
    }
}

/// Deletes pages for as long as the caller may wait. The tombstones hide the person already. The job deletes
/// the rest.
async fn work(app: &App<Access>, mut erasures: Vec<Erasure>, call: &Call) -> Vec<Erasure> {
    if let Err(error) = engine::work_until(app, &mut erasures, Instant::now() + OWN_WORK).await {
        tracing::warn!(%error, request_id = call.invocation.id, "left to sweep");
    }
    erasures
}

/// Reads `by`: a single key and its value.
fn parse(body: &Map<String, Value>, channel: &Channel) -> Result<PersonRef, Error> {
    let shape =
        || Error::invalid("by", format!("must be an object with one of {}", PersonRef::KINDS.join(", ")));
    let Some(Value::Object(by)) = body.get("by") else { return Err(shape()) };
    let mut pairs = by.iter();
    let (Some((kind, value)), None) = (pairs.next(), pairs.next()) else { return Err(shape()) };
    PersonRef::parse(kind, value, &channel.region).map_err(|detail| Error::Invalid(vec![detail]))
}

fn show(erasure: &Erasure) -> Value {
    json!({
        "id": erasure.id,
        "status": erasure.status().name(),
        "erasedAt": erasure.erased_at,
        "emptiedAt": erasure.emptied_at,
        "sweptAt": erasure.swept_at,
        "keptUntil": erasure.until,
        "deleted": erasure.counts,
    })
}
