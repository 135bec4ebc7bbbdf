//! Member deletion, erasure (R12), the deletion of an event, and acts on many contacts.

mod access;
mod bulk;
mod erasures;

use lambda_http::http::Response;
use lambda_http::{Body, Request};
use okyaku_api::{Call, Reply, Server, hide_erased, scope, serve};
use okyaku_domain::error::Error;
use okyaku_domain::event::EventKey;
use okyaku_domain::person_ref::PersonRef;
use okyaku_engine::App;

pub use access::Access;

/// The routes of this function, as in the template.
pub const ROUTES: &[&str] = &[
    "DELETE /open/v5/users/{userId}",
    "DELETE /open/v5/users/{userId}/events/{eventId}",
    "DELETE /open/v4/users/{userId}",
    "DELETE /open/v4/users/{userId}/events/{eventId}",
    "POST /okyaku/v1/contacts/bulk",
    "POST /okyaku/v1/erasures",
    "GET /okyaku/v1/erasures/{id}",
];

/// Answers a request.
pub async fn handle(app: &App<Access>, request: Request) -> Response<Body> {
    serve(app, request, ROUTES, |route, call| async move {
        if route == "POST /okyaku/v1/contacts/bulk" {
            return bulk::act(app, &call).await;
        }
        let (call, caller) = (&call, &Server::of(app, &call).await?);
        match route.replace("/open/v4/", "/open/v5/").as_str() {
            "DELETE /open/v5/users/{userId}" => erasures::delete_customer(app, call, caller).await,
            "POST /okyaku/v1/erasures" => erasures::erase(app, call, caller).await,
            "GET /okyaku/v1/erasures/{id}" => erasures::receipt(app, call, caller).await,
            "DELETE /open/v5/users/{userId}/events/{eventId}" => delete_event(app, call, caller).await,
            _ => Err(Error::NotFound("the route")),
        }
    })
    .await
}

async fn delete_event(app: &App<Access>, call: &Call, caller: &Server<scope::Erase>) -> Result<Reply, Error> {
    let channel = &caller.channel;
    let person = PersonRef::of_path(call.param("userId")).ok_or(Error::NotFound("the customer"))?;
    // An erased customer counts as unknown, so a second deletion finds nothing.
    let found = app.store.find(&channel.id, &person).await.map_err(hide_erased)?;
    let person = found.customer;
    let not_found = Error::NotFound("the event");
    let Some(key) = EventKey::parse(call.param("eventId")) else { return Err(not_found) };
    // The event may lie in a linked record.
    let own = key.owner == person.id || person.links.iter().any(|link| link.id == key.owner);
    match own && app.store.delete_event(&channel.id, &key).await? {
        true => Ok(Reply::no_content()),
        false => Err(not_found),
    }
}
