//! Reading: a customer, its timeline, its detail at a glance, everything that is held about it; monthly actives; what was dropped.

mod actives;
mod export;
mod rejections;
mod timeline;

use lambda_http::http::Response;
use lambda_http::{Body, Request};
use okyaku_api::{Call, Reply, Server, hide_erased, scope, serve, user};
use okyaku_domain::channel::Channel;
use okyaku_domain::customer::Customer;
use okyaku_domain::error::Error;
use okyaku_domain::event::EventKey;
use okyaku_domain::person_ref::PersonRef;
use okyaku_engine::{App, access};
use serde_json::{Value, json};

/// What this function may do to the table.
#[derive(Debug)]
pub struct Access;

impl access::Access for Access {
    const ACTIONS: &'static [&'static str] = &["GetItem", "Query"];
}
impl access::Read for Access {}
impl access::List for Access {}

/// The routes it answers, as the template has them.
pub const ROUTES: &[&str] = &[
    "GET /open/v5/users/{userId}",
    "GET /open/v5/users/{userId}/events",
    "GET /open/v4/users/{userId}",
    "GET /open/v4/users/{userId}/events",
    "GET /okyaku/v1/contacts/{userId}",
    "GET /okyaku/v1/contacts/{userId}/export",
    "GET /okyaku/v1/actives",
    "GET /okyaku/v1/rejections",
];

/// Answers one request.
pub async fn handle(app: &App<Access>, request: Request) -> Response<Body> {
    serve(request, ROUTES, |route, call| async move {
        let Server { channel, .. } = Server::<scope::Read>::of(app, &call).await?;
        match route.replace("/open/v4/", "/open/v5/").as_str() {
            "GET /open/v5/users/{userId}" => customer(app, &channel, &call).await,
            "GET /open/v5/users/{userId}/events" => timeline::events(app, &channel, &call).await,
            "GET /okyaku/v1/contacts/{userId}" => timeline::glance(app, &channel, &call).await,
            "GET /okyaku/v1/contacts/{userId}/export" => export::export(app, &channel, &call).await,
            "GET /okyaku/v1/actives" => actives::count(app, &channel, &call).await,
            "GET /okyaku/v1/rejections" => rejections::list(app, &channel, &call).await,
            _ => Err(Error::NotFound("the route")),
        }
    })
    .await
}

/// No read returns the erased, or says that there was somebody (R12).
async fn find(app: &App<Access>, channel: &Channel, call: &Call) -> Result<Box<Customer>, Error> {
    let person = PersonRef::of_path(call.param("userId")).ok_or(Error::NotFound("the customer"))?;
    let found = app.store.find(&channel.id, &person).await.map_err(hide_erased)?;
    Ok(found.customer)
}

/// The cursor after which the caller wants to read on.
fn since(call: &Call) -> Result<Option<EventKey>, Error> {
    match call.query("since") {
        None | Some("") => Ok(None),
        Some(text) => {
            EventKey::parse(text).map(Some).ok_or_else(|| Error::invalid("since", "is not a cursor"))
        }
    }
}

async fn customer(app: &App<Access>, channel: &Channel, call: &Call) -> Result<Reply, Error> {
    let customer = find(app, channel, call).await?;
    Reply::ok(json!({ "user": user::of_server(channel, &customer, app.now()), "online": Value::Null }))
}
