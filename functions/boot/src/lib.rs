//! Boot and profile upsert: the page's session routes and the Open API's writes of a customer.

mod access;
mod page;
mod parse;
mod server;
mod session;

use lambda_http::http::Response;
use lambda_http::{Body, Request};
use okyaku_api::{Page, Server, serve_counting_rejections};
use okyaku_domain::error::Error;
use okyaku_engine::App;

pub use access::Access;

/// The routes of this function, as in the template.
pub const ROUTES: &[&str] = &[
    "POST /front/v1/boot",
    "POST /front/v1/touch",
    "PATCH /front/v1/users/me",
    "PATCH /front/v1/users/me/tags",
    "DELETE /front/v1/users/me/tags",
    "PUT /open/v5/users/{userId}",
    "PATCH /open/v5/users/{userId}",
    "POST /open/v5/users/{userId}/touch",
    "PUT /open/v5/users/{userId}/session-jwt/issue",
    "PUT /open/v5/users/{userId}/user-token/issue",
    "POST /open/v5/users/{userId}/block",
    "DELETE /open/v5/users/{userId}/block",
    "PUT /open/v4/users/{userId}",
    "PATCH /open/v4/users/{userId}",
    "POST /open/v4/users/{userId}/block",
    "DELETE /open/v4/users/{userId}/block",
];

/// Answers a request.
pub async fn handle(app: &App<Access>, request: Request) -> Response<Body> {
    serve_counting_rejections(app, request, ROUTES, |route, call| async move {
        let call = &call;
        // v4 and v5 of the Open API share their handlers.
        match route.replace("/open/v4/", "/open/v5/").as_str() {
            "POST /front/v1/boot" => page::boot(app, call).await,
            "POST /front/v1/touch" => page::touch(app, call, Page::of(app, call).await?).await,
            "PATCH /front/v1/users/me" => page::update(app, call, Page::of(app, call).await?).await,
            "PATCH /front/v1/users/me/tags" => page::add_tags(app, call, Page::of(app, call).await?).await,
            "DELETE /front/v1/users/me/tags" => {
                page::remove_tags(app, call, Page::of(app, call).await?).await
            }
            route => {
                // The remaining routes are the server's routes.
                let caller = &Server::of(app, call).await?;
                match route {
                    "PUT /open/v5/users/{userId}" => server::put(app, call, caller).await,
                    "PATCH /open/v5/users/{userId}" => server::patch(app, call, caller).await,
                    "POST /open/v5/users/{userId}/touch" => server::touch(app, call, caller).await,
                    "PUT /open/v5/users/{userId}/session-jwt/issue" => {
                        session::issue_jwt(app, call, caller).await
                    }
                    "PUT /open/v5/users/{userId}/user-token/issue" => {
                        session::issue_token(app, call, caller).await
                    }
                    "POST /open/v5/users/{userId}/block" => server::block(app, call, caller, true).await,
                    "DELETE /open/v5/users/{userId}/block" => server::block(app, call, caller, false).await,
                    _ => Err(Error::NotFound("the route")),
                }
            }
        }
    })
    .await
}
