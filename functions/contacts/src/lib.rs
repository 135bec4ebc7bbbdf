//! Reads: the list of contacts, a search, a count and a look-up of them, a customer, the timeline, the glance, the export, monthly actives, the log of rejections,
//! and the health of the service.

mod access;
mod actives;
mod export;
mod find;
mod health;
mod jobs;
mod list;
mod lookup;
mod page;
mod rejections;
mod search;
mod tags;
mod timeline;

use lambda_http::http::Response;
use lambda_http::{Body, Request};
use okyaku_api::{Call, Reply, Server, scope, serve, user};
use okyaku_domain::channel::Channel;
use okyaku_domain::error::Error;
use okyaku_engine::App;
use serde_json::json;

pub use access::Access;

/// The routes of this function, as in the template.
pub const ROUTES: &[&str] = &[
    "GET /open/v5/users",
    "GET /open/v5/users/{userId}",
    "GET /open/v5/users/{userId}/events",
    "GET /open/v4/users/{userId}",
    "GET /open/v4/users/{userId}/events",
    "GET /open/v5/channel",
    "GET /open/v4/channel",
    "POST /okyaku/v1/contacts/search",
    "POST /okyaku/v1/contacts/count",
    "POST /okyaku/v1/contacts/lookup",
    "GET /okyaku/v1/contacts/{userId}",
    "GET /okyaku/v1/contacts/{userId}/export",
    "GET /okyaku/v1/jobs/{jobId}",
    "GET /okyaku/v1/tags",
    "GET /okyaku/v1/actives",
    "GET /okyaku/v1/rejections",
    "GET /okyaku/v1/health",
];

/// Answers a request.
pub async fn handle(app: &App<Access>, request: Request) -> Response<Body> {
    serve(app, request, ROUTES, |route, call| async move {
        // The only route without a credential.
        if route == "GET /okyaku/v1/health" {
            return health::check(app).await;
        }
        let Server { channel, .. } = Server::<scope::Read>::of(app, &call).await?;
        match route.replace("/open/v4/", "/open/v5/").as_str() {
            "GET /open/v5/users" => list::contacts(app, &channel, &call).await,
            "GET /open/v5/users/{userId}" => customer(app, &channel, &call).await,
            "GET /open/v5/users/{userId}/events" => timeline::events(app, &channel, &call).await,
            "GET /open/v5/channel" => shown(&channel),
            "POST /okyaku/v1/contacts/search" => search::search(app, &channel, &call).await,
            "POST /okyaku/v1/contacts/count" => search::count(app, &channel, &call).await,
            "POST /okyaku/v1/contacts/lookup" => lookup::lookup(app, &channel, &call).await,
            "GET /okyaku/v1/contacts/{userId}" => timeline::glance(app, &channel, &call).await,
            "GET /okyaku/v1/contacts/{userId}/export" => export::export(app, &channel, &call).await,
            "GET /okyaku/v1/jobs/{jobId}" => jobs::read(app, &channel, &call).await,
            "GET /okyaku/v1/tags" => tags::tags(app, &channel).await,
            "GET /okyaku/v1/actives" => actives::count(app, &channel, &call).await,
            "GET /okyaku/v1/rejections" => rejections::list(app, &channel, &call).await,
            _ => Err(Error::NotFound("the route")),
        }
    })
    .await
}

/// Answers with the channel of the key. Integrations try their key with this read.
fn shown(channel: &Channel) -> Result<Reply, Error> {
    Reply::ok(json!({ "channel": {
        "id": channel.id,
        "name": channel.name,
        "country": channel.region,
        "timeZone": channel.time_zone(),
        // Keys that Channel Talk's description requires, and that mean nothing in Okyaku.
        "bizGrade": "unknown",
        "botName": channel.name,
        "color": "#5e56f0",
        "welcomeMessage": {},
        "baseTutorialCompleted": true,
        "followUpEmail": false,
        "followUpTexting": false,
        "enableEmail": false,
        "enableTexting": false,
        "createdAt": channel.created_at,
    } }))
}

async fn customer(app: &App<Access>, channel: &Channel, call: &Call) -> Result<Reply, Error> {
    let customer = find::find(app, channel, call).await?;
    Reply::ok(json!({ "user": user::of_open_api(channel, &customer, app.now()) }))
}
