//! Acts on many contacts: tags, blocks and erasures.

use std::time::{Duration, Instant};

use lambda_http::http::StatusCode;
use okyaku_api::{Call, Reply, Server, job, request, scope};
use okyaku_domain::bulk::{self, BulkAction, BulkTarget};
use okyaku_domain::channel::Channel;
use okyaku_domain::error::Error;
use okyaku_domain::filter::Filter;
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::wrong_fields::WrongFields;
use okyaku_engine::App;
use okyaku_engine::bulk as engine;
use okyaku_engine::contacts::{self, Budget, Count};
use serde_json::{Map, Value, json};

use crate::access::Access;

/// How long a request works on its act. `sweep` does the rest.
const OWN_WORK: Duration = Duration::from_secs(2);

/// Answers `POST /okyaku/v1/contacts/bulk` with 202 and the job, or in a dry run with 200 and the number of contacts.
pub(crate) async fn act(app: &App<Access>, call: &Call) -> Result<Reply, Error> {
    let body = call.json().map(|(body, _)| body);
    // An erasure needs the right to erase, and every other act the right to write.
    let erases =
        body.as_ref().is_ok_and(|body| body.get("action").is_some_and(|act| act.get("erase").is_some()));
    let channel = if erases {
        Server::<scope::Erase>::of(app, call).await?.channel
    } else {
        Server::<scope::Write>::of(app, call).await?.channel
    };
    let body = body?;
    let (now, mut wrong) = (app.now(), WrongFields::default());
    wrong.unknown_keys(&body, &["filter", "query", "ids", "action", "dryRun"]);
    let action = BulkAction::parse(body.get("action"), &mut wrong);
    let dry_run = wrong.take(okyaku_api::json::flag(&body, "dryRun"))?;
    let meant = meant(&channel, &body, now, &mut wrong);
    let ((action, dry_run), meant) = wrong.end(action.zip(dry_run).zip(meant))?;
    let Count { count, exact, .. } = meant.count(app, &channel).await?;
    if dry_run {
        return Reply::ok(json!({ "dryRun": true, "count": count, "exact": exact }));
    }
    let (total, target) = meant.target(&body, count);
    let until = Instant::now() + OWN_WORK;
    let begun = engine::begin(app, &channel, action, target, total, until).await?;
    Reply::with(StatusCode::ACCEPTED, json!({ "job": job::shown(&begun) }))
}

/// Whom an act means.
enum Meant {
    People(Vec<PersonRef>),
    Matching(Filter),
}

/// Reads `ids`, or `filter` and `query`. An act never means everybody by leaving them out.
fn meant(channel: &Channel, body: &Map<String, Value>, now: i64, wrong: &mut WrongFields) -> Option<Meant> {
    let has = |key: &str| body.get(key).is_some_and(|value| !value.is_null());
    match (has("ids"), has("filter") || has("query")) {
        (true, false) => bulk::people(body, wrong).map(Meant::People),
        (false, true) => request::filter(channel, body, now, wrong).map(Meant::Matching),
        (true, true) => {
            wrong.add("ids", "stands beside filter or query");
            None
        }
        (false, false) => {
            wrong.add("ids", "or a filter is needed");
            None
        }
    }
}

impl Meant {
    async fn count(&self, app: &App<Access>, channel: &Channel) -> Result<Count, Error> {
        match self {
            Self::People(people) => {
                let known = contacts::lookup(&app.store, &channel.id, people).await?;
                let count = known.iter().filter(|known| !known.customers.is_empty()).count();
                Ok(Count { count, exact: true, scanned: people.len() })
            }
            Self::Matching(filter) => contacts::count(&app.store, channel, filter, Budget::of_page()).await,
        }
    }

    fn target(self, body: &Map<String, Value>, count: usize) -> (usize, BulkTarget) {
        match self {
            Self::People(people) => (people.len(), BulkTarget::People(people)),
            Self::Matching(_) => {
                let filter = body.get("filter").cloned().unwrap_or_default();
                let query = body.get("query").and_then(Value::as_str).map(str::to_owned);
                (count, BulkTarget::Filter { filter, query, since: None })
            }
        }
    }
}
