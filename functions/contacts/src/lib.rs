//! Reading: a customer, its timeline, its detail at a glance, everything that is held about it; and monthly actives.

mod actives;
mod timeline;

use lambda_http::http::Response;
use lambda_http::{Body, Request};
use okyaku::App;
use okyaku::domain::channel::{Channel, Scope};
use okyaku::domain::customer::Customer;
use okyaku::error::Error;
use okyaku::http::{Call, Reply, credential, serve, user};
use okyaku::store::access;
use okyaku::store::customers::Whom;
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
    "GET /okyaku/v1/actives",
];

/// Answers one request.
pub async fn handle(app: &App<Access>, request: Request) -> Response<Body> {
    serve(request, ROUTES, |route, call| async move {
        let channel = credential::server(app, &call.headers, Scope::Read).await?;
        match route.replace("/open/v4/", "/open/v5/").as_str() {
            "GET /open/v5/users/{userId}" => customer(app, &channel, &call).await,
            "GET /open/v5/users/{userId}/events" => timeline::events(app, &channel, &call).await,
            "GET /okyaku/v1/contacts/{userId}" => timeline::glance(app, &channel, &call).await,
            "GET /okyaku/v1/actives" => actives::count(app, &channel, &call).await,
            _ => Err(Error::NotFound("the route")),
        }
    })
    .await
}

/// No read returns the erased (R12).
async fn find(app: &App<Access>, channel: &Channel, call: &Call) -> Result<Box<Customer>, Error> {
    match app.store.find(&channel.id, Whom::User(call.param("userId"))).await {
        Ok((customer, _)) => Ok(customer),
        Err(Error::Erased) => Err(Error::NotFound("the customer")),
        Err(error) => Err(error),
    }
}

async fn customer(app: &App<Access>, channel: &Channel, call: &Call) -> Result<Reply, Error> {
    let customer = find(app, channel, call).await?;
    Reply::ok(json!({ "user": user::of_server(&channel.id, &customer), "online": Value::Null }))
}
