//! Member deletion and erasure (R12), and the deletion of one event.

mod erasures;

use lambda_http::http::Response;
use lambda_http::{Body, Request};
use okyaku_api::{Call, Reply, credential, serve};
use okyaku_domain::channel::{Channel, Scope};
use okyaku_domain::customer::Customer;
use okyaku_domain::error::Error;
use okyaku_domain::event::EventKey;
use okyaku_engine::App;
use okyaku_store::access;
use okyaku_store::customers::Whom;

/// What this function may do to the table.
#[derive(Debug)]
pub struct Access;

impl access::Access for Access {
    const ACTIONS: &'static [&'static str] =
        &["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"];
}
impl access::Read for Access {}
impl access::List for Access {}
impl access::PlaceTombstones for Access {}
impl access::Erase for Access {}

/// The routes it answers, as the template has them.
pub const ROUTES: &[&str] = &[
    "DELETE /open/v5/users/{userId}",
    "DELETE /open/v5/users/{userId}/events/{eventId}",
    "DELETE /open/v4/users/{userId}",
    "DELETE /open/v4/users/{userId}/events/{eventId}",
    "POST /okyaku/v1/erasures",
    "GET /okyaku/v1/erasures/{id}",
];

/// Answers one request.
pub async fn handle(app: &App<Access>, request: Request) -> Response<Body> {
    serve(request, ROUTES, |route, call| async move {
        let channel = credential::server(app, &call.headers, Scope::Erase).await?;
        match route.replace("/open/v4/", "/open/v5/").as_str() {
            "DELETE /open/v5/users/{userId}" => erasures::delete_customer(app, &channel, &call).await,
            "POST /okyaku/v1/erasures" => erasures::erase(app, &channel, &call).await,
            "GET /okyaku/v1/erasures/{id}" => erasures::receipt(app, &channel, &call).await,
            "DELETE /open/v5/users/{userId}/events/{eventId}" => delete_event(app, &channel, &call).await,
            _ => Err(Error::NotFound("the route")),
        }
    })
    .await
}

async fn delete_event(app: &App<Access>, channel: &Channel, call: &Call) -> Result<Reply, Error> {
    let (person, _) = find(app, channel, call).await?;
    let not_found = Error::NotFound("the event");
    let Some(key) = EventKey::parse(call.param("eventId")) else { return Err(not_found) };
    let own = key.owner == person.id || person.links.iter().any(|link| link.id == key.owner);
    match own && app.store.delete_event(&channel.id, &key).await? {
        true => Ok(Reply::no_content()),
        false => Err(not_found),
    }
}

/// The erased are nobody: a second deletion finds none.
async fn find(app: &App<Access>, channel: &Channel, call: &Call) -> Result<(Box<Customer>, u64), Error> {
    let found = app.store.find(&channel.id, Whom::User(call.param("userId"))).await;
    found.map_err(|error| match error {
        Error::Erased => Error::NotFound("the customer"),
        error => error,
    })
}
