//! Event tracking: a page's batches and a server's single events (R8, R9).

mod page;
mod server;

use lambda_http::http::Response;
use lambda_http::{Body, Request};
use okyaku_api::{Server, serve_counting_rejections};
use okyaku_domain::error::Error;
use okyaku_engine::App;
use okyaku_engine::access;

/// What this function may do to the table.
#[derive(Debug)]
pub struct Access;

impl access::Access for Access {
    const ACTIONS: &'static [&'static str] =
        &["GetItem", "BatchGetItem", "PutItem", "UpdateItem", "BatchWriteItem"];
}
impl access::Read for Access {}
impl access::WriteCustomers for Access {}
impl access::WriteEvents for Access {}
impl access::CountRejections for Access {}

/// The routes it answers, as the template has them.
pub const ROUTES: &[&str] =
    &["POST /front/v1/events", "POST /open/v5/users/{userId}/events", "POST /open/v4/users/{userId}/events"];

/// Answers one request.
pub async fn handle(app: &App<Access>, request: Request) -> Response<Body> {
    serve_counting_rejections(app, request, ROUTES, |route, call| async move {
        match route.replace("/open/v4/", "/open/v5/").as_str() {
            "POST /front/v1/events" => page::track(app, &call).await,
            "POST /open/v5/users/{userId}/events" => {
                server::track(app, &call, &Server::of(app, &call).await?).await
            }
            _ => Err(Error::NotFound("the route")),
        }
    })
    .await
}
