//! `POST /front/v1/events`: 1 to 100 events, each with its verdict.

use okyaku_api::session_token::GRACE_FOR_EVENTS;
use okyaku_api::{Call, Page, Reply, json};
use okyaku_builders::firstmall;
use okyaku_domain::builder::Builder;
use okyaku_domain::detail::Detail;
use okyaku_domain::error::Error;
use okyaku_domain::event::{self, Bounds, Event};
use okyaku_domain::limit::{BATCH_BYTES, BATCH_EVENTS, BEACON_BYTES};
use okyaku_domain::rejection::Rejection;
use okyaku_domain::rejection_reason::RejectionReason;
use okyaku_domain::sender::Sender;
use okyaku_domain::wrong_fields::WrongFields;
use okyaku_engine::App;
use okyaku_engine::metrics::Metric;
use okyaku_engine::track::{self as engine, Tracked};
use serde_json::{Map, Value, json};

use crate::access::Access;

/// The verdict on an event, in the order of the request.
enum Verdict {
    Read(Event),
    Rejected(Vec<Detail>),
}

pub(crate) async fn track(app: &App<Access>, call: &Call) -> Result<Reply, Error> {
    let (body, bytes) = call.json()?;
    // A closing page cannot set headers, so the body carries the token.
    let token = json::text(&body, "sessionToken")?;
    let Page { channel, claims } = Page::of_token(app, call, token, GRACE_FOR_EVENTS).await?;
    // A body with the token inside has a lower limit.
    let limit = if token.is_some() { BEACON_BYTES } else { BATCH_BYTES };
    if bytes > limit {
        return Err(Error::TooLarge { field: "body", limit });
    }
    let mut wrong = WrongFields::default();
    wrong.unknown_keys(&body, &["events", "attempt", "sessionToken"]);
    let (attempt, items) = (wrong.take(attempt(&body))?, wrong.take(events(&body))?);
    let (attempt, items) = wrong.end(attempt.zip(items))?;
    // From the second attempt on, earlier events may be stored already.
    let retried = attempt >= 2;
    let bounds = Bounds { now: app.now(), retention: channel.event_retention() };
    // Read all events first. A wrong event does not refuse the others.
    let fixed = channel.limits_pages_to(Builder::Firstmall);
    let mut verdicts: Vec<Verdict> = items.iter().map(|item| read(item, bounds, fixed)).collect();

    // The guard: an erased session's batch is refused as a whole, before anything is stored.
    let owner = engine::session_owner(app, &channel.id, &claims.sub).await?;
    let customer = owner.customer();
    for verdict in &mut verdicts {
        let Verdict::Read(event) = verdict else { continue };
        // Events from before an erasure belong to the erased record. Events from after a link need a proof.
        let detail = match event.created_at {
            at if customer.precedes_record(at) => {
                Detail::new("createdAt", "lies before the customer's erasure")
                    .because(RejectionReason::Erased)
            }
            at if customer.follows_link(at) => {
                Detail::new("createdAt", "lies after the visitor became a member")
                    .because(RejectionReason::Foreign)
            }
            _ => continue,
        };
        *verdict = Verdict::Rejected(vec![detail]);
    }
    let read: Vec<&Event> = verdicts
        .iter()
        .filter_map(|v| if let Verdict::Read(event) = v { Some(event) } else { None })
        .collect();
    let rejected = items.len() - read.len();
    if rejected > 0 {
        app.settings().metrics.put(app.now(), &[(Metric::RejectedEvents, rejected as u64)]);
    }
    // Store the read events. The results then follow the order of the request.
    let accepted = read.len();
    // The ids of a page's events are apart from a server's and a builder's, also on a channel of Firstmall.
    let tracked = engine::track(app, &channel, owner, Sender::Page, &read, retried, &call.invocation).await?;
    let mut tracked = tracked.into_iter();
    // The log counts an event once, by its first wrong field, because each counted field costs a write.
    let rejections = verdicts.iter().filter_map(|verdict| match verdict {
        Verdict::Rejected(details) => details.first(),
        Verdict::Read(_) => None,
    });
    let rejections = rejections.map(dropped).collect();
    // Give each event its verdict. `tracked` has only the events that were read.
    let results = items.iter().zip(&verdicts).map(|(item, verdict)| {
        let id = item.get("id").and_then(Value::as_str);
        match verdict {
            Verdict::Rejected(details) => {
                let message = details.iter().map(message).collect::<Vec<_>>().join("; ");
                json!({ "id": id, "status": "rejected", "message": message })
            }
            Verdict::Read(event) => {
                let status = match tracked.next() {
                    Some(Tracked::Duplicate) => "duplicate",
                    _ => "accepted",
                };
                match &event.remark {
                    Some(remark) => json!({ "id": id, "status": status, "message": remark }),
                    None => json!({ "id": id, "status": status }),
                }
            }
        }
    });
    let reply = Reply::ok(json!({ "results": results.collect::<Vec<_>>() }))?;
    Ok(reply.rejecting(rejections).tracking(accepted, rejected))
}

fn attempt(body: &Map<String, Value>) -> Result<u64, Error> {
    match body.get("attempt") {
        None | Some(Value::Null) => Ok(1),
        Some(value) => value
            .as_u64()
            .filter(|attempt| *attempt >= 1)
            .ok_or_else(|| Error::invalid("attempt", "must be a whole number from 1")),
    }
}

fn events(body: &Map<String, Value>) -> Result<&Vec<Value>, Error> {
    match body.get("events") {
        Some(Value::Array(events)) if (1..=BATCH_EVENTS).contains(&events.len()) => Ok(events),
        Some(Value::Array(_)) => {
            Err(Error::invalid("events", format!("must hold 1 to {BATCH_EVENTS} events")))
        }
        None | Some(Value::Null) => Err(Error::invalid("events", "is missing")),
        Some(_) => Err(Error::invalid("events", "must be a list")),
    }
}

/// Reads an event. With `fixed`, the channel's builder supplies a fixed list of events (R13).
fn read(item: &Value, bounds: Bounds, fixed: bool) -> Verdict {
    let Value::Object(body) = item else {
        return Verdict::Rejected(vec![Detail::new("", "must be an object")]);
    };
    match event::of_page(body, bounds) {
        Ok(event) if fixed && !firstmall::is_supplied_event(&event.name) => {
            let detail = Detail::new("name", "is not an event that Firstmall supplies");
            Verdict::Rejected(vec![detail.because(RejectionReason::NotSupplied)])
        }
        Ok(event) => Verdict::Read(event),
        Err(wrong) => Verdict::Rejected(wrong.into_iter().map(event::detail).collect()),
    }
}

/// Returns the message about an event for the page. The field is empty if the whole event is wrong.
fn message(Detail { field, message, .. }: &Detail) -> String {
    if field.is_empty() { message.clone() } else { format!("{field}: {message}") }
}

/// Returns the rejection of an event for the log of rejections.
fn dropped(Detail { field, reason, .. }: &Detail) -> Rejection {
    if field.is_empty() {
        Rejection::new("events", *reason)
    } else {
        Rejection::new(format!("events.{field}"), *reason)
    }
}
