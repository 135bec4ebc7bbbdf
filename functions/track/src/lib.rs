//! Event tracking: a page's batches and a server's single events (R8, R9).

mod access;
mod page;
mod server;

use lambda_http::http::Response;
use lambda_http::{Body, Request};
use okyaku_api::{Server, serve_counting_rejections};
use okyaku_domain::error::Error;
use okyaku_engine::App;

pub use access::Access;

/// The routes of this function, as in the template.
pub const ROUTES: &[&str] =
    &["POST /front/v1/events", "POST /open/v5/users/{userId}/events", "POST /open/v4/users/{userId}/events"];

/// Answers a request.
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
